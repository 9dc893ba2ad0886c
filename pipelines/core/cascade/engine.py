"""Run the cascade of one metric, level and scenario: for the plan, and for each dated revision."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipelines.core.allocation import difference_sorted
from pipelines.core.cascade.grid import Flags, Grid, Integers
from pipelines.core.cascade.leaves import PIECE, PLACE, SEAT, Leaves, build_leaves
from pipelines.core.cascade.lines import USABLE_PROBLEMS
from pipelines.core.cascade.result import Atoms, CascadeResult, unit_frame
from pipelines.core.cascade.rules import Shares, Unit
from pipelines.core.cascade.spans import Holdings
from pipelines.core.cascade.target_lines import target_lines
from pipelines.core.cascade.time_first import Own, OwnTargets, spread_own_targets
from pipelines.core.cascade.tree import Tree
from pipelines.core.cascade.tree_shares import (
    CODE,
    Cells,
    Receivers,
    build_cells,
    determine,
    history_of,
    share_pools,
)

__all__ = ["CascadeResult", "run_cascade"]

NEGATIVE_DAYS, FINER_EXCEEDS = "negative_days", "finer_exceeds"
# A target with one of these stands all the same: what is unknown of it is kept as such, and where
# finer figures exceed it both are reported.
ACCEPTED_PROBLEMS = USABLE_PROBLEMS | {FINER_EXCEEDS}


def run_cascade(
    grid: Grid, tree: Tree, targets: pd.DataFrame, shares: Shares, unit: Unit
) -> CascadeResult:
    """Spread targets over organisation and time down to person and day.

    Args:
        grid: the axis of time, cut at every target's bounds.
        tree: the organisation over it.
        targets: grain: one row per holder, period and effective date: `holder_kind` (unit, person),
            `holder_id`, `start_on`, `end_on`, `is_year`, `value` (minor units of `unit`),
            `effective_on` (a date inside the period for a revision, else None), `line` (its id).
        shares: season, weights, history and ramp.
        unit: money or things.

    Returns:
        Atoms and the cascade's report; `problems` lists targets that could not be used as they
        stand: (line, code).

    Laws: in every cell of unit × segment the atoms sum to its figure to the minor unit; a revision
    changes no day before it; a leaver changes no total above him; whole things stay whole from
    person × segment up.
    Source: 2-rules, Cascade; 9-metric-notes, Revision inside a period.
    """
    run = _Run(grid, tree, targets, shares, unit)
    for day in run.eras():
        run.play(day)
    return run.result()


class _Run:
    def __init__(
        self, grid: Grid, tree: Tree, targets: pd.DataFrame, shares: Shares, unit: Unit
    ) -> None:
        self.grid, self.tree, self.shares, self.unit = grid, tree, shares, unit
        self.cells: Cells = build_cells(tree)
        self.problems: list[tuple[int, str]] = []
        self.lines = target_lines(grid, tree, targets, self.problems)
        people = np.unique(self.lines.holder[self.lines.holder >= tree.units]) - tree.units
        self.leaves: Leaves = build_leaves(grid, tree, self.cells, people)
        self.holdings = Holdings(grid, self.leaves)
        self.refused = np.zeros(len(self.lines.line), dtype=bool)
        self.origin = np.zeros(len(self.cells.parent), dtype=np.int64)
        self.leaf_origin = np.zeros(len(self.leaves), dtype=np.int64)
        self.receivers = self._unit_receivers(), self._place_receivers()

    def eras(self) -> list[int]:
        """Return the days from which anything changes: 0, then every revision's."""
        return sorted({0, *self.lines.effective.tolist()})

    def play(self, day: int) -> None:
        """Carry the plan on from one era's day."""
        left, done = self.holdings.left(day), self.holdings.done(day)
        holders_left, holders_done = self._by_holder(left), self._by_holder(done)
        own = self._own(day, holders_left, holders_done)
        amounts = left.copy()
        by_people, has_people = self._give_people(day, own, amounts, left)
        self._give_tree(day, own, by_people, has_people, amounts, left, done)
        self.holdings.replace_from(day, amounts)

    def _by_holder(self, amounts: Integers) -> Integers:
        """Sum leaves to units (with all below them) and to people."""
        cell_total = np.zeros(len(self.cells.parent), dtype=np.int64)
        np.add.at(cell_total, self.leaves.cell, amounts)
        units = self.cells.add_up(cell_total).reshape(self.tree.units, self.grid.segments)
        people = np.zeros((len(self.tree.person_ids), self.grid.segments), dtype=np.int64)
        named = np.flatnonzero(self.leaves.person >= 0)
        np.add.at(people, (self.leaves.person[named], self.leaves.segment[named]), amounts[named])
        return np.concatenate([units, people])

    def _own(self, day: int, left: Integers, done: Integers) -> Own:
        """Choose the figure in force of each target, refuse what would make days negative."""
        lines = self.lines
        known = (lines.effective <= day) & ~self.refused
        running = np.concatenate(
            [np.zeros((len(done), 1), dtype=np.int64), np.cumsum(done, axis=1)], axis=1
        )
        gone = running[lines.holder, lines.last_seg + 1] - running[lines.holder, lines.first_seg]
        is_new = known & (lines.effective == day)
        wrong = is_new & (lines.value < gone) & (day > 0)
        self.problems += [(int(number), NEGATIVE_DAYS) for number in lines.line[wrong]]
        self.refused |= wrong
        known &= ~wrong
        newest = np.zeros(int(lines.period.max(initial=-1)) + 1, dtype=np.int64)
        at = np.flatnonzero(known)
        newest[lines.period[at]] = at  # in order of effect: the last one stays
        at = np.unique(newest[lines.period[at]]) if len(at) else at
        dirty_holders = np.unique(lines.holder[is_new & ~wrong])
        own = spread_own_targets(
            self.grid,
            OwnTargets(
                lines.holder[at], lines.first_seg[at], lines.last_seg[at], lines.is_year[at],
                lines.value[at] - gone[at], np.isin(lines.holder[at], dirty_holders),
            ),
            left, done, day, self.shares, self.unit,
        )  # fmt: skip
        self.problems += [(int(number), FINER_EXCEEDS) for number in lines.line[at][own.clipped]]
        return own

    def _give_people(
        self, day: int, own: Own, amounts: Integers, left: Integers
    ) -> tuple[Integers, Flags]:
        """Give people their own targets, stay by stay; return what that brings to each cell."""
        leaves, units = self.leaves, self.tree.units
        piece = np.flatnonzero(leaves.kind == PIECE)
        holder, segment = leaves.person[piece] + units, leaves.segment[piece]
        covered = own.is_covered[holder, segment]
        key = holder * self.grid.segments + segment
        order = np.lexsort((leaves.start[piece], key))
        piece, key, covered = piece[order], key[order], covered[order]
        wanted = np.where(covered, own.value[holder[order], segment[order]], 0)
        starts = np.concatenate([np.ones(min(len(key), 1), dtype=bool), np.diff(key) != 0])
        shared = self._over_stays(day, piece, starts, wanted)
        holds = _group_sum(left[piece], starts)
        amounts[piece] = np.where(holds == wanted, left[piece], shared)
        self.leaf_origin[piece[covered]] = CODE["given"]
        by_people = np.zeros(len(self.cells.parent), dtype=np.int64)
        np.add.at(by_people, leaves.cell[piece], amounts[piece])
        has_people = np.zeros(len(self.cells.parent), dtype=bool)
        has_people[leaves.cell[piece[covered]]] = True
        return by_people, has_people

    def _over_stays(self, day: int, piece: Integers, starts: Flags, wanted: Integers) -> Integers:
        if not len(piece):
            return wanted
        begin = np.minimum(np.maximum(self.leaves.start[piece], day), self.leaves.stop[piece])
        stop = self.leaves.stop[piece]
        worked = self.grid.worked_before[stop] - self.grid.worked_before[begin]
        weights = np.where(_group_sum(worked, starts) == 0, stop - begin, worked)
        whole = self.unit.whole if day == 0 else 1
        shared, _ = difference_sorted(wanted // whole, weights, starts)
        return np.where(stop > begin, shared * whole, 0)

    def _give_tree(
        self,
        day: int,
        own: Own,
        by_people: Integers,
        has_people: Flags,
        amounts: Integers,
        left: Integers,
        done: Integers,
    ) -> None:
        """Go up to learn what is known, down to share what is left, and put the rest on seats."""
        cells, units = self.cells, self.tree.units
        is_given = own.is_covered[:units].ravel() & cells.is_valid
        value, known = determine(cells, own.value[:units].ravel(), is_given, by_people, has_people)
        self.origin = np.where(is_given, CODE["given"], np.where(known, CODE["children"], 0))
        cell_left = self._by_holder(left)[:units].ravel()
        cell_done = self._by_holder(done)[:units].ravel()
        below = np.zeros(len(value), dtype=np.int64)  # what known children take
        child = np.flatnonzero(known & (cells.parent >= 0))
        np.add.at(below, cells.parent[child], value[child])
        assigned = known.copy()
        # Who has given figures below him answers for them, also where his own share is nothing.
        given_below = cells.add_up((is_given | has_people).astype(np.int64)) > 0
        units_of, places = self.receivers
        for depth in range(int(cells.depth.max(initial=0)) + 1):
            pools = value - by_people - below
            at = ~known[units_of.cell] & (cells.depth[units_of.cell] == depth + 1)
            at &= assigned[cells.parent[units_of.cell]]
            chosen = units_of.chosen(at)
            mine = chosen.cell
            asking = chosen.asking(cells.parent[mine], cell_left[mine], cell_done[mine])
            got, how = share_pools(pools, asking, self.unit, is_first_era=day == 0)
            has_share = (pools[cells.parent[mine]] > 0) | (got != 0) | given_below[mine]
            value[mine], assigned[mine] = got, has_share
            self.origin[mine] = np.where(has_share, how, 0)
            np.add.at(below, cells.parent[mine], got)
        amounts[self.leaves.kind == PLACE] = 0
        pools = np.where(assigned, value - by_people - below, 0)
        shares_here = assigned & ~cells.has_units & ~has_people
        self._give_places(day, places, shares_here, pools, amounts, left, done)
        taken = np.zeros(len(value), dtype=np.int64)
        place = np.flatnonzero(self.leaves.kind == PLACE)
        np.add.at(taken, self.leaves.cell[place], amounts[place])
        seat = np.flatnonzero(self.leaves.kind == SEAT)
        amounts[seat] = (pools - taken)[self.leaves.cell[seat]]

    def _give_places(
        self,
        day: int,
        places: Receivers,
        shares_here: Flags,
        pools: Integers,
        amounts: Integers,
        left: Integers,
        done: Integers,
    ) -> None:
        place = np.flatnonzero(self.leaves.kind == PLACE)
        mine = shares_here[places.cell]
        chosen = places.chosen(mine)
        asking = chosen.asking(chosen.cell, left[place[mine]], done[place[mine]])
        got, how = share_pools(pools, asking, self.unit, is_first_era=day == 0)
        amounts[place[mine]] = got
        self.leaf_origin[place[mine]] = how

    def _unit_receivers(self) -> Receivers:
        """Lay out every unit with a parent as a receiver of its parent's figure."""
        tree, cells = self.tree, self.cells
        cell = np.flatnonzero(cells.is_valid & (cells.parent >= 0))
        unit, segment = cell // cells.segments, cell % cells.segments
        history, column = history_of(self.grid, tree.unit_ids, self.shares)
        basis = np.array([_basis(self.shares, kind) for kind in tree.unit_kinds], dtype=np.int64)
        above = cells.parent[cell] // cells.segments
        zeros = np.zeros(len(cell), dtype=np.int64)
        return Receivers(
            cell, segment, unit, self._written(tree.unit_ids, above, unit), history[unit, column[segment]],
            basis[unit], np.zeros(len(cell), dtype=bool), zeros, zeros,
        )  # fmt: skip

    def _place_receivers(self) -> Receivers:
        tree, leaves = self.tree, self.leaves
        place = np.flatnonzero(leaves.kind == PLACE)
        person, segment, cell = leaves.person[place], leaves.segment[place], leaves.cell[place]
        history, column = history_of(self.grid, tree.person_ids, self.shares)
        basis = np.full(len(place), _basis(self.shares, "person"), dtype=np.int64)
        hired = np.array(
            [on.year * 12 + on.month - 1 if on else -(10**6) for on in tree.hired_on],
            dtype=np.int64,
        )
        is_new = hired[person] - 23640 > self.grid.year[segment] - 12  # months since 1970
        zeros = np.zeros(len(place), dtype=np.int64)
        written = self._written(tree.person_ids, cell // self.cells.segments, person)
        return Receivers(
            cell,
            segment,
            leaves.place[place],
            written,
            history[person, column[segment]],
            basis,
            is_new,
            zeros,
            zeros,
        )

    def _written(self, ids: list[str], above: Integers, member: Integers) -> Integers:
        """Return each receiver's written share, in millionths, under the unit above it."""
        found = np.zeros(len(member), dtype=np.int64)
        position = {name: number for number, name in enumerate(ids)}
        units = {name: number for number, name in enumerate(self.tree.unit_ids)}
        for (parent, child), share in self.shares.written.items():
            if child in position:
                at = member == position[child]
                if parent:
                    at &= above == units.get(parent, -1)
                found[at] = int(share * 1_000_000)
        return found

    def result(self) -> CascadeResult:
        """Gather atoms and report."""
        atoms = Atoms(
            self.grid, self.tree, self.leaves, self.holdings.spans(), self.shares, self.unit
        )
        frame = unit_frame(self.grid, self.tree, self.cells, atoms, self.origin, self.leaf_origin)
        return CascadeResult(atoms, frame, tuple(dict.fromkeys(self.problems)))


def _basis(shares: Shares, kind: str) -> int:
    return {"share": 0, "history": 1, "equal": 2}[shares.basis_of(kind)]


def _group_sum(values: Integers, starts: Flags) -> Integers:
    if not len(values):
        return values
    first = np.flatnonzero(starts)
    summed: Integers = np.add.reduceat(values, first)[np.cumsum(starts) - 1]
    return summed
