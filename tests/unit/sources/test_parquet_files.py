"""Parquet: every value becomes the text that landing types."""

import datetime as dt
import gzip
import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.sources.errors import DamagedFile


def parquet(table):
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    return buffer.getvalue()


def test_parquet_values_become_text(read, rows, con):
    con.execute("set timezone = 'America/New_York'")
    shanghai = dt.timezone(dt.timedelta(hours=8))
    table = pa.table(
        {
            "编号": ["1", ""],
            "at": pa.array(
                [dt.datetime(2024, 3, 5, 16, tzinfo=shanghai), None],
                pa.timestamp("us", "Asia/Shanghai"),
            ),
            "local": [dt.datetime(2024, 3, 5, 16), None],
            "on": [dt.date(2024, 3, 5), None],
            "n": [7, None],
            "tags": [["a"], None],
        }
    )
    (read_table,) = read("a.parquet", parquet(table))
    assert read_table.headers == ("编号", "at", "local", "on", "n", "tags")
    assert rows(read_table) == [
        (1, "1", "2024-03-05T08:00:00Z", "2024-03-05 16:00:00", "2024-03-05", "7", '["a"]')
    ]
    assert read_table.skipped.empty == 1


@pytest.mark.parametrize("name", ["file_row_number", "File_Row_Number", "filename"])
def test_a_column_with_a_name_that_the_reader_uses_itself_is_a_column(read, rows, name):
    (table,) = read("a.parquet", parquet(pa.table({name: [7, 5], "a": ["x", "y"]})))
    assert table.headers == (name, "a")
    assert rows(table) == [(1, "7", "x"), (2, "5", "y")]


def test_parquet_in_gz_is_read(read, rows):
    (table,) = read("a.parquet.gz", gzip.compress(parquet(pa.table({"a": ["x"]}))))
    assert rows(table) == [(1, "x")]


def test_damaged_parquet_is_refused_wherever_the_damage_is(read, rows):
    raw = parquet(pa.table({"a": [f"text {n % 97}" for n in range(3_000)]}))
    (table,) = read("good.parquet", raw)
    assert len(rows(table)) == 3_000
    cut_off, rubbish = raw[:-20], b"PAR1" + b"\xff" * 100
    page_head, page = raw[:6] + b"\xff" * 6 + raw[12:], raw[:60] + b"\xff" * 60 + raw[120:]
    for bad in (cut_off, rubbish, page_head, page):
        with pytest.raises(DamagedFile, match="damaged or cut off"):
            read("b.parquet", bad)
