"""The light of a target, as the marts compile it, on days worked out by hand; and how often it errs."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.dbt.macros import rendered

ROOT = Path(__file__).parent.parent.parent
spec = importlib.util.spec_from_file_location(
    "simulate_false_reds", ROOT / "scripts" / "simulate_false_reds.py"
)
assert spec is not None and spec.loader is not None
simulate = importlib.util.module_from_spec(spec)
spec.loader.exec_module(simulate)

RUNNING: dict[str, Any] = {
    "deals": 0, "target": 100.0, "is_started": True, "is_closed": False, "workdays_elapsed": 30,
    "period_workdays": 65, "pace_rate": 1.0, "due_count": 50.0, "actual_count": 50.0,
    "is_small_count": False,
}  # fmt: skip


@pytest.fixture(scope="module")
def light() -> str:
    return rendered(simulate.LIGHT, "ratio", "poisson", "lights")


def shown(light: str, **day: Any) -> str:
    row = RUNNING | day
    with duckdb.connect() as con:
        columns = ", ".join(f"${name} as {name}" for name in row)
        con.execute(f"create table day as select {columns}", row)
        con.execute(f"create table thresholds as {simulate.THRESHOLDS}")
        [found] = con.execute(f"select status from ({light})").fetchall()
    return str(found[0])


@pytest.mark.parametrize(
    ("pace", "status"),
    [(0.79, "behind"), (0.8, "watch"), (0.89, "watch"), (0.9, "normal"), (1.0, "normal"),
     (1.15, "normal"), (1.16, "ahead")],
)  # fmt: skip
def test_a_limit_itself_is_not_beyond_it(light: str, pace: float, status: str) -> None:
    assert shown(light, pace_rate=pace) == status


def test_nothing_is_behind_before_a_fifth_of_the_workdays_is_gone(light: str) -> None:
    assert shown(light, pace_rate=0.5, workdays_elapsed=12) == "watch"
    assert shown(light, pace_rate=0.5, workdays_elapsed=13) == "behind"


def test_a_closed_period_is_judged_by_percentage_however_short(light: str) -> None:
    assert (
        shown(light, pace_rate=0.5, workdays_elapsed=0, period_workdays=0, is_closed=True)
        == "behind"
    )


def test_without_a_target_or_before_its_start_there_is_no_light(light: str) -> None:
    assert shown(light, target=None) == "no_target"
    assert shown(light, target=0.0) == "no_target"
    assert shown(light, is_started=False, pace_rate=None) == "not_started"


def test_a_rep_on_plan_with_five_deals_a_quarter_is_not_red_on_the_first_workday(
    light: str,
) -> None:
    """One workday of 65 is gone: 0.077 deals are due, none is made, the pace is 0."""
    first = {
        "is_small_count": True,
        "workdays_elapsed": 1,
        "due_count": 5 / 65,
        "actual_count": 0.0,
    }
    assert shown(light, pace_rate=0.0, **first) == "normal"


def test_small_counts_are_red_only_where_chance_gives_less_than_one_in_twenty(light: str) -> None:
    """P(X ≤ 0) of 2.9 due is 5.5 %, of 3.1 due 4.5 %."""
    none = {"is_small_count": True, "actual_count": 0.0, "pace_rate": 0.0}
    assert shown(light, due_count=2.9, **none) == "normal"
    assert shown(light, due_count=3.1, **none) == "behind"


def test_small_counts_are_ahead_only_where_chance_gives_less_than_one_in_twenty(light: str) -> None:
    """P(X ≥ 3) of 0.8 due is 4.7 %, of 0.9 due 6.3 %."""
    three = {"is_small_count": True, "actual_count": 3.0, "pace_rate": 3.0}
    assert shown(light, due_count=0.8, **three) == "ahead"
    assert shown(light, due_count=0.9, **three) == "normal"


def test_people_on_plan_with_few_deals_are_red_far_less_often_than_by_percentage(
    light: str,
) -> None:
    shares = simulate.false_reds(light, 5, 2_000)
    assert all(shares[day][0] == 0 for day in range(1, 13))
    assert max(shares[day][0] for day in range(13, 65)) < 0.25
    assert min(shares[day][1] for day in range(1, 65)) > 0.4  # by percentage alone
