"""Days: what a leaf holds on each day, as spans that a revision closes and opens anew."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.core.cascade.grid import Grid, Integers
from pipelines.core.cascade.leaves import Leaves


def shared_until(
    grid: Grid, amount: Integers, start: Integers, at: Integers, stop: Integers
) -> Integers:
    """Return how much of an amount spread over [start, stop) falls before a day.

    Law: rounded once, half away from zero, so that any first days together are within half a minor
    unit of their exact share; 0 at `start`, the whole amount at `stop`.
    """
    whole = grid.worked_before[stop] - grid.worked_before[start]
    part = grid.worked_before[at] - grid.worked_before[start]
    bare = whole == 0  # no workday: calendar days
    whole, part = np.where(bare, stop - start, whole), np.where(bare, at - start, part)
    whole = np.maximum(whole, 1)
    sign = np.where(amount < 0, -1, 1)
    shared: Integers = sign * ((2 * abs(amount) * part + whole) // (2 * whole))
    return shared


@dataclass(frozen=True)
class Spans:
    """Runs of days with one spreading: `amount` over [start, stop), in force until `until`."""

    leaf: Integers
    start: Integers
    stop: Integers
    until: Integers
    amount: Integers


class Holdings:
    """What every leaf holds: the spreading in force, and the spans that revisions have closed."""

    def __init__(self, grid: Grid, leaves: Leaves) -> None:
        self.grid = grid
        self.leaves = leaves
        self.start = leaves.start.copy()
        self.amount = np.zeros(len(leaves), dtype=np.int64)
        self._closed_total = np.zeros(len(leaves), dtype=np.int64)
        self._closed: list[Spans] = []

    def done(self, day: int) -> Integers:
        """Return what each leaf holds before a day."""
        return self._closed_total + self._open_until(day)

    def left(self, day: int) -> Integers:
        """Return what each leaf holds from a day on."""
        return self.amount - self._open_until(day)

    def totals(self) -> Integers:
        """Return what each leaf holds in all."""
        return self._closed_total + self.amount

    def _open_until(self, day: int) -> Integers:
        at = np.clip(day, self.start, self.leaves.stop)
        return shared_until(self.grid, self.amount, self.start, at, self.leaves.stop)

    def replace_from(self, day: int, amounts: Integers) -> None:
        """Give leaves other amounts from a day on; days before it and unchanged leaves stand."""
        left = self.left(day)
        moved = np.flatnonzero((amounts != left) & (self.leaves.stop > day))
        gone = self._open_until(day)[moved]
        until = np.clip(day, self.start[moved], self.leaves.stop[moved])
        self._closed.append(
            Spans(moved, self.start[moved], self.leaves.stop[moved], until, self.amount[moved])
        )
        self._closed_total[moved] += gone
        self.start[moved] = np.maximum(self.leaves.start[moved], day)
        self.amount[moved] = amounts[moved]

    def spans(self) -> Spans:
        """Return every span of leaves that ever hold anything, by leaf and time."""
        every = np.arange(len(self.leaves))
        parts = [
            *self._closed,
            Spans(every, self.start, self.leaves.stop, self.leaves.stop, self.amount),
        ]
        names = ("leaf", "start", "stop", "until", "amount")
        leaf, start, stop, until, amount = (
            np.concatenate([getattr(part, name) for part in parts]) for name in names
        )
        holds = np.zeros(len(self.leaves), dtype=bool)
        holds[leaf[amount != 0]] = True
        order = np.lexsort((start, leaf))
        order = order[holds[leaf[order]] & (until > start)[order]]
        return Spans(leaf[order], start[order], stop[order], until[order], amount[order])


def days_of(grid: Grid, spans: Spans) -> tuple[Integers, Integers, Integers]:
    """Unroll spans into days.

    Returns:
        Grain: one entry per span and day that holds something: position of the span, day, amount.
    """
    lengths = spans.until - spans.start
    span = np.repeat(np.arange(len(lengths)), lengths)
    offset = np.arange(len(span)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    day = spans.start[span] + offset
    bounds = (spans.amount[span], spans.start[span])
    after = shared_until(grid, *bounds, day + 1, spans.stop[span])
    before = shared_until(grid, *bounds, day, spans.stop[span])
    amount = after - before
    held = amount != 0
    return span[held], day[held], amount[held]
