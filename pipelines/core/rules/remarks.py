"""What is allowed in the rules workbook and still worth a second look."""

from __future__ import annotations

from collections.abc import Iterator

from pipelines.core.rules.checks_common import shown
from pipelines.core.rules.conditions import parse_conditions
from pipelines.core.rules.model import Row, TableRows, Text
from pipelines.core.rules.references import EntityColumns


def remarks(rows: TableRows, columns: EntityColumns) -> list[Text]:
    """List reserves outside the usual band and columns that only the company's own export has."""
    return [*_reserves(rows), *_own_columns(rows, columns)]


def _reserves(rows: TableRows) -> Iterator[Text]:
    for settings in rows["reserve_settings"]:
        low, high = settings.values["usual_from_rate"], settings.values["usual_to_rate"]
        for row in [settings, *rows["reserve"]]:
            rate = row.values["reserve_rate"]
            if rate is None or low is None or high is None:
                continue
            if not low <= rate <= high:  # type: ignore[operator]
                scope = row.values.get("scope") or "默认/default"
                yield Text(
                    f"弹性比例 {shown(rate)}（{scope}）"
                    f"不在通常的 {shown(low)} 到 {shown(high)} 之间",
                    f"reserve {shown(rate)} ({scope}) is outside the usual "
                    f"{shown(low)} to {shown(high)}",
                )


def _own_columns(rows: TableRows, columns: EntityColumns) -> Iterator[Text]:
    for table, name, key in (
        ("metrics", "metric", "conditions"),
        ("control_points", "control_point", "applies_when"),
    ):
        for row in rows[table]:
            known = columns.get(str(row.values["entity"]), {})
            for column in _named_columns(row, key):
                if column not in known:
                    yield Text(
                        f"{row.values[name]} 用到公司自己的列“{column}”；导出里没有它时不计数",
                        f"{row.values[name]} reads the column {column} of your own export; "
                        "without it nothing is counted",
                    )


def _named_columns(row: Row, key: str) -> Iterator[str]:
    conditions = row.values[key]
    yield from (each.column for each in parse_conditions(str(conditions) if conditions else None))
    if row.values.get("column"):
        yield str(row.values["column"])
