"""Run a program beside this one and say what it cost; read what each step of a night cost."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from pipelines.operations.night import run_log_of
from pipelines.operations.run_tables import mart_rows, source_results, steps
from pipelines.settings import CompanyFolder

REPOSITORY = Path(__file__).parent.parent
MB = 1024


class ProgramFailed(Exception):
    """A measured program ended with an error; its last words are the message."""


@dataclass(frozen=True)
class Cost:
    """Seconds by the clock, processor seconds, and the most memory held at once, in MB."""

    seconds: float
    cpu_seconds: float
    peak_memory_mb: float


def run_measured(arguments: list[str], log: Path) -> tuple[int, Cost]:
    """Run a Python module of this repository in a process of its own, its output kept in a file.

    Returns:
        Its exit code and what it and its children cost.
    """
    started = time.perf_counter()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *arguments], cwd=REPOSITORY, stdout=output, stderr=output
        )
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - started
    peak = usage.ru_maxrss / (MB if sys.platform != "darwin" else MB * MB)
    return process.returncode, Cost(seconds, usage.ru_utime + usage.ru_stime, peak)


def run_nightly(home: Path, day: date, log: Path) -> dict[str, Any]:
    """Run the real night of one day and return what it and each of its steps cost.

    Keys: `cost`, `steps` (name and cost of each, start-up and the rest as one more), `outcome`,
    `mart_rows`, `rows_read`.
    """
    code, cost = run_measured(
        ["pipelines.cli", "nightly", "--home", str(home), "--as-of", day.isoformat()], log
    )
    run_log = run_log_of(CompanyFolder(home))
    run = run_log.last()
    if run is None:
        raise ProgramFailed(f"the night left no record (exit {code}); see {log}")
    run_id = str(run["run_id"])
    measured: list[dict[str, Any]] = run_log.of_run(steps, run_id)
    listed = [_step(row) for row in measured]
    cost = peak_of_all(cost, listed)
    listed.append(_rest(cost, listed))
    return {
        "outcome": run["outcome"] or "stopped",
        "exit_code": code,
        "cost": asdict(cost),
        "steps": listed,
        "mart_rows": {r["mart"]: r["row_count"] for r in run_log.of_run(mart_rows, run_id)},
        "rows_read": sum(int(str(r["rows_read"])) for r in run_log.of_run(source_results, run_id)),
    }


def peak_of_all(cost: Cost, listed: Sequence[Mapping[str, Any]]) -> Cost:
    """Return a cost with the highest peak of the whole and its steps.

    A step that measures itself makes the system count the peak anew, so what the system says of the
    whole in the end may be that of the last step alone.
    """
    peaks = [step["peak_memory_mb"] for step in listed if step["peak_memory_mb"] is not None]
    return replace(cost, peak_memory_mb=max([cost.peak_memory_mb, *peaks]))


def _step(row: dict[str, Any]) -> dict[str, Any]:
    shown = {name: row[name] for name in ("step", "seconds", "cpu_seconds", "peak_memory_mb")}
    return shown | ({"unfinished": True} if row["error"] else {})


def _rest(cost: Cost, listed: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what no step accounts for: starting up, Dagster's own work, closing."""
    return {
        "step": "start-up and between steps",
        "seconds": max(cost.seconds - sum(s["seconds"] for s in listed), 0.0),
        "cpu_seconds": max(cost.cpu_seconds - sum(s["cpu_seconds"] for s in listed), 0.0),
        "peak_memory_mb": None,
    }
