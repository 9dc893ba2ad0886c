"""The forecast of one day: range, chance of the target and deciding deals of each period."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from pipelines.core.forecast.book import Book
from pipelines.core.forecast.calls import (
    Call,
    Outcome,
    fit_multiplier,
    make_calls,
    outcome_of,
    realised_rate,
)
from pipelines.core.forecast.draws import Drawn, Luck, draw_call, swings
from pipelines.core.forecast.incidence import Flags, Floats, Ints
from pipelines.core.forecast.new_business import NewBusiness, new_business
from pipelines.core.forecast.sums import (
    MULTIPLIER_POINTS,
    QUANTILES,
    Multiplier,
    exact_sum,
    possible_sums,
    scaled_chances,
    with_new_business,
)

AHEAD_DAYS = 31
TOP_SWINGS = 3


@dataclass(frozen=True)
class Outlook:
    """One period seen from one day. Grain of the arrays: one element per scope; minor units.

    Attributes:
        call: the deals behind it.
        new: business not yet created.
        amounts: what each open deal books if it is won.
        multiplier: what the win rates share.
        rate: what a won deal books of its amount.
        booked: what is booked of the period.
        expected_open: what open deals bring on average.
        expected_new: what comes from elsewhere on average.
        range: columns p10, p50, p90 of what the period comes to.
        probability: chance of reaching the target; NaN without one.
        is_exact: counted over every possible sum; else a share of draws.
        drawn: the draws.
    """

    call: Call
    new: NewBusiness
    amounts: Ints
    multiplier: Multiplier
    rate: float
    booked: Floats
    expected_open: Floats
    expected_new: Floats
    range: Floats
    probability: Floats
    is_exact: Flags
    drawn: Drawn


def outlooks(
    book: Book,
    day: int,
    places: Sequence[int],
    targets: Floats,
    past: Sequence[Outcome],
    *,
    states: int = 0,
) -> Iterator[Outlook]:
    """Yield the outlook of each period from one day, with what was known at the end of it.

    Args:
        book: everything known.
        day: the day of the forecast; it seeds the draws.
        places: periods, as places in the book.
        targets: row per period of the book, column per scope; NaN or 0 where there is none.
        past: outcomes of earlier calls, for what win rates share.
        states: scopes with at most so many states (sum × multiplier × past period) are counted
            exactly.
    """
    calls = make_calls(book, day, places)
    luck = Luck.of_day(day, len(calls[0].deals.deal) if calls else 0)
    rate = realised_rate(past, day)
    for call in calls:
        multiplier = fit_multiplier(past, int(book.periods.kind[call.place]), day)
        new = new_business(book, call.place, day)
        amounts = np.rint(call.deals.amount * rate).astype(np.int64)
        drawn = draw_call(call, amounts, new.samples, book.scopes, multiplier, luck)
        outlook = _drawn(book, call, new, amounts, multiplier, rate, drawn, targets[call.place])
        if states:
            _count_exactly(book, outlook, targets[call.place], states)
        yield outlook


def _drawn(
    book: Book,
    call: Call,
    new: NewBusiness,
    amounts: Ints,
    multiplier: Multiplier,
    rate: float,
    drawn: Drawn,
    target: Floats,
) -> Outlook:
    entries = book.bookings
    first = int(book.periods.first_day[call.place])
    so_far = entries.between(first - 1, call.day, call.day)
    booked = book.per_scope(entries.leaf[so_far], entries.amount[so_far])
    chance = _cases(call, multiplier).mean(axis=0)
    has_target = np.nan_to_num(target) > 0
    return Outlook(
        call=call,
        new=new,
        amounts=amounts,
        multiplier=multiplier,
        rate=rate,
        booked=booked,
        expected_open=book.per_scope(call.deals.leaf, np.rint(chance * amounts)),
        expected_new=new.samples.mean(axis=0) if len(new.samples) else np.zeros(len(booked)),
        range=booked[:, None] + drawn.quantiles(),
        probability=np.where(has_target, drawn.at_least(target - booked), np.nan),
        is_exact=np.zeros(len(booked), dtype=bool),
        drawn=drawn,
    )


def _cases(call: Call, multiplier: Multiplier) -> Floats:
    """Return each deal's chance under each of a few equally likely multipliers."""
    points = multiplier.points(MULTIPLIER_POINTS)
    return scaled_chances(call.chance_until, points) - scaled_chances(call.chance_before, points)


def _count_exactly(book: Book, outlook: Outlook, target: Floats, states: int) -> None:
    """Replace draws by counting in every scope that has few enough states."""
    call, samples = outlook.call, outlook.new.samples
    cases = _cases(call, outlook.multiplier)
    if not len(samples):
        samples = np.zeros((1, len(outlook.booked)))
    member = (book.scopes[call.deals.leaf] > 0) & (call.chances > 0)[:, None]
    for scope in range(len(outlook.booked)):
        deals = np.flatnonzero(member[:, scope])
        if possible_sums(outlook.amounts[deals]) * cases.shape[0] * len(samples) > states:
            continue
        exact = exact_sum(outlook.amounts[deals], cases[:, deals])
        exact = with_new_business(exact, samples[:, scope].astype(np.int64))
        booked = outlook.booked[scope]
        outlook.range[scope] = [booked + exact.quantile(q) for q in QUANTILES]
        if not np.isnan(outlook.probability[scope]):
            needed = int(np.ceil(target[scope] - booked))
            outlook.probability[scope] = min(exact.at_least(needed), 1.0)
        outlook.is_exact[scope] = True


def top_swings(book: Book, outlook: Outlook, scope: int, target: float) -> list[tuple[int, float]]:
    """Return the deals that decide most: code, and chance with it won less chance with it lost."""
    call = outlook.call
    places = np.flatnonzero((book.scopes[call.deals.leaf, scope] > 0) & (call.chances > 0))
    needed = target - outlook.booked[scope]
    by = swings(outlook.drawn, scope, places, outlook.amounts[places], needed)
    order = np.lexsort((call.deals.deal[places], -by))[:TOP_SWINGS]
    return [(int(call.deals.deal[places[i]]), float(by[i])) for i in order if by[i] > 0]


def past_outcomes(book: Book, days: Sequence[int], until: int) -> list[Outcome]:
    """Return what came of the calls of earlier days on periods that have ended by a day."""
    found = []
    for day in days:
        places = [p for p in called_periods(book, day) if book.periods.last_day[p] <= until]
        if places:
            found += [outcome_of(book, call) for call in make_calls(book, day, places)]
    return found


def called_periods(book: Book, day: int) -> list[int]:
    """Return the periods that a day's forecast looks at: running, or beginning soon."""
    periods = book.periods
    chosen = (periods.last_day >= day) & (periods.first_day <= day + AHEAD_DAYS)
    return [int(place) for place in np.flatnonzero(chosen)]
