"""Look into an xlsx before the parser does: its true size, its error cells, its date system.

The parser allocates first row to last times first column to last, so a workbook of 1 KB with a
cell in XFD1048576 would take all memory. It also reads error cells and formulas without a cached
value as empty. Runs inside the worker process; imports nothing heavy.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree import ElementTree

_CHUNK = 4 << 20
_LONGEST_ROW_BYTES = 64 << 20
_PART_BYTES = 16 << 20
_BYTES_PER_CELL = 40
_ROW_FIRST = re.compile(rb'row r="([0-9]{1,9})"')
_ROW = re.compile(rb"""<(?:\w+:)?row\b[^>]*?\sr=["']([0-9]{1,9})["']""")
_ERROR_CELL = re.compile(
    rb"""<(?:\w+:)?c\b([^>]*?\bt=["']e["'][^>]*)>(?:(?!</(?:\w+:)?c>).)*?"""
    rb"""<(?:\w+:)?v>([^<]*)</""",
    re.DOTALL,
)
_UNCACHED = re.compile(
    rb"<(?:\w+:)?c\b([^>]*)>\s*<(?:\w+:)?f\b[^>]*?(?:/>|>[^<]*</(?:\w+:)?f>)"
    rb"\s*(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v></(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
_REFERENCE = re.compile(rb"""\br=["']([A-Z]{1,3})([0-9]{1,7})["']""")
_IS_TEXT_RESULT = re.compile(rb"""\bt=["']str["']""")


class TooLarge(Exception):
    """A sheet spans more cells than memory allows; says how many rows and columns."""

    def __init__(self, sheet: str, rows: int, columns: int) -> None:
        self.sheet, self.rows, self.columns = sheet, rows, columns
        super().__init__(f"{sheet}: {rows} x {columns}")


@dataclass
class SheetFacts:
    """What one sheet's XML says beyond its values; cells by (row, column) from 0."""

    rows: int = 0
    columns: int = 0
    errors: dict[tuple[int, int], str] = field(default_factory=dict)
    uncached: list[tuple[int, int]] = field(default_factory=list)


def column_number(letters: str) -> int:
    """Turn A, Z, AA into 1, 26, 27."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def column_letters(number: int) -> str:
    """Turn 1, 26, 27 into A, Z, AA."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def sheet_parts(archive: zipfile.ZipFile) -> tuple[dict[str, str], bool]:
    """Give the archive member of each sheet by its name, and whether dates count from 1904."""
    names = set(archive.namelist())
    if "xl/workbook.xml" not in names or "xl/_rels/workbook.xml.rels" not in names:
        return {}, False
    targets = {
        rel.get("Id", ""): rel.get("Target", "")
        for rel in _parsed(archive, "xl/_rels/workbook.xml.rels").iter()
        if rel.tag.endswith("}Relationship")
    }
    parts, is_1904 = {}, False
    for element in _parsed(archive, "xl/workbook.xml").iter():
        tag = element.tag.rpartition("}")[2]
        if tag == "workbookPr":
            is_1904 = element.get("date1904", "0").lower() in ("1", "true", "on")
        elif tag == "sheet":
            key = next((v for k, v in element.attrib.items() if k.endswith("}id")), "")
            target = targets.get(key, "")
            part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            if part in names:
                parts[element.get("name", "")] = part
    return parts, is_1904


def _parsed(archive: zipfile.ZipFile, part: str) -> ElementTree.Element:
    with archive.open(part) as handle:
        text = handle.read(_PART_BYTES + 1)
    if len(text) > _PART_BYTES or b"<!DOCTYPE" in text[:2000] or b"<!ENTITY" in text:
        raise ElementTree.ParseError(f"{part} is not a workbook part")
    return ElementTree.fromstring(text)


def look_into(archive: zipfile.ZipFile, part: str, sheet: str, memory_mb: int) -> SheetFacts:
    """Read one sheet's XML as a stream and collect its facts. Raises TooLarge."""
    facts = SheetFacts()
    most_cells = memory_mb * 1024 * 1024 // _BYTES_PER_CELL
    for block in _row_blocks(archive, part, sheet):
        facts.columns = _widest(block, facts.columns)
        facts.rows = _lowest(block, facts.rows)
        if facts.rows * facts.columns > most_cells:
            raise TooLarge(sheet, facts.rows, facts.columns)
        _collect(block, facts)
    return facts


def _widest(block: bytes, columns: int) -> int:
    """Give the last column used so far; only references beyond the known one are collected.

    The patterns begin with plain letters, which the search skips to ten times faster.
    """
    narrow = b"" if columns >= 26 else f"[{column_letters(columns + 1)}-Z]|".encode()
    found: set[bytes] = set()
    for mark in (b'"', b"'"):
        if b" r=" + mark in block:
            found |= set(re.findall(b" r=" + mark + b"(" + narrow + b"[A-Z]{2,3})[0-9]", block))
    return max([columns, *(column_number(letters.decode()) for letters in found)])


def _lowest(block: bytes, rows: int) -> int:
    """Give the last row seen so far; the second pattern is for writers with other habits."""
    found = _ROW_FIRST.findall(block) or _ROW.findall(block)
    return max([rows, *map(int, found)])


def _row_blocks(archive: zipfile.ZipFile, part: str, sheet: str) -> Iterator[bytes]:
    """Yield the XML in blocks that end with a whole row."""
    rest = b""
    with archive.open(part) as handle:
        while chunk := handle.read(_CHUNK):
            block = rest + chunk
            cut = block.rfind(b"row>") + 4
            if cut < 4:
                if len(block) > _LONGEST_ROW_BYTES:
                    raise TooLarge(sheet, 1, 16_384)
                rest = block
                continue
            yield block[:cut]
            rest = block[cut:]
    yield rest


def _collect(block: bytes, facts: SheetFacts) -> None:
    if b't="e"' in block or b"t='e'" in block:
        for attributes, value in _ERROR_CELL.findall(block):
            if at := _position(attributes):
                facts.errors[at] = value.decode("utf-8", "replace")
    if b"<f" in block or b":f>" in block or b":f " in block:
        for attributes in _UNCACHED.findall(block):
            at = _position(attributes)
            # A formula may have an empty text as its result: that is a value.
            if at and not _IS_TEXT_RESULT.search(attributes):
                facts.uncached.append(at)


def _position(attributes: bytes) -> tuple[int, int] | None:
    match = _REFERENCE.search(attributes)
    if not match:
        return None
    return int(match[2]) - 1, column_number(match[1].decode()) - 1
