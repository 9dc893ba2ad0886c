"""The workbook: key marts for those who live in Excel, and a cover that says how sound they are."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pipelines.core.rules.model import Text
from pipelines.tell.board.content import Content
from pipelines.tell.board.words import Words, texts
from pipelines.tell.workbook_sheets import SHEETS, Column, Sheet, sheet_rows
from pipelines.tell.workbook_state import state_texts

if TYPE_CHECKING:
    import duckdb

# Sheets stay small enough to open at once; what is left out is said on the cover.
MOST_ROWS = 5000
_NUMBER_FORMATS = {
    "money": "#,##0.00;[Red]-#,##0.00",
    "count": "#,##0",
    "number": "#,##0.##",
    "driver": "#,##0.####",  # how many, which share of them, how much each
    "rate": "0.0%",
    "times": '0.00"×"',
    "date": "yyyy-mm-dd",
}
# Words that mean bad, doubtful and good; the colour comes beside the word, never instead of it.
_COLOURS = (
    (("behind", "high_risk", "stale"), "#FBE5D8", "#7F2C00"),
    (("watch", "overdue"), "#FFF0C9", "#5F4200"),
    (("normal", "due_soon"), "#E1EEF8", "#084570"),
    (("ahead", "fresh"), "#DBF2E8", "#00523A"),
)


@dataclass(frozen=True)
class Workbook:
    """A written workbook.

    Attributes:
        content: the file.
        sheets: rows by sheet id.
    """

    content: bytes
    sheets: dict[str, int]


@dataclass
class _Book:
    """One workbook while it is written."""

    file: Any
    languages: Sequence[str]
    content: Content

    def __post_init__(self) -> None:
        self.formats = {
            unit: self.file.add_format({"num_format": code, "valign": "top"})
            for unit, code in _NUMBER_FORMATS.items()
        }
        self.text = self.file.add_format({"valign": "top"})
        self.title = self.file.add_format({"bold": True, "font_size": 18})
        self.alarm = self.file.add_format({"bold": True, "font_size": 12, "text_wrap": True})
        self.wrapped = self.file.add_format({"text_wrap": True, "valign": "top"})
        self.header = self.file.add_format(
            {"bold": True, "text_wrap": True, "valign": "top", "bg_color": "#123A5C",
             "font_color": "#FFFFFF", "border": 1, "border_color": "#7F9DB8"}
        )  # fmt: skip
        self.status = {
            word: self.file.add_format({"bg_color": ground, "font_color": ink})
            for words, ground, ink in _COLOURS
            for word in words
        }

    def both(self, text: Text, between: str = " ") -> str:
        """Return a text in the company's languages."""
        return between.join(text.in_language(language) for language in self.languages)

    def word(self, name: str, between: str = " ") -> str:
        """Return a word of the board in the company's languages."""
        return self.both(texts()[name], between)

    def metric(self, metric: str) -> str:
        """Return a metric's name in the company's languages."""
        row = self.content.metric_names.get(metric)
        names = [row[f"metric_name_{one}"] for one in self.languages] if row else [metric]
        return " ".join(dict.fromkeys(str(name) for name in names))

    def unit(self, column: Column, metric: str | None) -> str:
        """Return a column's unit; a measure has its metric's."""
        if column.unit != "measure":
            return column.unit
        row = self.content.metric_names.get(metric or "")
        unit = row["unit"] if row else "number"
        return unit if unit in ("money", "rate") else "number"

    def said(self, value: str) -> str:
        """Return an id as its word in the company's languages."""
        known = [Words(language).all_of(value) for language in self.languages]
        return " ".join(dict.fromkeys(known))


def write_workbook(
    con: duckdb.DuckDBPyConnection, content: Content, languages: Sequence[str], currency: str
) -> Workbook:
    """Write the workbook of a night; the same marts write the same bytes.

    Args:
        con: a file with schema marts.
        content: what the board shows of the night: company, day, packs, health.
        languages: one or two; with two, headers and words stand in both.
        currency: ISO code.

    Returns:
        An xlsx file. Whatever a text holds stays text: no formula, no link.
    """
    import xlsxwriter

    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, options) as file:
        made_at = dt.datetime.combine(content.as_of, dt.time())
        file.set_properties({"author": "gapwise", "created": made_at, "title": content.company})
        book = _Book(file, languages, content)
        cover = file.add_worksheet(book.word("cover")[:31])
        # its texts come first in the file: workbook_state replaces them there
        for number, text in enumerate(state_texts(None, languages)):
            cover.write_string(2 + number, 0, text, book.alarm)
        written = {}
        for sheet in (*SHEETS, *_pack_sheets(content)):
            rows = sheet.rows if sheet.rows is not None else sheet_rows(con, sheet, content.as_of)
            written[sheet.id] = (sheet, len(rows))
            _write_sheet(book, sheet, rows[:MOST_ROWS])
        _write_cover(book, cover, content, currency, written)
    return Workbook(out.getvalue(), {name: rows for name, (_, rows) in written.items()})


def _pack_sheets(content: Content) -> list[Sheet]:
    """Return the meeting packs as sheets."""
    return [
        Sheet(
            id=pack.declaration.name,
            title=texts()[pack.declaration.name],
            mart="",
            columns=tuple(
                Column(name, Text(zh, en), _unit_of(name), 20)
                for name, zh, en in pack.declaration.columns
            ),
            sql="",
            rows=[tuple(row[name] for name, _, _ in pack.declaration.columns) for row in pack.rows],
            about=Text(pack.declaration.title_zh, pack.declaration.title_en),
        )
        for pack in content.packs
    ]


def _unit_of(column: str) -> str:
    if column.endswith("_rate"):
        return "rate"
    return {"change": "word", "detail": "word", "scope_type": "word", "scope_name": "scope"}.get(
        column, "number"
    )


def _write_sheet(book: _Book, sheet: Sheet, rows: Sequence[Sequence[Any]]) -> None:
    page = book.file.add_worksheet(book.both(sheet.title)[:31])
    page.freeze_panes(1, sheet.frozen)
    page.set_row(0, 32)
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.repeat_rows(0)
    for place, column in enumerate(sheet.columns):
        page.write_string(0, place, book.both(column.title, "\n"), book.header)
        page.set_column(place, place, column.width)
    names = [column.name for column in sheet.columns]
    metric_at = names.index("metric") if "metric" in names else None
    for number, row in enumerate(rows, start=1):
        metric = None if metric_at is None else row[metric_at]
        for place, (column, value) in enumerate(zip(sheet.columns, row, strict=True)):
            _write_cell(book, page, (number, place), value, book.unit(column, metric))
    page.autofilter(0, 0, max(1, len(rows)), len(sheet.columns) - 1)
    for place, column in enumerate(sheet.columns):
        if column.unit == "status" and rows:
            _colour_status(book, page, place, len(rows))


def _write_cell(book: _Book, page: Any, at: tuple[int, int], value: Any, unit: str) -> None:
    if value is None:
        return
    if isinstance(value, bool):
        page.write_string(*at, book.word("yes" if value else "no"), book.text)
    elif isinstance(value, dt.date):
        page.write_datetime(*at, value, book.formats["date"])
    elif isinstance(value, int | float | Decimal):
        page.write_number(*at, value, book.formats.get(unit, book.text))
    elif unit in ("status", "word"):
        page.write_string(*at, book.said(value), book.text)
    elif unit == "metric":
        page.write_string(*at, book.metric(value), book.text)
    elif unit == "scope" and value == "company":
        page.write_string(*at, book.content.company, book.text)
    else:
        page.write_string(*at, str(value), book.text)


def _colour_status(book: _Book, page: Any, place: int, rows: int) -> None:
    for word, colours in book.status.items():
        page.conditional_format(
            1, place, rows, place,
            {"type": "cell", "criteria": "==", "value": f'"{book.word(word)}"', "format": colours},
        )  # fmt: skip


def _write_cover(
    book: _Book,
    cover: Any,
    content: Content,
    currency: str,
    written: Mapping[str, tuple[Sheet, int]],
) -> None:
    """Write what the figures are of, how healthy the data is, and what each sheet holds."""
    from pipelines.tell.board.tables import health_of

    cover.hide_gridlines(2)
    cover.set_column(0, 0, 44)
    cover.set_column(1, 1, 34)
    cover.set_column(2, 4, 16)
    cover.write_string(0, 0, content.company, book.title)
    cover.write_string(1, 0, f"{book.word('as_of')} {content.as_of} · {currency}", book.text)
    at = 2 + len(book.languages)
    for language in book.languages:
        words = Words(language)
        said = f"{words.health}: {health_of(content, words)['text']}"
        cover.write_string(at, 0, said, book.wrapped)
        at += 1
    cover.write_string(at, 0, book.word("workbook_note", "\n"), book.wrapped)
    at += 2
    for place, name in enumerate(("sheet", "mart", "row_count", "shown_rows", "row_limit")):
        cover.write_string(at, place, book.word(name), book.header)
    for number, (sheet, rows) in enumerate(written.values(), start=at + 1):
        link = f"internal:'{book.both(sheet.title)[:31]}'!A1"
        cover.write_url(number, 0, link, string=book.both(sheet.title))
        cover.write_string(number, 1, sheet.mart or book.both(sheet.about or sheet.title))
        cover.write_number(number, 2, rows, book.formats["count"])
        cover.write_number(number, 3, min(rows, MOST_ROWS), book.formats["count"])
        cover.write_number(number, 4, MOST_ROWS, book.formats["count"])
        if rows > MOST_ROWS:
            cover.write_string(number, 5, book.word("not_complete"), book.wrapped)
