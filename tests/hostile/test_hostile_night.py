"""All hostile files in one night of one company: it is published, with everything else landed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hostile.case import Lands, Refused
from tests.hostile.world import CASES, source_name, write_company
from tests.nights import marts, night, operations

pytestmark = pytest.mark.deep(topic="nights")
# The file of which every row is bad is blocked, and its forty rows are told: a date and an amount of each.
BLOCKED_CELLS = 40 * 2
REFUSED = [case for case in CASES if isinstance(case.end, Refused)]


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    return write_company(tmp_path_factory.mktemp("hostile-night"))


@pytest.fixture(scope="module")
def result(home):
    return night(home)


def test_the_night_is_published(result):
    assert result.outcome == "published", result.reason_en


def test_the_orders_of_every_refused_files_source_count_as_the_day_before(home, result):
    found = dict(
        marts(home, "select source, cast(sum(amount) as integer) from fct_booking group by source")
    )
    assert {source_name(case): found.get(source_name(case)) for case in REFUSED} == {
        source_name(case): 600 for case in REFUSED
    }


def test_every_bad_row_is_in_the_published_quarantine_in_both_languages(home, result):
    landed = [case.end for case in CASES if isinstance(case.end, Lands)]
    expected = sum(rule != "superseded" for end in landed for *_, rule in end.bad)
    expected += BLOCKED_CELLS
    (found,) = operations(
        home,
        "select count(*), count(message_zh), count(message_en) from marts.mart_quarantine where not is_superseded",
    )
    assert found == (expected, expected, expected)


def test_every_refused_file_is_told_with_its_reason_and_nothing_in_a_cell_was_run(home, result):
    health = "select source, problem_zh, problem_en from marts.mart_source_health"
    told = {source: (zh, en) for source, zh, en in operations(home, health)}
    assert {source_name(case) for case in CASES} <= told.keys()
    problems = {case.case: told[source_name(case)] for case in REFUSED}
    assert [case for case, (zh, en) in problems.items() if not (zh and en)] == []
    pages = [*(home / "published").rglob("*.html"), *(home / "dagster").rglob("*.html")]
    assert pages
    assert [p for p in pages if "<script>alert(1)" in p.read_text(encoding="utf-8")] == []
