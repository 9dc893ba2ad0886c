"""The build file of a company that has delivered nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import duckdb
import pytest

from pipelines.core.calendar import build_calendar
from pipelines.landing.contract import load_entities
from pipelines.landing.state import build_landed_table
from pipelines.steps.cascade_tables import create_tables


@pytest.fixture
def con(tmp_path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A build file of a company that has delivered nothing, with the calendar up to 2028."""
    with duckdb.connect() as con:
        for entity in load_entities().values():
            build_landed_table(con, entity, [], tmp_path, date(2026, 3, 31))
        con.execute("create schema rules; create table rules.organisation (node text, kind text)")
        con.execute("create schema reference")
        days = build_calendar(date(2025, 1, 1), date(2028, 12, 31), calendar="CN")
        con.register("days", days)
        con.execute("create table reference.calendar_day as from days")
        con.execute("create table reference.company as select date '2026-03-31' as as_of")
        create_tables(con)
        yield con
