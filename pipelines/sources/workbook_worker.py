"""Read workbooks in a process of its own, so that a hostile one kills nothing but that process.

Requests come as JSON lines on standard input, answers go as JSON lines to standard output. One
worker reads many workbooks. It imports only the parser and Arrow, to start fast.
"""

from __future__ import annotations

import datetime
import fnmatch
import json
import resource
import sys
import zipfile
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pyarrow as pa
import pyarrow.parquet as pq
import python_calamine as calamine

from pipelines.sources.workbook_xml import (
    SheetFacts,
    TooLarge,
    column_letters,
    look_into,
    sheet_parts,
)

_BATCH_CELLS = 200_000
_GRID_ROWS = 120
_EXACT_BELOW = 1e15


def _number(value: float) -> str:
    if abs(value) >= _EXACT_BELOW:
        return f"{value:.5E}"  # digits are lost already: it must not look like an exact id
    if value == int(value):
        return str(int(value))
    text = repr(value)
    return text if "e" not in text else format(Decimal(text), "f")


def _duration(value: datetime.timedelta) -> str:
    minutes, seconds = divmod(round(value.total_seconds()), 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}"


def _text(value: str) -> str | None:
    return value if value and not value.isspace() else None


def _moment(value: datetime.datetime) -> str:
    return value.isoformat(sep=" ", timespec="milliseconds" if value.microsecond else "seconds")


_AS_TEXT: dict[type, Callable[[Any], str | None]] = {
    str: _text,
    float: _number,
    int: lambda value: _number(value) if abs(value) >= _EXACT_BELOW else str(value),
    bool: lambda value: "TRUE" if value else "FALSE",
    datetime.date: datetime.date.isoformat,
    datetime.datetime: _moment,
    datetime.time: lambda value: value.isoformat(timespec="seconds"),
    datetime.timedelta: _duration,
}


def _wanted(metadata: list[Any], pattern: str) -> tuple[list[str], list[str]]:
    """Choose sheets: the visible ones that match; a hidden one only by its exact name."""
    sheets = [m for m in metadata if m.typ == calamine.SheetTypeEnum.WorkSheet]
    visible = {m.name for m in sheets if m.visible == calamine.SheetVisibleEnum.Visible}
    taken = [
        m.name
        for m in sheets
        if m.name == pattern
        or (m.name in visible and (not pattern or fnmatch.fnmatchcase(m.name, pattern)))
    ]
    return taken, [m.name for m in sheets if m.name not in visible and m.name not in taken]


def _extent(sheet: Any) -> tuple[int, int]:
    """Count rows and columns from A1 to the last value."""
    return (sheet.end[0] + 1, sheet.end[1] + 1) if sheet.end else (0, 0)


class _Fill:
    """Repeat the value of a merged cell in every row that it covers (first column only)."""

    def __init__(self, merges: list[Any]) -> None:
        self.starts: dict[int, list[tuple[int, int]]] = {}
        for (top, left), (bottom, _) in merges:
            if bottom > top:
                self.starts.setdefault(top, []).append((left, bottom))
        self.open: dict[int, tuple[int, str | None]] = {}

    def apply(self, row: int, cells: list[str | None]) -> None:
        for left, (bottom, value) in list(self.open.items()):
            if row > bottom:
                del self.open[left]
            elif left < len(cells) and cells[left] is None:
                cells[left] = value
        for left, bottom in self.starts.get(row, ()):
            self.open[left] = (bottom, cells[left] if left < len(cells) else None)


def _rows(
    sheet: Any, facts: SheetFacts, grid: list[list[str | None]]
) -> Iterator[tuple[int, list[str | None]]]:
    """Yield each row's Excel number and texts; the first rows go to `grid` before merges fill."""
    fill = _Fill(sheet.merged_cell_ranges or [])
    special: dict[int, dict[int, str]] = {}
    for (row, column), text in facts.errors.items():
        special.setdefault(row, {})[column] = text
    for row, column in facts.uncached:
        cell = f"{column_letters(column + 1)}{row + 1}"
        special.setdefault(row, {})[column] = f"#NOT_CALCULATED! {cell}"
    width = max([_extent(sheet)[1], *(c + 1 for cells in special.values() for c in cells)])
    as_text = _AS_TEXT
    number = -1
    # Rows come from the first one on, their cells only from the first column with a value.
    before: list[str | None] = [None] * (sheet.start[1] if sheet.start else 0)
    for number, values in enumerate(sheet.iter_rows()):
        cells = before + [as_text[type(value)](value) for value in values]
        cells += [None] * (width - len(cells))
        for column, text in special.pop(number, {}).items():
            cells[column] = text
        if number < _GRID_ROWS:
            grid.append(list(cells))
        fill.apply(number, cells)
        yield number + 1, cells
    for row in sorted(special):  # error cells below the last value
        cells = [special[row].get(column) for column in range(width)]
        if len(grid) < _GRID_ROWS:
            grid += [[None] * width] * (row - len(grid))
            grid.append(list(cells))
        yield row + 1, cells


def _write(sheet: Any, facts: SheetFacts, path: str) -> dict[str, Any] | None:
    """Write one sheet as Parquet (`_row`, `r0 …` as text); None where it has no cell."""
    grid: list[list[str | None]] = []
    rows = _rows(sheet, facts, grid)
    first = next(rows, None)
    if first is None:
        return None
    width = len(first[1])
    fields = [pa.field("_row", pa.int64())]
    schema = pa.schema(fields + [pa.field(f"r{i}", pa.string()) for i in range(width)])
    batch_rows = max(1, min(20_000, _BATCH_CELLS // max(width, 1)))
    numbers, batch = [first[0]], [first[1]]
    with pq.ParquetWriter(path, schema, compression="zstd", compression_level=1) as writer:

        def flush() -> None:
            columns = [pa.array(numbers, pa.int64())]
            columns += [pa.array(column, pa.string()) for column in zip(*batch, strict=True)]
            writer.write_table(pa.table(columns, schema=schema))
            numbers.clear()
            batch.clear()

        for number, cells in rows:
            numbers.append(number)
            batch.append(cells)
            if len(batch) >= batch_rows:
                flush()
        if batch:
            flush()
    merges = [
        [top, left, bottom, right]
        for (top, left), (bottom, right) in sheet.merged_cell_ranges or []
        if top < _GRID_ROWS
    ]
    return {"path": path, "width": width, "grid": grid, "merges": merges}


def _facts(path: str, names: list[str], memory_mb: int) -> tuple[dict[str, SheetFacts], bool]:
    """Look into an xlsx's XML; other workbook kinds have none to look into."""
    if not zipfile.is_zipfile(path):
        return {}, False
    with zipfile.ZipFile(path) as archive:
        parts, is_1904 = sheet_parts(archive)
        facts = {
            name: look_into(archive, parts[name], name, memory_mb)
            for name in names
            if name in parts
        }
    return facts, is_1904


def _read(request: dict[str, Any]) -> dict[str, Any]:
    path, memory_mb = request["path"], request["memory_mb"]
    with calamine.CalamineWorkbook.from_path(path) as workbook:
        taken, hidden = _wanted(workbook.sheets_metadata, request["sheet"])
        facts, is_1904 = _facts(path, taken, memory_mb)
        sheets = []
        for number, name in enumerate(taken):
            found = facts.get(name, SheetFacts())
            sheet = workbook.get_sheet_by_name(name)
            rows, columns = _extent(sheet)
            if columns > request["columns"]:
                raise TooLarge(name, rows, columns)
            written = _write(sheet, found, f"{request['target']}_{number}.parquet")
            answer = {"name": name, "errors": len(found.errors)}
            answer["uncached"] = [
                f"{column_letters(column + 1)}{row + 1}" for row, column in found.uncached[:20]
            ]
            answer["uncached_count"] = len(found.uncached)
            sheets.append({**answer, **(written or {"path": None})})
        names = workbook.sheet_names
    return {"sheets": sheets, "hidden": hidden, "names": names, "is_1904": is_1904}


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    try:
        return _read(request)
    except calamine.PasswordError as error:
        return {"problem": "password", "value": str(error)}
    except TooLarge as error:
        return {
            "problem": "too_large",
            "sheet": error.sheet,
            "rows": error.rows,
            "columns": error.columns,
        }
    except MemoryError:
        return {"problem": "memory"}
    except (
        calamine.CalamineError,
        zipfile.BadZipFile,
        ElementTree.ParseError,
        OSError,
        ValueError,
        KeyError,
        EOFError,
    ) as error:
        return {"problem": "damaged", "value": f"{type(error).__name__}: {error}"}


def _mapped_and_resident() -> tuple[int, int]:
    """Give this process's address space and its memory in use, in bytes (Linux)."""
    mapped, resident = Path("/proc/self/statm").read_text().split()[:2]
    return int(mapped) * resource.getpagesize(), int(resident) * resource.getpagesize()


def _limit_memory(memory_mb: int) -> None:
    """Bound this process's address space above what it has mapped already."""
    resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    mapped, _ = _mapped_and_resident()
    resource.setrlimit(resource.RLIMIT_AS, (mapped + memory_mb * 1024**2, resource.RLIM_INFINITY))


def main() -> None:
    """Answer requests until standard input ends."""
    pa.set_cpu_count(1)
    has_limits = sys.platform == "linux"
    for line in sys.stdin:
        request = json.loads(line)
        if has_limits:
            _limit_memory(request["memory_mb"])
        answer = _answer(request)
        # Not the peak of getrusage: that one begins with the parent's.
        answer["resident_mb"] = _mapped_and_resident()[1] >> 20 if has_limits else 0
        sys.stdout.write(json.dumps(answer, ensure_ascii=True) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
