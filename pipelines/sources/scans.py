"""Parse CSV files in SQL with nothing left to be guessed, one by one or many of one form together.

Planning a statement costs as much as parsing a daily export of some hundred kilobytes: the sixty
exports of a quarter are counted, and later typed, in one statement each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.core.sql_text import quote_text

_BUFFER_BYTES = 32 * 1024**2


@dataclass(frozen=True)
class CsvForm:
    """How the records of a file are parsed; files of one form are read by one statement.

    `width` is the number of columns; `has_carriage_returns` keeps apart files whose lines end
    differently.
    """

    delimiter: str
    width: int
    record_bytes: int
    has_carriage_returns: bool

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the names of the parsed columns, r0, r1 and so on."""
        return tuple(f"r{i}" for i in range(self.width))

    def scan_sql(self, paths: Sequence[Path]) -> str:
        """Give SQL of all records in order of file and line, with `_path`, every cell VARCHAR."""
        types = ", ".join(f"'{column}': 'VARCHAR'" for column in self.columns)
        files = ", ".join(quote_text(str(path)) for path in paths)
        return (
            f"read_csv([{files}], auto_detect = false, columns = {{{types}}}, filename = '_path',"
            f" header = false, delim = {quote_text(self.delimiter)}, quote = '\"', escape = '\"',"
            f" nullstr = '', strict_mode = true, max_line_size = {self.record_bytes},"
            f" buffer_size = {max(_BUFFER_BYTES, 2 * self.record_bytes)})"
        )


@dataclass(frozen=True)
class CsvScan:
    """A file whose records are data rows from `body_from` on, with none to be skipped.

    `records` counts all records, the header and what stands above it included.
    """

    path: Path
    form: CsvForm
    records: int
    body_from: int

    @property
    def numbered(self) -> str:
        """Give SQL of every record with its number `_row` and the parsed columns."""
        cells = ", ".join(self.form.columns)
        return (
            f"(select row_number() over () as _row, {cells} from {self.form.scan_sql([self.path])})"
        )

    @property
    def relation(self) -> str:
        """Give SQL of the data rows, with `_row` and the cells c0, c1 and so on."""
        return (
            f"(select _row{_as_cells(self.form)} from {self.numbered}"
            f" where _row >= {self.body_from})"
        )


def joint_relation(scans: Sequence[CsvScan]) -> str:
    """Give SQL of the data rows of several files of one form: `_path`, `_row` and c0, c1, ….

    Records are numbered over all files in the order given; what the files before one hold is
    taken off. Needs preserve_insertion_order.
    """
    form, before, places = scans[0].form, 0, []
    for scan in scans:
        places.append(f"({quote_text(str(scan.path))}, {before}, {scan.body_from})")
        before += scan.records
    cells = ", ".join(form.columns)
    return (
        f"(select _path, _record - _before as _row{_as_cells(form)}"
        f" from (select _path, row_number() over () as _record, {cells}"
        f" from {form.scan_sql([scan.path for scan in scans])})"
        f" inner join (values {', '.join(places)}) as places(_path, _before, _body_from)"
        " using (_path) where _record - _before >= _body_from)"
    )


def _as_cells(form: CsvForm) -> str:
    return "".join(f", {column} as c{i}" for i, column in enumerate(form.columns))
