"""Product lines and customer types that were given targets of their own come off the whole."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from pipelines.core.cascade.grid import Grid, Integers
from pipelines.core.cascade.result import CascadeResult
from pipelines.core.cascade.tree import Tree

_AT = ["person", "unit", "day"]
_SEAT = -1


def less_slices(
    whole: CascadeResult, slices: dict[tuple[str, str], CascadeResult]
) -> tuple[Integers, Integers, Integers, Integers]:
    """Take given product lines and customer types off the whole, where there is a whole at all.

    What stands with somebody who has no share of the whole that day comes off the nearest seat above him.

    Returns:
        Grain: one entry per person (-1 on a seat), unit and day that something is left of: positions
        of these and the amount in minor units.

    Law: the order of the slices changes nothing.
    """
    grid, tree = whole.atoms.grid, whole.atoms.tree
    own = _summed(_frame(whole.atoms.arrays()))
    given = _frame(arrays for part in slices.values() for arrays in part.atoms.arrays())
    shares = given.merge(own[_AT], how="left", on=_AT, indicator="found")
    is_own = (shares.pop("found") == "both").to_numpy()
    seats = _on_seats(shares[~is_own], grid, tree, _with_whole(whole))
    taken = pd.concat([shares[is_own], seats])
    left = _summed(pd.concat([own, taken.assign(amount=-taken["amount"])]))
    person, unit, day, amount = (left[name].to_numpy(np.int64) for name in (*_AT, "amount"))
    return person, unit, day, amount


def _on_seats(
    atoms: pd.DataFrame, grid: Grid, tree: Tree, has_whole: set[tuple[str, int]]
) -> pd.DataFrame:
    """Put atoms on the nearest seat above that has a whole; those without any stand alone and go."""
    placed = atoms.assign(segment=grid.segment_of(atoms["day"].to_numpy(np.int64)))
    pairs = placed[["unit", "segment"]].drop_duplicates()
    nearest = []
    for unit, at in pairs.itertuples(index=False):
        place = int(unit)
        while place >= 0 and (tree.unit_ids[place], at) not in has_whole:
            place = int(tree.parent[place, at])
        nearest.append(place)
    moved = placed.merge(pairs.assign(nearest=nearest), on=["unit", "segment"])
    moved = moved.assign(person=_SEAT, unit=moved["nearest"])[[*_AT, "amount"]]
    return moved[moved["unit"] >= 0]


def _with_whole(whole: CascadeResult) -> set[tuple[str, int]]:
    cells = whole.cells[(whole.cells["member_kind"] == "unit") & (whole.cells["origin"] != "none")]
    return set(zip(cells["member_id"], cells["segment"], strict=True))


def _frame(arrays: Iterable[tuple[Integers, Integers, Integers, Integers]]) -> pd.DataFrame:
    """Return atoms as one frame: person, unit, day, amount."""
    columns = (*_AT, "amount")
    frames = [pd.DataFrame(dict(zip(columns, part, strict=True))) for part in arrays]
    return pd.concat(frames) if frames else pd.DataFrame(columns=columns, dtype=np.int64)


def _summed(atoms: pd.DataFrame) -> pd.DataFrame:
    """Return what atoms of one place and day make together, without noughts."""
    summed = atoms.groupby(_AT)["amount"].sum()
    return summed[summed != 0].reset_index()
