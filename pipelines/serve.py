"""The Dagster UI on one company, reachable from this machine only (it has no login)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from pipelines.nightly import prepare_dagster_home
from pipelines.settings import CompanyFolder, load_company


def serve_ui(folder: CompanyFolder, port: int) -> int:
    """Start web server and daemon until interrupted; return the exit code of the process."""
    load_company(folder)
    prepare_dagster_home(folder)
    command = [
        sys.executable, "-m", "dagster", "dev",
        "--module-name", "pipelines.definitions",
        "--working-directory", str(Path(__file__).parent.parent),
        "--host", "127.0.0.1",
        "--port", str(port),
    ]  # fmt: skip
    try:
        return subprocess.call(command)
    except KeyboardInterrupt:
        return 0
