"""What the cascade hands back: atoms by day, and the report of every cell of unit × segment."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from pipelines.core.allocation import share_matrix
from pipelines.core.cascade.grid import Flags, Grid, Integers
from pipelines.core.cascade.leaves import PLACE, Leaves
from pipelines.core.cascade.rules import ORIGINS, PPM, Shares, Unit
from pipelines.core.cascade.spans import Spans, days_of, shared_until
from pipelines.core.cascade.tree import Tree
from pipelines.core.cascade.tree_shares import Cells

UNALLOCATED = "unallocated"
# Days of leaves that are spread at a time: memory is bounded however large the company is.
DAYS_AT_ONCE = 500_000


@dataclass(frozen=True)
class CascadeResult:
    """Atoms, report and what could not be used.

    Attributes:
        atoms: the days.
        cells: grain: one row per unit or person and segment that has a figure; columns as in
            `unit_frame`.
        problems: (line of the target, code).
    """

    atoms: Atoms
    cells: pd.DataFrame
    problems: tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class Atoms:
    """The days of all leaves: people's own, and the seats that hold what is nobody's."""

    grid: Grid
    tree: Tree
    leaves: Leaves
    spans: Spans
    shares: Shares
    unit: Unit

    @cached_property
    def _partial(self) -> Flags:
        """Places whose person is not there on every day at full strength: the seat has the rest."""
        leaves, tree = self.leaves, self.tree
        is_place = leaves.kind == PLACE
        stays = leaves.place >= 0
        place = np.where(stays, leaves.place, 0)
        inside = np.ones(len(leaves), dtype=bool)
        if len(tree.place_start):
            inside = (tree.place_start[place] <= leaves.start) & (
                tree.place_stop[place] >= leaves.stop
            )
        ramped = np.zeros(len(leaves), dtype=bool)
        if self.shares.ramp and len(tree.person_ids):
            month = self._service_month()[np.where(is_place, leaves.person, 0), leaves.segment]
            ramped = (month >= 1) & (month <= max(self.shares.ramp))
        partial: Flags = stays & (~inside | (ramped & is_place))
        return partial

    def _service_month(self) -> Integers:
        hired = np.array(
            [(on.year - 1970) * 12 + on.month - 1 if on else -(10**6) for on in self.tree.hired_on],
            dtype=np.int64,
        )
        months: Integers = self.grid.month[None, :] - hired[:, None] + 1
        return months

    def split(self, weights: Integers) -> list[Atoms]:
        """Split every leaf's amount over parts, such as product lines: one set of atoms each.

        Args:
            weights: segments × parts, 0 or more.

        Law: the parts' amounts of a leaf and segment sum to its amount; revisions keep days gone.
        """
        spans, count = self.spans, weights.shape[1]
        own = weights[self.leaves.segment[spans.leaf]]
        parts = np.zeros((len(spans.leaf), count), dtype=np.int64)
        is_first = np.diff(spans.leaf, prepend=-1) != 0
        first = np.flatnonzero(is_first)
        ordinal = np.arange(len(spans.leaf)) - np.repeat(first, np.diff([*first, len(spans.leaf)]))
        # What the days gone of the parts miss of the days gone of the whole, the next span makes good.
        missing = np.zeros(len(self.leaves), dtype=np.int64)
        for number in range(int(ordinal.max(initial=-1)) + 1):
            at = np.flatnonzero(ordinal == number)
            leaf = spans.leaf[at]
            parts[at] = _split_rows(spans.amount[at] + missing[leaf], own[at])
            bounds = spans.start[at], spans.until[at], spans.stop[at]
            gone = shared_until(self.grid, spans.amount[at], *bounds)
            for part in range(count):
                gone = gone - shared_until(self.grid, parts[at, part], *bounds)
            missing[leaf] += gone - (spans.amount[at] - parts[at].sum(axis=1)) * (
                spans.until[at] == spans.stop[at]
            )
        return [
            replace(self, spans=replace(spans, amount=parts[:, number])) for number in range(count)
        ]

    def arrays(self) -> Iterator[tuple[Integers, Integers, Integers, Integers]]:
        """Yield atoms in bounded pieces as positions, people first, seats last.

        Grain: one row per person (-1 on a seat), unit and day that hold anything; with it the
        amount in minor units.
        """
        seats = np.zeros((self.tree.units, self.grid.days), dtype=np.int64)
        for start, stop in self._chunks():
            spans = Spans(
                *(
                    getattr(self.spans, name)[start:stop]
                    for name in ("leaf", "start", "stop", "until", "amount")
                )
            )
            span, day, amount = days_of(self.grid, spans)
            leaf = spans.leaf[span]
            unit = self.leaves.cell[leaf] // self.grid.segments
            kept = np.where(self.leaves.is_seat[leaf], 0, amount)
            split = np.flatnonzero(self._partial[leaf])
            if len(split):
                kept[split] = self._kept(leaf[split], day[split], amount[split])
            np.add.at(seats, (unit, day), amount - kept)
            held = kept != 0
            yield self.leaves.person[leaf][held], unit[held], day[held], kept[held]
        unit, day = np.nonzero(seats)
        yield np.full(len(unit), -1, dtype=np.int64), unit, day, seats[unit, day]

    def _chunks(self) -> Iterator[tuple[int, int]]:
        """Cut the spans between leaves, so that a leaf's days stay together."""
        lengths = np.cumsum(self.spans.until - self.spans.start)
        leaf = self.spans.leaf
        start = 0
        while start < len(leaf):
            base = int(lengths[start - 1]) if start else 0
            stop = max(int(np.searchsorted(lengths, base + DAYS_AT_ONCE)), start + 1)
            stop = int(np.searchsorted(leaf, leaf[min(stop, len(leaf)) - 1], side="right"))
            yield start, stop
            start = stop

    def _kept(self, leaf: Integers, day: Integers, amount: Integers) -> Integers:
        """Say what of a place's full share its person has: his days of service, times his ramp."""
        place = self.leaves.place[leaf]
        here = (self.tree.place_start[place] <= day) & (day < self.tree.place_stop[place])
        rate = np.full(len(leaf), PPM, dtype=np.int64)
        if self.shares.ramp:
            month = self._service_month()[self.leaves.person[leaf], self.leaves.segment[leaf]]
            shares = self.leaves.kind[leaf] == PLACE  # a target given by name stands as it is
            for service_month, ramp in self.shares.ramp.items():
                rate[shares & (month == service_month)] = int(ramp * PPM)
        rate = np.where(here, rate, 0)
        kept = np.zeros(len(leaf), dtype=np.int64)
        bounds = [*np.flatnonzero(np.diff(leaf, prepend=-1)).tolist(), len(leaf)]
        for start, stop in itertools.pairwise(bounds):
            kept[start:stop] = _ramped(amount[start:stop], rate[start:stop], self.unit.whole)
        return kept


def _split_rows(amount: Integers, weights: Integers) -> Integers:
    """Split each row's amount by its weights, exactly; a row without weights goes to the first."""
    whole = weights.sum(axis=1, keepdims=True)
    first_only = np.eye(1, weights.shape[1], dtype=np.int64)
    return share_matrix(amount, np.where(whole == 0, first_only, weights), 1)


def _ramped(amount: Integers, rate: Integers, whole: int) -> Integers:
    """Keep a share of each day, exact when summed; whole things come out whole on the last day."""
    exact = np.cumsum([int(a) * int(r) for a, r in zip(amount, rate, strict=True)], dtype=object)
    until = np.array([int(total) // PPM for total in exact], dtype=np.int64)
    kept = np.diff(until, prepend=0)
    worked = np.flatnonzero(rate)
    if whole > 1 and len(worked):
        last = int(worked[-1])
        before = int(kept[:last].sum())
        total = (int(kept.sum()) + whole // 2) // whole * whole
        if total < before:
            total = -(-before // whole) * whole
        kept[last] = total - before
        kept[last + 1 :] = 0
    return kept


def unit_frame(
    grid: Grid, tree: Tree, cells: Cells, atoms: Atoms, origin: Integers, leaf_origin: Integers
) -> pd.DataFrame:
    """Report every unit and person by segment.

    Returns:
        Grain: one row per member and segment with a figure. `member_kind` (unit, person),
        `member_id`, `parent_id`, `segment`, `value` (minor units), `unallocated` (of a unit's own
        seat), `origin`.
    """
    value = np.zeros(len(cells.parent), dtype=np.int64)
    seat = np.zeros_like(value)
    named: list[pd.DataFrame] = []
    for person, unit, day, amount in atoms.arrays():
        cell = unit * grid.segments + grid.segment_of(day)
        np.add.at(value, cell, amount)
        of_seat = person < 0
        np.add.at(seat, cell[of_seat], amount[of_seat])
        found = pd.DataFrame({"person": person, "cell": cell, "value": amount})[~of_seat]
        named.append(found.groupby(["person", "cell"], as_index=False).sum())
    total = cells.add_up(value)
    at = np.flatnonzero(((total != 0) | (seat != 0) | (origin != 0)) & cells.is_valid)
    ids = np.array([*tree.unit_ids, None], dtype=object)
    above = np.where(cells.parent[at] >= 0, cells.parent[at] // grid.segments, -1)
    units = pd.DataFrame(
        {"member_kind": "unit", "member_id": ids[at // grid.segments], "parent_id": ids[above],
         "segment": at % grid.segments, "value": total[at], "unallocated": seat[at],
         "origin": np.array(ORIGINS, dtype=object)[origin[at]]}
    )  # fmt: skip
    people = _person_rows(grid, tree, atoms.leaves, pd.concat(named), leaf_origin)
    return pd.concat([units, people], ignore_index=True) if len(people) else units


def _person_rows(
    grid: Grid, tree: Tree, leaves: Leaves, named: pd.DataFrame, leaf_origin: Integers
) -> pd.DataFrame:
    named = named.groupby(["person", "cell"], as_index=False).sum()
    person, cell = named["person"].to_numpy(np.int64), named["cell"].to_numpy(np.int64)
    how = np.zeros((len(tree.person_ids), grid.segments), dtype=np.int64)
    at = np.flatnonzero((leaf_origin > 0) & (leaves.person >= 0) & ~leaves.is_seat)
    how[leaves.person[at], leaves.segment[at]] = leaf_origin[at]
    segment = cell % grid.segments
    return pd.DataFrame(
        {
            "member_kind": "person",
            "member_id": np.array([*tree.person_ids, None], dtype=object)[person],
            "parent_id": np.array(tree.unit_ids, dtype=object)[cell // grid.segments],
            "segment": segment,
            "value": named["value"].to_numpy(np.int64),
            "unallocated": 0,
            "origin": np.array(ORIGINS, dtype=object)[how[person, segment]],
        }
    )
