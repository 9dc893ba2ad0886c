"""Time first: a holder's own targets, from the finest to the longest, over the segments of time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from pipelines.core.allocation import share_matrix
from pipelines.core.cascade.grid import Flags, Grid, Integers
from pipelines.core.cascade.rules import PPM, Shares, Unit


@dataclass(frozen=True)
class OwnTargets:
    """Targets in force, one entry each: who holds them, which segments they span, how much is left.

    `left` is what the days from the present era on have to bring: the target less what the days
    before it hold.
    """

    holder: Integers
    first_seg: Integers
    last_seg: Integers
    is_year: Flags
    left: Integers
    is_dirty: Flags


@dataclass(frozen=True)
class Own:
    """Holders × segments: what their own targets give from the era on, and where they say anything."""

    value: Integers
    is_covered: Flags
    clipped: Integers  # positions of targets whose finer ones already hold more


def spread_own_targets(
    grid: Grid,
    targets: OwnTargets,
    current: Integers,
    done: Integers,
    era_day: int,
    shares: Shares,
    unit: Unit,
) -> Own:
    """Spread each holder's targets over the segments from the era's day on.

    Finer given values stand; a longer target gives its rest to the segments that no finer one
    covers. Where the rest is what these segments hold already nothing moves, so that a revision
    leaves alone whatever it does not concern.

    Args:
        grid: the axis of time.
        targets: every target in force.
        current: holders × segments, what the segments hold from the era on as things stand.
        done: holders × segments, what they hold before the era.
        era_day: the day from which days may change.
        shares: season weights.
        unit: of the target.
    """
    value = current.copy()
    covered = np.zeros(current.shape, dtype=bool)
    length = grid.seg_start[targets.last_seg + 1] - grid.seg_start[targets.first_seg]
    order = np.lexsort((targets.last_seg, targets.first_seg, length))
    clipped: list[int] = []
    bounds = np.stack([targets.first_seg, targets.last_seg, targets.is_year], axis=1)[order]
    cuts = np.flatnonzero((np.diff(bounds, axis=0) != 0).any(axis=1)) + 1
    era_seg = int(grid.segment_of(np.array([era_day]))[0])
    for rows in np.split(order, cuts):
        if not len(rows):
            continue
        first, last = int(targets.first_seg[rows[0]]), int(targets.last_seg[rows[0]])
        holders = targets.holder[rows]
        columns = np.arange(max(first, era_seg), last + 1)
        if len(columns):
            block = np.ix_(holders, columns)
            rest = targets.left[rows] - (value[block] * covered[block]).sum(axis=1)
            is_open = ~covered[block]
            holds = (current[block] * is_open).sum(axis=1)
            changes = is_open.any(axis=1) & targets.is_dirty[rows] & (rest != holds)
            clipped += rows[changes & (rest < 0)].tolist()
            moved = np.flatnonzero(changes)
            if len(moved):
                part = _over_segments(
                    grid,
                    np.maximum(rest[moved], 0),
                    is_open[moved],
                    columns,
                    done[np.ix_(holders[moved], columns[:1])][:, 0],
                    era_day,
                    shares if targets.is_year[rows[0]] else Shares(),
                    unit,
                )
                at = np.ix_(holders[moved], columns)
                value[at] = np.where(is_open[moved], part, value[at])
        covered[np.ix_(holders, np.arange(first, last + 1))] = True
    return Own(value, covered, np.array(clipped, dtype=np.int64))


def _over_segments(
    grid: Grid,
    rest: Integers,
    is_open: Flags,
    columns: Integers,
    done_first: Integers,
    era_day: int,
    shares: Shares,
    unit: Unit,
) -> Integers:
    """Spread rests over the open segments; things stay whole together with the days gone."""
    odd = np.where(is_open[:, 0], done_first % unit.whole, 0)
    totals = rest + odd
    totals += -totals % unit.whole  # a rest of nothing stays nothing; others are whole already
    weights = _weights(grid, is_open, columns, era_day, shares)
    if shares.quarter_weights is None:
        part = share_matrix(totals, weights, unit.whole)
    else:
        part = _by_quarter(grid, totals, is_open, weights, columns, shares, unit)
    _lift_first(part, odd, unit.whole)
    part[:, 0] -= odd
    return part


def _weights(
    grid: Grid, is_open: Flags, columns: Integers, era_day: int, shares: Shares
) -> npt.NDArray[Any]:
    start = np.maximum(grid.seg_start[columns], era_day)
    stop = grid.seg_start[columns + 1]
    worked = grid.worked_before[stop] - grid.worked_before[start]
    if shares.month_weights is not None:
        ppm = np.array([int((shares.month_weights.get(m, 0) or 0) * PPM) for m in range(13)])
        full = np.array([_worked_in(grid, grid.month == grid.month[c]) for c in columns])
        worked = ppm[grid.month_no[columns]] * worked // np.maximum(full, 1)
    weights = np.where(is_open, worked, 0)
    bare = weights.sum(axis=1) == 0
    weights[bare] = np.where(is_open[bare], stop - start, 0)
    return weights


def _worked_in(grid: Grid, segments: Flags) -> int:
    worked = np.diff(grid.worked_before[grid.seg_start])
    return int(worked[segments].sum())


def _by_quarter(
    grid: Grid,
    totals: Integers,
    is_open: Flags,
    weights: npt.NDArray[Any],
    columns: Integers,
    shares: Shares,
    unit: Unit,
) -> Integers:
    """Spread a year: over its quarters by season, over each quarter's segments by their weights."""
    season = shares.quarter_weights or {}
    quarters = list(dict.fromkeys(grid.quarter[columns].tolist()))
    inside = [np.flatnonzero(grid.quarter[columns] == quarter) for quarter in quarters]
    by_quarter = np.zeros((len(totals), len(quarters)), dtype=np.int64)
    untouched = _untouched(grid, quarters, shares)
    for at, (quarter, own) in enumerate(zip(quarters, inside, strict=True)):
        number = int(grid.quarter_no[columns[own[0]]])
        ppm = int(season.get(number, 0) * PPM)
        left = weights[:, own].sum(axis=1)
        whole = untouched[quarter]
        by_quarter[:, at] = np.where(left >= whole, ppm, ppm * left // max(whole, 1))
    nothing = by_quarter.sum(axis=1) == 0
    by_quarter[nothing] = np.stack([weights[:, own].sum(axis=1) for own in inside], axis=1)[nothing]
    amounts = share_matrix(totals, by_quarter, unit.whole)
    part = np.zeros(is_open.shape, dtype=np.int64)
    for at, own in enumerate(inside):
        part[:, own] = share_matrix(amounts[:, at], weights[:, own], unit.whole)
    return part


def _untouched(grid: Grid, quarters: list[int], shares: Shares) -> dict[int, int]:
    """Return what each quarter weighs before any of it has gone: what season weights speak of."""
    found = {}
    for quarter in quarters:
        own = np.flatnonzero(grid.quarter == quarter)
        found[quarter] = int(
            _weights(grid, np.ones((1, len(own)), dtype=bool), own, 0, shares).sum()
        )
    return found


def _lift_first(part: Integers, odd: Integers, whole: int) -> None:
    """Let the running segment take one more whole where days gone hold part of one."""
    for row in np.flatnonzero((odd > 0) & (part[:, 0] < odd)):
        givers = np.flatnonzero(part[row, 1:] >= whole) + 1
        if len(givers):
            part[row, givers[-1]] -= whole
            part[row, 0] += whole
