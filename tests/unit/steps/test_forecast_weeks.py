"""Which days are called in one night: the Sundays gone by, and D."""

from datetime import date
from itertools import pairwise

import numpy as np
import pytest

from pipelines.core.forecast.book import Book
from pipelines.steps.forecast import forecast_days
from pipelines.steps.forecast_inputs import ForecastInputs
from tests.unit.core.forecast.forecast_world import book, months, spans

MONDAY = date(2025, 1, 6)


def inputs(today: int, days: int = 400) -> ForecastInputs:
    """A company that is known from Monday on, every day a workday."""
    known: Book = book(
        spans=spans([(0, 0, 1, 0, days)]), periods=months(5), workday=np.arange(1, days + 1)
    )
    return ForecastInputs(known, np.zeros((5, 1)), [], [], [], MONDAY, today)


def test_every_sunday_is_called_and_the_running_week_at_d() -> None:
    # Day 100 is Wednesday 2025-04-16; twenty workdays are known from day 20, a Sunday, on.
    learned, kept = forecast_days(inputs(100))
    assert learned == []
    assert kept == [*range(20, 98, 7), 100]
    assert {inputs(100).on(day).isoweekday() for day in kept[:-1]} == {7}


def test_a_sunday_that_is_d_is_called_once() -> None:
    assert forecast_days(inputs(97))[1] == list(range(20, 98, 7))


# Day 1000 is a Sunday: D is one of the year's weeks then.
@pytest.mark.parametrize(("today", "before"), [(1_000, 51), (1_003, 52)])
def test_a_year_of_weeks_is_kept_and_the_year_before_only_teaches(today: int, before: int) -> None:
    learned, kept = forecast_days(inputs(today, 1_100))
    assert len(kept[:-1]) == before
    assert len(learned) == 52
    assert all(later - earlier == 7 for earlier, later in pairwise([*learned, *kept[:-1]]))
    assert kept[-1] == today


def test_a_company_known_for_a_few_days_is_called_at_d_alone() -> None:
    assert forecast_days(inputs(12)) == ([], [12])
