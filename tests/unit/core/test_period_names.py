"""Periods as people write them: the same period in every spelling, and what is none."""

from __future__ import annotations

from datetime import date

import pytest

from pipelines.core.period_names import NamedPeriod, read_period, year_in

D = date


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026", NamedPeriod("year", D(2026, 1, 1), D(2026, 12, 31), "2026")),
        ("2026年度", NamedPeriod("year", D(2026, 1, 1), D(2026, 12, 31), "2026")),
        ("2026Q4", NamedPeriod("quarter", D(2026, 10, 1), D(2026, 12, 31), "2026-Q4")),
        ("Ｑ３", NamedPeriod("quarter", D(2026, 7, 1), D(2026, 9, 30), "2026-Q3")),
        ("第3季度", NamedPeriod("quarter", D(2026, 7, 1), D(2026, 9, 30), "2026-Q3")),
        ("2025年第四季度", NamedPeriod("quarter", D(2025, 10, 1), D(2025, 12, 31), "2025-Q4")),
        ("2026-10", NamedPeriod("month", D(2026, 10, 1), D(2026, 10, 31), "2026-10")),
        ("10月", NamedPeriod("month", D(2026, 10, 1), D(2026, 10, 31), "2026-10")),
        ("2月份", NamedPeriod("month", D(2026, 2, 1), D(2026, 2, 28), "2026-02")),
        ("2025 年 1 月", NamedPeriod("month", D(2025, 1, 1), D(2025, 1, 31), "2025-01")),
        ("2026-01-01", NamedPeriod("month", D(2026, 1, 1), D(2026, 1, 31), "2026-01")),
        ("Mar 2025", NamedPeriod("month", D(2025, 3, 1), D(2025, 3, 31), "2025-03")),
        ("September", NamedPeriod("month", D(2026, 9, 1), D(2026, 9, 30), "2026-09")),
        ("2026-W41", NamedPeriod("week", D(2026, 10, 5), D(2026, 10, 11), "2026-W41")),
        ("第8周", NamedPeriod("week", D(2026, 2, 16), D(2026, 2, 22), "2026-W08")),
        ("2026-W53", NamedPeriod("week", D(2026, 12, 28), D(2027, 1, 3), "2026-W53")),
        ("下半年", NamedPeriod("custom", D(2026, 7, 1), D(2026, 12, 31), "2026-H2")),
    ],
)
def test_a_period_is_read_as_people_write_it(text: str, expected: NamedPeriod) -> None:
    assert read_period(text, year=2026) == expected


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Jan-24", "2024-01"), ("Jan'24", "2024-01"), ("Jan 24", "2024-01"), ("Sept-2024", "2024-09"),
        ("January FY24", "2024-01"), ("Q1 2024", "2024-Q1"), ("Q1-24", "2024-Q1"), ("Q1'24", "2024-Q1"), ("Q1 FY24", "2024-Q1"),
        ("1Q24", "2024-Q1"), ("H1 2024", "2024-H1"), ("1H24", "2024-H1"), ("24Q1", "2024-Q1"), ("FY24", "2024"),
        ("FY24Q1", "2024-Q1"), ("24年1月", "2024-01"), ("24年", "2024"), ("24年上半年", "2024-H1"), ("一月", "2026-01"),
        ("十二月", "2026-12"), ("2024年十一月", "2024-11"), ("2024M01", "2024-01"), ("M1", "2026-01"), ("01/2024", "2024-01"),
        ("2024年1月1日", "2024-01"), ("20240101", "2024-01"), ("全年", "2026"), ("2024全年", "2024"),
        ("2024|1", "2024-01"), ("2024|11", "2024-11"), ("2024年|1月", "2024-01"), ("2024|Q1", "2024-Q1"), ("2024|一月", "2024-01"),
    ],
)  # fmt: skip
def test_a_year_may_stand_behind_or_be_short(text: str, label: str) -> None:
    found = read_period(text, year=2026)
    assert found is not None and found.label == label


@pytest.mark.parametrize("text", ["12-Jan", "1-Jan-24", "24-3-5", "2024-13", "13/2024", "Q5 2024", "M13", "第一", "月", "24", "1-24"])  # fmt: skip
def test_a_day_or_a_number_is_no_period(text: str) -> None:
    assert read_period(text, year=2026) is None


@pytest.mark.parametrize(
    "text", ["", "华东", "13月", "Q5", "2025-W53", "合计", "1500", "2026-02-15", "W00"]
)
def test_other_words_and_impossible_periods_are_no_period(text: str) -> None:
    assert read_period(text, year=2026) is None


def test_a_month_without_a_year_is_no_period_where_nobody_names_one() -> None:
    assert read_period("10月") is None


def test_years_and_quarters_are_fiscal_where_the_company_says_so() -> None:
    assert read_period("2026", fiscal_year_start_month=4) == NamedPeriod(
        "year", D(2025, 4, 1), D(2026, 3, 31), "FY2026"
    )
    assert read_period("Q4", year=2026, fiscal_year_start_month=4) == NamedPeriod(
        "quarter", D(2026, 1, 1), D(2026, 3, 31), "FY2026-Q4"
    )
    assert read_period("2026H1", fiscal_year_start_month=4) == NamedPeriod(
        "custom", D(2025, 4, 1), D(2025, 9, 30), "FY2026-H1"
    )
    assert read_period("2026年1月", fiscal_year_start_month=4) == NamedPeriod(
        "month", D(2026, 1, 1), D(2026, 1, 31), "2026-01"
    )


def test_weeks_begin_on_the_day_of_the_company_and_week_1_holds_the_fourth_of_january() -> None:
    # The fourth of January 2026 is a Sunday, of 2025 a Saturday.
    assert read_period("2026-W01", week_start=6) == NamedPeriod(
        "week", D(2026, 1, 4), D(2026, 1, 10), "2026-W01"
    )
    assert read_period("2025-W53", week_start=6) == NamedPeriod(
        "week", D(2025, 12, 28), D(2026, 1, 3), "2025-W53"
    )
    assert read_period("2025-W53") is None


def test_the_year_of_a_title_is_found() -> None:
    assert year_in("2026年度销售目标（单位：万元）") == 2026
    assert year_in("销售目标_20260105.xlsx") is None
    assert year_in("销售目标") is None
