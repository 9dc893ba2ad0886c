"""Hostile workbooks: sparse, locked, cut off, without results, with cells that lost their digits."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence

import openpyxl
import xlsxwriter

from tests.hostile.case import Hostile, Lands, Refused
from tests.unit.sources.old_workbooks import compound_file, xls
from tests.unit.sources.xlsb_workbook import xlsb

HEADERS = ("订单编号", "签订日期", "金额", "客户编号")
ORDER = ("O1", "2026-03-01", 5, "C1")
MERGED = (
    b'</sheetData><mergeCells count="2"><mergeCell ref="D2:D1048576"/>'
    b'<mergeCell ref="F1:XFD1048576"/></mergeCells>'
)
Cell = str | float | None


def book(*lines: Sequence[Cell], then: Callable[[xlsxwriter.Workbook], None] | None = None,
         headers: Sequence[str] = HEADERS) -> bytes:  # fmt: skip
    """Write an xlsx with one sheet 订单."""
    stream = io.BytesIO()
    made = xlsxwriter.Workbook(stream, {"strings_to_formulas": False})
    sheet = made.add_worksheet("订单")
    for number, line in enumerate([headers, *lines]):
        sheet.write_row(number, 0, line)
    if then:
        then(made)
    made.close()
    return stream.getvalue()


def orders_book() -> bytes:
    """Write a workbook of one good order."""
    return book(ORDER)


def _with(change: Callable[[xlsxwriter.worksheet.Worksheet], object]) -> Callable[[], bytes]:
    return lambda: book(ORDER, then=lambda made: change(made.get_worksheet_by_name("订单")))


def _formulas() -> bytes:
    """Write formulas as a program does that never computes them."""
    made = openpyxl.Workbook()
    sheet = made.active
    sheet.title = "订单"
    sheet.append(HEADERS)
    sheet.append(["O1", "2026-03-01", "=1+4", "C1"])
    sheet.append(["O2", "2026-03-01", 6, "C2"])
    stream = io.BytesIO()
    made.save(stream)
    return stream.getvalue()


def _rewritten(change: Callable[[str, bytes], bytes | None]) -> bytes:
    """Copy a good workbook part by part; a part for which None comes is left out."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(orders_book())) as old,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            content = change(name, old.read(name))
            if content is not None:
                new.writestr(name, content)
    return stream.getvalue()


def _swapped(part: str, old: bytes, new: bytes) -> Callable[[], bytes]:
    return lambda: _rewritten(lambda name, body: body.replace(old, new) if name == part else body)


def _laughs(name: str, body: bytes) -> bytes:
    if name != "xl/workbook.xml":
        return body
    entities = b"".join(
        f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha" * 10}">'.encode() for n in range(12)
    )
    head, tail = body.split(b"?>", 1)
    return head + b"?><!DOCTYPE x [" + entities + b"]>" + tail


def _ods(rows: str) -> bytes:
    """Write the least that is an ods; `rows` is XML."""
    spaces = ' xmlns:'.join(
        ["", *(f'{s}="urn:oasis:names:tc:opendocument:xmlns:{s}:1.0"' for s in ("office", "table", "text"))]
    )  # fmt: skip
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr(
            "content.xml",
            f'<?xml version="1.0"?><office:document-content{spaces}><office:body><office:spreadsheet>'
            f'<table:table table:name="订单">{rows}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        )
    return stream.getvalue()


def _ods_row(*texts: str, repeated: int = 1) -> str:
    cells = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{t}</text:p></table:table-cell>'
        for t in texts
    )
    return f'<table:table-row table:number-rows-repeated="{repeated}">{cells}</table:table-row>'


def _repeated_ods() -> bytes:
    return _ods(_ods_row(*HEADERS) + _ods_row("O1", "2026-03-01", "5", "C1", repeated=900_000_000))


def _xlsb() -> bytes:
    return xlsb("订单", [HEADERS, ORDER])


def _noise(size: int) -> bytes:
    return bytes((n * n * 31 + n * 7) % 256 for n in range(size))


def _case(case: str, make: Callable[[], bytes], *en: str, zh: str, suffix: str = ".xlsx",
          status: str = "unreadable") -> Hostile:  # fmt: skip
    name = f"orders_20260302{suffix}"
    return Hostile(case, name, make, Refused((name, *en), (name, zh), status))


def _reads(case: str, make: Callable[[], bytes], landed: int, *bad: tuple[int, str, str | None, str],
           suffix: str = ".xlsx", note: tuple[str, str] | None = None) -> Hostile:  # fmt: skip
    return Hostile(case, f"orders_20260302{suffix}", make, Lands(landed, bad, note=note))


CASES = [
    _case("xlsx_cut_off", lambda: orders_book()[:-900], "damaged", zh="损坏"),
    _case("sparse_workbook_of_1_kb", _with(lambda s: s.write("XFD1048576", "x")), "sheet 订单", "1048576 rows by 16384 columns", "stray cells", zh="1048576 行"),
    _case("xlsx_of_5000_columns", _with(lambda s: s.write(0, 4_999, "x")), "5000 columns", zh="5000 列"),
    _case("xlsx_bomb", lambda: _rewritten(lambda name, body: b" " * (300 << 20) if name.endswith("sheet1.xml") else body), "unpacks to too much", zh="解开后过大"),
    _case("xlsx_of_laughing_entities", lambda: _rewritten(_laughs), "damaged", zh="损坏"),
    _case("xlsx_without_its_sheet", lambda: _rewritten(lambda name, body: None if name.endswith("sheet1.xml") else body), "damaged", zh="损坏"),
    _case("xlsx_with_a_lost_string", _swapped("xl/worksheets/sheet1.xml", b"<v>4</v>", b"<v>99999</v>"), "damaged", zh="损坏"),
    _case("xlsx_with_broken_xml", _swapped("xl/worksheets/sheet1.xml", b"<sheetData>", b"<sheetData"), "damaged", zh="损坏"),
    _case("xlsx_with_a_password", lambda: compound_file({"EncryptedPackage": b"\1" * 5_000, "EncryptionInfo": b"\4\0\4\0" * 2_000}), "locked with a password", "remove the password", zh="密码"),
    _case("xlsx_with_hidden_sheets_only", lambda: book(ORDER, then=lambda made: (made.get_worksheet_by_name("订单").very_hidden(), made.add_chartsheet("图").activate())), "no visible sheet", zh="没有可见"),
    _case("xlsx_of_nothing", lambda: book(headers=()), "no content", zh="没有内容"),
    _reads("xlsx_merged_to_the_end_of_the_world", _swapped("xl/worksheets/sheet1.xml", b"</sheetData>", MERGED), 1),
    _reads("formulas_nobody_computed", _formulas, 1, (2, "amount", "#NOT_CALCULATED! C2", "error_cell"), note=("formulas without a result (C2)", "公式没有计算结果")),
    _reads("xlsx_error_cells", lambda: book(("O1", "2026-03-01", None), ("O2", "2026-03-01", 6), then=lambda made: made.get_worksheet_by_name("订单").write_formula("C2", "=1/0", None, "#DIV/0!")),
           1, (2, "amount", "#DIV/0!", "error_cell"), note=("error cells", "错误单元格")),
    _reads("xlsx_ids_that_excel_cut", lambda: book((1234567890123456789, "2026-03-01", 5), ("O2", "2026-03-01", 6)), 1, (2, "order_id", "1.23457E+18", "digits_lost")),
    _reads("xlsx_days_before_1900", lambda: book(("O1", -5, 5), ("O2", 0.5, 5), ("O3", 3e9, 5), ("O4", 46082, 6)), 1,
           (2, "signed_on", "-5", "not_a_date"), (3, "signed_on", "0.5", "not_a_date"), (4, "signed_on", "3000000000", "not_a_date")),
    _reads("xlsx_notes_below", lambda: book(ORDER, ("合计", None, 5), ("注：以上为草稿",)), 1, note=("subtotal", "合计")),
    _reads("xls", lambda: xls([(0, n, h) for n, h in enumerate(HEADERS)] + [(1, n, v) for n, v in enumerate(ORDER)]), 1, suffix=".xls"),
    _case("xls_cut_off", lambda: xls([(0, 0, "订单编号")])[:1_024], "damaged", zh="损坏", suffix=".xls"),
    _case("xls_of_noise", lambda: bytes.fromhex("d0cf11e0a1b11ae1") + _noise(20_000), "damaged", zh="损坏", suffix=".xls"),
    _case("ods_cut_off", lambda: _ods(_ods_row(*HEADERS) * 500)[:-60], "damaged", zh="损坏", suffix=".ods"),
    _reads("ods_that_repeats_a_row_900_million_times", _repeated_ods, 1, suffix=".ods"),
    _reads("xlsb", _xlsb, 1, suffix=".xlsb"),
    _case("xlsb_cut_off", lambda: _xlsb()[:-300], "damaged", zh="损坏", suffix=".xlsb"),
    _case("xlsb_of_noise", lambda: xlsb("订单", [HEADERS], sheet=_noise(5_000)), "damaged", zh="损坏", suffix=".xlsb"),
    _case("sparse_xlsb", lambda: xlsb("订单", [HEADERS, ORDER], far=(1_048_575, 16_383)), "needs more than 1024 MB of memory", "export it as CSV", zh="内存超过 1024 MB", suffix=".xlsb"),
    _case("workbook_that_is_a_document", lambda: _rewritten(lambda name, body: None if name.startswith("xl/") else body), "the content is xml", "save it as xlsx", zh="内容是XML"),
]  # fmt: skip
