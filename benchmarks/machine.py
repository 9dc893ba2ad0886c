"""What the figures were measured on, without saying whose machine it is."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Any

import duckdb

GB = 1024**3


def describe_machine() -> dict[str, Any]:
    """Return cores, memory, load and versions; no name of a host, user or path."""
    cpu = Path("/proc/cpuinfo")
    models = [
        line.split(":", 1)[1].strip()
        for line in (cpu.read_text(encoding="utf-8").splitlines() if cpu.exists() else [])
        if line.startswith("model name")
    ]
    return {
        "cores": os.cpu_count(),
        "processor": models[0] if models else platform.machine(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GB, 1),
        "load_average": round(os.getloadavg()[0], 1),
        "system": platform.system(),
        "python": platform.python_version(),
        "duckdb": duckdb.__version__,
    }
