"""Macros that mean the same on both engines: run on both, and figures written out by hand."""

from __future__ import annotations

from decimal import Decimal

import duckdb
import pytest

from pipelines.spark.session import open_session
from tests.dbt.macros import rendered
from tests.spark.nights import SMALL

pytestmark = pytest.mark.deep(topic="spark")

# 9659.30 ÷ 4 is 2414.825 on paper; as a double its hundredfold is a little less than 241482.5.
ROUNDED = {
    "cast(9659.30 as double) / cast(4 as double)": Decimal("2414.82"),
    "cast(0.125 as double)": Decimal("0.13"),
    "cast(-0.125 as double)": Decimal("-0.13"),
    "cast(1e13 as double) / cast(3 as double)": Decimal("3333333333333.33"),
    "cast('2414.825000' as decimal(28, 6))": Decimal("2414.83"),
    "cast('-2414.825000' as decimal(28, 6))": Decimal("-2414.83"),
    "cast('9999999999999999.990000' as decimal(28, 6))": Decimal("9999999999999999.99"),
    "cast('0.004999999999999999' as decimal(38, 18))": Decimal("0.00"),
    "cast(7 as bigint)": Decimal("7.00"),
    "cast(null as double)": None,
}


def test_money_is_rounded_alike_on_both_engines(monkeypatch, tmp_path):
    money = ", ".join(f'{{{{ money("{figure}") }}}}' for figure in ROUNDED)
    on_duckdb, on_spark = (
        rendered(f"select {money}", "ratio", engine=engine) for engine in ("default", "spark")
    )
    for name, value in SMALL.items():
        monkeypatch.setenv(name, value)
    session = open_session(tmp_path)
    try:
        [found] = session.sql(on_spark).collect()
    finally:
        session.stop()
    with duckdb.connect() as con:
        assert con.execute(on_duckdb).fetchall() == [tuple(ROUNDED.values())]
    assert dict(zip(ROUNDED, found, strict=True)) == ROUNDED
