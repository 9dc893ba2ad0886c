"""Whose a target is: found by id or name, and kept where nobody knows the name."""

from __future__ import annotations

from typing import Any

import pytest
from lines_world import one

from pipelines.core.cascade.lines import Line


def holder(line: Line) -> tuple[Any, Any]:
    return line.values["holder_kind"], line.values["holder_id"]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({}, ("unit", "C")),
        ({"region": "华东"}, ("unit", "E")),
        ({"region": "华南", "team": "一队"}, ("unit", "S1")),
        ({"node": "E1"}, ("unit", "E1")),
        ({"person": "张三"}, ("person", "P1")),
        ({"person": "P2", "team": "E1"}, ("person", "P2")),
    ],
)
def test_a_row_names_its_holder_by_id_or_name(
    row: dict[str, Any], expected: tuple[str, str]
) -> None:
    line = one(**row)
    assert holder(line) == expected
    assert line.problem is None


def test_a_team_name_used_twice_asks_for_the_id() -> None:
    line = one(team="一队")
    assert line.problem == "ambiguous_unit"
    assert "E1, S1" in str(line.message_en)


def test_a_persons_name_used_twice_asks_for_the_id() -> None:
    line = one(person="李四")
    assert line.problem == "ambiguous_person"
    assert "P2, P3" in str(line.message_en)


def test_an_unknown_person_keeps_the_figure_and_says_which_is_nearest() -> None:
    line = one(person="张珊", team="E1")
    assert (line.problem, holder(line)) == ("unknown_person", ("person", "张珊"))
    assert (line.values["unit_id"], line.values["value"]) == ("E1", 100)
    assert "'张三'" in str(line.message_en)


def test_an_unknown_unit_keeps_its_figure_and_names_the_nearest() -> None:
    line = one(region="华东区")
    assert (line.problem, holder(line)) == ("unknown_unit", ("unit", "unknown:华东区"))
    assert "'华东'" in str(line.message_en)
    assert str(line.message_zh).startswith("目标.xlsx row 2：")
