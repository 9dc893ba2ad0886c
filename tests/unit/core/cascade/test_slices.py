"""Given product lines come off the whole: each where it stands, whatever the order they are read in."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipelines.core.cascade.slices import less_slices

# A company (unit 0) with one team (unit 1) of two people, three days in one segment.
TREE = SimpleNamespace(unit_ids=("company", "team"), parent=np.array([[-1], [0]]))
GRID = SimpleNamespace(days=3, segment_of=lambda day: np.zeros(len(day), dtype=np.int64))
Atom = tuple[int, int, int, int]


def result(*atoms: Atom, wholes: tuple[str, ...] = ()) -> Any:
    """Atoms as (person, unit, day, amount), and the units that have a whole."""
    columns = np.array(atoms, dtype=np.int64).reshape(-1, 4).T
    cells = pd.DataFrame(
        {"member_kind": "unit", "origin": "given", "member_id": list(wholes), "segment": 0}
    )
    return SimpleNamespace(
        atoms=SimpleNamespace(grid=GRID, tree=TREE, arrays=lambda: iter([tuple(columns)])),
        cells=cells,
    )


def left(whole: Any, *parts: Any) -> set[Atom]:
    slices = {(f"line {number}", "(all)"): part for number, part in enumerate(parts)}
    rows = zip(*(column.tolist() for column in less_slices(whole, slices)), strict=True)
    return set(rows)


WHOLE = ((0, 1, 0, 100), (0, 1, 1, 100), (-1, 1, 0, 30))


@pytest.mark.parametrize("is_turned", [False, True])
def test_what_is_given_comes_off_him_who_has_a_share_in_any_order(is_turned: bool) -> None:
    whole = result(*WHOLE, wholes=("company", "team"))
    parts = [result((0, 1, 0, 100)), result((0, 1, 0, 50))]
    # 150 of his 100 are given to lines: he is over by 50, the seat beside him keeps its 30.
    found = left(whole, *(reversed(parts) if is_turned else parts))
    assert found == {(0, 1, 0, -50), (0, 1, 1, 100), (-1, 1, 0, 30)}


def test_who_has_no_share_takes_it_from_the_nearest_seat_above_that_has_a_whole() -> None:
    stranger = result((1, 1, 0, 20))
    assert left(result(*WHOLE, wholes=("company", "team")), stranger) == {
        (0, 1, 0, 100), (0, 1, 1, 100), (-1, 1, 0, 10),
    }  # fmt: skip
    assert left(result(*WHOLE, wholes=("company",)), stranger) == {*WHOLE, (-1, 0, 0, -20)}


def test_a_line_where_nobody_above_has_a_whole_stands_alone() -> None:
    assert left(result(*WHOLE), result((1, 1, 0, 20))) == set(WHOLE)


def test_what_is_given_in_full_leaves_nothing() -> None:
    whole = result((0, 1, 0, 100), wholes=("company", "team"))
    assert left(whole, result((0, 1, 0, 100))) == set()
