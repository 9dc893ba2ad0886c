"""Proposals that a manager may take over by pasting them back: target splits, season weights."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence
from typing import Any

from pipelines.core.rules.declaration import all_sheets, all_tables

CREATED_AT = dt.datetime(2024, 1, 1)  # noqa: DTZ001 (a workbook knows no time zone)
SUGGESTION_HEADER = ("期间", "指标", "人员", "目标值", "修改原因")
_PARTS = (
    ("history_share", "历史"),
    ("pipeline_share", "在手商机"),
    ("customer_pool_share", "客户池"),
    ("potential_share", "区域潜力"),
)


def suggestion_workbook(rows: Sequence[dict[str, Any]], metric_name: str) -> bytes:
    """Write the proposed split as a target sheet that lands as it is.

    Args:
        rows: grain: one row per parent × period × person, the columns of `mart_target_suggestion`.
        metric_name: the metric's name as the sheet Metrics writes it.

    Returns:
        An xlsx file with one sheet in the shipped template's headers. A person whose name another
        has too is written by id. Values are in the reporting currency and sum to the parent's.
    """
    names = [row["person_name"] for row in rows]
    ids = {(row["person_name"], row["person_id"]) for row in rows}
    shared = {name for name in names if sum(own == name for own, _ in ids) > 1}
    lines = [
        (
            row["period_label"],
            metric_name,
            row["person_id"] if row["person_name"] in shared else row["person_name"],
            row["proposed_target"],
            _reason(row),
        )
        for row in rows
    ]
    return _workbook("目标建议", SUGGESTION_HEADER, lines)


def _reason(row: dict[str, Any]) -> str:
    """Say what the share rests on, each reason with its own share."""
    known = [f"{zh} {row[name]:.1%}" for name, zh in _PARTS if row[name] is not None]
    basis = "、".join(known) if known else "平均分配"
    parent = f"{row['parent_node_name']} {row['parent_target']:,.2f}"
    return f"系统建议：{parent} 的 {row['proposed_share']:.1%}（{basis}）"


def season_workbook(rows: Sequence[dict[str, Any]]) -> bytes:
    """Write the proposed season weights as the rules workbook writes them.

    Args:
        rows: grain: one row per metric × kind × position, the columns of `mart_season_proposal`
            plus `metric_name`.

    Returns:
        An xlsx file with one sheet named and headed like the workbook's; each set sums to 1.
    """
    table = all_tables()["season"]
    label = next(sheet.label.zh for sheet in all_sheets() if sheet.id == "season")
    kinds = {choice.id: choice.label.zh for choice in table.column("kind").choices}
    lines = [
        (
            row["metric_name"],
            kinds[row["position_kind"]],
            row["position"],
            row["proposed_weight_rate"],
        )
        for row in rows
    ]
    columns = ("metric", "kind", "position", "weight_rate")
    return _workbook(label, [table.column(name).label.zh for name in columns], lines)


def _workbook(name: str, header: Sequence[str], rows: Sequence[Sequence[Any]]) -> bytes:
    """Write one sheet; text stays text, whatever it begins with."""
    import xlsxwriter

    content = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(content, options) as book:
        book.set_properties({"author": "gapwise", "created": CREATED_AT})
        page = book.add_worksheet(name)
        page.freeze_panes(1, 0)
        for column, title in enumerate(header):
            page.write_string(0, column, title)
            page.set_column(column, column, 16)
        for at, row in enumerate(rows, start=1):
            for column, value in enumerate(row):
                if isinstance(value, str):
                    page.write_string(at, column, value)
                elif value is not None:
                    page.write_number(at, column, value)
    return content.getvalue()
