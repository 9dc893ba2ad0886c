"""When a target is for and how much it is, as people write it; over which days it grows: test_growth_base.py."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from lines_world import one


@pytest.mark.parametrize(
    ("unit", "amount"),
    [("元", 100), ("千元", 100_000), ("万元", 1_000_000), ("百万", 100_000_000), ("千万", 1_000_000_000),
     ("亿元", 10_000_000_000)],
)  # fmt: skip
def test_a_unit_column_multiplies_money_and_leaves_counts(unit: str, amount: int) -> None:
    assert one(unit=unit).values["value"] == amount
    assert one(unit=unit, metric="order_count").values["value"] == 100


def test_a_foreign_target_needs_its_plan_rate() -> None:
    assert one(currency="USD").problem == "unconverted_currency"
    assert one(currency="CNY").problem is None
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


def test_a_period_beside_its_own_bounds_keeps_its_kind_and_beside_others_is_custom() -> None:
    own = one(start_on=date(2026, 1, 1), end_on=date(2026, 3, 31)).values
    assert (own["period_type"], own["period_label"]) == ("quarter", "2026-Q1")
    other = one(start_on=date(2026, 1, 1), end_on=date(2026, 3, 30)).values
    assert (other["period_type"], other["end_on"]) == ("custom", date(2026, 3, 30))
    assert other["period_label"] == "2026Q1"


@pytest.mark.parametrize(
    ("end", "start"),
    [
        (date(2026, 3, 31), date(2025, 4, 1)),
        (date(2026, 4, 1), date(2026, 4, 1)),
        (date(2026, 6, 30), date(2026, 4, 1)),
    ],
)
def test_a_milestone_begins_with_the_fiscal_year_that_it_ends_in(end: date, start: date) -> None:
    assert one(fiscal_from=4, period=None, end_on=end).values["start_on"] == start


def test_a_target_of_nothing_is_a_target() -> None:
    line = one(value=Decimal(0))
    assert (line.problem, line.values["value"]) == (None, 0)


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ({"period": "春天"}, "unknown_period"),
        ({"metric": "销量"}, "unknown_metric"),
        ({"value": Decimal("-0.01")}, "negative_target"),
        (
            {"period": None, "start_on": date(2026, 3, 2), "end_on": date(2026, 3, 1)},
            "unknown_period",
        ),
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
