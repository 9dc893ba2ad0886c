"""What a step of the night cost: time, processor and memory."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_PROCESS = Path("/proc/self")
_RESET_PEAK = "5"  # written to clear_refs, it makes the kernel count the peak anew

# What running helpers said they spent, each for one answer.
_helped: list[float] = []


@dataclass
class Usage:
    """What something cost; filled when it ends, however it ends.

    Attributes:
        seconds: by the clock on the wall.
        cpu_seconds: processor time of all threads, of child processes that have ended, and of what
            a helper that still runs said it spent.
        peak_memory_mb: most memory that this process held at once (its children's is not in it);
            where the system cannot count anew, the most since the process began.
    """

    seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_memory_mb: float = 0.0


@contextmanager
def measured() -> Iterator[Usage]:
    """Measure what happens inside; calls do not nest, for there is one peak per process."""
    usage = Usage()
    counts_anew = _reset_peak()
    started, cpu_before = time.perf_counter(), _cpu_seconds()
    try:
        yield usage
    finally:
        usage.seconds = time.perf_counter() - started
        usage.cpu_seconds = _cpu_seconds() - cpu_before
        usage.peak_memory_mb = _peak_mb(counts_anew)


def helped(cpu_seconds: float) -> None:
    """Count what a helper process spent on an answer: the system tells of a child only once it has ended."""
    _helped.append(cpu_seconds)


def _cpu_seconds() -> float:
    found = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in found) + sum(_helped)


def _reset_peak() -> bool:
    try:
        (_PROCESS / "clear_refs").write_text(_RESET_PEAK, encoding="ascii")
    except OSError:
        return False
    return True


def _peak_mb(counts_anew: bool) -> float:
    if counts_anew:
        for line in (_PROCESS / "status").read_text(encoding="utf-8").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1024**2 if sys.platform == "darwin" else peak / 1024
