"""A call in the helper process gives what it gives here, whatever becomes of the helper."""

from __future__ import annotations

import os
import signal
from datetime import date
from math import isqrt

import pytest

from pipelines.orchestration import helper
from pipelines.orchestration.helper import begin, helper_process


class Refused(Exception):
    """An error that cannot be made anew from what it says."""

    def __init__(self, file: str, why: str) -> None:
        super().__init__(f"{file}: {why}")


def refuse() -> None:
    raise Refused("deals.csv", "broken")


def test_without_a_helper_a_call_runs_when_its_result_is_asked_for():
    assert begin(isqrt, 49).result() == 7


def test_calls_run_one_after_the_other_in_another_process():
    with helper_process():
        first, second, where = (
            begin(isqrt, 49),
            begin(date, 2026, month=3, day=10),
            begin(os.getpid),
        )
        assert where.result() == helper._helpers[-1].pid != os.getpid()
        assert (second.result(), first.result(), first.result()) == (date(2026, 3, 10), 7, 7)


def test_what_a_call_raises_is_raised_where_its_result_is_asked_for():
    with helper_process():
        failing = begin(isqrt, -1)
        assert begin(isqrt, 4).result() == 2
        with pytest.raises(ValueError, match="nonnegative"):
            failing.result()


def test_an_error_that_cannot_be_sent_as_it_is_still_says_what_it_said():
    with helper_process():
        with pytest.raises(RuntimeError, match=r"deals.csv: broken"):
            begin(refuse).result()
        assert begin(isqrt, 4).result() == 2


def test_a_helper_that_was_killed_is_done_without():
    with helper_process():
        begin(isqrt, 4).result()
        os.kill(helper._helpers[-1].pid, signal.SIGKILL)
        assert begin(isqrt, 49).result() == 7
        assert begin(isqrt, 9).result() == 3


def test_a_helper_killed_at_work_leaves_the_call_to_this_process():
    with helper_process():
        at_work = begin(isqrt, 49)
        os.kill(helper._helpers[-1].pid, signal.SIGKILL)
        assert at_work.result() == 7
