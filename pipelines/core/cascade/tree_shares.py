"""Up and down the tree: what units hold from their children, and what children get from their units."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from pipelines.core.cascade.grid import Flags, Grid, Integers
from pipelines.core.cascade.rules import HISTORY, ORIGINS, PPM, Shares, Unit
from pipelines.core.cascade.tree import Tree
from pipelines.core.exact import LARGEST_UNITS

CODE = {origin: number for number, origin in enumerate(ORIGINS)}


@dataclass(frozen=True)
class Cells:
    """The tree as a forest of cells, unit × segment, each pointing at its parent's cell.

    `has_units` says that a cell has units below it: its own people then get no share of it.
    """

    segments: int
    is_valid: Flags
    parent: Integers
    depth: Integers
    has_units: Flags

    def add_up(self, own: Integers) -> Integers:
        """Sum every cell's own value and all that lies below it."""
        total = own.copy()
        for depth in range(int(self.depth.max(initial=0)), 0, -1):
            at = np.flatnonzero((self.depth == depth) & self.is_valid)
            np.add.at(total, self.parent[at], total[at])
        return total


def build_cells(tree: Tree) -> Cells:
    """Flatten the tree."""
    segments = tree.is_valid.shape[1]
    parent = np.where(tree.parent >= 0, tree.parent * segments + np.arange(segments), -1).ravel()
    is_valid = tree.is_valid.ravel()
    has_units = np.zeros(len(parent), dtype=bool)
    below = is_valid & (parent >= 0)
    has_units[parent[below]] = True
    return Cells(segments, is_valid, parent, tree.depth.ravel(), has_units)


def determine(
    cells: Cells, own: Integers, is_given: Flags, by_people: Integers, has_people: Flags
) -> tuple[Integers, Flags]:
    """Say what each unit's figure is from below: its own, or the sum of children who all have one.

    Args:
        cells: the tree.
        own: figure of the unit's own targets.
        is_given: where it has one.
        by_people: what people given a target by name bring to the cell.
        has_people: where there is such a person.

    Returns:
        The figure and whether there is one, per cell.
    """
    value = np.where(is_given, own, by_people)
    known = is_given | has_people
    for depth in range(int(cells.depth.max(initial=0)), 0, -1):
        at = np.flatnonzero((cells.depth == depth) & cells.is_valid)
        total, unknown = np.zeros_like(value), np.zeros(len(value), dtype=np.int64)
        np.add.at(total, cells.parent[at], np.where(known[at], value[at], 0))
        np.add.at(unknown, cells.parent[at], ~known[at])
        parents = np.unique(cells.parent[at])
        parents = parents[~is_given[parents]]
        all_known = parents[(unknown[parents] == 0) | has_people[parents]]
        value[all_known] = by_people[all_known] + total[all_known]
        known[all_known] = True
    return value, known


@dataclass(frozen=True)
class Receivers:
    """Who may share a cell's figure.

    Attributes:
        cell: whose figure.
        segment: of the cell.
        member: who receives, for what rounding owes him from segment to segment.
        written, history: his share as written (millionths) and what he brought.
        basis: 0 written shares, 1 history, 2 equal.
        is_new: a person without a year of history.
        current, done: what he holds from the era on, and before it.
    """

    cell: Integers
    segment: Integers
    member: Integers
    written: Integers
    history: Integers
    basis: Integers
    is_new: Flags
    current: Integers
    done: Integers

    def chosen(self, at: npt.NDArray[Any]) -> Receivers:
        """Keep some of them."""
        return Receivers(*(getattr(self, field.name)[at] for field in fields(self)))

    def asking(self, cell: Integers, current: Integers, done: Integers) -> Receivers:
        """Return the same members as receivers of other cells, with what they hold."""
        return replace(self, cell=cell, current=current, done=done)


def share_pools(
    pools: Integers, receivers: Receivers, unit: Unit, *, is_first_era: bool
) -> tuple[Integers, Integers]:
    """Share each cell's pool among its receivers, segment after segment.

    A pool equal to what its receivers hold moves nothing. A pool of 0 or less gives nothing: given
    values above it took it all, and the `unallocated` seat says so.

    Returns:
        What each receiver gets from the era on, and how it was shared (code of `ORIGINS`).

    Law: in each cell the shares sum to the pool where it is positive and, in whole things, to the
    pool less what cannot be made whole beside the days gone. What rounding owes a member is made
    good in the next segment, so that equal people stay equal within one over any run of months.
    """
    got = receivers.current.copy()
    how = np.zeros(len(got), dtype=np.int64)
    carry = np.zeros(int(receivers.member.max(initial=-1)) + 1, dtype=np.int64)
    by_time = np.lexsort((receivers.member, receivers.cell, receivers.segment))
    cuts = np.flatnonzero(np.diff(receivers.segment[by_time])) + 1
    for at in np.split(by_time, cuts):
        if len(at):
            got[at], how[at] = _share_segment(
                pools, receivers.chosen(at), unit, carry, is_first_era=is_first_era
            )
    return got, how


def _share_segment(
    pools: Integers, receivers: Receivers, unit: Unit, carry: Integers, *, is_first_era: bool
) -> tuple[Integers, Integers]:
    """Share the pools of one segment; `carry` (millionths of the smallest share) is kept up."""
    starts = np.concatenate([[True], np.diff(receivers.cell) != 0])
    group = np.cumsum(starts) - 1
    first = np.flatnonzero(starts)
    pool = np.maximum(pools[receivers.cell], 0)
    holds = np.add.reduceat(receivers.current, first)[group]
    weights, origin = _weights(receivers, first, group)
    gone = np.zeros_like(pool) if unit.whole == 1 or is_first_era else receivers.done
    total = (pool + np.add.reduceat(gone, first)[group]) // unit.whole
    wholes, owed = _by_quota(total, weights, carry[receivers.member], starts)
    shares = wholes * unit.whole - gone
    if (shares < 0).any():
        shares = _not_below_zero(shares, first, unit.whole)
    shares = np.where(pool <= 0, 0, shares)
    keeps = (pools[receivers.cell] == holds) & (holds != 0)
    moved = ~keeps & (pool > 0)
    carry[receivers.member[moved]] = owed[moved]
    return np.where(keeps, receivers.current, shares), origin


def _by_quota(
    totals: Integers, weights: npt.NDArray[Any], carry: Integers, starts: Flags
) -> tuple[Integers, Integers]:
    """Give each group's total by its members' quotas plus what they are owed, in whole units.

    Returns:
        Shares, which sum to the total, and what each is owed then, in millionths of a unit.
    """
    first = np.flatnonzero(starts)
    group = np.cumsum(starts) - 1
    if int(totals.max()) * int(weights.max()) > LARGEST_UNITS:
        totals, weights = totals.astype(object), weights.astype(object)
    sums = np.add.reduceat(weights, first)[group]
    exact = totals * weights
    quota = (exact // sums).astype(np.int64)
    owed = (exact % sums * PPM // sums).astype(np.int64) + carry
    shares = np.maximum(quota + owed // PPM, 0)
    rest = quota * PPM + owed - shares * PPM
    left = totals[first].astype(np.int64) - np.add.reduceat(shares, first)
    shares += _rounds(left, rest, shares, group, first)
    return shares, quota * PPM + owed - shares * PPM


def _rounds(
    left: Integers, rest: Integers, shares: Integers, group: Integers, first: Integers
) -> Integers:
    """Hand out what is left, the largest rests first; take back what is too much, the smallest first."""
    size = np.diff(np.append(first, len(group)))
    place = np.arange(len(group))
    # A member without a share cannot give: he stands last among those who give back.
    gives = np.where((left[group] < 0) & (shares == 0), PPM * 10, rest)
    order = np.lexsort((place, np.where(left[group] < 0, gives, -rest), group))
    rank = np.empty(len(group), dtype=np.int64)
    rank[order] = place - first[group]
    every, some = np.divmod(np.abs(left), size)
    step = every[group] + (rank < some[group])
    return np.where(left[group] < 0, -np.minimum(step, shares), step)


def _weights(
    receivers: Receivers, first: Integers, group: Integers
) -> tuple[npt.NDArray[Any], Integers]:
    basis = receivers.basis[first][group]
    history = _with_newcomers(receivers, first, group)
    written_sum = np.add.reduceat(receivers.written, first)[group]
    history_sum = np.add.reduceat(history, first)[group]
    by_written = (basis == 0) & (written_sum > 0)
    by_history = ~by_written & (basis <= 1) & (history_sum > 0)
    ppm = (history // 2**12 * PPM) // np.maximum(history_sum // 2**12, 1)
    small = history_sum < 2**32
    ppm = np.where(small, history * PPM // np.maximum(history_sum, 1), ppm)
    weights = np.where(by_written, receivers.written, np.where(by_history, ppm, 1))
    origin = np.where(
        by_written, CODE["weights"], np.where(by_history, CODE[HISTORY], CODE["equal"])
    )
    return weights, origin


def _with_newcomers(receivers: Receivers, first: Integers, group: Integers) -> Integers:
    """Give who has no year of history the mean of those who have: a full share before his ramp."""
    old = ~receivers.is_new
    total = np.add.reduceat(np.where(old, receivers.history, 0), first)
    heads = np.add.reduceat(old.astype(np.int64), first)
    mean = total // np.maximum(heads, 1)
    return np.where(receivers.is_new, mean[group], receivers.history)


def _not_below_zero(shares: Integers, first: Integers, whole: int) -> Integers:
    """Let nobody have less than the days gone hold: whoever would is lifted, the others give."""
    shares = shares.copy()
    bounds = np.append(first, len(shares))
    group_of = np.searchsorted(first, np.flatnonzero(shares < 0), side="right") - 1
    for number in np.unique(group_of):
        at = np.arange(bounds[number], bounds[number + 1])
        while (shares[at] < 0).any():
            taker, giver = at[np.argmin(shares[at])], at[np.argmax(shares[at])]
            if shares[giver] < whole:
                shares[at] = np.maximum(shares[at], 0)
                break
            shares[taker] += whole
            shares[giver] -= whole
    return shares


def history_of(
    grid: Grid, ids: list[str], shares: Shares
) -> tuple[Integers, npt.NDArray[np.int64]]:
    """Lay history out as members × years; the second value maps each segment to its year's column."""
    years = np.unique(grid.year_name)
    column = np.searchsorted(years, grid.year_name)
    table = np.zeros((len(ids), len(years)), dtype=np.int64)
    position = {member: number for number, member in enumerate(ids)}
    for (member, year), amount in shares.history.items():
        at = int(np.searchsorted(years, year))
        if member in position and at < len(years) and years[at] == year:
            table[position[member], at] = max(int(amount * 100), 0)
    return table, column
