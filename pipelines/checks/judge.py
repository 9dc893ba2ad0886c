"""Judge tables in the helper process: Great Expectations loads there while sources land.

The library takes seconds to load. On a second core these seconds cost the night nothing; in a
second thread they would (docs/adr/0041). Without a helper the tables are judged in this process.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from pipelines.checks.expectation_engine import load_great_expectations
from pipelines.checks.subjects import Subject
from pipelines.operations.outcome import CheckOutcome
from pipelines.orchestration.helper import begin, helper_process


@contextmanager
def judging_apart() -> Iterator[None]:
    """Keep a helper process for as long as this lasts; it begins by loading the library."""
    with helper_process():
        begin(_load)
        yield


def _load() -> None:
    load_great_expectations()  # a module is no answer that could be sent


def judge(
    build_file: Path, subjects: Sequence[Subject], as_of: date, docs: Path
) -> list[CheckOutcome]:
    """Judge these tables of a build file as of D, and show what was found as Data Docs.

    Returns:
        One outcome per declared check, as `run_suites` gives them.
    """
    return begin(_judge, build_file, list(subjects), as_of, docs).result()


def _judge(
    build_file: Path, subjects: Sequence[Subject], as_of: date, docs: Path
) -> list[CheckOutcome]:
    import duckdb

    from pipelines.checks.data_docs import write_data_docs
    from pipelines.checks.expectation_runner import run_suites

    with duckdb.connect(str(build_file), read_only=True) as con:
        outcomes = run_suites(con, subjects, as_of)
    write_data_docs(subjects, outcomes, docs, as_of)
    return outcomes
