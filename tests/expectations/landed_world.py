"""Small landed tables for the tests of expectations, and the rows that break each of them."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import yaml

from pipelines.checks.subjects import Subject, landed_subjects
from pipelines.core.sql_text import quote_name
from pipelines.landing.contract import load_entities
from pipelines.landing.state import LINEAGE_COLUMNS

AS_OF = date(2026, 3, 10)
ENTITIES = list(load_entities())
SUBJECTS = list(landed_subjects().values())
SHAPE = "columns_are_those_of_the_contract"
VIOLATIONS = Path(__file__).with_name("violations")


def subject(entity: str) -> Subject:
    return landed_subjects()[entity]


def subjects(*entities: str) -> list[Subject]:
    return [subject(entity) for entity in entities]


def load_cases(entity: str) -> dict[str, Any]:
    return yaml.safe_load((VIOLATIONS / f"{entity}.yml").read_text(encoding="utf-8"))


def empty_world() -> duckdb.DuckDBPyConnection:
    """Every landed table, typed as landing/state.py types it, and empty."""
    con = duckdb.connect()
    con.execute("create schema landed")
    for entity in load_entities().values():
        columns = [*entity.landed_columns, *LINEAGE_COLUMNS]
        definition = ", ".join(f"{quote_name(name)} {kind}" for name, kind in columns)
        con.execute(f"create table landed.{quote_name(entity.name)} ({definition})")
    return con


def put(con: duckdb.DuckDBPyConnection, entity: str, rows: list[dict[str, Any]]) -> None:
    """Land rows; each leads back to `<entity>.csv row n`, and a time has its date beside it."""
    for number, row in enumerate(rows, start=1):
        cells = {name: value for name, value in row.items() if value is not None}
        for column in load_entities()[entity].columns:
            moment = cells.get(column.name)
            if column.local_date_name and isinstance(moment, datetime):
                cells[column.local_date_name] = moment.date()
        cells |= {"source": "test", "source_row": f"{entity}.csv row {number}"}
        names = ", ".join(quote_name(name) for name in cells)
        marks = ", ".join("?" for _ in cells)
        con.execute(f"insert into landed.{entity} ({names}) values ({marks})", [*cells.values()])


def world_of(entity: str, rows: list[dict[str, Any]]) -> duckdb.DuckDBPyConnection:
    """These rows of one entity, beside those of others that its cases name."""
    con = empty_world()
    for other, known in load_cases(entity).get("others", {}).items():
        put(con, other, known)
    put(con, entity, rows)
    return con


def clean_rows(entity: str) -> list[dict[str, Any]]:
    cases = load_cases(entity)
    return cases["clean"] * cases.get("clean_times", 1)


def violating_rows(entity: str, violation: dict[str, Any]) -> list[dict[str, Any]]:
    first = load_cases(entity)["clean"][0]
    return [first | changed for changed in violation["rows"]] * violation.get("times", 1)
