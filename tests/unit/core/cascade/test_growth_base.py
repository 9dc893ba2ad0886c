"""Growth targets: over which days their base is taken, and as known on which day."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from pipelines.core.cascade.lines import Directory, Metric, resolve_lines

METRICS = {"signed_amount": Metric("money", is_ratio=False, is_lower_better=False)}
RECORDED = date(2026, 1, 5)


def base_days(kind: str, **period: Any) -> tuple[date, date]:
    """Return the first and last day that a growth target of a period is asked over."""
    asked: list[tuple[date, date, date]] = []

    def base_of(_values: Any, start: date, end: date, recorded_on: date) -> Decimal:
        asked.append((start, end, recorded_on))
        return Decimal(1000)

    directory = Directory(
        units={"C": ("公司", "company", None)}, people={}, root="C", metrics=METRICS, currency="CNY",
        fiscal_year_start_month=1, week_start=0, base_of=base_of,
    )  # fmt: skip
    row = {"value": Decimal("0.25"), "value_kind": kind, "recorded_on": RECORDED, **period}
    [line] = resolve_lines([row], directory)
    assert line.values["value"] == 1250
    [(start, end, recorded_on)] = asked
    assert recorded_on == RECORDED
    return start, end


@pytest.mark.parametrize(
    ("period", "start", "end"),
    [
        ("2026Q1", date(2025, 1, 1), date(2025, 3, 31)),
        ("2026", date(2025, 1, 1), date(2025, 12, 31)),
        ("2025-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2024-02", date(2023, 2, 1), date(2023, 2, 28)),
        ("2026-02", date(2025, 2, 1), date(2025, 2, 28)),
    ],
)
def test_growth_over_the_year_before_is_over_its_same_days_and_whole_februaries(
    period: str, start: date, end: date
) -> None:
    assert base_days("growth_yoy", period=period) == (start, end)


@pytest.mark.parametrize(
    ("period", "start", "end"),
    [
        ("2026-01", date(2025, 12, 1), date(2025, 12, 31)),
        ("2026-03", date(2026, 2, 1), date(2026, 2, 28)),
        ("2026Q1", date(2025, 10, 1), date(2025, 12, 31)),
        ("2026", date(2025, 1, 1), date(2025, 12, 31)),
        ("2026-W10", date(2026, 2, 23), date(2026, 3, 1)),
    ],
)
def test_growth_over_the_period_before_is_over_that_whole_period(
    period: str, start: date, end: date
) -> None:
    assert base_days("growth_prior", period=period) == (start, end)


def test_before_a_custom_period_lie_as_many_days_as_it_has() -> None:
    # 41 days from 1 March to 10 April; before them 28 of February and 13 of January.
    custom = {"start_on": date(2026, 3, 1), "end_on": date(2026, 4, 10)}
    assert base_days("growth_prior", **custom) == (date(2026, 1, 19), date(2026, 2, 28))
