from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.core.cascade.lines import Directory, Line, Metric, resolve_lines
from pipelines.core.cascade.versions import lines_known, version_days

METRICS = {
    "signed_amount": Metric("money", is_ratio=False, is_lower_better=False),
    "order_count": Metric("count", is_ratio=False, is_lower_better=False),
    "repurchase_rate": Metric("rate", is_ratio=True, is_lower_better=False),
    "churn_rate": Metric("rate", is_ratio=True, is_lower_better=True),
}
UNITS = {
    "C": ("公司", "company", None),
    "E": ("华东", "region", "C"),
    "S": ("华南", "region", "C"),
    "E1": ("一队", "team", "E"),
    "S1": ("一队", "team", "S"),
}


def one(base: Decimal | None = None, **row: Any) -> Line:
    directory = Directory(
        units=UNITS, people={"P1": "张三", "P2": "李四", "P3": "李四"}, root="C", metrics=METRICS, currency="CNY",
        fiscal_year_start_month=1, week_start=0, base_of=lambda *_: base,
    )  # fmt: skip
    given = {
        "period": "2026Q1",
        "value": Decimal(100),
        "recorded_on": date(2026, 1, 5),
        "source_row": "目标.xlsx row 2",
    }
    return resolve_lines([{**given, **row}], directory)[0]


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
    assert one(person="李四").problem == "ambiguous_person"


def test_an_unknown_unit_keeps_its_figure_and_names_the_nearest() -> None:
    line = one(region="华东区")
    assert (line.problem, holder(line)) == ("unknown_unit", ("unit", "unknown:华东区"))
    assert "'华东'" in str(line.message_en)
    assert str(line.message_zh).startswith("目标.xlsx row 2：")


def test_a_unit_column_of_wan_multiplies_money_and_leaves_counts() -> None:
    assert one(unit="万元").values["value"] == 1_000_000
    assert one(unit="家", metric="order_count").values["value"] == 100


def test_a_foreign_target_needs_its_plan_rate() -> None:
    assert one(currency="USD").problem == "unconverted_currency"
    line = one(currency="USD", plan_rate=Decimal("7.1"))
    assert (line.problem, line.values["value"]) == (None, Decimal("710.0"))


def test_growth_of_25_percent_on_1000_is_1250_and_of_18_percent_1180() -> None:
    grown = one(Decimal(1000), value=Decimal("0.25"), value_kind="growth_yoy")
    assert (grown.values["value"], grown.values["growth_base"]) == (1250, 1000)
    assert (
        one(Decimal(1000), value=Decimal("0.18"), value_kind="growth_yoy").values["value"] == 1180
    )


@pytest.mark.parametrize("base", [None, Decimal(0), Decimal(-5)])
def test_growth_without_a_positive_base_is_an_error_line(base: Decimal | None) -> None:
    assert one(base, value=Decimal("0.25"), value_kind="growth_prior").problem == "no_base"


def test_a_month_without_a_year_belongs_to_the_year_of_its_file_or_recording() -> None:
    assert one(period="10月").values["start_on"] == date(2026, 10, 1)
    assert one(period="10月", source_row="2027年目标.xlsx row 2").values["start_on"] == date(
        2027, 10, 1
    )


def test_start_and_end_make_a_custom_period_and_an_end_alone_a_milestone() -> None:
    custom = one(period=None, start_on=date(2026, 3, 1), end_on=date(2026, 4, 10))
    assert (custom.values["period_type"], custom.values["is_milestone"]) == ("custom", False)
    milestone = one(period=None, end_on=date(2026, 6, 30))
    assert (milestone.values["start_on"], milestone.values["is_milestone"]) == (
        date(2026, 1, 1),
        True,
    )


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ({"period": "春天"}, "unknown_period"),
        ({"metric": "销量"}, "unknown_metric"),
        ({"value": Decimal(-1)}, "negative_target"),
    ],
)
def test_what_cannot_be_used_says_why(row: dict[str, Any], problem: str) -> None:
    line = one(**row)
    assert line.problem == problem
    assert line.message_zh
    assert line.message_en


def test_ratios_and_lower_is_better_are_never_spread() -> None:
    assert not one(metric="repurchase_rate").values["is_spread"]
    assert not one(metric="churn_rate").values["is_spread"]
    assert one().values["is_spread"]


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


def test_a_date_inside_the_period_revises_and_one_before_it_corrects() -> None:
    inside = frame({}, {"value": Decimal(80), "effective_on": date(2026, 2, 9)})
    assert known(inside, date(2026, 3, 1)) == [(100, None), (80, date(2026, 2, 9))]
    before = frame({}, {"value": Decimal(80), "effective_on": date(2025, 12, 20)})
    assert known(before, date(2026, 3, 1)) == [(80, None)]


def test_two_equal_rows_are_one_target_and_two_different_ones_a_conflict() -> None:
    same = lines_known(frame({}, {}), date(2026, 1, 5))
    assert same["is_superseded"].tolist() == [False, True]
    assert not same["is_conflict"].any()
    other = lines_known(frame({}, {"value": Decimal(120)}), date(2026, 1, 5))
    assert other["is_conflict"].tolist() == [False, True]


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
