"""The script by hand and the night say the same of the same files, mart by mart."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from benchmarks.by_hand.__main__ import write_by_hand
from benchmarks.compare import compare_marts, marts_left_out
from benchmarks.generate import deliver, found_company, write_files
from benchmarks.left_out import REASONS
from benchmarks.sizes import size_of
from tests.nights import marts, night

WRITTEN_BY_HAND = 65


@pytest.mark.deep(topic="nights")
def test_every_mart_written_by_hand_equals_the_night_and_every_other_has_its_reason(
    tmp_path: Path,
) -> None:
    exports, home, by_hand = tmp_path / "files", tmp_path / "home", tmp_path / "by_hand.duckdb"
    write_files(exports, size_of("tiny"))
    found_company(home, exports, "delta")
    assert night(home, "2026-03-31").outcome == "published"

    write_by_hand(home, by_hand, "2026-03-31")
    build_file = home / "warehouse" / "build.duckdb"
    compared = compare_marts(build_file, by_hand)
    assert [(c.mart, c.differs) for c in compared if not c.is_equal] == []
    assert len(compared) == WRITTEN_BY_HAND
    # Each with its reason, and no reason for a mart that is written or that nobody knows.
    reasons = sorted(mart for of_reason in REASONS.values() for mart in of_reason)
    assert marts_left_out(build_file, by_hand) == reasons

    deliver(home, exports / "second_delta")
    assert night(home, "2026-04-01").outcome == "published"
    assert marts(home, "select count(*) from fct_activity") == [(1_515,)]
    # 200 deals, 2 of them moved on, and 2 new ones.
    assert marts(home, "select count(*) from fct_opportunity") == [(202,)]
    assert marts(
        home, "select count(*) from fct_stage_visit where entered_on = date '2026-04-01'"
    ) == [(4,)]


def write_side(path: Path, rows: str) -> None:
    with duckdb.connect(str(path)) as con:
        con.execute("create schema marts")
        con.execute(f"create table marts.mart as from (values {rows}) as t(name, amount, rate)")


@pytest.mark.parametrize(
    ("rows", "differs"),
    [
        ("('a', 1, 0.5::double), ('b', 2, 0.25::double)", ()),
        # The order of adding doubles leaves a trace; it is no difference.
        ("('b', 2, 0.25::double), ('a', 1, 0.50000000000001::double)", ()),
        ("('a', 1, 0.5::double), ('b', 3, 0.25::double)", ("amount", "_row")),
        # Every column holds the same, but not in the same rows.
        ("('a', 2, 0.5::double), ('b', 1, 0.25::double)", ("_row",)),
        ("('a', 1, 0.5::double), ('b', 2, 0.26::double)", ("rate",)),
        ("('a', 1, 0.75::double), ('b', 2, null::double)", ("rate",)),
    ],
)
def test_a_difference_is_found_and_its_column_named(
    tmp_path: Path, rows: str, differs: tuple[str, ...]
) -> None:
    night_side, hand_side = tmp_path / "night.duckdb", tmp_path / "hand.duckdb"
    write_side(night_side, "('a', 1, 0.5::double), ('b', 2, 0.25::double)")
    write_side(hand_side, rows)
    [found] = compare_marts(night_side, hand_side)
    assert set(found.differs) == set(differs)


def test_a_row_that_is_missing_is_a_difference(tmp_path: Path) -> None:
    write_side(tmp_path / "night.duckdb", "('a', 1, 0.5::double), ('b', 2, 0.25::double)")
    write_side(tmp_path / "hand.duckdb", "('a', 1, 0.5::double)")
    [found] = compare_marts(tmp_path / "night.duckdb", tmp_path / "hand.duckdb")
    assert not found.is_equal
    assert (found.rows, found.rows_by_hand) == (2, 1)


def test_a_column_that_one_side_lacks_is_named_and_the_others_are_compared(tmp_path: Path) -> None:
    write_side(tmp_path / "night.duckdb", "('a', 1, 0.5::double)")
    write_side(tmp_path / "hand.duckdb", "('a', 2, 0.5::double)")
    for side, column in (("night", "tier"), ("hand", "level")):
        with duckdb.connect(str(tmp_path / f"{side}.duckdb")) as con:
            con.execute(f"alter table marts.mart add column {column} varchar")
    [found] = compare_marts(tmp_path / "night.duckdb", tmp_path / "hand.duckdb")
    assert found.differs == ("level", "tier", "amount", "_row")
