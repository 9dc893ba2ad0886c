"""A workbook that is locked, cut off or larger than it looks is refused; the worker that read it goes on."""

import zipfile

import pytest
import xlsxwriter

from pipelines.sources import spreadsheets
from pipelines.sources.errors import DamagedFile, LimitExceeded, PasswordProtected
from pipelines.sources.files import FileOptions, Limits, read_tables
from tests.unit.sources.old_workbooks import compound_file


@pytest.fixture
def book(tmp_path):
    """Open a new workbook; closing it is the test's last step of writing."""
    return lambda name="a.xlsx", **options: xlsxwriter.Workbook(tmp_path / name, options)


def test_a_tiny_sparse_workbook_is_refused_before_it_is_parsed(book, read):
    wb = book()
    ws = wb.add_worksheet("目标")
    ws.write("A1", "编号")
    ws.write("XFD1048576", "x")
    wb.close()
    with pytest.raises(LimitExceeded, match="1048576 rows by 16384 columns") as caught:
        read("a.xlsx")
    assert caught.value.sheet == "目标"


def test_a_sparse_hidden_sheet_does_no_harm(book, read):
    wb = book()
    wb.add_worksheet("目标").write_column(0, 0, ["编号", 1])
    far = wb.add_worksheet("远")
    far.write("A1", 1)
    far.write("XFD1048576", "x")
    far.hide()
    wb.close()
    assert [table.sheet for table in read("a.xlsx")] == ["目标"]


def test_a_password_is_named(read):
    raw = compound_file({"EncryptedPackage": b"\1" * 5000, "EncryptionInfo": b"\4\0\4\0" * 2000})
    with pytest.raises(PasswordProtected) as caught:
        read("a.xlsx", raw)
    assert "密码" in caught.value.message_zh


def test_a_workbook_cut_off_in_transfer_is_damaged(book, read, tmp_path):
    wb = book()
    wb.add_worksheet().write_column(0, 0, ["编号", *range(5000)])
    wb.close()
    raw = (tmp_path / "a.xlsx").read_bytes()
    with pytest.raises(DamagedFile):
        read("b.xlsx", raw[: len(raw) // 2])
    with pytest.raises(DamagedFile):
        read("c.xls", bytes.fromhex("d0cf11e0a1b11ae1") + b"\xff" * 3000)


def _rewritten(source, target, change):
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            new.writestr(info.filename, change(info.filename, old.read(info.filename)))


def test_entities_in_a_workbook_part_are_refused(book, read, tmp_path):
    wb = book()
    wb.add_worksheet().write_column(0, 0, ["编号", 1])
    wb.close()
    bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]><workbook>&a;</workbook>'
    _rewritten(
        tmp_path / "a.xlsx",
        tmp_path / "b.xlsx",
        lambda name, raw: bomb if name == "xl/workbook.xml" else raw,
    )
    with pytest.raises(DamagedFile):
        read("b.xlsx")


def test_a_workbook_that_is_a_zip_bomb_is_refused_by_its_directory(book, read, tmp_path):
    wb = book()
    wb.add_worksheet().write_column(0, 0, ["编号", 1])
    wb.close()
    _rewritten(
        tmp_path / "a.xlsx",
        tmp_path / "b.xlsx",
        lambda name, raw: raw + b" " * 200_000_000 if name.endswith("sheet1.xml") else raw,
    )
    with pytest.raises(LimitExceeded):
        read("b.xlsx")


def test_more_memory_than_allowed_ends_the_worker_not_the_night(book, tmp_path, con):
    wb = book(constant_memory=True)
    ws = wb.add_worksheet()
    for row in range(40_000):
        ws.write_row(row, 0, [f"客户{row}-{column}" for column in range(20)])
    wb.close()
    worker = spreadsheets.WorkbookWorker()  # a fresh one has no free memory to hide in
    try:
        options = FileOptions(limits=Limits(memory_mb=40))
        with pytest.raises(LimitExceeded, match="40 MB"):
            read_tables(
                tmp_path / "a.xlsx", con, work_dir=tmp_path / "w", options=options, worker=worker
            )
        (table,) = read_tables(
            tmp_path / "a.xlsx",
            con,
            work_dir=tmp_path / "w",
            options=FileOptions(has_header=False),
            worker=worker,
        )
        assert table.rows_read == 40_000
    finally:
        worker.close()


def test_a_workbook_over_its_time_is_stopped(book, read, rows):
    wb = book(constant_memory=True)
    ws = wb.add_worksheet()
    for row in range(20_000):
        ws.write_row(row, 0, list(range(20)))
    wb.close()
    with pytest.raises(LimitExceeded, match="seconds"):
        read("a.xlsx", limits=Limits(timeout_s=0.01))
    assert len(rows(read("a.xlsx", has_header=False)[0])) == 20_000


def test_too_many_columns_are_refused(book, read):
    wb = book()
    wb.add_worksheet().write_row(0, 0, [f"c{i}" for i in range(3000)])
    wb.close()
    with pytest.raises(LimitExceeded, match="3000 columns"):
        read("a.xlsx")


def test_sixty_workbooks_share_one_worker(book, read):
    for number in range(60):
        wb = book(f"{number}.xlsx")
        wb.add_worksheet().write_column(0, 0, ["编号", number])
        wb.close()
    processes = set()
    for number in range(60):
        (table,) = read(f"{number}.xlsx")
        assert table.rows_read == 1
        processes.add(spreadsheets._shared._process.pid)
    assert len(processes) == 1
