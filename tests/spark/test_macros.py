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
FIGURES = {
    "money('cast(9659.30 as double) / cast(4 as double)')": Decimal("2414.82"),
    "money('cast(0.125 as double)')": Decimal("0.13"),
    "money('cast(-0.125 as double)')": Decimal("-0.13"),
    "money('cast(1e13 as double) / cast(3 as double)')": Decimal("3333333333333.33"),
    "money('cast(2414.825000 as decimal(28, 6))')": Decimal("2414.83"),
    "money('cast(-2414.825000 as decimal(28, 6))')": Decimal("-2414.83"),
    "money('cast(9999999999999999.990000 as decimal(28, 6))')": Decimal("9999999999999999.99"),
    "money('cast(0.004999 as decimal(28, 6))')": Decimal("0.00"),
    "exact_money('cast(0.004999999999999999 as decimal(38, 18))')": Decimal("0.00"),
    "exact_money('cast(-0.005000000000000000 as decimal(38, 18))')": Decimal("-0.01"),
    "money('cast(7 as bigint)')": Decimal("7.00"),
    "money('cast(null as double)')": None,
    "fixed('cast(9659.30 as double) / cast(4 as double)', 2)": Decimal("2414.82"),
    "fixed('cast(0.00015 as double)', 4)": Decimal("0.0001"),
    "fixed('cast(0.00025 as double)', 4)": Decimal("0.0003"),
    "fixed('cast(-0.00015 as double)', 4)": Decimal("-0.0001"),
    "fixed('cast(0.0001245 as double)', 6)": Decimal("0.000124"),
    "fixed('cast(12.5 as double) * cast(0.25 as double)', 6)": Decimal("3.125000"),
    "fixed('cast(null as double)', 6)": None,
    "number_text('cast(9659.30 as double) / cast(4 as double)', 2)": "2,414.82",
    "number_text('cast(1234567.5 as double)', 1)": "1,234,567.5",
    "number_text('cast(37 as bigint)', 0)": "37",
}


def test_figures_are_rounded_alike_on_both_engines(monkeypatch, tmp_path):
    figures = ", ".join(f"{{{{ {figure} }}}}" for figure in FIGURES)
    on_duckdb, on_spark = (
        rendered(f"select {figures}", "ratio", "sentences", engine=engine)
        for engine in ("default", "spark")
    )
    for name, value in SMALL.items():
        monkeypatch.setenv(name, value)
    session = open_session(tmp_path)
    try:
        [found] = session.sql(on_spark).collect()
    finally:
        session.stop()
    with duckdb.connect() as con:
        assert con.execute(on_duckdb).fetchall() == [tuple(FIGURES.values())]
    assert dict(zip(FIGURES, found, strict=True)) == FIGURES
