"""SIGKILL at every step of a night and inside its steps: the next run completes, as if nothing had been."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.faults.night_world import Outcome, Undisturbed, run, strike

pytestmark = pytest.mark.deep(topic="kills")

INSIDE = 30  # kills inside steps, evenly spread over all that a night changes on disk
AT_ONCE = 2
KILLED = "ended with -9"


def points(steps: list[str], changes: int) -> list[str]:
    """Choose where to kill: between the steps (of many sources, three), after the last, and inside."""
    lands = [s for s in steps if s.startswith("land ")]
    some = {lands[0], lands[len(lands) // 2], lands[-1]}
    between = [f"begin:{s}" for s in steps if s not in lands or s in some] + [f"end:{steps[-1]}"]
    return between + [f"change:{1 + changes * i // INSIDE}" for i in range(INSIDE)]


@pytest.fixture(scope="session")
def outcomes(undisturbed: Undisturbed) -> list[Outcome]:
    """Strike every point, two companies at a time."""

    def at(point: str) -> Callable[[Path, str], str]:
        return lambda home, hook: str(run(home, hook, point)["outcome"])

    chosen = points(undisturbed.steps, undisturbed.changes)
    folder = undisturbed.base.parent
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(
            pool.map(
                lambda numbered: strike(
                    undisturbed.base, folder / f"killed{numbered[0]}", numbered[1], at(numbered[1])
                ),
                enumerate(chosen),
            )
        )


def test_at_least_fifty_points_were_struck_and_nearly_all_killed(
    outcomes: list[Outcome], undisturbed: Undisturbed, fault_table: list[str]
) -> None:
    for each in outcomes:
        nights = ["yesterday" if s == undisturbed.before else "tonight" for s in sorted(each.shown)]
        lost = len(undisturbed.after.messages.keys() - (each.messages + each.resent).keys())
        fault_table.append(
            f"| SIGKILL {each.blow} | {each.happened} | {each.published_after} | "
            f"{each.next_outcome} | {', '.join(sorted(set(nights))) or 'none'} in {each.reads} "
            f"reads | {lost} messages |"
        )
    killed = [each for each in outcomes if each.happened == KILLED]
    assert len(killed) >= 50, [each.blow for each in outcomes if each.happened != KILLED]


def test_the_next_run_publishes_the_night_that_would_have_been(
    outcomes: list[Outcome], undisturbed: Undisturbed
) -> None:
    wrong = {
        each.blow: sorted(
            mart
            for mart, content in undisturbed.after.hashes.items()
            if each.hashes.get(mart) != content
        )
        for each in outcomes
        if each.next_outcome != "published" or each.hashes != undisturbed.after.hashes
    }
    assert wrong == {}, json.dumps({b.blow: b.notes for b in outcomes if b.notes}, indent=1)


def test_readers_saw_whole_nights_only_and_never_failed(
    outcomes: list[Outcome], undisturbed: Undisturbed
) -> None:
    whole = {undisturbed.before, undisturbed.rehearsed}
    for each in outcomes:
        assert each.shown <= whole, each.blow
        assert each.notes == [], each.blow
        assert each.reads > 0, each.blow


def test_no_message_was_lost_and_none_knowingly_sent_twice(
    outcomes: list[Outcome], undisturbed: Undisturbed
) -> None:
    due = undisturbed.after.messages
    for each in outcomes:
        assert (each.messages + each.resent).keys() >= due.keys(), each.blow
        assert each.messages.keys() <= due.keys(), each.blow
        assert max(each.messages.values()) == 1, each.blow
        assert sum(each.resent.values()) <= 1, each.blow
