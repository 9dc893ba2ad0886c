"""The rules workbook that a new company starts from: every rule with its default and its help."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from pipelines.core.rules.cells import allowed
from pipelines.core.rules.declaration import all_sheets
from pipelines.core.rules.model import Column, Sheet, Table, Value
from pipelines.core.rules.references import shipped_metrics
from pipelines.core.rules.tables import default_settings_row, default_table_rows

Language = Literal["zh", "en"]
NOTE_MARK = "※"  # rows that begin with it are for people; the reader skips them
CREATED_AT = dt.datetime(2024, 1, 1)  # noqa: DTZ001 (a workbook knows no time zone)
SPARE_ROWS = 200
_MAX_INLINE_LIST = 255
_SETTINGS = {"zh": ("设置项", "设置值", "说明"), "en": ("Setting", "Value", "Meaning")}
_NUMBER_FORMATS = {
    "integer": "0",
    "number": "#,##0.######",
    "rate": "0.####%",
    "money": "#,##0.####",
    "hours": "0.####",
    "date": "yyyy-mm-dd",
}
_YES_NO = {"zh": ("是", "否"), "en": ("yes", "no")}


def write_rules_template(path: Path, language: Language) -> None:
    """Write `rules.xlsx` with every sheet, its defaults, drop-downs and help in one language.

    The reader takes either language, so the file may be edited in both. The same call writes the
    same bytes.

    Args:
        path: The file to write; an existing one is replaced.
        language: zh or en, for sheet names, headers, labels and help.

    Raises:
        OSError: The folder does not exist or cannot be written.
    """
    book = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"author": "gapwise", "created": CREATED_AT})
    writer = _TemplateWriter(book, language)
    for sheet in all_sheets():
        writer.write_sheet(sheet)
    book.close()


class _TemplateWriter:
    """Writes one sheet after another; holds the language and the formats."""

    def __init__(self, book: Workbook, language: Language) -> None:
        self._book = book
        self._language = language
        base = {"font_name": "Microsoft YaHei", "font_size": 10, "valign": "vcenter"}
        self._base = base
        self._title = self._format(bold=True, font_size=12, text_wrap=True, valign="top")
        self._header = self._format(
            bold=True, bg_color="#1F4E79", font_color="#FFFFFF", border=1, text_wrap=True
        )
        self._hint = self._format(
            italic=True, font_color="#7F7F7F", font_size=9, text_wrap=True, valign="top"
        )
        self._cells: dict[str, Format] = {}

    def _format(self, **properties: Any) -> Format:
        return self._book.add_format(self._base | properties)

    def _cell_format(self, column: Column) -> Format:
        pattern = _NUMBER_FORMATS.get(column.type, "@")
        if pattern not in self._cells:
            self._cells[pattern] = self._format(
                num_format=pattern, border=1, border_color="#BFBFBF"
            )
        return self._cells[pattern]

    def write_sheet(self, sheet: Sheet) -> None:
        """Write the note at the top, then each table with header, help row and defaults."""
        page = self._book.add_worksheet(sheet.label.in_language(self._language))
        width = max(len(t.columns) if not t.is_settings else 3 for t in sheet.tables)
        note = f"{NOTE_MARK} {sheet.help.in_language(self._language)}"
        page.merge_range(0, 0, 0, max(width, 4) - 1, note, self._title)
        page.set_row(0, 48)
        for column in range(width):
            page.set_column(column, column, self._width(sheet, column))
        row = 1
        for table in sheet.tables:
            if len(sheet.tables) > 1:
                page.write_string(
                    row, 0, f"{NOTE_MARK} {table.label.in_language(self._language)}", self._title
                )
                row += 1
            is_last = table is sheet.tables[-1]
            row = (
                self._write_settings(page, table, row)
                if table.is_settings
                else self._write_table(page, table, row, is_last)
            )
        page.freeze_panes(2 if len(sheet.tables) == 1 else 1, 0)

    def _width(self, sheet: Sheet, position: int) -> int:
        longest = 12
        for table in sheet.tables:
            if table.is_settings:
                longest = max(longest, (26, 16, 60)[position] if position < 3 else 0)
            elif position < len(table.columns):
                column = table.columns[position]
                longest = max(
                    longest, {"list": 30, "conditions": 34, "text": 18}.get(column.type, 14)
                )
        return longest

    def _write_settings(self, page: Worksheet, table: Table, row: int) -> int:
        for position, header in enumerate(_SETTINGS[self._language]):
            page.write_string(row, position, header, self._header)
        values = default_settings_row(table)
        for column in table.columns:
            row += 1
            page.write_string(row, 0, column.label.in_language(self._language), self._header)
            self._write_value(page, (row, 1), column, values[column.id])
            may = allowed(column).in_language(self._language)
            meaning = column.help.in_language(self._language)
            page.write_string(row, 2, f"{meaning} ({may})", self._hint)
            self._add_drop_down(page, column, (row, 1, row, 1))
        return row + 2

    def _write_table(self, page: Worksheet, table: Table, row: int, is_last: bool) -> int:
        first = row + 2
        rows = default_table_rows(table)
        room = SPARE_ROWS if is_last else max(len(rows) + 5, 8)
        for position, column in enumerate(table.columns):
            star = "*" if column.is_required else ""
            page.write_string(
                row, position, column.label.in_language(self._language) + star, self._header
            )
            may = allowed(column).in_language(self._language)
            hint = f"{NOTE_MARK} {column.help.in_language(self._language)} ({may})"
            page.write_string(row + 1, position, hint, self._hint)
            self._add_drop_down(page, column, (first, position, first + room - 1, position))
        page.set_row(row, 30)
        page.set_row(row + 1, 84)
        for number, each in enumerate(rows):
            for position, column in enumerate(table.columns):
                self._write_value(page, (first + number, position), column, each.values[column.id])
        return first + room + 1

    def _write_value(
        self, page: Worksheet, at: tuple[int, int], column: Column, value: Value
    ) -> None:
        style = self._cell_format(column)
        if value is None:
            page.write_blank(*at, None, style)
        elif isinstance(value, bool):
            page.write_string(*at, _YES_NO[self._language][0 if value else 1], style)
        elif isinstance(value, int | Decimal):
            page.write_number(*at, float(value), style)
        elif isinstance(value, dt.date):
            page.write_datetime(*at, dt.datetime.combine(value, dt.time()), style)
        else:
            page.write_string(*at, self._as_written(column, value), style)

    def _as_written(self, column: Column, value: Value) -> str:
        if isinstance(value, tuple):
            joint = "、" if self._language == "zh" else ", "
            return joint.join(self._label(column, each) for each in value)
        return self._label(column, str(value))

    def _label(self, column: Column, value: str) -> str:
        if column.type == "metric":
            name = "name" if self._language == "zh" else "name_en"
            return str(shipped_metrics()[value][name])
        for choice in column.choices:
            if choice.id == value:
                return choice.label.in_language(self._language)
        return value

    def _add_drop_down(
        self, page: Worksheet, column: Column, area: tuple[int, int, int, int]
    ) -> None:
        if column.type == "boolean":
            options = list(_YES_NO[self._language])
        elif column.type == "choice":
            options = [choice.label.in_language(self._language) for choice in column.choices]
        else:
            return
        if len(",".join(options)) > _MAX_INLINE_LIST:
            return  # the file format holds no longer list in a cell; the help row names them all
        # A warning, not a stop: words of the other language and the company's own are fine too.
        kind = "information" if column.is_open else "warning"
        page.data_validation(
            *area, {"validate": "list", "source": options, "error_type": kind, "ignore_blank": True}
        )
