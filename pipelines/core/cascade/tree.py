"""The axis of organisation: units with their parents, people with their places, both dated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from pipelines.core.cascade.grid import CascadeError, Flags, Grid, Integers

FAR = date(9999, 12, 31)


@dataclass(frozen=True)
class Tree:
    """Units × segments as cells (`unit * segments + segment`), and places of people.

    Attributes:
        unit_ids: id of each unit.
        unit_kinds: region, team and others.
        is_valid: units × segments, whether the unit exists when the segment starts.
        parent: units × segments, position of the parent then, -1 at the top.
        depth: units × segments.
        place_person, place_unit: position of person and unit of each place.
        place_start, place_stop: its days, half open, within the grid; `place_stop` ends with the
            person's last day.
        place_holds_until: until when the place keeps its share of targets: a leaver's seat stays to
            the end of the year in which he left.
        person_ids, hired_day, left_day: of each person; far outside the grid where unknown.
    """

    unit_ids: list[str]
    unit_kinds: list[str]
    is_valid: Flags
    parent: Integers
    depth: Integers
    place_person: Integers
    place_unit: Integers
    place_start: Integers
    place_stop: Integers
    place_holds_until: Integers
    person_ids: list[str]
    hired_on: list[date | None]
    left_day: Integers

    @property
    def units(self) -> int:
        """Number of units."""
        return len(self.unit_ids)


def build_tree(grid: Grid, units: pd.DataFrame, places: pd.DataFrame) -> Tree:
    """Lay the dated organisation over the segments.

    Args:
        grid: the axis of time.
        units: grain: one row per unit and validity: `unit_id`, `parent_id` (None at the top),
            `kind`, `valid_from`, `valid_before` (dates, half open). A unit that moves inside a
            segment counts where it stood when the segment began.
        places: grain: one row per person and stay in a unit: `person_id`, `unit_id`, `valid_from`,
            `valid_before`, `hired_on`, `left_on` (None where unknown).

    Raises:
        CascadeError: the organisation runs in a circle, or a place names an unknown unit.
    """
    ids = list(dict.fromkeys(units["unit_id"]))
    position = {unit: number for number, unit in enumerate(ids)}
    kinds = dict(zip(units["unit_id"], units["kind"], strict=True))
    is_valid, parent = _parents(grid, units, position)
    people = list(dict.fromkeys(places["person_id"]))
    number_of = {person: number for number, person in enumerate(people)}
    unknown = [unit for unit in places["unit_id"] if unit not in position]
    if unknown:
        raise CascadeError(f"a person stands in unit {unknown[0]!r}, which is not in the tree")
    starts, stops, holds, left = _stays(grid, places)
    left_day = np.full(len(people), grid.days + 1, dtype=np.int64)
    owner = np.array([number_of[person] for person in places["person_id"]], dtype=np.int64)
    left_day[owner] = left
    hired = dict(zip(places["person_id"], places["hired_on"], strict=True))
    return Tree(
        unit_ids=ids,
        unit_kinds=[str(kinds[unit] or "") for unit in ids],
        is_valid=is_valid,
        parent=parent,
        depth=_depth(parent, ids),
        place_person=owner,
        place_unit=np.array([position[unit] for unit in places["unit_id"]], dtype=np.int64),
        place_start=starts,
        place_stop=stops,
        place_holds_until=holds,
        person_ids=people,
        hired_on=[hired[person] for person in people],
        left_day=left_day,
    )


def _parents(
    grid: Grid, units: pd.DataFrame, position: Mapping[str, int]
) -> tuple[Flags, Integers]:
    is_valid = np.zeros((len(position), grid.segments), dtype=bool)
    parent = np.full((len(position), grid.segments), -1, dtype=np.int64)
    seg_first, seg_last = grid.seg_start[:-1], grid.seg_start[1:] - 1
    # Later validity written last: where two overlap a segment, the one valid at its start wins.
    ordered = units.sort_values("valid_from", ascending=False)
    names = ("unit_id", "parent_id", "valid_from", "valid_before")
    for unit, above, valid_from, valid_before in zip(*(ordered[n] for n in names), strict=True):
        start, stop = grid.day(valid_from), grid.day(valid_before)
        held = (seg_last >= start) & (seg_first < stop)
        number = position[unit]
        is_valid[number, held] = True
        parent[number, held] = position.get(above, -1)
    at = np.where(parent >= 0, parent, 0)
    has_parent = (parent >= 0) & np.take_along_axis(is_valid, at, axis=0)
    return is_valid, np.where(has_parent, parent, -1)


def _depth(parent: Integers, ids: list[str]) -> Integers:
    depth = np.zeros(parent.shape, dtype=np.int64)
    at = parent
    for _ in range(len(ids) + 1):
        if not (at >= 0).any():
            return depth
        depth += at >= 0
        at = np.where(at >= 0, np.take_along_axis(parent, np.where(at >= 0, at, 0), axis=0), -1)
        if depth.max(initial=0) > 64:
            break
    unit = ids[int(np.argwhere(at >= 0)[0][0])]
    raise CascadeError(f"organisation: unit {unit!r} stands above itself; correct its parent")


def _stays(grid: Grid, places: pd.DataFrame) -> tuple[Integers, Integers, Integers, Integers]:
    starts, stops, holds, lefts = [], [], [], []
    rows = places[["valid_from", "valid_before", "hired_on", "left_on"]].itertuples(index=False)
    for valid_from, valid_before, hired_on, left_on in rows:
        end = min(valid_before, left_on + timedelta(days=1) if left_on else FAR)
        is_last = bool(left_on) and valid_before > left_on
        start = max(valid_from, hired_on or valid_from)
        hold = end
        if is_last and left_on:
            hold = max(end, _year_end(grid, left_on))
        starts.append(_clipped(grid, start))
        stops.append(_clipped(grid, max(end, start)))
        holds.append(_clipped(grid, max(hold, start)))
        lefts.append(grid.day(left_on) + 1 if left_on else grid.days + 1)
    return tuple(np.array(part, dtype=np.int64) for part in (starts, stops, holds, lefts))  # type: ignore[return-value]


def _year_end(grid: Grid, on: date) -> date:
    """Return the day after the (fiscal) year of a day that lies in the grid."""
    day = grid.day(on)
    if not 0 <= day < grid.days:
        return on + timedelta(days=1)
    year = grid.year[int(grid.segment_of(np.array([day]))[0])]
    last = int(np.flatnonzero(grid.year == year)[-1])
    return grid.first + timedelta(days=int(grid.seg_start[last + 1]))


def _clipped(grid: Grid, on: date) -> int:
    return min(max(grid.day(on), 0), grid.days)
