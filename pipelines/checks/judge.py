"""Judge tables in a process of its own: Great Expectations loads there while sources land.

The library takes seconds to load. On a second core these seconds cost the night nothing; in a
second thread they would (docs/adr/0041). Without a helper the tables are judged in this process.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import BinaryIO

from pipelines.checks.subjects import Subject
from pipelines.operations.outcome import CheckOutcome
from pipelines.operations.usage import helped

_helpers: list[subprocess.Popen[bytes]] = []


@contextmanager
def judging_apart() -> Iterator[None]:
    """Keep a helper process for as long as this lasts; it ends with this one, however that ends."""
    helper = subprocess.Popen(
        [sys.executable, "-m", "pipelines.checks.judge"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    _helpers.append(helper)
    try:
        yield
    finally:
        if helper in _helpers:
            _helpers.remove(helper)
        helper.communicate()  # its input ends, and so does it


def judge(
    build_file: Path, subjects: Sequence[Subject], as_of: date, docs: Path
) -> list[CheckOutcome]:
    """Judge these tables of a build file as of D, and show what was found as Data Docs.

    Returns:
        One outcome per declared check, as `run_suites` gives them.
    """
    if not _helpers:
        return _judge(build_file, subjects, as_of, docs)
    helper = _helpers[-1]
    assert helper.stdin is not None
    assert helper.stdout is not None
    try:
        pickle.dump((build_file, list(subjects), as_of, docs), helper.stdin)
        helper.stdin.flush()
        answer, cpu_seconds = pickle.load(helper.stdout)
    except (EOFError, BrokenPipeError):  # it was killed, for memory say: the night can do without
        _helpers.remove(helper)
        return _judge(build_file, subjects, as_of, docs)
    helped(cpu_seconds)
    if isinstance(answer, Exception):
        raise answer
    outcomes: list[CheckOutcome] = answer
    return outcomes


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


def serve(asked: BinaryIO, answers: BinaryIO) -> None:
    """Answer questions until there are no more, each with the processor time since the answer before.

    The first holds what loading the library took.
    """
    from pipelines.checks.expectation_engine import load_great_expectations

    spent = 0.0
    load_great_expectations()
    while True:
        try:
            question = pickle.load(asked)
        except EOFError:
            return
        answer: object
        try:
            answer = _judge(*question)
        except Exception as failure:  # noqa: BLE001 (raised where the question was asked)
            answer = failure
        before, spent = spent, time.process_time()
        pickle.dump((answer, spent - before), answers)
        answers.flush()


if __name__ == "__main__":
    # What libraries print must not come between the answers.
    own, sys.stdout = sys.stdout.buffer, sys.stderr
    serve(sys.stdin.buffer, own)
    # Every answer was flushed; taking the library apart would keep the night waiting a second.
    os._exit(0)
