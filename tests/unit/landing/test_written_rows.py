"""A large delivery is written some rows at a time: the same rows in the same order."""

from __future__ import annotations

import duckdb
import pytest

from pipelines.landing import store
from tests.unit.landing.landing_world import Inbox

FIRST = "opportunity_id,stage,amount\n" + "".join(f"D{n},quoting,{n}\n" for n in range(1, 9))
# D1 gone, D2 and D5 changed, D9 new
SECOND = (
    "opportunity_id,stage,amount\nD2,won,2\n"
    + "".join(f"D{n},quoting,{n}\n" for n in (3, 4))
    + "D5,lost,5\n"
    + "".join(f"D{n},quoting,{n}\n" for n in (6, 7, 8, 9))
)


@pytest.fixture
def written(tmp_path, monkeypatch):
    """Land both days; give every column of what was written, in the files' order."""

    def land(name: str, slice_rows: int):
        monkeypatch.setattr(store, "SLICE_ROWS", slice_rows)
        inbox = Inbox(tmp_path / name)
        inbox.put("deals_20260301.csv", FIRST)
        inbox.put("deals_20260302.csv", SECOND)
        paths = [inbox.folder.landing / record.rows_path for record in inbox.land().records]
        read = duckdb.connect().sql
        return [read(f"from read_parquet('{path}')") for path in paths]

    return land


def test_slices_are_written_like_the_whole(written):
    whole = written("whole", 1_000)
    sliced = written("sliced", 3)

    assert [one.types for one in sliced] == [one.types for one in whole]
    assert [one.columns for one in sliced] == [one.columns for one in whole]
    assert [one.fetchall() for one in sliced] == [one.fetchall() for one in whole]


def test_the_second_day_holds_what_changed_and_what_went(written):
    _, second = written("changes", 2)

    assert second.select("_op, _key").fetchall() == [
        ("U", "D2"),
        ("U", "D5"),
        ("U", "D9"),
        ("D", "D1"),
    ]
