"""What a forecast may look at: deals, bookings, periods and scopes, as arrays of codes and days."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from pipelines.core.forecast.incidence import Flags, Floats, Ints, Stays


@dataclass(frozen=True)
class Spans:
    """Who had which open deal where. Grain: one element per deal and run of days with equal terms.

    Attributes:
        deal: code of the deal.
        leaf: code of the leaf (person, place, product, customer type, tier).
        stage: code of pipeline and stage.
        entered: workday index of entering the stage.
        amount: minor units; deals whose amount is unknown are left out beforehand.
        first_day: first day of the run.
        before_day: first day after it.
        expected_day: expected close; −1 where none is given.
        default_chance: the workbook's probability of the stage.
    """

    deal: Ints
    leaf: Ints
    stage: Ints
    entered: Ints
    amount: Ints
    first_day: Ints
    before_day: Ints
    expected_day: Ints
    default_chance: Floats

    def open_on(self, day: int) -> Spans:
        """Return the deals that were open at the end of a day."""
        now = (self.first_day <= day) & (self.before_day > day)
        return Spans(
            self.deal[now], self.leaf[now], self.stage[now], self.entered[now], self.amount[now],
            self.first_day[now], self.before_day[now], self.expected_day[now],
            self.default_chance[now],
        )  # fmt: skip

    def were_open(self, deals: Ints, day: int) -> Flags:
        """Mark which of some deals were open at the end of a day; −1, which is no deal, never was.

        A deal's runs follow each other: the last that had begun decides. Of millions of runs only
        those of the deals in question are looked at.
        """
        runs, before_day, days = self._by_deal
        if not len(runs):
            return np.zeros(len(deals), dtype=bool)
        at = np.searchsorted(runs, deals * days + min(day, days - 1), side="right") - 1
        found = np.maximum(at, 0)
        open_then: Flags = (at >= 0) & (runs[found] // days == deals) & (before_day[found] > day)
        return open_then

    @cached_property
    def _by_deal(self) -> tuple[Ints, Ints, int]:
        """Runs by deal and first day, as one ascending number each; the day after each; days."""
        days = int(self.first_day.max(initial=0)) + 1
        runs = self.deal.astype(np.int64) * days + self.first_day
        order = np.argsort(runs, kind="stable")
        return runs[order], self.before_day[order], days


@dataclass(frozen=True)
class Bookings:
    """The ledger. Grain: one element per entry and credited person.

    Attributes:
        deal: code of the deal, −1 without one.
        leaf: code of the leaf that was credited.
        day: day on which it counts.
        known_day: day from which on it could be known.
        amount: minor units, negative for what was taken back.
    """

    deal: Ints
    leaf: Ints
    day: Ints
    known_day: Ints
    amount: Ints

    def between(self, after: int, until: int, known: int) -> Flags:
        """Mark entries of the days after one day until another, as far as known on a day."""
        return (self.day > after) & (self.day <= until) & (self.known_day <= known)


@dataclass(frozen=True)
class Periods:
    """Months, quarters, years and custom periods, by first and last day; `kind` is a code."""

    kind: Ints
    first_day: Ints
    last_day: Ints
    is_custom: Flags


@dataclass(frozen=True)
class Book:
    """Everything that the forecasts of one night look at.

    Days count from the first day of the calendar; amounts are minor units of one currency.

    Attributes:
        workday: workday index by day (workdays up to and including it).
        scopes: row per leaf, column per scope: 1 where the leaf belongs to the scope.
    """

    stays: Stays
    spans: Spans
    bookings: Bookings
    periods: Periods
    workday: Ints
    scopes: Floats

    @property
    def deals(self) -> int:
        """How many deals there are codes for."""
        codes = (self.spans.deal, self.bookings.deal)
        return 1 + max((int(code.max()) for code in codes if len(code)), default=-1)

    @cached_property
    def arrivals(self) -> Ints:
        """The day on which each deal was first open, ascending."""
        order = np.lexsort((self.spans.first_day, self.spans.deal))
        _, first = np.unique(self.spans.deal[order], return_index=True)
        return np.sort(self.spans.first_day[order][first])

    @cached_property
    def first_known_day(self) -> int:
        """The first day of which anything is known; the end of the calendar if nothing is."""
        found = [x for x in (self.arrivals[:1], self.bookings.day) if len(x)]
        return min((int(x.min()) for x in found), default=len(self.workday) - 1)

    def workdays_before(self, day: int) -> int:
        """Return the workday index of the day before; 0 before the calendar's first day."""
        return int(self.workday[day - 1]) if day > 0 else 0

    def last_day_of(self, index: int) -> int:
        """Return the last day that has a workday index: days off belong to the workday before."""
        return max(int(np.searchsorted(self.workday, index, side="right")) - 1, 0)

    def per_scope(self, leaf: Ints, amount: Ints) -> Floats:
        """Sum amounts over the leaves of each scope."""
        by_leaf = np.bincount(leaf, weights=amount, minlength=len(self.scopes))
        summed: Floats = by_leaf @ self.scopes
        return summed


def past_like(periods: Periods, place: int, today: int, most: int) -> Ints:
    """Return the newest closed periods of the same kind, newest first."""
    same = (periods.kind == periods.kind[place]) & (periods.last_day < today)
    same &= periods.first_day < periods.first_day[place]
    found = np.flatnonzero(same)
    newest = found[np.argsort(-periods.first_day[found], kind="stable")]
    return newest[:most].astype(np.int64)
