"""Rules workbooks for tests: the shipped template with single cells changed."""

import io
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import openpyxl

from pipelines.landing.rules import parse_rules_workbook
from pipelines.sources.rules_template import write_rules_template


@cache
def template(language="zh"):
    with TemporaryDirectory() as folder:
        path = Path(folder) / "rules.xlsx"
        write_rules_template(path, language)
        return path.read_bytes()


def opened(data):
    return openpyxl.load_workbook(io.BytesIO(data))


def saved(book):
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def with_cells(cells, language="zh", data=None):
    """The template with cells changed; `cells` maps (sheet, cell) to a value."""
    book = opened(data or template(language))
    for (sheet, cell), value in cells.items():
        book[sheet][cell] = value
    return saved(book)


def cell_of(sheet, row_text, header=None, language="zh", data=None):
    """Find a cell: in the row that says `row_text`, under `header` (None: a setting's value)."""
    page = opened(data or template(language))[sheet]
    wanted = header or {"zh": "设置值", "en": "Value"}[language]
    column = next(
        cell.column
        for row in page.iter_rows()
        for cell in row
        if str(cell.value).rstrip("*") == wanted
    )
    row = next(
        cell.row for row in page.iter_rows() for cell in row if str(cell.value) == str(row_text)
    )
    return page.cell(row, column).coordinate


def parsed(data):
    """Read a workbook's bytes as the night does."""
    return parse_rules_workbook(data, "rules.xlsx")
