"""Columns of a company's own that a metric of the sheet names and no file has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines.core.names import nearest, said_nearest
from pipelines.landing.contract import load_entities

if TYPE_CHECKING:
    import pyarrow as pa

    from pipelines.core.rules.references import EntityColumn, EntityColumns
    from pipelines.landing.log import LandingRecord


@dataclass(frozen=True)
class UnknownColumn:
    """A column that a metric reads and nobody delivers: every row looks as if the cell were empty."""

    metric: str
    entity: str
    column: str
    nearest: tuple[str, ...]

    @property
    def message_zh(self) -> str:
        """Say it in Chinese, with the fix."""
        near, _ = said_nearest(self.nearest)
        return (
            f"指标“{self.metric}”用到的列“{self.column}”，{load_entities()[self.entity].zh}的文件里都没有{near}；"
            "该列按空白计算。"
            "请在“指标”表改正列名，或在文件里补上这一列。"
        )

    @property
    def message_en(self) -> str:
        """Say it in English, with the fix."""
        _, near = said_nearest(self.nearest)
        return (
            f"metric {self.metric!r} names the column {self.column!r}, which no file of {self.entity} has{near}; "
            "it counts as empty. Correct the name on the sheet Metrics, or deliver the column."
        )


def own_columns(records: Iterable[LandingRecord]) -> dict[str, set[str]]:
    """Return entity → headers that its files had besides our columns; without a file no entry."""
    found: dict[str, set[str]] = defaultdict(set)
    for record in records:
        if record.is_in_chain:
            found[record.entity] |= set(record.new_columns)
    return dict(found)


def foreign_columns(
    tables: Mapping[str, pa.Table], columns: EntityColumns
) -> list[tuple[str, str, str]]:
    """List what metrics read besides our columns: (metric, entity, column), in order.

    Args:
        tables: the rules, with `metric_formula` and `metric_condition`.
        columns: our columns of each entity.
    """
    formulas = {row["metric"]: row for row in tables["metric_formula"].to_pylist()}
    named = {
        (metric, row[name])
        for metric, row in formulas.items()
        for name in ("value_column", "reach_column")
        if row[name]
    } | {(row["metric"], row["column_name"]) for row in tables["metric_condition"].to_pylist()}
    places = ((metric, formulas[metric]["entity"], column) for metric, column in sorted(named))
    return [place for place in places if place[2] not in columns.get(place[1], {})]


def unknown_columns(
    foreign: Iterable[tuple[str, str, str]],
    columns: EntityColumns,
    delivered: Mapping[str, set[str]],
) -> list[UnknownColumn]:
    """List the columns of `foreign_columns` that are in no file of their entity.

    An entity of which nothing came is not judged: its metrics are empty for that reason.

    Args:
        foreign: what metrics read besides our columns.
        columns: our columns of each entity; one of them may have been meant.
        delivered: entity → headers of its files besides ours.
    """
    return [
        UnknownColumn(metric, entity, column, _nearest(column, columns[entity], delivered[entity]))
        for metric, entity, column in foreign
        if entity in delivered and column not in delivered[entity]
    ]


def _nearest(
    column: str, ours: Mapping[str, EntityColumn], delivered: Iterable[str]
) -> tuple[str, ...]:
    """Return the headers that look most like the column: those of the files, and ours by either name."""
    known = {*delivered, *ours, *(each.zh for each in ours.values())}
    return tuple(each.name for each in nearest(column, known))
