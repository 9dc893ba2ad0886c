"""Business not yet created: what past periods booked after the same workday from elsewhere, times growth."""

from dataclasses import replace

import numpy as np
import pytest

from pipelines.core.forecast.book import Book, Bookings, Periods, past_like
from pipelines.core.forecast.incidence import NO_HISTORY
from pipelines.core.forecast.new_business import ROLLING, growth, new_business
from tests.unit.core.forecast.forecast_world import (
    book,
    bookings,
    four_alike,
    ints,
    months,
    spans,
)


def test_what_came_from_elsewhere_after_the_tenth_is_seven_less_three():
    found = new_business(four_alike(), 4, 129)
    assert found.samples.tolist() == [[4.0]] * 4
    assert found.reason is None


def test_before_a_period_begins_the_days_until_then_do_not_count():
    # Ten days before the fifth month only two months have ended: stretches of 10 + 30 days speak. The
    # newest looks at day 69 and counts days 80 to 109: 7 − 3 + 5; the deal stood open on day 69.
    found = new_business(four_alike(), 4, 109)
    assert found.reason == ROLLING
    assert found.samples[0].tolist() == [9.0]


def test_with_fewer_than_four_past_periods_earlier_stretches_speak_and_say_so():
    rows = [(-1, 0, day, 1) for day in range(60)]
    found = new_business(book(bookings=bookings(rows)), 2, 69)
    # Twenty days are left: days 50 to 69, of which ten are booked, then 30 to 49 and 10 to 29.
    assert found.reason == ROLLING
    assert found.samples.tolist() == [[10.0], [20.0], [20.0]]


def test_without_any_history_nothing_is_expected_from_elsewhere_and_it_says_so():
    found = new_business(book(), 0, 3)
    assert found.samples.shape == (0, 1)
    assert found.reason == NO_HISTORY


def test_only_what_was_known_on_the_day_is_past():
    late = Bookings(
        ints([-1] * 4), ints([0] * 4), ints([20, 50, 80, 110]), ints([300] * 4), ints([7] * 4)
    )
    found = new_business(book(bookings=late), 4, 129)
    assert not found.samples.any()


def test_twice_as_many_deals_as_then_double_what_is_still_to_come():
    # One deal every second day for 200 days, then one a day: half-years of 120 days each.
    arrivals = [*range(0, 200, 2), *range(200, 400)]
    rows = [(number, 0, 1, day, day + 1) for number, day in enumerate(arrivals)]
    whole = book(spans=spans(rows), periods=months(13))
    assert growth(whole, 150, 399) == pytest.approx(2.0)
    assert growth(whole, 399, 399) == 1.0
    # Day 100 has no half-year behind it.
    assert growth(whole, 100, 399) == 1.0


def arriving(*days: int) -> Book:
    """Deals that each came in on a day and were gone on the next."""
    rows = [(number, 0, 1, day, day + 1) for number, day in enumerate(sorted(days))]
    return book(spans=spans(rows), periods=months(13))


@pytest.mark.parametrize(
    ("before", "since", "grown"),
    [
        ([d for d in range(200) if d % 3], range(200, 400), 1.5),
        (range(0, 200, 3), range(200, 400), 2.0),
        (range(200), range(200, 400, 3), 0.5),
        (range(0, 200, 4), range(200, 400), 2.0),
        ([d for d in range(0, 200, 4) if d != 100], range(200, 400), 1.0),
    ],
    ids=["80 then 120", "40 then 120", "120 then 40", "30 then 120", "29 then 120"],
)
def test_growth_is_between_half_and_double_and_rests_on_thirty_deals(before, since, grown):
    # The half-years are the days 31 to 150 and 280 to 399.
    assert growth(arriving(*before, *since), 150, 399) == pytest.approx(grown)


def test_what_past_periods_brought_grows_with_the_deals_that_come_in():
    # 100 come from elsewhere on the 21st of each month. Two deals came in three days until day 200, one a
    # day since: half-years of 80 and 120. Three months lie too early for a half-year of their own.
    came = arriving(*(d for d in range(200) if d % 3), *range(200, 400))
    whole = replace(came, bookings=bookings([(-1, 0, 30 * m + 20, 100) for m in range(12)]))
    samples = new_business(whole, 12, 369).samples[:, 0].tolist()
    assert len(samples) == 12
    assert (samples[0], samples[6], samples[7], samples[8]) == (100, 150, 150, 100)


def test_a_period_that_begins_with_the_calendar_is_compared_after_as_many_workdays():
    # One unit a day; ten days into the fifth month of thirty, twenty are left, in the first month too.
    daily = bookings([(-1, 0, d, 1) for d in range(150)])
    assert new_business(book(bookings=daily), 4, 129).samples[:, 0].tolist() == [20] * 4


def test_twelve_past_periods_speak_and_no_more():
    rows = [(-1, 0, day, 1) for day in range(392)]
    assert (
        len(new_business(book(bookings=bookings(rows), periods=months(14, 28)), 13, 373).samples)
        == 12
    )


@pytest.mark.parametrize(("day", "still_to_come"), [(130, [20, 21, 18, 21]), (141, [10] * 4)])
def test_in_its_second_half_a_month_is_compared_from_its_end(day, still_to_come):
    # January to May of 31, 28, 31, 30 and 31 days, one unit a day: after the 10th day of each, or in its
    # last ten days.
    first = ints([1, 32, 60, 91, 121])
    last = ints([31, 59, 90, 120, 151])
    uneven = Periods(first * 0, first, last, np.zeros(5, dtype=bool))
    daily = bookings([(-1, 0, d, 1) for d in range(1, 152)])
    found = new_business(book(bookings=daily, periods=uneven), 4, day)
    assert found.samples[:, 0].tolist() == still_to_come


def test_custom_periods_are_compared_with_stretches_since_no_two_are_alike():
    whole = four_alike()
    custom = replace(whole, periods=replace(whole.periods, is_custom=np.ones(5, dtype=bool)))
    assert new_business(custom, 4, 129).reason == ROLLING


def test_a_period_that_ends_today_is_not_past():
    assert past_like(months(6), 5, 149, 12).tolist() == [3, 2, 1, 0]
    assert past_like(months(6), 5, 150, 12).tolist() == [4, 3, 2, 1, 0]
    assert past_like(months(6), 5, 150, 2).tolist() == [4, 3]


def test_days_off_belong_to_the_workday_before():
    whole = book(workday=ints([1, 2, 2, 2, 3]))
    assert [whole.last_day_of(index) for index in (1, 2, 3)] == [0, 3, 4]
