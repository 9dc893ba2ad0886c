"""`gapwise profile` on every raw file: the figures page says what the code does; few lines are left to mend."""

from __future__ import annotations

import pytest

from scripts.profile_figures import (
    PAGE,
    Judged,
    answers,
    has_line_to_mend,
    judged_files,
    page,
    raw_files,
)
from tests.shared_data import SHARED, needs_shared_data

pytestmark = needs_shared_data


@pytest.fixture(scope="module")
def found() -> list[Judged]:
    assert SHARED is not None
    return list(judged_files(SHARED))


def test_every_raw_file_has_an_answer_and_every_answer_a_file():
    assert {str(path.relative_to(SHARED)) for path in raw_files(SHARED)} == set(answers())


def test_the_page_says_what_the_code_does(found):
    assert page(found) == PAGE.read_text(encoding="utf-8")


# Each needs more than one line, and why no name could spare it.
NOT_WELL_NAMED = {
    "Store.csv": "no header line, and its first row does not show it",
    "deal_property_history_data.csv": "the history of every property, not of stages alone",
    "deal_stage_data.csv": "the stage is called value, its day could be either of two",
    "engagement_meeting_data.csv": "a title and a key, as tasks have",
    "engagement_task_data.csv": "an engagement like the calls and notes beside it",
    "sf_opportunity_history_data.csv": "an opportunity's columns, row by row over time",
    "sf_task_data.csv": "called tasks, and to be read as what was done",
}


def test_of_the_mapped_columns_nineteen_of_twenty_are_right(found):
    right, wrong = sum(j.right for j in found), sum(len(j.wrong) for j in found)
    assert round(right / (right + wrong), 2) >= 0.95


def test_a_well_named_file_needs_at_most_one_line(found):
    several = {j.file.split("/")[-1] for j in found if has_line_to_mend(j) and len(j.lines) > 1}
    assert several == set(NOT_WELL_NAMED)
