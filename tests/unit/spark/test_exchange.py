"""What Spark is handed, and what comes back: the same rows, types and columns that are never NULL."""

from __future__ import annotations

import sys
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from pipelines.settings import ConfigurationError
from pipelines.spark.exchange import bring_back, hand_over
from pipelines.spark.session import open_session, wanted_settings


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute("create schema landed; create schema marts")
    con.execute(
        """
        create table landed.orders as select
            'A-1' as order_id, 12.3456::decimal(18, 4) as amount, date '2026-02-28' as signed_on,
            timestamp '2026-02-28 23:30:00.123456' as seen_at, true as is_open, 3::bigint as pieces,
            0.1::double as share, null::integer as "空 列", 7::hugeint as total
        """
    )
    return con


def test_a_table_is_handed_over_with_sparks_names_for_its_types(con, tmp_path):
    [table] = hand_over(con, tmp_path, ["landed"])
    assert dict(table.columns) == {
        "order_id": "string", "amount": "decimal(18,4)", "signed_on": "date",
        "seen_at": "timestamp", "is_open": "boolean", "pieces": "bigint", "share": "double",
        "空 列": "int", "total": "bigint",
    }  # fmt: skip
    assert table.create_sql.startswith("create table `landed`.`orders` (`order_id` string, ")
    assert table.create_sql.endswith(f"location '{(tmp_path / 'handed/landed/orders').as_uri()}'")


def test_only_the_schemas_asked_for_are_handed_over(con, tmp_path):
    con.execute("create table marts.dim_date as select 1 as one")
    assert [(t.schema, t.name) for t in hand_over(con, tmp_path, ["landed", "rules"])] == [
        ("landed", "orders")
    ]


def test_a_type_that_spark_has_no_like_of_is_named_with_its_column(con, tmp_path):
    con.execute("create table landed.bad as select [1, 2] as numbers")
    with pytest.raises(ValueError, match=r"landed\.bad\.numbers is INTEGER\[\]"):
        hand_over(con, tmp_path, ["landed"])


def test_what_comes_back_equals_what_was_handed_over(con, tmp_path):
    hand_over(con, tmp_path, ["landed"])
    (tmp_path / "handed" / "landed").rename(tmp_path / "marts")
    bring_back(con, tmp_path, {("marts", "orders"): ["order_id"]}, copied_schema="marts")
    [row] = con.execute("select * exclude (total) from marts.orders").fetchall()
    assert row == (
        "A-1", Decimal("12.3456"), date(2026, 2, 28), datetime(2026, 2, 28, 23, 30, 0, 123456),
        True, 3, 0.1, None,
    )  # fmt: skip
    with pytest.raises(duckdb.ConstraintException, match="order_id"):
        con.execute("update marts.orders set order_id = null")


def test_a_moment_that_spark_wrote_with_a_zone_comes_back_as_utc(con, tmp_path):
    place = tmp_path / "marts" / "fct_lead"
    place.mkdir(parents=True)
    moment = "timestamptz '2026-03-10 17:30:00+08'"
    con.execute(f"copy (select {moment} as created_at) to '{place}/part-0.parquet'")
    con.execute("set TimeZone = 'Asia/Shanghai'")
    bring_back(con, tmp_path, {("marts", "fct_lead"): []}, copied_schema="marts")
    [(found, type_)] = con.execute(
        "select created_at, typeof(created_at) from marts.fct_lead"
    ).fetchall()
    assert (found, type_) == (datetime(2026, 3, 10, 9, 30), "TIMESTAMP")


def test_what_is_not_published_is_only_looked_at(con, tmp_path):
    hand_over(con, tmp_path, ["landed"])
    (tmp_path / "handed" / "landed").rename(tmp_path / "intermediate")
    bring_back(con, tmp_path, {("intermediate", "orders"): ()}, copied_schema="marts")
    [(kind,)] = con.execute(
        "select table_type from information_schema.tables where table_schema = 'intermediate'"
    ).fetchall()
    assert kind == "VIEW"
    assert con.execute("select count(*) from intermediate.orders").fetchall() == [(1,)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("executor.memory=2g", "'executor.memory' is no Spark setting"),
        ("spark.executor.memory", "'spark.executor.memory' is no Spark setting"),
        ("spark.sql.ansi.enabled=false", "spark.sql.ansi.enabled decides what figures mean"),
    ],
)
def test_a_setting_that_cannot_be_taken_is_named(text, message):
    with pytest.raises(ConfigurationError, match=message):
        wanted_settings(text)


def test_settings_are_pairs_between_blanks():
    assert wanted_settings("spark.executor.memory=4g  spark.cores.max=8") == {
        "spark.executor.memory": "4g",
        "spark.cores.max": "8",
    }


def test_without_pyspark_the_error_says_what_to_install(monkeypatch, tmp_path: Path):
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    monkeypatch.setitem(sys.modules, "pyspark.errors", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'gapwise\[spark\]'"):
        open_session(tmp_path)
