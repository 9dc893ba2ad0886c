"""Wide target sheets: a column per month, quarter or year becomes rows of (period, value)."""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection
from dataclasses import replace

import duckdb

from pipelines.core.names import normalise_name
from pipelines.landing.typing_sql import literal
from pipelines.sources.files import TextTable

_numbers = itertools.count(1)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_CHINESE = {"一": "1", "二": "2", "三": "3", "四": "4"}
_UNIT = re.compile(r"\s*[(（][^()（）]*[元万亿千][^()（）]*[)）]\s*$")
_FORMS = (
    (
        re.compile(r"((?:19|20)\d{2})[-/.年]\s*(\d{1,2})(?:月份?|[-/.]0?1日?(?: 00:00:00)?)?"),
        "month",
    ),
    (re.compile(r"((?:19|20)\d{2})[-/ 年]*(?:q|第)([1-4一二三四])(?:季度?)?"), "quarter"),
    (re.compile(r"(?:q|第)([1-4一二三四])(?:季度?)?[-/ ]*((?:19|20)\d{2})"), "quarter_first"),
    (re.compile(r"([a-z]{3})[a-z]*\.?[-/ ,]*((?:19|20)\d{2})"), "month_name"),
    (re.compile(r"((?:19|20)\d{2})年?"), "year"),
    (re.compile(r"(\d{1,2})月份?"), "bare_month"),
    (re.compile(r"(?:q|第)([1-4一二三四])(?:季度?)?"), "bare_quarter"),
)


def period_of_header(header: str) -> str | None:
    """Read a column header as a period: 2014-01-01, 2014年1月 and Jan 2014 are 2014-01; None for a word.

    A month or quarter without a year stays bare (1月, Q1): the year is the sheet's business. Of a
    two-level header (2026年/1月) the lower level counts, with the upper one's year.
    """
    levels = [normalise_name(_UNIT.sub("", part)) for part in header.split("/")]
    if len(levels) > 1 and not all(part.isdigit() for part in levels):
        below = _period(levels[-1])
        year = re.match(r"(?:19|20)\d{2}", levels[0])
        if below is None or year is None or below[:2] in ("19", "20"):
            return below
        return _period(f"{year[0]}年{levels[-1]}")
    return _period(normalise_name(_UNIT.sub("", header)))


def _period(text: str) -> str | None:
    for pattern, form in _FORMS:
        match = pattern.fullmatch(text)
        if match:
            return _written(form, [_CHINESE.get(group, group) for group in match.groups()])
    return None


def _written(form: str, parts: list[str]) -> str | None:
    if form == "month_name":
        if parts[0] not in _MONTHS:
            return None
        form, parts = "month", [parts[1], str(_MONTHS.index(parts[0]) + 1)]
    if form == "quarter_first":
        form, parts = "quarter", [parts[1], parts[0]]
    if form in ("month", "bare_month") and not 1 <= int(parts[-1]) <= 12:
        return None
    return {
        "month": lambda: f"{parts[0]}-{int(parts[1]):02d}",
        "quarter": lambda: f"{parts[0]}Q{parts[1]}",
        "year": lambda: parts[0],
        "bare_month": lambda: f"{int(parts[0])}月",
        "bare_quarter": lambda: f"Q{parts[0]}",
    }[form]()


def unpivot_periods(
    con: duckdb.DuckDBPyConnection, table: TextTable, mapped: Collection[str]
) -> list[TextTable]:
    """Return one table per period column, so that every target keeps the row it was written in.

    Grain of each: one row per filled cell of the column. Headers: the sheet's other columns, then
    `period` and `value` with the column's unit. A sheet with a value column, or with fewer than
    two period columns, comes back as it is. Read counts cells: an empty one is no target.

    Args:
        con: the connection that holds the table.
        table: a target sheet.
        mapped: normalised headers that are mapped already; none of them is taken for a period.
    """
    periods = {
        position: period
        for position, header in enumerate(table.headers)
        if normalise_name(header) not in mapped and (period := period_of_header(header))
    }
    if len(periods) < 2:
        return [table]
    kept = [i for i in range(len(table.headers)) if i not in periods]
    tables: list[TextTable] = []
    for position, period in periods.items():
        cells = "".join(f", c{i} as c{n}" for n, i in enumerate(kept))
        relation = f"period_column_{next(_numbers)}"
        con.execute(
            f"create or replace temp view {relation} as select _row{cells},"
            f" {literal(period)} as c{len(kept)}, c{position} as c{len(kept) + 1}"
            f" from {table.relation} where not cell_is_blank(c{position})"
        )
        header = table.headers[position]
        unit = _UNIT.search(header)
        count = con.execute(f"select count(*) from {relation}").fetchone()
        first = not tables
        tables.append(
            replace(
                table,
                sheet=f"{table.sheet} {header}".strip(),
                headers=(
                    *(table.headers[i] for i in kept),
                    "period",
                    f"value{unit[0].strip() if unit else ''}",
                ),
                relation=relation,
                rows_read=(count[0] if count else 0)
                + (table.skipped.count + table.malformed_count if first else 0),
                skipped=table.skipped if first else type(table.skipped)(),
                malformed_count=table.malformed_count if first else 0,
                notes=table.notes if first else (),
            )
        )
    return tables
