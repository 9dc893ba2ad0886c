"""Pulling a database into Parquet, on SQLite: cells, cursors, refusals."""

from __future__ import annotations

import sqlite3
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq
import pytest
from sqlalchemy.exc import OperationalError

from pipelines.settings.sources import DatabaseSource
from pipelines.sources.database_errors import failure_of, is_lost
from pipelines.sources.pull import ConnectionLost, PullFailed, UnreadableValue, cell_text
from pipelines.sources.pulls import PullOrder, pull_source, reach_source

PULLED_AT = datetime(2026, 3, 9, 18, 15, tzinfo=UTC)


@pytest.fixture
def erp(tmp_path):
    with sqlite3.connect(tmp_path / "erp.db") as connection:
        connection.execute("create table orders (order_id text, 金额 numeric, updated_at text)")
        yield connection
    connection.close()


def source(**entry) -> DatabaseSource:
    body = {"name": "erp_orders", "entity": "orders", "kind": "database", "url": "sqlite:///erp.db"}
    return DatabaseSource.model_validate(
        body | ({} if "query" in entry else {"table": "orders"}) | entry
    )


def pull(tmp_path, reached=None, sleep=lambda seconds: None, **entry):
    order = PullOrder(
        source(**entry), tmp_path, PULLED_AT, ZoneInfo("Asia/Shanghai"), reached, "d1", sleep=sleep
    )
    return pq.read_table(pull_source(order, tmp_path / "pulled.parquet").path)


def add(connection, *rows):
    connection.executemany("insert into orders values (?, ?, ?)", rows)
    connection.commit()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, None),
        (float("nan"), None),
        (True, "true"),
        (10**17 + 1, "100000000000000001"),
        (Decimal("1E+3"), "1000"),
        (Decimal("0.10"), "0.10"),
        (Decimal("123456789012345.6789"), "123456789012345.6789"),
        (0.1, "0.1"),
        (date(2026, 3, 9), "2026-03-09"),
        (time(8, 30), "08:30:00"),
        (datetime(2026, 3, 9, 8, 30), "2026-03-09 08:30:00"),
        (datetime(2026, 3, 9, 8, 30, tzinfo=timezone(timedelta(hours=8))), "2026-03-09T00:30:00Z"),
        (
            datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-8))),
            "9999-12-31T23:00:00-08:00",
        ),
        (UUID(int=7), "00000000-0000-0000-0000-000000000007"),
        ({"价": Decimal("1.50")}, '{"价": "1.50"}'),
        ([1, "a"], '[1, "a"]'),
    ],
)
def test_a_value_becomes_the_text_that_landing_types(value, text):
    assert cell_text(value) == text


@pytest.mark.parametrize("value", [b"\x89PNG", bytearray(b"x"), memoryview(b"x"), object()])
def test_a_value_that_is_no_cell_is_refused(value):
    with pytest.raises(UnreadableValue):
        cell_text(value)


def test_every_row_and_column_comes_as_text(tmp_path, erp):
    add(erp, ("O1", 100.5, "2026-03-09 10:00:00"), ("O2", None, None))
    table = pull(tmp_path)
    assert table.to_pylist() == [
        {"order_id": "O1", "金额": "100.5", "updated_at": "2026-03-09 10:00:00"},
        {"order_id": "O2", "金额": None, "updated_at": None},
    ]


def test_a_query_may_hold_casts_times_percents_and_end_in_a_semicolon(tmp_path, erp):
    add(erp, ("O1", 1, "2026-03-09 10:30:00"), ("X2", 1, "2026-03-09 10:30:00"))
    query = (
        "select order_id, '10:30 :x 5%' as note from orders -- only O\nwhere order_id like 'O%';"
    )
    assert pull(tmp_path, query=query).to_pylist() == [{"order_id": "O1", "note": "10:30 :x 5%"}]


def test_an_empty_table_gives_its_columns_and_no_row(tmp_path, erp):
    table = pull(tmp_path)
    assert (table.num_rows, table.column_names) == (0, ["order_id", "金额", "updated_at"])


def test_a_cursor_brings_equal_late_and_empty_values_again(tmp_path, erp):
    add(
        erp,
        ("old", 1, "2026-03-09 08:59:59"),
        ("late", 1, "2026-03-09 09:00:00"),
        ("equal", 1, "2026-03-09 10:00:00"),
        ("new", 1, "2026-03-09 11:00:00"),
        ("2999", 1, "2999-01-01 00:00:00"),
        ("none", 1, None),
    )
    table = pull(tmp_path, reached="2026-03-09 10:00:00", cursor="updated_at")
    assert table["order_id"].to_pylist() == ["late", "equal", "new", "2999", "none"]
    metadata = pq.read_metadata(tmp_path / "pulled.parquet").metadata
    assert (
        metadata[b"gapwise.cursor_reached"] == b'{"kind": "text", "value": "2026-03-09 11:00:00"}'
    )
    assert metadata[b"gapwise.definition"] == b"d1"


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ({"table": "no_such"}, "no such table: no_such"),
        ({"query": "select * form orders"}, "refused"),
        ({"cursor": "changed"}, "no column 'changed' to be the cursor; the columns are: order_id"),
        ({"url": "sqlite:///absent.db"}, "there is no SQLite file"),
        ({"url": "nonsense://h/d"}, "no driver for nonsense"),
    ],
)
def test_what_is_wrong_is_told_with_the_source_and_the_fix(tmp_path, erp, entry, told):
    waits = []
    with pytest.raises(PullFailed) as failed:
        pull(tmp_path, sleep=waits.append, **entry)
    assert str(failed.value).startswith("erp_orders: ")
    assert told in str(failed.value)
    assert failed.value.message_zh.startswith("erp_orders：")
    assert waits == []  # nothing of this passes by waiting
    assert not (tmp_path / "absent.db").exists()


def test_bytes_are_refused_with_the_column_and_a_cast_as_the_fix(tmp_path, erp):
    add(erp, ("O1", b"\x89PNG", None))
    with pytest.raises(PullFailed, match=r"column '金额' holds bytes.*cast\(金额 as …\)"):
        pull(tmp_path)


def test_a_pull_never_writes_to_the_database(tmp_path, erp):
    with pytest.raises(PullFailed):
        pull(tmp_path, query="insert into orders values ('O1', 1, null) returning *")
    assert erp.execute("select count(*) from orders").fetchone() == (0,)


def test_a_locked_database_is_tried_three_times(tmp_path, erp, monkeypatch):
    waits = []
    locked = OperationalError("select 1", {}, sqlite3.OperationalError("database is locked"))
    monkeypatch.setattr(
        "pipelines.sources.database._statement", lambda *_: (_ for _ in ()).throw(locked)
    )
    with pytest.raises(ConnectionLost, match="database is locked"):
        pull(tmp_path, sleep=waits.append)
    assert len(waits) == 2


def test_a_password_in_a_drivers_message_is_blotted_out(tmp_path, monkeypatch):
    monkeypatch.setenv("ERP_URL", "postgresql://u:Zebra-77@127.0.0.1:1/erp?options=Zebra-77")
    wanted = source(url="env:ERP_URL")
    order = PullOrder(wanted, tmp_path, PULLED_AT, ZoneInfo("UTC"), sleep=lambda seconds: None)
    with pytest.raises(ConnectionLost) as failed:
        pull_source(order, tmp_path / "x.parquet")
    with pytest.raises(PullFailed) as unreached:
        reach_source(order)
    for error in (failed.value, unreached.value):
        assert "Zebra-77" not in error.message_en + error.message_zh
        assert error.__cause__ is None
        assert error.__suppress_context__


def test_reaching_asks_for_the_source_itself(tmp_path, erp):
    zone = ZoneInfo("UTC")
    reach_source(PullOrder(source(), tmp_path, PULLED_AT, zone))
    with pytest.raises(PullFailed, match="no such table"):
        reach_source(PullOrder(source(table="absent"), tmp_path, PULLED_AT, zone))


class _DriverError(Exception):
    sqlstate: str | None = None


@pytest.mark.parametrize(
    ("arguments", "sqlstate", "is_passing"),
    [
        ((2013, "Lost connection"), None, True),
        ((1045, "Access denied"), None, False),
        ((1064, "You have an error in your SQL syntax"), None, False),
        (("terminating connection",), "57P01", True),
        (("password authentication failed",), None, False),
        (('database "x" does not exist',), None, False),
        (("connection refused",), None, True),
        (("permission denied for table orders",), "42501", False),
        (("sorry, too many clients already",), "53300", True),
    ],
)
def test_only_what_may_pass_is_tried_again(arguments, sqlstate, is_passing):
    cause = _DriverError(*arguments)
    cause.sqlstate = sqlstate
    error = OperationalError("select 1", {}, cause)
    assert is_lost(error, while_connecting=True) is is_passing
    assert isinstance(failure_of(error, "x", while_connecting=True), ConnectionLost) is is_passing
