"""Write csv and xlsx files that come out byte for byte the same every time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter

_MADE = datetime.combine(date(2026, 3, 10), time(18))


def text_of(value: Any, day_format: str, moment_format: str) -> str:
    """Write one value the way that a system's export does; nothing becomes an empty cell."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.strftime(moment_format)
    if isinstance(value, date):
        return value.strftime(day_format)
    if isinstance(value, Decimal):
        return f"{value:f}"
    return str(value)


def csv_line(cells: Sequence[str]) -> str:
    """Join cells into one csv line, quoting where it must be."""
    quoted = []
    for cell in cells:
        needs = "," in cell or '"' in cell or "\n" in cell
        quoted.append('"' + cell.replace('"', '""') + '"' if needs else cell)
    return ",".join(quoted)


def write_csv(path: Path, lines: Sequence[str], encoding: str) -> None:
    """Write lines with CRLF, as Chinese systems on Windows do."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(("\r\n".join(lines) + "\r\n").encode(encoding))


class Workbook:
    """A workbook with fixed creation properties; sheets are given as rows of cells.

    `merges` are (first row, first column, last row, last column, text), counted from 0.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.book = xlsxwriter.Workbook(str(path), {"in_memory": True})
        self.book.set_properties({"created": _MADE, "author": "demo"})
        self.day = self.book.add_format({"num_format": "yyyy-mm-dd"})
        self.head = self.book.add_format({"bold": True, "align": "center", "valign": "vcenter"})

    def __enter__(self) -> Workbook:
        return self

    def __exit__(self, *_: object) -> None:
        self.book.close()

    def sheet(
        self,
        name: str,
        rows: Sequence[Sequence[Any]],
        merges: Sequence[tuple[int, int, int, int, str]] = (),
    ) -> None:
        """Add a sheet; dates become real dates, numbers numbers, and nothing an empty cell."""
        sheet = self.book.add_worksheet(name)
        for at, row in enumerate(rows):
            for column, value in enumerate(row):
                if value is None or value == "":
                    continue
                if isinstance(value, date):
                    sheet.write_datetime(at, column, datetime.combine(value, time()), self.day)
                elif isinstance(value, (int, float, Decimal)):
                    sheet.write_number(at, column, float(value))
                else:
                    sheet.write_string(at, column, str(value))
        for first_row, first_column, last_row, last_column, text in merges:
            sheet.merge_range(first_row, first_column, last_row, last_column, text, self.head)
