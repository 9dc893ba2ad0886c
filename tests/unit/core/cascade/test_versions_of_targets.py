"""Versions of the plan: which figure of each target stands on a day, and which was known on which."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.core.cascade.versions import lines_known, version_days


def frame(*rows: dict[str, Any]) -> pd.DataFrame:
    blank = {
        "holder_kind": "unit", "holder_id": "C", "start_on": date(2026, 1, 1), "end_on": date(2026, 3, 31),
        "effective_on": None, "recorded_on": date(2026, 1, 5), "removed_on": None, "value": Decimal(100),
        "product_line": None, "customer_type": None,
    }  # fmt: skip
    built = pd.DataFrame([{**blank, **row, "line": n} for n, row in enumerate(rows)]).astype(object)
    return built.where(built.notna(), None)


def known(lines: pd.DataFrame, day: date) -> list[tuple[Any, Any]]:
    found = lines_known(lines, day)
    found = found[~found["is_superseded"]]
    return list(zip(found["value"], found["effective_on"], strict=True))


def test_a_later_recorded_figure_corrects_and_the_earlier_version_still_knows_the_old_one() -> None:
    lines = frame(
        {"removed_on": date(2026, 2, 1)}, {"value": Decimal(90), "recorded_on": date(2026, 2, 1)}
    )
    assert version_days(lines) == [date(2026, 1, 5), date(2026, 2, 1)]
    assert known(lines, date(2026, 1, 5)) == [(100, None)]
    assert known(lines, date(2026, 2, 1)) == [(90, None)]


def test_a_figure_that_was_taken_off_its_sheet_is_gone_on_that_very_day() -> None:
    lines = frame({"removed_on": date(2026, 2, 1)})
    assert known(lines, date(2026, 1, 31)) == [(100, None)]
    assert known(lines, date(2026, 2, 1)) == []


def test_a_date_inside_the_period_revises_and_one_before_it_corrects() -> None:
    inside = frame({}, {"value": Decimal(80), "effective_on": date(2026, 2, 9)})
    assert known(inside, date(2026, 3, 1)) == [(100, None), (80, date(2026, 2, 9))]
    before = frame({}, {"value": Decimal(80), "effective_on": date(2025, 12, 20)})
    assert known(before, date(2026, 3, 1)) == [(80, None)]
    first_day = frame({}, {"value": Decimal(80), "effective_on": date(2026, 1, 1)})
    assert known(first_day, date(2026, 3, 1)) == [(80, None)]
    second_day = frame({}, {"value": Decimal(80), "effective_on": date(2026, 1, 2)})
    assert known(second_day, date(2026, 3, 1)) == [(100, None), (80, date(2026, 1, 2))]


def test_two_equal_rows_are_one_target_and_two_different_ones_a_conflict() -> None:
    same = lines_known(frame({}, {}), date(2026, 1, 5))
    assert same["is_superseded"].tolist() == [False, True]
    assert not same["is_conflict"].any()
    other = lines_known(frame({}, {"value": Decimal(120)}), date(2026, 1, 5))
    assert other["is_conflict"].tolist() == [False, True]
    newer = lines_known(
        frame({}, {"value": Decimal(120), "recorded_on": date(2026, 1, 6)}), date(2026, 1, 6)
    )
    assert newer["is_superseded"].tolist() == [True, False]
    assert not newer["is_conflict"].any()


def test_targets_of_product_lines_and_customer_types_are_figures_of_their_own() -> None:
    lines = lines_known(
        frame(
            {"value": Decimal(1000)},
            {"value": Decimal(600), "product_line": "X"},
            {"value": Decimal(300), "customer_type": "直营"},
            {"value": Decimal(500), "product_line": "X"},
        ),
        date(2026, 1, 5),
    )
    assert lines["is_superseded"].tolist() == [False, False, False, True]
    assert lines["is_conflict"].tolist() == [False, False, False, True]


HOLDERS = ("C", "U", "P")
FIRST = date(2026, 1, 5)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(HOLDERS),
            st.integers(1, 3).map(Decimal),
            st.integers(0, 4),  # days until it was recorded
            st.none() | st.integers(1, 4),  # days until it was deleted again
        ),
        min_size=1,
        max_size=12,
    )
)
def test_versions_and_rows_given_twice_never_add_up(
    rows: list[tuple[str, Decimal, int, int | None]],
) -> None:
    lines = frame(
        *(
            {
                "holder_id": holder, "value": value, "recorded_on": FIRST + timedelta(days=recorded),
                "removed_on": FIRST + timedelta(days=recorded + gone) if gone else None,
            }
            for holder, value, recorded, gone in [*rows, *rows]
        )
    )  # fmt: skip
    for day in version_days(lines):
        found = lines_known(lines, day)
        found = found[~found["is_superseded"]]
        given = {
            holder: max(
                recorded
                for other, _, recorded, gone in rows
                if other == holder and stands(recorded, gone, day)
            )
            for holder, _, recorded, gone in rows
            if stands(recorded, gone, day)
        }
        # One figure each, and that of the newest row that stands.
        assert sorted(found["holder_id"]) == sorted(given)
        for line in found.to_dict("records"):
            newest = FIRST + timedelta(days=given[line["holder_id"]])
            assert line["recorded_on"] == newest


def stands(recorded: int, gone: int | None, day: date) -> bool:
    recorded_on = FIRST + timedelta(days=recorded)
    return recorded_on <= day and (gone is None or recorded_on + timedelta(days=gone) > day)
