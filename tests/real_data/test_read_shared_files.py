"""Every raw file of the shared data set goes through read_tables; figures as first read and then looked at, Potentials also against the csv module."""

import csv

import duckdb
import pytest

from pipelines.sources.errors import UndecodableBytes
from pipelines.sources.files import FileOptions, read_tables
from tests.shared_data import SHARED, needs_shared_data

pytestmark = needs_shared_data
SUFFIXES = (".csv", ".xlsx", ".gz")
FILES = sorted(p for p in SHARED.rglob("*") if p.suffix in SUFFIXES) if SHARED else []
# The Microsoft exports have no header line, one is in Mac Roman: a source says so.
NO_HEADER = ("ms_2017", "ms_2017_dw", "ms_2025")
MAC_ROMAN = "Superstore Sales 2022.csv"


def read(path, tmp_path, **options):
    con = duckdb.connect()
    tables = read_tables(path, con, work_dir=tmp_path / "work", options=FileOptions(**options))
    return con, tables


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SHARED)))
def test_every_raw_file_is_read_and_its_rows_add_up(path, tmp_path):
    encoding = "mac_roman" if path.name == MAC_ROMAN else None
    con, tables = read(
        path, tmp_path, encoding=encoding, has_header=path.parent.name not in NO_HEADER
    )
    for table in tables:
        (count,) = con.execute(f"select count(*) from {table.relation}").fetchone()
        skipped = table.skipped.subtotal + table.skipped.note
        assert table.rows_read == count + skipped + table.malformed_count
        assert count > 0 and table.malformed_count == 0 and len(table.headers) > 1


@pytest.mark.parametrize(
    ("name", "options", "rows", "columns"),
    [
        ("maven_crm/raw/sales_pipeline.csv", {}, 8800, 8),
        ("maven_crm/raw/variant_ddmmyy_crlf/sales_pipeline.csv", {}, 8800, 10),
        ("cn_sales_gbk/raw/销售数据_gb2312.csv", {}, 7300, 6),
        ("cn_sales_gbk/raw/销售数据_utf8bom_按销售员.csv", {}, 100, 15),
        ("adventureworks_oltp/raw/sanashaffique/SalesOrderHeader.xlsx", {}, 31465, 15),
        (
            "adventureworks_oltp/raw/ms_2017/Store.csv",
            {"has_header": False, "delimiter": "+|"},
            701,
            6,
        ),
        ("packt_regional_targets/raw/Sales Targets.xlsx", {}, 5, 13),
        ("packt_regional_targets/raw/Superstore Sales Orders - US.xlsx", {}, 9997, 20),
        (f"packt_regional_targets/raw/{MAC_ROMAN}", {"encoding": "mac_roman"}, 3312, 21),
    ],
)
def test_known_files_give_their_known_rows(tmp_path, name, options, rows, columns):
    _, (table,) = read(SHARED / name, tmp_path, **options)
    assert (table.rows_read, len(table.headers)) == (rows, columns)


def test_a_mac_roman_file_is_refused_until_its_encoding_is_declared(tmp_path):
    with pytest.raises(UndecodableBytes) as caught:
        read(SHARED / "packt_regional_targets/raw" / MAC_ROMAN, tmp_path)
    assert "mac_roman" in caught.value.fix_en and caught.value.row is not None


def test_cells_agree_with_an_independent_reader(tmp_path):
    path = SHARED / "zoho_crm_sample/raw/Potentials.csv"
    con, (table,) = read(path, tmp_path)
    with path.open(encoding="utf-8-sig", newline="") as handle:
        expected = [tuple(cell or None for cell in row) for row in csv.reader(handle)][1:]
    assert [
        row[1:] for row in con.execute(f"select * from {table.relation} order by _row").fetchall()
    ] == expected
