"""Wide sheets: a column per month or quarter becomes a table of its own, so that each cell is a row.

A wide row with n filled period cells counts as n rows read. Every column of periods is one text
table named after sheet and header, so that a landed value leads back to its cell by row and column.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import duckdb

from pipelines.core.names import normalise_name
from pipelines.core.period_names import NamedPeriod, read_period, year_in
from pipelines.landing.contract import Entity
from pipelines.landing.mapping import Vocabulary, known_words, plan_columns
from pipelines.landing.plan import ColumnPlan
from pipelines.settings import CompanySettings, SourceSettings
from pipelines.sources.errors import Note
from pipelines.sources.headers import header_unit, title_unit, unit_in_header
from pipelines.sources.options import Skipped, TextTable

_numbers = itertools.count(1)
_SKIPPED = re.compile(
    r"合计|小计|总计|累计|实际|完成|达成|同比|环比|占比|total|actual|yoy|mom|ytd", re.IGNORECASE
)
_LEVELS = {
    "stretch": re.compile(r"冲刺|stretch", re.IGNORECASE),
    "challenge": re.compile(r"挑战|challenge", re.IGNORECASE),
}
_METRIC_IN_TITLE = re.compile(r"指标\s*[::：]\s*(?P<metric>[^\s,，;；、)）\]】]+)")
VALUE_HEADER = "目标值"
# A header without a year is a period whatever the year.
_ANY_YEAR = 2000


@dataclass(frozen=True)
class _PeriodColumn:
    position: int
    header: str
    period: NamedPeriod
    level: str | None
    unit: str | None


@dataclass(frozen=True)
class _Surroundings:
    """What a sheet says outside its cells."""

    year: int
    metric: str | None
    unit: str | None


def unpivot(
    con: duckdb.DuckDBPyConnection,
    entity: Entity,
    source: SourceSettings,
    settings: CompanySettings,
    table: TextTable,
    file: str,
    fallback_year: int,
    vocabulary: Vocabulary,
) -> list[tuple[TextTable, ColumnPlan]]:
    """Turn a wide table into one text table per period column; empty where the table is not wide.

    The year comes from the header, else from sheet, title or file name, else from the other headers
    where they agree, else it is the export's; metric and unit come from the header, else from the title.

    Args:
        con: connection that holds the table's relation.
        entity: its `pivot` names the columns of period and value; without it nothing is wide.
        source: the configured source.
        settings: the company's fiscal year and week.
        table: the table as read.
        file: name of the delivered file.
        fallback_year: year of the export.
        vocabulary: the company's words for metrics and names.

    Returns:
        Tables and their mappings, in the order of the columns. Law: the rows read of all of them
        are the filled cells plus, once, the table's skipped and malformed rows.
    """
    if entity.pivot is None:
        return []
    around = _surroundings(entity, source, table, file, fallback_year, vocabulary)
    columns = _period_columns(table.headers, around.year, settings)
    if not columns:
        return []
    table = _read_once(con, table)
    labels = _labels(table, columns)
    found = []
    for number, column in enumerate(columns):
        part = _part(con, table, labels, column, around, is_first=number == 0)
        own = _own_source(entity, source, column, around, part.headers[-1])
        where = f"{file} [{part.sheet}]"
        plan = plan_columns(
            entity, own, part.headers, where, vocabulary, is_typed=table.encoding is None
        )
        found.append((part, plan))
    return found


def is_period_header(header: str) -> bool:
    """Tell whether a column called this holds one period: 1月, Q1/冲刺, 2026年10月(万元)."""
    return _period_column(0, header, _ANY_YEAR, None) is not None


def first_period(
    con: duckdb.DuckDBPyConnection, table: TextTable
) -> tuple[TextTable, NamedPeriod] | None:
    """Return the first period column of a wide table as `unpivot` would read it.

    None where fewer than two columns are periods: a lone one may be anything.
    """
    columns = _period_columns(
        table.headers, year_in(f"{table.sheet} {table.title}") or _ANY_YEAR, None
    )
    if len(columns) < 2:
        return None
    around = _Surroundings(_ANY_YEAR, None, None)
    part = _part(con, table, _labels(table, columns), columns[0], around, is_first=True)
    return part, columns[0].period


def _labels(table: TextTable, columns: Sequence[_PeriodColumn]) -> list[int]:
    taken = {column.position for column in columns}
    return [i for i in range(len(table.headers)) if i not in taken]


def _read_once(con: duckdb.DuckDBPyConnection, table: TextTable) -> TextTable:
    """Return the sheet as a table of its own: it is read once, not once per month."""
    relation = f"wide_sheet_{next(_numbers)}"
    con.execute(f"create or replace temp table {relation} as from {table.relation}")
    return replace(table, relation=relation)


def _surroundings(
    entity: Entity,
    source: SourceSettings,
    table: TextTable,
    file: str,
    fallback_year: int,
    vocabulary: Vocabulary,
) -> _Surroundings:
    texts = [table.sheet, table.title, file]
    year = next((found for text in texts if (found := year_in(text))), None)
    year = year or _year_of_others(table.headers) or fallback_year
    words = known_words(entity, source, vocabulary, "metric")
    named = _METRIC_IN_TITLE.search(table.title)
    metric = named["metric"] if named else _longest_known(words, (table.title, table.sheet, file))
    unit = title_unit(table.title)
    return _Surroundings(year, metric, unit[0] if unit else None)


def _year_of_others(headers: Sequence[str]) -> int | None:
    """Return the year that all headers with one name: 上半年 beside 2024年Q1 is 2024's; None where two do."""
    one, other = (_period_columns(headers, year, None) for year in (_ANY_YEAR, _ANY_YEAR + 1))
    same = {a.period.start_on.year for a, b in zip(one, other, strict=True) if a.period == b.period}
    return same.pop() if len(same) == 1 else None


def _longest_known(words: Mapping[str, str], texts: Sequence[str]) -> str | None:
    for text in map(normalise_name, texts):
        hits = [word for word in words if len(word) > 1 and word in text]
        if hits:
            return words[max(hits, key=len)]
    return None


def _period_columns(
    headers: Sequence[str], year: int, settings: CompanySettings | None
) -> list[_PeriodColumn]:
    found = (_period_column(i, header, year, settings) for i, header in enumerate(headers))
    return [column for column in found if column is not None]


def _period_column(
    position: int, header: str, year: int, settings: CompanySettings | None
) -> _PeriodColumn | None:
    """Read one header, of one level or two: 1月, Q1/1月, 2026年/1月, 1月/冲刺, Q1(万元)."""
    if _SKIPPED.search(header):
        return None
    period: NamedPeriod | None = None
    for part in header_unit(header)[0].split("/"):
        name = header_unit(part)[0]
        year = year_in(name) or year
        name = re.sub(r"(目标|计划|冲刺|挑战|target|plan|stretch|challenge)$", "", name.strip())
        period = _read(name, year, settings) or period
    period = _read(header, year, settings) or period
    if period is None:
        return None
    level = next((key for key, word in _LEVELS.items() if word.search(header)), None)
    return _PeriodColumn(position, header, period, level, unit_in_header(header))


def _read(text: str, year: int, settings: CompanySettings | None) -> NamedPeriod | None:
    if settings is None:
        return read_period(text, year=year)
    return read_period(
        text,
        year=year,
        fiscal_year_start_month=settings.company.fiscal_year_start_month,
        week_start=0 if settings.company.week_start == "monday" else 6,
    )


def _part(
    con: duckdb.DuckDBPyConnection,
    table: TextTable,
    labels: Sequence[int],
    column: _PeriodColumn,
    around: _Surroundings,
    *,
    is_first: bool,
) -> TextTable:
    relation = f"period_column_{next(_numbers)}"
    cells = "".join(f", c{at} as c{i}" for i, at in enumerate(labels))
    value = f"c{column.position}"
    con.execute(
        f"create or replace temp view {relation} as select _row{cells}, {value} as c{len(labels)}"
        f" from {table.relation} where not coalesce(cell_is_blank({value}), true)"
    )
    counted = con.execute(f"select count(*) from {relation}").fetchone()
    filled = int(counted[0]) if counted else 0
    beside = table.skipped.subtotal + table.skipped.note + table.malformed_count
    unit = None if "单位" in table.headers else column.unit or around.unit
    header = f"{VALUE_HEADER}({unit})" if unit else VALUE_HEADER
    return replace(
        table,
        sheet=" ".join(text for text in (table.sheet, column.header) if text),
        headers=(*(table.headers[at] for at in labels), header),
        relation=relation,
        rows_read=filled + (beside if is_first else 0),
        skipped=table.skipped if is_first else Skipped(),
        malformed_count=table.malformed_count if is_first else 0,
        notes=(*table.notes, *_notes(around)) if is_first else (),
    )


def _notes(around: _Surroundings) -> tuple[Note, ...]:
    if around.metric:
        return ()
    return (
        Note(
            "metric_not_named",
            "表名和标题都没有写明指标，按签单额读取；可在标题写“指标：回款额”或在来源写 constants",
            "neither sheet nor title names the metric: read as signed amount; write 指标：… in the "
            "title or constants in the source",
        ),
    )


def _own_source(
    entity: Entity,
    source: SourceSettings,
    column: _PeriodColumn,
    around: _Surroundings,
    value_header: str,
) -> SourceSettings:
    """Return the source as this one column means it: its period, metric and level are constants."""
    assert entity.pivot is not None
    period, value = entity.pivot
    constants = {period: column.period.label, "level": column.level, "metric": around.metric}
    if column.period.period_type == "custom":
        constants |= {
            "start_on": column.period.start_on.isoformat(),
            "end_on": column.period.end_on.isoformat(),
        }
    chosen = {
        name: text for name, text in constants.items() if text and name not in source.constants
    }
    if "metric" in source.columns:
        chosen.pop("metric", None)
    return source.model_copy(
        update={
            "constants": {**source.constants, **chosen},
            "columns": {**source.columns, value: value_header},
        }
    )
