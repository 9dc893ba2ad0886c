"""Process targets join the target sheets' lines; a target by name replaces them where they meet."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import duckdb
import pandas as pd
import pytest

from pipelines.steps.cascade_process import with_process_lines

WEEKS = [(date(2026, 1, 5), date(2026, 1, 11)), (date(2026, 2, 2), date(2026, 2, 8))]


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        con.execute("create schema intermediate")
        con.execute(
            "create table intermediate.int_process_target (metric varchar, person_id varchar, "
            "period_type varchar, period_label varchar, start_on date, end_on date, "
            "value decimal(18, 6), is_spread boolean, recorded_on date, rules_version varchar)"
        )
        for start, end in WEEKS:
            for person in ("P1", "P2"):
                con.execute(
                    "insert into intermediate.int_process_target values "
                    "('call_count', ?, 'week', 'w', ?, ?, 30, true, '2025-01-01', 'abc')",
                    [person, start, end],
                )
        yield con


def by_name(**changed: Any) -> pd.DataFrame:
    line = {
        "line": 7, "metric": "call_count", "level": "base", "scenario": "base",
        "holder_kind": "person", "holder_id": "P1", "start_on": date(2026, 1, 1),
        "end_on": date(2026, 1, 31), "value": 100, "removed_on": None, "problem": None,
        "source": "targets",
    }  # fmt: skip
    return pd.DataFrame([line | changed]).astype(object)


def left(frame: pd.DataFrame) -> list[tuple[str, date]]:
    process = frame[frame["source"] == "rules"]
    return list(zip(process["holder_id"], process["start_on"], strict=True))


EVERYTHING = [(person, start) for person in ("P1", "P2") for start, _ in WEEKS]


def test_without_target_sheets_the_process_targets_are_all_there_is(
    con: duckdb.DuckDBPyConnection,
) -> None:
    frame = with_process_lines(con, pd.DataFrame())
    assert left(frame) == EVERYTHING
    assert list(frame["line"]) == [1, 2, 3, 4]
    assert set(frame["source_row"]) == {"rules.xlsx abc [过程指标]"}


def test_a_target_by_name_replaces_the_weeks_that_it_touches(
    con: duckdb.DuckDBPyConnection,
) -> None:
    frame = with_process_lines(con, by_name())
    assert left(frame) == [("P1", WEEKS[1][0]), ("P2", WEEKS[0][0]), ("P2", WEEKS[1][0])]
    assert list(frame["line"]) == [7, 8, 9, 10]


# The first week lasts from Monday 5 to Sunday 11 January.
@pytest.mark.parametrize(
    ("start", "end", "touches"),
    [((1, 1), (1, 4), False), ((1, 1), (1, 5), True), ((1, 11), (1, 31), True), ((1, 12), (1, 31), False)],
)  # fmt: skip
def test_one_day_in_common_is_enough_to_replace_a_week(
    con: duckdb.DuckDBPyConnection, start: tuple[int, int], end: tuple[int, int], touches: bool
) -> None:
    days = {"start_on": date(2026, *start), "end_on": date(2026, *end)}
    kept = left(with_process_lines(con, by_name(**days)))
    assert kept == (EVERYTHING[1:] if touches else EVERYTHING)


@pytest.mark.parametrize(
    "changed",
    [
        {"level": "stretch"},
        {"scenario": "A"},
        {"metric": "visit_count"},
        {"holder_kind": "unit"},
        {"removed_on": date(2026, 1, 9)},
        {"problem": "negative_target"},
    ],
)
def test_another_level_scenario_metric_holder_or_a_row_without_force_replaces_nothing(
    con: duckdb.DuckDBPyConnection, changed: dict[str, Any]
) -> None:
    assert left(with_process_lines(con, by_name(**changed))) == EVERYTHING
