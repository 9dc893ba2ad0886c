"""Rows kept between the steps of a landing: readable under their name, not held in memory, let go at the end."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from pipelines.landing.connection import LandingDatabase
from pipelines.landing.kept_rows import keep_rows, rows_let_go

WIDE = ", ".join(f"null::varchar as c{n}" for n in range(30))


@pytest.fixture
def database(tmp_path):
    with LandingDatabase(tmp_path, reach=tmp_path) as database:
        yield database


def context(con, work_dir, name="orders"):
    return SimpleNamespace(con=con, work_dir=work_dir, source=SimpleNamespace(name=name))


def test_kept_rows_hold_no_memory_however_many(database, tmp_path):
    with database.connection() as con:
        keep_rows(context(con, tmp_path), "kept", f"select range as n, {WIDE} from range(400000)")
        assert con.sql("select count(*), sum(n) from kept").fetchall() == [(400000, 79999800000)]
        held = "select sum(memory_usage_bytes) from duckdb_memory()"
        assert con.sql(held).fetchall()[0][0] < 1_000_000


def test_the_last_kept_under_a_name_are_its_rows_and_each_source_has_its_own(database, tmp_path):
    with database.connection() as orders, database.connection() as leads:
        keep_rows(context(orders, tmp_path), "kept", "select 1 as n")
        keep_rows(context(leads, tmp_path, "leads"), "kept", "select 2 as n")
        keep_rows(context(orders, tmp_path), "kept", "select 3 as other")
        assert orders.sql("select other from kept").fetchall() == [(3,)]
        assert leads.sql("select n from kept").fetchall() == [(2,)]


def test_rows_are_let_go_when_the_landing_fails_and_others_stay(database, tmp_path):
    def files():
        return sorted(str(f.relative_to(tmp_path)) for f in tmp_path.rglob("*.parquet"))

    with database.connection() as con:
        keep_rows(context(con, tmp_path, "leads"), "kept", "select 2 as n")
        with pytest.raises(ZeroDivisionError), rows_let_go(context(con, tmp_path)):
            keep_rows(context(con, tmp_path), "kept", "select 1 as n")
            assert files() == ["rows/leads/kept.parquet", "rows/orders/kept.parquet"]
            raise ZeroDivisionError
        assert files() == ["rows/leads/kept.parquet"]
