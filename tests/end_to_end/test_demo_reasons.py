"""No figure of the demo company is empty without a word, and none that stands is excused."""

from __future__ import annotations

import pytest

from tests.end_to_end.conftest import DemoNight

pytestmark = [pytest.mark.slow, pytest.mark.deep(topic="nights")]

WHY_IT_STANDS = {"tier_reason"}  # says which rule gave the tier, not why there is none


def test_a_figure_is_empty_exactly_where_its_reason_is_given(demo_night: DemoNight) -> None:
    columns: dict[str, list[str]] = {}
    for mart, column in demo_night.marts(
        "select table_name, column_name from duckdb_columns() where schema_name = 'marts'"
    ):
        columns.setdefault(mart, []).append(column)
    pairs = [
        (mart, name, f"{name}_reason")
        for mart, names in columns.items()
        for name in names
        if f"{name}_reason" in names and f"{name}_reason" not in WHY_IT_STANDS
    ]
    assert len(pairs) > 40
    wrong = {
        (mart, name): count
        for mart, name, reason in pairs
        for (count,) in demo_night.marts(
            f"select count(*) from {mart} where ({name} is null) <> ({reason} is not null)"
        )
        if count
    }
    assert wrong == {}
