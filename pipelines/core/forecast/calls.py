"""One call: what was open on a day, with each deal's chance of being won before a period ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipelines.core.forecast.book import Book, Spans
from pipelines.core.forecast.incidence import NO_HISTORY, Floats, Ints, WinCurves
from pipelines.core.forecast.sums import Multiplier

WIDEST = 0.35
MEAN_LIMITS = (0.25, 1.75)
# Past wins that a mean of exactly 1 is worth: a few deals do not move it far.
PRIOR_WINS = 20.0
RATE_LIMITS = (0.5, 1.5)


@dataclass(frozen=True)
class Call:
    """Open deals of one day and one period. Grain of the arrays: one element per open deal.

    Attributes:
        place: the period's place in the book.
        day: the day of the call.
        deals: the open deals.
        chance_before: chance of being won before the period begins (0 in a running one).
        chance_until: chance of being won by its end.
        reasons: element per deal: NULL, or why its chance is not its own stage's.
    """

    place: int
    day: int
    deals: Spans
    chance_before: Floats
    chance_until: Floats
    reasons: tuple[str | None, ...]

    @property
    def chances(self) -> Floats:
        """Chance of being won inside what is left of the period."""
        inside: Floats = self.chance_until - self.chance_before
        return inside


@dataclass(frozen=True)
class Outcome:
    """What came of a call: expected and real wins, and what they booked."""

    kind: int
    ended_day: int
    expected: float
    independent: float
    squares: float
    won: float
    won_amount: float
    booked_amount: float


def make_calls(book: Book, day: int, places: Sequence[int]) -> list[Call]:
    """Return one call per period, made at the end of a day with what was known then.

    A deal whose stage has too little history, even pooled, counts with the workbook's probability
    in the period of its expected close, and nowhere without one.
    """
    deals = book.spans.open_on(day)
    today = int(book.workday[day])
    ends = book.workday[book.periods.last_day[list(places)]]
    horizon = max(int(ends.max(initial=today)) - today, 0)
    curves = WinCurves(book.stays.known_on(today), today, horizon)
    table, row, reasons = _curve_table(deals, curves)
    is_unknown = np.array([reason == NO_HISTORY for reason in reasons], dtype=bool)
    calls = []
    for place in places:
        first, last = (int(x[place]) for x in (book.periods.first_day, book.periods.last_day))
        until, before = (
            min(max(int(book.workday[max(d, 0)]) - today, 0), curves.horizon)
            for d in (last, first - 1)
        )
        due = (deals.expected_day >= max(first, day + 1)) & (deals.expected_day <= last)
        calls.append(
            Call(
                place=place,
                day=day,
                deals=deals,
                chance_before=np.where(is_unknown, 0.0, table[row, before]),
                chance_until=np.where(is_unknown, deals.default_chance * due, table[row, until]),
                reasons=reasons,
            )
        )
    return calls


def _curve_table(deals: Spans, curves: WinCurves) -> tuple[Floats, Ints, tuple[str | None, ...]]:
    """Return the curves of the open deals, each deal's row among them, and each deal's reason."""
    keys = np.stack((deals.stage, curves.today - deals.entered), axis=1)
    distinct, at = np.unique(keys, axis=0, return_inverse=True)
    found = [curves.curve(int(stage), int(age)) for stage, age in distinct]
    nothing = np.zeros(curves.horizon + 1)
    table = np.stack([nothing, *(nothing if c is None else c.incidence for c in found)])
    why = [NO_HISTORY if c is None else c.reason for c in found]
    return table, at.ravel() + 1, tuple(why[i] for i in at.ravel())


def outcome_of(book: Book, call: Call) -> Outcome:
    """Compare a call's chances with what came; only for periods that have ended."""
    first, last = (int(x[call.place]) for x in (book.periods.first_day, book.periods.last_day))
    booked = book.bookings
    chosen = booked.between(max(call.day, first - 1), last, last) & (booked.deal >= 0)
    per_deal = np.bincount(
        booked.deal[chosen], weights=booked.amount[chosen], minlength=book.deals + 1
    )
    gained = per_deal[call.deals.deal]
    chances = call.chances
    return Outcome(
        kind=int(book.periods.kind[call.place]),
        ended_day=last,
        expected=float(chances.sum()),
        independent=float((chances * (1 - chances)).sum()),
        squares=float((chances**2).sum()),
        won=float((gained > 0).sum()),
        won_amount=float(call.deals.amount[gained > 0].sum()),
        booked_amount=float(gained.sum()),
    )


def fit_multiplier(outcomes: Sequence[Outcome], kind: int, day: int) -> Multiplier:
    """Fit what all win rates share on past periods of one kind that had ended before a day.

    By moments: the mean is wins over chances, drawn towards 1 as if PRIOR_WINS more had come as
    expected; the spread is what the wins vary beyond independent deals.
    """
    past = [o for o in outcomes if o.kind == kind and o.ended_day < day and o.expected > 0]
    if not past:
        return Multiplier()
    expected = sum(o.expected for o in past)
    mean = (sum(o.won for o in past) + PRIOR_WINS) / (expected + PRIOR_WINS)
    mean = float(np.clip(mean, *MEAN_LIMITS))
    beyond = sum((o.won - mean * o.expected) ** 2 - mean * o.independent for o in past)
    weight = sum(o.expected**2 - o.squares for o in past)
    variance = max(beyond / weight, 0.0) if weight > 0 else 0.0
    return Multiplier(mean, min(variance**0.5, WIDEST))


def realised_rate(outcomes: Sequence[Outcome], day: int) -> float:
    """Return what a won deal books of the amount it stood at, over past periods that had ended."""
    past = [o for o in outcomes if o.ended_day < day]
    stood = sum(o.won_amount for o in past)
    if stood <= 0:
        return 1.0
    return float(np.clip(sum(o.booked_amount for o in past) / stood, *RATE_LIMITS))
