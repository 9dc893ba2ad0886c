"""A book put together by hand: every day is a workday, amounts are whole units, one leaf per scope."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pipelines.core.forecast.book import Book, Bookings, Periods, Spans
from pipelines.core.forecast.incidence import NEVER, Stays

DAYS = 400


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
