"""The sheets of the workbook as data: which mart, which columns, in which order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import yaml

from pipelines.core.rules.model import Text

if TYPE_CHECKING:
    from datetime import date

    import duckdb


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        name: as in the mart.
        title: over the column.
        unit: money, count, number, driver (a count, a rate or an amount), rate, times, date,
            measure (its metric's unit), status, word, metric, scope or text.
        width: in characters.
    """

    name: str
    title: Text
    unit: str
    width: int


@dataclass(frozen=True)
class Sheet:
    """One sheet.

    Attributes:
        id: of the sheet.
        title: its name in both languages.
        mart: where the rows stand; "" for a meeting pack.
        columns: in order.
        sql: what selects and orders the rows; `$as_of` is D.
        frozen: columns that stay when one scrolls to the right.
        rows: given rows, for a meeting pack.
        about: what the sheet is, where no mart says it.
    """

    id: str
    title: Text
    mart: str
    columns: tuple[Column, ...]
    sql: str
    frozen: int = 2
    rows: Sequence[Sequence[Any]] | None = None
    about: Text | None = None


@cache
def _declared() -> tuple[Sheet, ...]:
    raw = yaml.safe_load(files("pipelines.tell").joinpath("workbook.yml").read_text("utf-8"))
    return tuple(
        Sheet(
            id=name,
            title=Text(*one["title"]),
            mart=one["mart"],
            columns=tuple(
                Column(column, Text(zh, en), unit, width)
                for column, (zh, en, unit, width) in one["columns"].items()
            ),
            sql=one["rows"],
            frozen=one.get("frozen", 2),
        )
        for name, one in raw.items()
    )


SHEETS = _declared()


def sheet_rows(con: duckdb.DuckDBPyConnection, sheet: Sheet, as_of: date) -> list[tuple[Any, ...]]:
    """Return the rows of a sheet; none where this company has no such mart.

    Args:
        con: a file with schema marts.
        sheet: which.
        as_of: D.
    """
    known = con.execute(
        "select 1 from information_schema.tables "
        "where table_schema = 'marts' and table_name = $mart",
        {"mart": sheet.mart},
    ).fetchall()
    if not known:
        return []
    names = ", ".join(column.name for column in sheet.columns)
    values: dict[str, Any] = {"as_of": as_of} if "$as_of" in sheet.sql else {}
    return con.execute(f"select {names} {sheet.sql}", values).fetchall()
