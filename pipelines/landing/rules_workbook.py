"""The rules workbook as cells: checked first, then read as Excel and LibreOffice save it."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn
from xml.etree import ElementTree

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, XmlError, ZipError

from pipelines.core.rules.model import Text

_MAX_BYTES = 20_000_000
_MAX_UNPACKED = 100_000_000
_MAX_PARTS = 2_000
_MAX_ROWS, _MAX_COLUMNS = 20_000, 500
_CELL = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6})")
_CORE = {
    "by": "{http://schemas.openxmlformats.org/package/2006/metadata/core-properties}lastModifiedBy",
    "at": "{http://purl.org/dc/terms/}modified",
}
_REL_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


class RulesFileError(ValueError):
    """The file cannot be read as a workbook at all; `text` says why and what to do."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.en)
        self.text = text


class BrokenCell(str):
    """What stands in a cell that has no value: `#REF!`, or a formula nobody has computed yet."""

    __slots__ = ()


@dataclass(frozen=True)
class GridSheet:
    """One sheet: rows of cells, the first row being row 1 and the first cell column A."""

    name: str
    rows: list[list[object]]


@dataclass(frozen=True)
class Workbook:
    """All sheets of a workbook, and who saved it last and when."""

    sheets: list[GridSheet]
    modified_by: str | None
    modified_at: dt.datetime | None


def open_workbook(data: bytes) -> Workbook:
    """Read every sheet of an .xlsx file.

    Sizes and the farthest cell are checked first: a tiny file can name a cell a billion cells
    away and take the whole process down.

    Raises:
        RulesFileError: Not a workbook, password-protected, too large, or with a DTD.
    """
    if len(data) > _MAX_BYTES:
        _refuse("文件超过 20 MB", "the file is larger than 20 MB")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            _check_archive(parts)
            broken = {name: _broken_cells(parts, path) for name, path in _sheet_parts(parts)}
            by, at = _last_saved(parts)
        with CalamineWorkbook.from_filelike(io.BytesIO(data)) as book:
            sheets = [
                GridSheet(name, _cells(book, name, broken.get(name, {})))
                for name in book.sheet_names
            ]
    except PasswordError:
        _refuse("文件有密码，请去掉密码再保存", "the file has a password; save it without one")
    except (zipfile.BadZipFile, zipfile.LargeZipFile, ZipError, XmlError, CalamineError) as error:
        _refuse(
            f"不是可读的 xlsx 工作簿（{error}）", f"this is no readable xlsx workbook ({error})"
        )
    except (ElementTree.ParseError, KeyError, EOFError, RuntimeError, NotImplementedError) as error:
        _refuse(f"xlsx 文件已损坏（{error}）", f"the xlsx file is damaged ({error})")
    return Workbook(sheets, by, at)


def _refuse(zh: str, en: str) -> NoReturn:
    raise RulesFileError(Text(zh, en))


def _check_archive(parts: zipfile.ZipFile) -> None:
    infos = parts.infolist()
    if len(infos) > _MAX_PARTS or sum(info.file_size for info in infos) > _MAX_UNPACKED:
        _refuse("解压后过大，不像规则表", "it unpacks to more than a rules workbook can be")


def _xml(parts: zipfile.ZipFile, path: str) -> ElementTree.Element:
    content = parts.read(path)
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        _refuse("文件含有不允许的 DTD", "the file holds a DTD, which no spreadsheet program writes")
    return ElementTree.fromstring(content)


def _sheet_parts(parts: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    """Yield the name of each sheet with the path of its part inside the archive."""
    targets = {
        relation.get("Id"): relation.get("Target", "")
        for relation in _xml(parts, "xl/_rels/workbook.xml.rels")
    }
    for element in _xml(parts, "xl/workbook.xml").iter():
        if element.tag.rpartition("}")[2] == "sheet":
            target = targets[element.get(_REL_ID)]
            path = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            yield element.get("name", ""), path


def _broken_cells(parts: zipfile.ZipFile, path: str) -> dict[str, str]:
    """Find cells without a value though something stands there, and refuse far-away cells.

    The reader of values shows both `#REF!` and an uncomputed formula as an empty cell, and an
    empty cell would silently mean "none".
    """
    broken: dict[str, str] = {}
    for cell in _xml(parts, path).iter():
        if cell.tag.rpartition("}")[2] != "c" or not len(cell):
            continue
        place = _CELL.fullmatch(cell.get("r", ""))
        if place and (int(place[2]) > _MAX_ROWS or column_number(place[1]) > _MAX_COLUMNS):
            _refuse(
                f"{place[0]} 太远，规则表最多 {_MAX_ROWS} 行 {_MAX_COLUMNS} 列；请删除多余内容",
                f"cell {place[0]} is too far away; at most {_MAX_ROWS} rows and {_MAX_COLUMNS} "
                "columns. Delete what stands there",
            )
        children = {child.tag.rpartition("}")[2]: child.text or "" for child in cell}
        if cell.get("t") == "e":
            broken[cell.get("r", "")] = children.get("v", "#ERROR")
        elif "f" in children and not children.get("v") and cell.get("t") != "str":
            # A computed empty text is t="str"; anything else without a value was never computed.
            broken[cell.get("r", "")] = "=" + children["f"]
    return broken


def _cells(book: CalamineWorkbook, name: str, broken: dict[str, str]) -> list[list[object]]:
    rows: list[list[object]] = [
        list(row) for row in book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    ]
    for place, shown in broken.items():
        found = _CELL.fullmatch(place)
        if found is None:
            continue
        row, column = int(found[2]) - 1, column_number(found[1]) - 1
        rows.extend([] for _ in range(len(rows), row + 1))
        rows[row].extend([""] * (column + 1 - len(rows[row])))
        rows[row][column] = BrokenCell(shown)
    return rows


def _last_saved(parts: zipfile.ZipFile) -> tuple[str | None, dt.datetime | None]:
    if "docProps/core.xml" not in parts.namelist():
        return None, None
    core = _xml(parts, "docProps/core.xml")
    by, at = core.findtext(_CORE["by"]), core.findtext(_CORE["at"])
    try:
        moment = dt.datetime.fromisoformat(at) if at else None
    except ValueError:
        moment = None  # some programs write local words here; the arrival time stands anyway
    if moment is not None and moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.UTC)
    return (by or "").strip() or None, moment


def column_number(letters: str) -> int:
    """Return 1 for A, 27 for AA."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def cell_name(row: int, column: int) -> str:
    """Return the name of a cell from its row and column, both counted from 0: (6, 1) is B7."""
    letters, rest = "", column + 1
    while rest:
        rest, letter = divmod(rest - 1, 26)
        letters = chr(65 + letter) + letters
    return f"{letters}{row + 1}"
