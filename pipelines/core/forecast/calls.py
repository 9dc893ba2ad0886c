"""One call: what was open on a day, with each deal's chance of being won before a period ends."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from pipelines.core.forecast.book import Book, Spans
from pipelines.core.forecast.incidence import NO_HISTORY, Floats, Ints, Stays, win_curves
from pipelines.core.forecast.sums import Multiplier

WIDEST = 0.35
MEAN_LIMITS = (0.25, 1.75)
RECENT_PERIODS = 8
# Before there is any history win rates are taken to be right on average and to swing by this much;
# that counts like so many past periods, and inside a period like so many wins.
PRIOR_PERIODS = 3
PRIOR_SPREAD = 0.15
PRIOR_WINS = 5.0
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
    table, row, reasons = _curve_table(deals, book.stays.known_on(today), today, horizon)
    is_unknown = np.array([reason == NO_HISTORY for reason in reasons], dtype=bool)
    calls = []
    for place in places:
        first, last = (int(x[place]) for x in (book.periods.first_day, book.periods.last_day))
        until, before = (
            min(max(int(book.workday[max(d, 0)]) - today, 0), horizon) for d in (last, first - 1)
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


def _curve_table(
    deals: Spans, stays: Stays, today: int, horizon: int
) -> tuple[Floats, Ints, tuple[str | None, ...]]:
    """Return the curves of the open deals, each deal's row among them, and each deal's reason."""
    keys = np.stack((deals.stage, today - deals.entered), axis=1)
    distinct, at = np.unique(keys, axis=0, return_inverse=True)
    curves = win_curves(stays, distinct[:, 0], distinct[:, 1], today, horizon)
    row = at.ravel()
    return curves.incidence, row, tuple(curves.reasons[i] for i in row)


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

    By moments within each period (its calls overlap, so they are one observation together): mean =
    wins over chances, spread = what the wins vary beyond independent deals. Both are drawn towards
    what is assumed without any history, as if PRIOR_PERIODS periods had shown it.
    """
    past: dict[int, list[Outcome]] = {}
    for outcome in outcomes:
        if outcome.kind == kind and outcome.ended_day < day and outcome.expected > 0:
            past.setdefault(outcome.ended_day, []).append(outcome)
    recent = [past[ended] for ended in sorted(past)[-RECENT_PERIODS:]]
    rates = [
        (_mean(o.won for o in own) + PRIOR_WINS) / (_mean(o.expected for o in own) + PRIOR_WINS)
        for own in recent
    ]
    mean = (sum(rates) + PRIOR_PERIODS) / (len(rates) + PRIOR_PERIODS)
    mean = float(np.clip(mean, *MEAN_LIMITS))
    beyond = [
        _mean((o.won - mean * o.expected) ** 2 - mean * o.independent for o in own)
        for own in recent
    ]
    weights = [_mean(o.expected**2 - o.squares for o in own) for own in recent]
    prior = PRIOR_PERIODS * max(_mean(weights), PRIOR_WINS**2)
    variance = (sum(beyond) + prior * PRIOR_SPREAD**2) / (sum(weights) + prior)
    return Multiplier(mean, min(max(variance, 0.0) ** 0.5, WIDEST))


def _mean(values: Iterable[float]) -> float:
    known = list(values)
    return sum(known) / len(known) if known else 0.0


def realised_rate(outcomes: Sequence[Outcome], day: int) -> float:
    """Return what a won deal books of the amount it stood at, over past periods that had ended."""
    past = [o for o in outcomes if o.ended_day < day]
    stood = sum(o.won_amount for o in past)
    if stood <= 0:
        return 1.0
    return float(np.clip(sum(o.booked_amount for o in past) / stood, *RATE_LIMITS))
