"""Rules workbooks for tests: the shipped template with rows added under a table's header."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl

from pipelines.sources.rules_template import write_rules_template


def write_rules(path: Path, rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> Path:
    """Write `rules.xlsx` in Chinese with rows added: sheet → rows of header → value."""
    write_rules_template(path, "zh")
    book = openpyxl.load_workbook(path)
    for sheet, added in rows.items():
        for values in added:
            _append(book[sheet], values)
    book.properties.lastModifiedBy = "陈总"
    book.save(path)
    return path


def _append(page: Any, values: Mapping[str, Any]) -> None:
    header = next(
        row for row in page.iter_rows()
        if set(values) <= {str(cell.value).rstrip("*") for cell in row}
    )  # fmt: skip
    places = {str(cell.value).rstrip("*"): cell.column for cell in header}
    number = header[0].row + 1
    while page.cell(number, places[next(iter(values))]).value is not None:
        number += 1
    for name, value in values.items():
        page.cell(number, places[name]).value = value
