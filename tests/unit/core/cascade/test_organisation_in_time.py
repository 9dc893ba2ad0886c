"""The organisation over time: units that move, rings and places nobody knows, targets beyond the calendar."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import pytest
from cascade_world import ALWAYS, FAR, World, calendar

from pipelines.core.cascade import build_grid, build_tree
from pipelines.core.cascade.grid import CascadeError

MARCH_AND_APRIL = [(date(2026, 3, 1), date(2026, 3, 31)), (date(2026, 4, 1), date(2026, 4, 30))]
NOBODY = pd.DataFrame(
    columns=["person_id", "unit_id", "valid_from", "valid_before", "hired_on", "left_on"]
)


def unit(
    unit_id: str, parent_id: str | None, start: date = ALWAYS, end: date = FAR
) -> dict[str, Any]:
    return {
        "unit_id": unit_id, "parent_id": parent_id, "kind": "team", "valid_from": start,
        "valid_before": end,
    }  # fmt: skip


def parents(move_on: date) -> list[str]:
    """Return above whom team T stands in March and in April when it moves from E to S on a day."""
    grid = build_grid(calendar(), MARCH_AND_APRIL)
    units = [
        unit("E", None), unit("S", None), unit("T", "E", end=move_on), unit("T", "S", move_on),
    ]  # fmt: skip
    tree = build_tree(grid, pd.DataFrame(units), NOBODY)
    march, april = grid.segment_of(pd.Series([grid.day(first) for first, _ in MARCH_AND_APRIL]))
    above = tree.parent[tree.unit_ids.index("T")]
    return [tree.unit_ids[above[march]], tree.unit_ids[above[april]]]


@pytest.mark.parametrize(
    ("move_on", "above"),
    [
        (date(2026, 3, 1), ["S", "S"]),
        (date(2026, 3, 2), ["E", "S"]),
        (date(2026, 4, 1), ["E", "S"]),
        (date(2026, 4, 2), ["E", "E"]),
    ],
)
def test_a_unit_counts_where_it_stood_when_the_segment_began(
    move_on: date, above: list[str]
) -> None:
    assert parents(move_on) == above


def test_units_above_each_other_are_refused_by_name() -> None:
    ring = World({"甲": ("乙", "team"), "乙": ("甲", "team")}, targets=[("甲", "2026-03", 100)])
    with pytest.raises(
        CascadeError, match=r"unit .[甲乙]. stands above itself; correct its parent"
    ):
        ring.run()


def test_a_person_in_a_unit_that_is_not_there_is_refused() -> None:
    lost = World({"公司": (None, "company")}, {"张三": "火星队"}, [("公司", "2026-03", 100)])
    with pytest.raises(CascadeError, match="stands in unit '火星队', which is not in the tree"):
        lost.run()


def test_a_target_beyond_the_calendar_says_both_reaches() -> None:
    last = World({"公司": (None, "company")}, targets=[("公司", "2027-01", 100)])
    assert last.run().value("公司") == 0
    beyond = World({"公司": (None, "company")}, targets=[("公司", "2027-02", 100)])
    with pytest.raises(
        CascadeError,
        match="from 2027-02-01 to 2027-02-28, the calendar from 2025-01-01 to 2027-01-31",
    ):
        beyond.run()
