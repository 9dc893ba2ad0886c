"""Measures as SQL that DuckDB, PostgreSQL and every tool with a query box understand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pipelines.bi.catalogue import Filters, Measure, Ratio
from pipelines.core.sql_text import quote_text


def condition(where: Filters) -> str:
    """Return the rows that a measure is about as a condition; empty if all."""
    return " and ".join(_one_of(column, values) for column, values in where.items())


def row_value(measure: Measure) -> str:
    """Return what one row gives to a measure: its column, or nothing where the row is left out."""
    chosen = condition(measure.where)
    return f"case when {chosen} then {measure.column} end" if chosen else measure.column


def expression(measure: Measure | Ratio) -> str:
    """Return a measure as an aggregate over the rows of its mart.

    It is NULL where several values are chosen of a column over which nothing may be added, and a
    ratio is NULL without a denominator.
    """
    if isinstance(measure, Ratio):
        below = " + ".join(expression(one) for one in measure.to)
        return f"cast({expression(measure.of)} as double precision) / nullif({below}, 0)"
    value = row_value(measure)
    aggregate = {
        "sum": f"sum({value})",
        "count": f"count({value})",
        "count_distinct": f"count(distinct {value})",
    }[measure.aggregate]
    if not measure.table.one_of:
        return aggregate
    single = " and ".join(
        f"min({_kept(measure, column)}) = max({_kept(measure, column)})"
        for column in measure.table.one_of
    )
    return f"case when {single} then {aggregate} end"


def twin(measure: Measure | Ratio, by: Sequence[str]) -> str:
    """Return the query that gives a measure, split by columns."""
    columns = [*by, f"{expression(measure)} as {measure.name}"]
    grouped = f" group by {', '.join(by)}" if by else ""
    return f"select {', '.join(columns)} from marts.{measure.table.name}{grouped}"


def _kept(measure: Measure, column: str) -> str:
    chosen = condition(measure.where)
    return f"case when {chosen} then {column} end" if chosen else column


def _one_of(column: str, values: tuple[Any, ...]) -> str:
    if len(values) == 1:
        return f"{column} = {_literal(values[0])}"
    return f"{column} in ({', '.join(map(_literal, values))})"


def _literal(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return quote_text(str(value))
