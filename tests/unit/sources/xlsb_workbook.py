"""Write a binary workbook (xlsb) byte by byte: no library at hand writes the format.

Parts and records as [MS-XLSB] describes them; only what a reader needs.
"""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Sequence
from datetime import date

_TYPES = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="bin" ContentType="application/vnd.ms-excel.sheet.binary.macroEnabled.main"/>'
    '<Override PartName="/xl/worksheets/sheet1.bin" ContentType="application/vnd.ms-excel.worksheet"/>'
    '<Override PartName="/xl/styles.bin" ContentType="application/vnd.ms-excel.styles"/></Types>'
)
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_DAY_ZERO = date(1899, 12, 30)


def _relations(**targets: str) -> str:
    found = "".join(
        f'<Relationship Id="rId{n}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for n, (kind, target) in enumerate(targets.items(), start=1)
    )
    space = "http://schemas.openxmlformats.org/package/2006/relationships"
    return f'<?xml version="1.0"?><Relationships xmlns="{space}">{found}</Relationships>'


def _varint(number: int) -> bytes:
    out = b""
    while True:
        number, low = number >> 7, number & 0x7F
        if not number:
            return out + bytes([low])
        out += bytes([low | 0x80])


def _record(kind: int, data: bytes = b"") -> bytes:
    return _varint(kind) + _varint(len(data)) + data


def _wide(text: str) -> bytes:
    raw = text.encode("utf-16-le")
    return struct.pack("<I", len(raw) // 2) + raw


def _workbook(sheet: str) -> bytes:
    bundle = struct.pack("<II", 0, 1) + _wide("rId1") + _wide(sheet)
    properties = struct.pack("<II", 0, 0) + _wide("")
    return b"".join(
        [
            _record(131),
            _record(153, properties),
            _record(143),
            _record(156, bundle),
            _record(144),
            _record(132),
        ]
    )


def _styles() -> bytes:
    """Give two cell formats: 0 general, 1 the built-in date 14."""
    forms = b"".join(
        _record(47, struct.pack("<HHHHHBBHH", 0xFFFF, form, 0, 0, 0, 0, 0, 0, 0))
        for form in (0, 14)
    )
    counted = _record(617, struct.pack("<I", 2)) + forms + _record(618)
    return _record(278) + counted + _record(279)


def _cell(column: int, value: object) -> bytes:
    if isinstance(value, date):
        days = float((value - _DAY_ZERO).days)
        return _record(5, struct.pack("<IId", column, 1, days))
    if isinstance(value, bool):
        return _record(4, struct.pack("<IIB", column, 0, value))
    if isinstance(value, (int, float)):
        return _record(5, struct.pack("<IId", column, 0, float(value)))
    return _record(6, struct.pack("<II", column, 0) + _wide(str(value)))


def _row(number: int, cells: Sequence[tuple[int, object]]) -> bytes:
    first, last = cells[0][0], cells[-1][0]
    head = struct.pack("<IIHBBBI", number, 0, 300, 0, 0, 0, 1) + struct.pack("<II", first, last)
    return _record(0, head) + b"".join(_cell(column, value) for column, value in cells)


def _sheet(lines: Sequence[Sequence[object]], far: tuple[int, int] | None) -> bytes:
    rows = [
        _row(number, [(c, value) for c, value in enumerate(line) if value is not None])
        for number, line in enumerate(lines)
    ]
    bottom, right = len(lines) - 1, max(map(len, lines)) - 1
    if far is not None:
        bottom, right = far
        rows.append(_row(bottom, [(right, "x")]))
    size = _record(148, struct.pack("<IIII", 0, bottom, 0, right))
    return b"".join([_record(129), size, _record(145), *rows, _record(146), _record(130)])


def xlsb(
    name: str,
    lines: Sequence[Sequence[object]],
    *,
    far: tuple[int, int] | None = None,
    sheet: bytes | None = None,
) -> bytes:
    """Write one sheet of texts, numbers, booleans and dates.

    `far` puts a lone cell at (row, column) from 0; `sheet` replaces the sheet's bytes.
    """
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", _TYPES)
        archive.writestr("_rels/.rels", _relations(officeDocument="xl/workbook.bin"))
        archive.writestr("xl/workbook.bin", _workbook(name))
        archive.writestr(
            "xl/_rels/workbook.bin.rels",
            _relations(worksheet="worksheets/sheet1.bin", styles="styles.bin"),
        )
        archive.writestr("xl/worksheets/sheet1.bin", sheet or _sheet(lines, far))
        archive.writestr("xl/styles.bin", _styles())
    return stream.getvalue()
