"""Product lines and customer types that were given targets of their own come off the whole."""

from __future__ import annotations

import numpy as np

from pipelines.core.cascade.grid import Integers
from pipelines.core.cascade.result import CascadeResult


def less_slices(
    whole: CascadeResult, slices: dict[tuple[str, str], CascadeResult]
) -> tuple[Integers, Integers, Integers, Integers]:
    """Take given product lines and customer types off the whole, where there is a whole at all.

    What stands with somebody who has no share of the whole comes off the nearest seat above him.
    """
    grid, tree = whole.atoms.grid, whole.atoms.tree
    held: dict[tuple[int, int], Integers] = {}
    for person, unit, day, amount in whole.atoms.arrays():
        for at in zip(person.tolist(), unit.tolist(), day.tolist(), amount.tolist(), strict=True):
            held.setdefault(at[:2], np.zeros(grid.days, dtype=np.int64))[at[2]] += at[3]
    cells = whole.cells[(whole.cells["member_kind"] == "unit") & (whole.cells["origin"] != "none")]
    has_whole = set(zip(cells["member_id"], cells["segment"], strict=True))
    for result in slices.values():
        for person, unit, day, amount in result.atoms.arrays():
            segment = grid.segment_of(day)
            for who, where, on, seg, value in zip(
                person.tolist(),
                unit.tolist(),
                day.tolist(),
                segment.tolist(),
                amount.tolist(),
                strict=True,
            ):
                owner, place = who, where
                if (who, where) not in held or not held[(who, where)][on]:
                    owner = -1
                    while place >= 0 and (tree.unit_ids[place], seg) not in has_whole:
                        place = int(tree.parent[place, seg])
                if place >= 0:
                    held.setdefault((owner, place), np.zeros(grid.days, dtype=np.int64))[on] -= (
                        value
                    )
    keys = np.array(list(held), dtype=np.int64).reshape(-1, 2)
    table = np.array(list(held.values())).reshape(-1, grid.days)
    row, day = np.nonzero(table)
    return keys[row, 0], keys[row, 1], day, table[row, day]
