"""Workbooks as people make them, written by real writers and read by the worker."""

import datetime as dt
import subprocess
import zipfile

import openpyxl
import pytest
import xlsxwriter

from pipelines.sources.errors import (
    EmptyFile,
    NoSuchSheet,
)
from tests.libreoffice import needs_libreoffice
from tests.unit.sources.old_workbooks import xls
from tests.unit.sources.xlsb_workbook import xlsb

MONTHS = ["1月", "2月", "3月", "4月", "5月", "6月"]


@pytest.fixture
def book(tmp_path):
    """Open a new workbook; closing it is the test's last step of writing."""
    return lambda name="a.xlsx", **options: xlsxwriter.Workbook(tmp_path / name, options)


def codes(table):
    return [note.code for note in table.notes]


def test_a_target_sheet_with_everything_that_managers_do_is_read(book, read, rows):
    wb = book()
    ws = wb.add_worksheet("目标")
    ws.merge_range("A1:H1", "2026年销售目标")
    ws.write("A2", "单位:万元")
    ws.merge_range("A4:A5", "大区")
    ws.merge_range("B4:B5", "人员")
    ws.merge_range("C4:E4", "Q1")
    ws.merge_range("F4:H4", "Q2")
    ws.write_row("C5", MONTHS)
    ws.merge_range("A6:A8", "华东")
    for at, name in enumerate(["张三", "李四", "小计"]):
        ws.write_row(5 + at, 1, [name, 10 + at, 20, 30.5, 40, 50, 60])
    ws.write_row(8, 0, ["合计", "", 1, 2, 3, 4, 5, 6])
    ws.write(10, 0, "注：以上数据不含税")
    ws.write(11, 0, "张经理 2026-01-01")
    wb.add_worksheet("隐藏").hide()
    wb.close()
    (table,) = read("a.xlsx")
    assert table.headers == (
        "大区",
        "人员",
        "Q1/1月",
        "Q1/2月",
        "Q1/3月",
        "Q2/4月",
        "Q2/5月",
        "Q2/6月",
    )
    assert rows(table) == [
        (6, "华东", "张三", "10", "20", "30.5", "40", "50", "60"),
        (7, "华东", "李四", "11", "20", "30.5", "40", "50", "60"),
    ]
    assert (table.header_row, table.rows_read) == (4, 6)
    assert table.skipped.subtotal_rows == (8, 9) and table.skipped.note_rows == (11, 12)
    assert table.skipped.empty == 1
    assert "hidden_sheet" in codes(table)


def test_values_become_text_without_loss(book, read, rows):
    wb = book()
    ws = wb.add_worksheet()
    day, moment, clock = (
        wb.add_format({"num_format": f}) for f in ("yyyy/m/d", "yyyy-mm-dd hh:mm", "hh:mm")
    )
    ws.write_row(0, 0, ["编号", "值"])
    values = [
        (99999999999, "99999999999"),
        (999999999999999, "999999999999999"),
        (123456789012345678, "1.23457E+17"),
        (0.1, "0.1"),
        (1234.5, "1234.5"),
        (0.0000001, "0.0000001"),
        (-3, "-3"),
        (True, "TRUE"),
        (False, "FALSE"),
        ("00123", "00123"),
    ]
    for at, (value, _) in enumerate(values, start=1):
        ws.write(at, 0, f"k{at}")
        ws.write_string(at, 1, value) if isinstance(value, str) else ws.write(at, 1, value)
    at = len(values) + 1
    ws.write_datetime(at, 1, dt.datetime(2024, 3, 5), day)
    ws.write_datetime(at + 1, 1, dt.datetime(2024, 3, 5, 16, 30), moment)
    ws.write_number(at + 2, 1, 0.6875, clock)
    ws.write(at + 3, 1, 45356)
    for row in range(at, at + 4):
        ws.write(row, 0, "k")
    wb.close()
    (table,) = read("a.xlsx")
    texts = [row[2] for row in rows(table)]
    assert texts == [text for _, text in values] + [
        "2024-03-05",
        "2024-03-05 16:30:00",
        "16:30:00",
        "45356",
    ]


def test_the_1904_system_gives_the_same_days_and_says_so(book, read, rows):
    wb = book(date_1904=True)
    ws = wb.add_worksheet()
    ws.write_row(0, 0, ["编号", "日期"])
    ws.write(1, 0, "a")
    ws.write_datetime(1, 1, dt.datetime(2024, 3, 5), wb.add_format({"num_format": "yyyy-mm-dd"}))
    ws.write_row(2, 0, ["b", 43894])
    wb.close()
    (table,) = read("a.xlsx")
    assert rows(table) == [(2, "a", "2024-03-05"), (3, "b", "43894")]
    assert table.is_date1904 and "date1904" in codes(table)


def test_errors_stay_as_text_and_a_formula_without_a_result_names_its_cell(tmp_path, read, rows):
    wb = openpyxl.Workbook()
    ws = wb.active
    for row in (["编号", "值"], ["a", "#REF!"], ["b", "=1+1"], ["c", 5]):
        ws.append(row)
    wb.save(tmp_path / "a.xlsx")
    (table,) = read("a.xlsx")
    assert rows(table) == [(2, "a", "#REF!"), (3, "b", "#NOT_CALCULATED! B3"), (4, "c", "5")]
    assert {"error_cells", "uncached_formula"} <= set(codes(table))


def test_cached_results_of_formulas_are_read_empty_text_included(book, read, rows):
    wb = book()
    ws = wb.add_worksheet()
    ws.write_row(0, 0, ["编号", "值"])
    ws.write_row(1, 0, ["a", ""])
    ws.write_formula("B2", "=1+1", None, 2)
    ws.write("A3", "b")
    ws.write_formula("B3", "=1/0", None, "#DIV/0!")
    ws.write("A4", "c")
    ws.write_formula("B4", '="x"', None, "x")
    wb.close()
    assert [row[2] for row in rows(read("a.xlsx")[0])] == ["2", "#DIV/0!", "x"]


def test_a_header_in_row_40_under_remarks_is_found(book, read, rows):
    wb = book()
    ws = wb.add_worksheet()
    for row in range(0, 30, 3):
        ws.write(row, 0, f"说明 {row}")
    ws.write_row(39, 2, ["编号", "姓名", "金额"])
    ws.write_row(40, 2, ["a", "张三", 1])
    wb.close()
    (table,) = read("a.xlsx")
    assert (table.header_row, table.headers) == (40, ("编号", "姓名", "金额"))
    assert rows(table) == [(41, "a", "张三", "1")]


def test_every_visible_sheet_is_a_table_and_one_can_be_chosen(book, read):
    wb = book()
    for name in ("华东", "华北", "说明"):
        wb.add_worksheet(name).write_column(0, 0, ["编号", 1])
    wb.add_worksheet("空")
    hidden = wb.add_worksheet("旧")
    hidden.write_column(0, 0, ["编号", 2])
    hidden.very_hidden()
    wb.close()
    assert [t.sheet for t in read("a.xlsx")] == ["华东", "华北", "说明"]
    assert [t.sheet for t in read("a.xlsx", sheet="华*")] == ["华东", "华北"]
    assert [t.sheet for t in read("a.xlsx", sheet="旧")] == ["旧"]
    with pytest.raises(NoSuchSheet, match="华东"):
        read("a.xlsx", sheet="西部")


def test_a_workbook_without_content_is_an_error(book, read):
    wb = book()
    wb.add_worksheet()
    wb.close()
    with pytest.raises(EmptyFile):
        read("a.xlsx")


def test_an_xls_is_read(read, rows):
    cells = [(0, 0, "编号"), (0, 1, "金额"), (1, 0, "A1"), (1, 1, 12.5), (2, 0, "A2"), (2, 1, 7.0)]
    (table,) = read("a.xls", xls(cells))
    assert (table.sheet, rows(table)) == ("目标", [(2, "A1", "12.5"), (3, "A2", "7")])


def test_an_xlsb_is_read_with_texts_numbers_booleans_days_and_gaps(read, rows):
    lines = [
        ("编号", "金额", "有效", "签订日期"),
        ("A1", 12.5, True, dt.date(2026, 3, 1)),
        ("A2", None, False, dt.date(2024, 2, 29)),
    ]
    (table,) = read("a.xlsb", xlsb("目标", lines))
    assert (table.sheet, table.headers) == ("目标", ("编号", "金额", "有效", "签订日期"))
    assert rows(table) == [
        (2, "A1", "12.5", "TRUE", "2026-03-01"),
        (3, "A2", None, "FALSE", "2024-02-29"),
    ]


@needs_libreoffice
@pytest.mark.parametrize("kind", ["xls", "ods", "xlsx"])
def test_a_workbook_saved_by_libreoffice_reads_as_the_xlsb_it_was(tmp_path, read, rows, kind):
    lines = [("编号", "金额", "备注"), ("A1", 12.5, "客户"), ("A2", 7, "第二行")]
    (tmp_path / "a.xlsb").write_bytes(xlsb("目标", lines))
    subprocess.run(
        ["soffice", "--headless", f"-env:UserInstallation=file://{tmp_path}/office",
         "--convert-to", kind, "--outdir", str(tmp_path), str(tmp_path / "a.xlsb")],
        check=True, capture_output=True, timeout=300,
    )  # fmt: skip
    (table,) = read(f"a.{kind}")
    assert (table.sheet, table.headers) == ("目标", ("编号", "金额", "备注"))
    assert rows(table) == [(2, "A1", "12.5", "客户"), (3, "A2", "7", "第二行")]


def test_an_xlsm_is_read_like_an_xlsx(book, read, rows, tmp_path):
    wb = book("a.xlsm")
    wb.add_worksheet("目标").write_column(0, 0, ["编号", "A1"])
    (tmp_path / "macros.bin").write_bytes(b"\xd0\xcf\x11\xe0" * 300)
    wb.add_vba_project(str(tmp_path / "macros.bin"))
    wb.close()
    assert rows(read("a.xlsm")[0]) == [(2, "A1")]


def ods(body):
    return (
        '<?xml version="1.0"?><office:document-content '
        'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>'
        f'<table:table table:name="目标">{body}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )


def write_ods(path, body):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr("content.xml", ods(body))


def ods_row(*texts, repeat=1):
    cells = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{t}</text:p></table:table-cell>'
        for t in texts
    )
    return f'<table:table-row table:number-rows-repeated="{repeat}">{cells}</table:table-row>'


def test_an_ods_is_read(tmp_path, read, rows):
    write_ods(tmp_path / "a.ods", ods_row("编号", "姓名") + ods_row("1", "张三"))
    assert rows(read("a.ods")[0]) == [(2, "1", "张三")]


def test_cells_cannot_become_formulas_paths_or_sql(book, read, rows):
    nasty = [
        "=cmd|' /C calc'!A0",
        "../../etc/passwd",
        "'; drop table x; --",
        "<script>alert(1)</script>",
    ]
    wb = book()
    ws = wb.add_worksheet("x'; drop table x; --")
    ws.write_string(0, 0, "a'; drop table x; --")
    ws.write_string(0, 1, 'b" or 1=1')
    for at, text in enumerate(nasty, start=1):
        ws.write_string(at, 0, text)
        ws.write_string(at, 1, "x")
    wb.close()
    (table,) = read("a.xlsx")
    assert [row[1] for row in rows(table)] == nasty
    assert table.headers == ("a'; drop table x; --", 'b" or 1=1')
