"""What a step cost: each figure is of that step alone, and old run logs take the new columns."""

from __future__ import annotations

import sqlite3
import time
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from pipelines.operations.run_log import RunLog
from pipelines.operations.run_tables import steps
from pipelines.operations.usage import Usage, measured

HUNDRED_MB = 100 * 1024**2
NOW = datetime(2026, 4, 1, 1, 0, tzinfo=UTC)


def test_waiting_takes_time_and_no_processor() -> None:
    with measured() as usage:
        time.sleep(0.2)
    assert usage.seconds >= 0.2
    assert usage.cpu_seconds < 0.1


def test_work_takes_processor_time() -> None:
    with measured() as usage:
        until = time.process_time() + 0.2
        while time.process_time() < until:
            pass
    assert usage.cpu_seconds >= 0.2


def test_a_step_that_fails_is_measured_all_the_same() -> None:
    with pytest.raises(ValueError, match="half way"), measured() as usage:
        time.sleep(0.05)
        raise ValueError("half way")
    assert usage.seconds >= 0.05


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="peaks are per process here")
def test_the_peak_of_one_step_is_not_that_of_the_step_before() -> None:
    with measured() as large:
        held = bytearray(HUNDRED_MB)
        held[::4096] = b"x" * len(held[::4096])
        del held
    with measured() as small:
        pass
    assert large.peak_memory_mb - small.peak_memory_mb > 90


def test_a_run_log_of_before_takes_the_new_columns_and_keeps_its_nights(tmp_path: Path) -> None:
    path = tmp_path / "operations.sqlite"
    log = RunLog(path)
    log.start("old", date(2026, 3, 30), "0.1", NOW)
    log.step("old", "publish", NOW, Usage(4.0, 3.0, 200.0), None)
    with sqlite3.connect(path) as connection:
        connection.execute('alter table "step" drop column cpu_seconds')
        connection.execute('alter table "step" drop column peak_memory_mb')

    renewed = RunLog(path)
    renewed.start("new", date(2026, 3, 31), "0.2", NOW)
    renewed.step("new", "publish", NOW, Usage(5.0, 4.5, 300.0), None)

    [old], [new] = renewed.of_run(steps, "old"), renewed.of_run(steps, "new")
    assert (old["seconds"], old["cpu_seconds"], old["peak_memory_mb"]) == (4.0, None, None)
    assert (new["seconds"], new["cpu_seconds"], new["peak_memory_mb"]) == (5.0, 4.5, 300.0)
