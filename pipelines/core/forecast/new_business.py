"""Business not yet created: what past periods booked after the same workday, from elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.core.forecast.book import Book, past_like
from pipelines.core.forecast.incidence import NO_HISTORY, Floats

PAST_PERIODS = 12
LEAST_PAST_PERIODS = 4
GROWTH_WORKDAYS = 120
GROWTH_LIMITS = (0.5, 2.0)
LEAST_ARRIVALS = 30
ROLLING = "rolling_windows"
ROLLING_STEP_WORKDAYS = 20


@dataclass(frozen=True)
class NewBusiness:
    """What may come from elsewhere, each row equally likely.

    Attributes:
        samples: row per past period (newest first), column per scope; whole minor units.
        reason: NULL, `rolling_windows` where past stretches of as many workdays stood in for
            periods of the kind, `insufficient_history` where there is nothing to go by.
    """

    samples: Floats
    reason: str | None = None


def new_business(book: Book, place: int, day: int) -> NewBusiness:
    """Return what past periods booked after the same workday that did not stand open on it.

    Cancellations, orders without a deal and deals created later are all in it, so that booked +
    open deals won + new business is exactly what the period came to. Under LEAST_PAST_PERIODS
    periods of the kind (and for custom periods, no two of which are alike) earlier stretches of as
    many workdays speak instead.
    """
    stretches = _past_periods(book, place, day)
    reason = None
    if len(stretches) < LEAST_PAST_PERIODS:
        reason, stretches = ROLLING, _rolling(book, place, day)
    rows = [
        _from_elsewhere(book, look, after, until, day) * growth(book, look, day)
        for look, after, until in stretches
    ]
    if not rows:
        return NewBusiness(np.zeros((0, book.scopes.shape[1])), NO_HISTORY)
    return NewBusiness(np.rint(np.stack(rows)), reason)


def _past_periods(book: Book, place: int, day: int) -> list[tuple[int, int, int]]:
    """Return each past period of the kind: day looked at, day before its stretch, last day."""
    periods, workday = book.periods, book.workday
    if periods.is_custom[place]:
        return []
    first, last = int(periods.first_day[place]), int(periods.last_day[place])
    index = int(workday[day]) - book.workdays_before(first)
    left = int(workday[last] - workday[day])
    found = []
    for past in past_like(periods, place, day, PAST_PERIODS):
        start, end = int(periods.first_day[past]), int(periods.last_day[past])
        # The same workday from the start, in the second half from the end: months differ in length,
        # and what is left of them is what is asked for.
        reached = book.workdays_before(start) + index if index <= left else workday[end] - left
        look = book.last_day_of(int(reached))
        if look >= book.first_known_day:
            found.append((min(look, end), max(min(look, end), start - 1), end))
    return found


def _rolling(book: Book, place: int, day: int) -> list[tuple[int, int, int]]:
    """Return earlier stretches as long as what is left of the period; long ones may overlap."""
    workday = book.workday
    today = int(workday[day])
    until = int(workday[book.periods.last_day[place]]) - today
    wait = max(book.workdays_before(int(book.periods.first_day[place])) - today, 0)
    found = []
    for back in range(PAST_PERIODS):
        begin = today - until - back * min(until, ROLLING_STEP_WORKDAYS)
        if until <= 0 or begin < int(workday[book.first_known_day]):
            break
        looks = (begin, begin + wait, begin + until)
        found.append(tuple(book.last_day_of(index) for index in looks))
    return found  # type: ignore[return-value]


def _from_elsewhere(book: Book, look: int, after: int, until: int, known: int) -> Floats:
    booked = book.bookings
    within = np.flatnonzero(booked.between(after, until, known))
    chosen = within[~book.spans.were_open(booked.deal[within], look)]
    return book.per_scope(booked.leaf[chosen], booked.amount[chosen])


def growth(book: Book, then: int, now: int) -> float:
    """Return how many more deals come in now than then: half-years of workdays against each other.

    1 where either half-year is not wholly known or has under LEAST_ARRIVALS deals; never beyond the
    limits, so that one odd half-year does not double the forecast.
    """
    counts = []
    for day in (then, now):
        since = int(book.workday[day]) - GROWTH_WORKDAYS
        if since < int(book.workday[book.first_known_day]):
            return 1.0
        first, last = np.searchsorted(book.arrivals, (book.last_day_of(since), day), side="right")
        counts.append(int(last - first))
    if min(counts) < LEAST_ARRIVALS:
        return 1.0
    return float(np.clip(counts[1] / counts[0], *GROWTH_LIMITS))
