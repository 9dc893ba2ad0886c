"""A book put together by hand: every day is a workday, amounts are whole units, one leaf per scope."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pipelines.core.forecast.book import Book, Bookings, Periods, Spans
from pipelines.core.forecast.calls import Outcome
from pipelines.core.forecast.incidence import NEVER, Stays

DAYS = 400
# Thirty deals entered on day 0, half of them won on day 10, the others lost on day 20.
HALF = [(0, 10, 10, True)] * 15 + [(0, 20, 20, False)] * 15


def ints(values: Sequence[int]) -> Any:
    return np.array(values, dtype=np.int64)


def stays(rows: Sequence[tuple[int, int | None, int | None, bool]], **given: Any) -> Stays:
    """(entered, left, ended, won) of stays in stage 0, watched from entering unless told."""
    entered = ints([r[0] for r in rows])
    return Stays(
        stage=given.get("stage", np.zeros_like(entered)),
        entered=entered,
        seen=given.get("seen", entered),
        left=ints([NEVER if r[1] is None else r[1] for r in rows]),
        ended=ints([NEVER if r[2] is None else r[2] for r in rows]),
        won=np.array([r[3] for r in rows], dtype=bool),
    )


def spans(rows: Sequence[tuple[int, int, int, int, int]], expected: int = -1) -> Spans:
    """(deal, leaf, amount, first day, day before which it ended) of deals in stage 0."""
    size = len(rows)
    first = ints([r[3] for r in rows])
    return Spans(
        deal=ints([r[0] for r in rows]),
        leaf=ints([r[1] for r in rows]),
        stage=np.zeros(size, dtype=np.int64),
        entered=first,
        amount=ints([r[2] for r in rows]),
        first_day=first,
        before_day=ints([r[4] for r in rows]),
        expected_day=np.full(size, expected, dtype=np.int64),
        default_chance=np.full(size, 0.25),
    )


def bookings(rows: Sequence[tuple[int, int, int, int]]) -> Bookings:
    """(deal or −1, leaf, day, amount), known on their day."""
    day = ints([r[2] for r in rows])
    return Bookings(
        ints([r[0] for r in rows]), ints([r[1] for r in rows]), day, day, ints([r[3] for r in rows])
    )


def months(count: int, length: int = 30) -> Periods:
    """Months of equal length from day 0 on."""
    first = np.arange(count, dtype=np.int64) * length
    nothing = np.zeros(count, dtype=np.int64)
    return Periods(nothing, first, first + length - 1, nothing.astype(bool))


def book(**parts: Any) -> Book:
    """A book with one leaf that is its own scope, unless told otherwise."""
    nothing: dict[str, Any] = {
        "stays": stays([]), "spans": spans([]), "bookings": bookings([]), "periods": months(5),
        "workday": np.arange(1, DAYS + 1, dtype=np.int64), "scopes": np.ones((1, 1)),
    }  # fmt: skip
    return Book(**(nothing | parts))


def outcome(expected, won, *, kind=0, ended_day=50):
    return Outcome(kind, ended_day, expected, 5.0, 10.0, won, 100.0 * won, 90.0 * won)


def four_alike() -> Book:
    """Months of 30 days. In each: 5 booked on the 6th, 7 on the 21st, −3 on the 29th without a deal,
    and 11 on the 26th by a deal that stood open on the 10th."""
    rows, open_deals = [], []
    for number in range(4):
        start = 30 * number
        rows += [(-1, 0, start + 5, 5), (-1, 0, start + 20, 7), (-1, 0, start + 28, -3)]
        rows.append((number, 0, start + 25, 11))
        open_deals.append((number, 0, 11, start + 8, start + 25))
    return book(bookings=bookings(rows), spans=spans(open_deals))


def half_won() -> Book:
    """One open deal of 100 that entered its stage on day 30, beside the thirty of before."""
    return book(stays=stays(HALF), spans=spans([(0, 0, 100, 30, 399)]), periods=months(3))
