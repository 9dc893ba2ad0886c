"""The reference page of the rules workbook, written from its declaration."""

from __future__ import annotations

from pipelines.core.rules.cells import allowed, is_blank
from pipelines.core.rules.declaration import all_sheets
from pipelines.core.rules.model import Column, Sheet, Table, Text

_HEAD = """# The rules workbook 规则表

Written from `pipelines/core/rules/sheets/*.yml`; change it there. ° marks our own defaults.
`gapwise init` writes `rules.xlsx` with these defaults; Chinese and English names of sheets, headers
and choices are both read, in any order and any mixture. Rows that begin with ※ are notes.
A wrong cell refuses the workbook (the last good version stays in force); a wrong row of the sheet
Metrics switches off that metric alone. A missing sheet, part or setting stands at its default.

本页由声明文件生成。°为我们自己的默认值。表名、列名、选项中英文都认，顺序不限。以※开头的行是说明。
单元格写错则整个版本不生效，沿用上一个正确版本；“指标”表写错的一行只停用该指标。缺少的表或设置用默认值。

In the warehouse: one table per table below in schema `rules`, settings as one row with a column
each, lists as text `|a|b|`, and `rules_version` on every row.
"""


def rules_reference_page() -> str:
    """Write the whole reference as Markdown, Chinese and English side by side."""
    return _HEAD + "".join(_sheet(sheet) for sheet in all_sheets())


def _sheet(sheet: Sheet) -> str:
    title = f"\n## {sheet.label.zh} {sheet.label.en}\n\n{sheet.help.zh}\n\n{sheet.help.en}\n"
    return title + "".join(_table(table) for table in sheet.tables)


def _table(table: Table) -> str:
    lines = [f"\n### `rules.{table.id}` {table.label.zh} {table.label.en}\n"]
    if table.is_settings:
        lines.append("| id | 设置项 | Setting | default | 允许 | allowed |")
        lines.append("| --- | --- | --- | --- | --- | --- |")
        for column in table.columns:
            cells = [f"`{column.id}`", *_names(column), _default(column)]
            lines.append(_line([*cells, *_allowed(column)]))
        return "\n".join(lines) + "\n"
    lines.append("| id | 列 | Column | 允许 | allowed |")
    lines.append("| --- | --- | --- | --- | --- |")
    lines.extend(
        _line([f"`{column.id}`", *_names(column), *_allowed(column)]) for column in table.columns
    )
    lines.append(f"\nDefault rows 默认行: {len(table.default_rows)}\n")
    if table.default_rows:
        lines.append(_line([f"`{column.id}`" for column in table.columns]))
        lines.append(_line(["---"] * len(table.columns)))
        lines.extend(_line([_written(cell) for cell in row]) for row in table.default_rows)
    return "\n".join(lines).rstrip("\n") + "\n"


def _names(column: Column) -> list[str]:
    mark = "°" if column.is_own_default else ""
    return [column.label.zh + mark, column.label.en + mark]


def _allowed(column: Column) -> list[str]:
    may: Text = allowed(column)
    return [f"{column.help.zh}（{may.zh}）", f"{column.help.en} ({may.en})"]


def _default(column: Column) -> str:
    return "" if is_blank(column.default) else _written(column.default)


def _written(cell: object) -> str:
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    return "" if cell is None else str(cell)


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
