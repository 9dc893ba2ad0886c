"""Tables are judged alike here, in a helper process, and where that process was killed."""

from __future__ import annotations

import os
import signal
from datetime import date
from pathlib import Path

import duckdb
import pytest

from pipelines.checks import judge as judging
from pipelines.checks.subjects import landed_subjects
from pipelines.landing.contract import load_entities
from pipelines.landing.state import LINEAGE_COLUMNS
from pipelines.operations.outcome import CheckOutcome
from pipelines.operations.usage import measured
from pipelines.orchestration import helper

AS_OF = date(2026, 3, 10)
SUBJECTS = [landed_subjects()["fx_rates"]]


@pytest.fixture
def build_file(tmp_path: Path) -> Path:
    """A rate of exchange of −7.1, which nobody pays."""
    file = tmp_path / "build.duckdb"
    columns = [*load_entities()["fx_rates"].landed_columns, *LINEAGE_COLUMNS]
    with duckdb.connect(str(file)) as con:
        con.execute("create schema landed")
        con.execute(f"create table landed.fx_rates ({', '.join(f'{n} {k}' for n, k in columns)})")
        con.execute(
            "insert into landed.fx_rates (currency, valid_on, rate, source, source_row) "
            "values ('USD', '2026-03-01', -7.1, 'fx', 'fx.csv row 2')"
        )
    return file


def judged(build_file: Path, docs: Path) -> list[CheckOutcome]:
    return judging.judge(build_file, SUBJECTS, AS_OF, docs)


def test_a_helper_process_finds_what_this_one_finds_and_writes_the_same_pages(
    build_file: Path, tmp_path: Path
) -> None:
    here = judged(build_file, tmp_path / "here")
    with judging.judging_apart():
        apart = judged(build_file, tmp_path / "apart")
    assert apart == here
    assert [outcome.passed for outcome in here].count(False) == 1
    pages = [p.relative_to(tmp_path / "here") for p in sorted((tmp_path / "here").rglob("*.html"))]
    assert len(pages) == 3
    for page in pages:
        assert (tmp_path / "apart" / page).read_bytes() == (tmp_path / "here" / page).read_bytes()


def test_what_the_helper_spent_counts_for_the_step_that_asked(
    build_file: Path, tmp_path: Path
) -> None:
    with judging.judging_apart():
        with measured() as first:
            judged(build_file, tmp_path / "docs")
        with measured() as second:
            judged(build_file, tmp_path / "docs")
    # Loading the library takes seconds and is in the first answer, whoever waited for it.
    assert first.cpu_seconds > 1
    assert 0 < second.cpu_seconds < first.cpu_seconds


def test_a_helper_that_was_killed_is_done_without(build_file: Path, tmp_path: Path) -> None:
    with judging.judging_apart():
        os.kill(helper._helpers[-1].pid, signal.SIGKILL)
        assert judged(build_file, tmp_path / "docs") == judged(build_file, tmp_path / "docs")


def test_what_goes_wrong_in_the_helper_is_raised_here(tmp_path: Path) -> None:
    with judging.judging_apart(), pytest.raises(duckdb.Error):
        judged(tmp_path / "missing" / "build.duckdb", tmp_path / "docs")
