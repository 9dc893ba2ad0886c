"""The leaves of the cascade: people given a target, places of people who share, and seats."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.core.cascade.grid import Grid, Integers
from pipelines.core.cascade.tree import Tree
from pipelines.core.cascade.tree_shares import Cells

PIECE, PLACE, SEAT = 0, 1, 2


@dataclass(frozen=True)
class Leaves:
    """Everything that can hold days of its own, each within one segment.

    Attributes:
        kind: PIECE (a stay of a person given a target), PLACE (of one who shares), SEAT.
        segment, cell: where it stands in time and tree.
        start, stop: the days its amount is spread over.
        person: position of the person, -1 for a seat.
        is_seat: a SEAT, or a PIECE of a person who stands nowhere then: its days are nobody's.
        place: position of the stay, -1 on what is a seat.
    """

    kind: Integers
    segment: Integers
    cell: Integers
    start: Integers
    stop: Integers
    person: Integers
    is_seat: np.ndarray
    place: Integers

    def __len__(self) -> int:
        return len(self.kind)


def build_leaves(grid: Grid, tree: Tree, cells: Cells, given_people: Integers) -> Leaves:
    """Lay out the leaves: pieces first, then places, then seats, each sorted by cell.

    Args:
        grid: the axis of time.
        tree: the organisation.
        cells: the tree as cells.
        given_people: positions of people who hold a target of their own at any time.
    """
    parts = [*_pieces(grid, tree, given_people), _places(grid, tree), _seats(grid, cells)]
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    order = np.lexsort((columns[5], columns[2], columns[0]))
    kind, segment, cell, start, stop, person, is_seat, place = (c[order] for c in columns)
    keep = cells.is_valid[cell]
    found = (kind, segment, cell, start, stop, person, is_seat.astype(bool), place)
    return Leaves(*(part[keep] for part in found))


Columns = tuple[Integers, ...]


def _part(kind: int, rows: int, **given: Integers) -> Columns:
    names = ("segment", "cell", "start", "stop", "person", "is_seat", "place")
    blank = {"is_seat": np.zeros(rows, dtype=np.int64)}
    default = np.full(rows, -1, dtype=np.int64)
    return (
        np.full(rows, kind, dtype=np.int64),
        *(given.get(name, blank.get(name, default)) for name in names),
    )


def _pieces(grid: Grid, tree: Tree, given: Integers) -> list[Columns]:
    """Cut each given person's segments by his stays.

    A leaver's last stay runs on: his days are spread as if he had stayed, and those after his last
    day are the seat's, so that nothing changes above him.
    """
    is_given = np.isin(tree.place_person, given)
    seg_start, seg_stop = grid.seg_start[:-1], grid.seg_start[1:]
    first, last = _ends(tree)
    runs_on = (tree.left_day[tree.place_person] <= grid.days) & (
        np.arange(len(tree.place_person)) == last[tree.place_person]
    )
    until = np.where(runs_on, grid.days, tree.place_stop)
    start = np.maximum(tree.place_start[:, None], seg_start)
    stop = np.minimum(until[:, None], seg_stop)
    place, segment = np.nonzero((stop > start) & is_given[:, None])
    stays = _part(
        PIECE, len(place), segment=segment, cell=tree.place_unit[place] * grid.segments + segment,
        start=start[place, segment], stop=stop[place, segment], person=tree.place_person[place],
        place=place,
    )  # fmt: skip
    has_days = np.zeros((len(tree.person_ids), grid.segments), dtype=bool)
    has_days[tree.place_person[place], segment] = True
    who, segment = np.nonzero(~has_days[given])
    nobody = given[who]
    unit = tree.place_unit[first[nobody]]
    before = _part(
        PIECE, len(nobody), segment=segment, cell=unit * grid.segments + segment,
        start=seg_start[segment], stop=seg_stop[segment], person=nobody,
        is_seat=np.ones(len(nobody), dtype=np.int64),
    )  # fmt: skip
    return [stays, before]


def _ends(tree: Tree) -> tuple[Integers, Integers]:
    """Return each person's first and last stay, as positions of places."""
    order = np.lexsort((tree.place_start, tree.place_person))
    first = np.zeros(len(tree.person_ids), dtype=np.int64)
    last = np.zeros(len(tree.person_ids), dtype=np.int64)
    last[tree.place_person[order]] = order
    first[tree.place_person[order[::-1]]] = order[::-1]
    return first, last


def _places(grid: Grid, tree: Tree) -> Columns:
    """Return the places that may share their unit's figure: a full segment's, whatever the stay."""
    seg_start, seg_stop = grid.seg_start[:-1], grid.seg_start[1:]
    held = (tree.place_start[:, None] < seg_stop) & (tree.place_holds_until[:, None] > seg_start)
    held &= (tree.place_stop > tree.place_start)[:, None]
    place, segment = np.nonzero(held)
    return _part(
        PLACE, len(place), segment=segment, cell=tree.place_unit[place] * grid.segments + segment,
        start=seg_start[segment], stop=seg_stop[segment], person=tree.place_person[place],
        place=place,
    )  # fmt: skip


def _seats(grid: Grid, cells: Cells) -> Columns:
    cell = np.flatnonzero(cells.is_valid)
    segment = cell % grid.segments
    return _part(
        SEAT, len(cell), segment=segment, cell=cell, start=grid.seg_start[segment],
        stop=grid.seg_start[segment + 1], is_seat=np.ones(len(cell), dtype=np.int64),
    )  # fmt: skip
