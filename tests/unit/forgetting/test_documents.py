"""Values go from every kind of file, and nothing else in it changes."""

from __future__ import annotations

import gzip
import io
import sqlite3
import zipfile
from pathlib import Path

import duckdb
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from pipelines.forgetting.databases import erase_duckdb, erase_sqlite
from pipelines.forgetting.documents import erase_bytes
from pipelines.forgetting.eraser import Eraser
from pipelines.publish.duckdb_session import DuckDBLimits, duckdb_session, storage_number
from tests.forgotten_values import places_of

ERASER = Eraser({"欧阳采薇": "anon-1"}, {"王芳": "anon-2"}, frozenset({"C1"}))
ROWS = [("C1", "王芳", 1), ("C2", "王芳", 2), ("C3", "欧阳采薇 来电", 3)]
ERASED = [("C1", "anon-2", 1), ("C2", "王芳", 2), ("C3", "anon-1 来电", 3)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_text_keeps_its_encoding_and_line_ends(encoding: str) -> None:
    text = "编号,姓名\r\nC1,王芳\r\nC2,王芳\r\nC3,欧阳采薇\r\n"
    erased = erase_bytes(text.encode(encoding), ERASER)
    assert erased == "编号,姓名\r\nC1,anon-2\r\nC2,王芳\r\nC3,anon-1\r\n".encode(encoding)


def test_a_document_without_a_value_keeps_every_byte() -> None:
    packed = gzip.compress("C2,王芳".encode(), compresslevel=1)
    for content in (b"", b"\x00\x01\xff", packed, "C2,王芳".encode("gb18030")):
        assert erase_bytes(content, ERASER) == content


def test_archives_in_archives_are_taken_apart() -> None:
    inner, outer = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(inner, "w") as packed:
        packed.writestr("a.csv", "C3,欧阳采薇".encode("gb18030"))
    with zipfile.ZipFile(outer, "w") as packed:
        packed.writestr("欧阳采薇.zip", inner.getvalue())
        packed.writestr("b.csv.gz", gzip.compress("欧阳采薇".encode()))
    erased = erase_bytes(outer.getvalue(), ERASER)
    with zipfile.ZipFile(io.BytesIO(erased)) as packed:
        assert packed.namelist() == ["anon-1.zip", "b.csv.gz"]
        assert gzip.decompress(packed.read("b.csv.gz")) == b"anon-1"
        with zipfile.ZipFile(io.BytesIO(packed.read("anon-1.zip"))) as second:
            assert second.read("a.csv") == b"C3,anon-1"


def workbook(rows: list[tuple[str, str, int]]) -> bytes:
    """Write a workbook whose texts are shared between cells, as Excel does."""
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
        sheet.write_formula("D1", "=SUM(C1:C3)", None, 6)
        sheet.merge_range("A5:B6", "王芳")
        book.add_worksheet("隐藏").hide()
    return stream.getvalue()


def test_a_workbook_keeps_formulas_numbers_and_the_shared_name_of_others() -> None:
    content = erase_bytes(workbook(ROWS), ERASER)
    erased = openpyxl.load_workbook(io.BytesIO(content))
    sheet = erased.worksheets[0]
    assert [tuple(cell.value for cell in row[:3]) for row in sheet["A1:C3"]] == ERASED
    assert sheet["D1"].value == "=SUM(C1:C3)"
    assert openpyxl.load_workbook(io.BytesIO(content), data_only=True).active["D1"].value == 6
    assert str(sheet.merged_cells) == "A5:B6" and sheet["A5"].value == "王芳"
    assert erased.worksheets[1].sheet_state == "hidden"


def test_a_shared_text_that_nobody_points_to_any_longer_is_blank() -> None:
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream) as book:
        book.add_worksheet().write_row(0, 0, ROWS[0])
    with zipfile.ZipFile(io.BytesIO(erase_bytes(stream.getvalue(), ERASER))) as packed:
        assert "王芳" not in packed.read("xl/sharedStrings.xml").decode()


def test_an_old_workbook_is_overwritten_in_place() -> None:
    content = b"\xd0\xcf\x11\xe0\0\0" + "欧阳采薇".encode("utf-16-le") + b"\0end"
    erased = erase_bytes(content, ERASER)
    assert (
        len(erased) == len(content) and erased.startswith(b"\xd0\xcf") and erased.endswith(b"end")
    )
    assert "欧阳采薇".encode("utf-16-le") not in erased


def test_parquet_keeps_types_order_and_notes() -> None:
    ids, names, numbers = zip(*ROWS, strict=True)
    table = pa.table(
        {"id": ids, "name": pa.array(names).dictionary_encode(), "n": pa.array(numbers, pa.int32()),
         "tags": [["欧阳采薇"], [], None]}
    ).replace_schema_metadata({"gapwise.cursor_reached": "2026"})  # fmt: skip
    out = io.BytesIO()
    pq.write_table(table, out)
    kept = pq.read_table(io.BytesIO(out.getvalue())).schema
    erased = pq.read_table(io.BytesIO(erase_bytes(out.getvalue(), ERASER)))
    assert list(zip(*(erased[c].to_pylist() for c in ("id", "name", "n")), strict=True)) == ERASED
    assert erased["tags"].to_pylist() == [["anon-1"], [], None]
    assert erased.schema.equals(kept, check_metadata=True)


def test_sqlite_keeps_nothing_in_its_free_pages(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    with sqlite3.connect(path) as con:
        con.execute("create table t (id text, name text, n integer)")
        con.executemany("insert into t values (?, ?, ?)", ROWS * 500)
        con.execute("pragma secure_delete = off")  # some builds of SQLite wipe what is deleted
        con.execute("delete from t where rowid > 3")
    assert erase_sqlite(path, ERASER)
    with sqlite3.connect(path) as con:
        assert con.execute("select * from t order by n").fetchall() == ERASED
    assert places_of(tmp_path, ["欧阳采薇"]) == []
    assert not erase_sqlite(path, ERASER)


def test_duckdb_is_written_anew_with_its_comments_and_constraints(tmp_path: Path) -> None:
    path, staged = tmp_path / "a.duckdb", tmp_path / "staged.duckdb"
    with duckdb_session(DuckDBLimits(), write={"new": path}) as con:
        con.execute("create schema new.marts")
        con.execute("create table new.marts.t (id varchar not null, name varchar, n integer)")
        con.executemany("insert into new.marts.t values (?, ?, ?)", ROWS)
        con.execute("comment on column new.marts.t.name is '姓名'")
    assert erase_duckdb(path, staged, ERASER)
    assert storage_number(staged) == storage_number(path)
    staged.replace(path)
    with duckdb.connect(str(path), read_only=True) as con:
        assert con.execute("from marts.t order by n").fetchall() == ERASED
        described = con.execute(
            "select is_nullable, comment from duckdb_columns() where schema_name = 'marts'"
        )
        assert described.fetchall() == [(False, None), (True, "姓名"), (True, None)]
    assert places_of(tmp_path, ["欧阳采薇"]) == []
