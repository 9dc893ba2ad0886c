"""Files that are counted and read together give the rows that each gives alone."""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.sources import delimited
from pipelines.sources.files import FileOptions, count_files, open_file, read_tables, tables_of
from pipelines.sources.scans import joint_relation

TEXT = "编号,姓名,金额\n1,张三,100\n2,李四,200\n"
# Files that look alike at first glance and must not be read alike.
UNLIKE = {
    "plain": TEXT.encode(),
    "longer": (TEXT + "3,王五,300\n").encode(),
    "header only": "编号,姓名,金额\n".encode(),
    "other delimiter": TEXT.replace(",", ";").encode(),
    "other delimiter in the body": b"a,b,c\n" + b"1;x;2\n2;y;3\n",
    "gb18030": TEXT.encode("gb18030"),
    "utf-8 with bom": TEXT.encode("utf-8-sig"),
    "utf-16": TEXT.encode("utf-16"),
    "crlf": TEXT.replace("\n", "\r\n").encode(),
    "carriage returns": TEXT.replace("\n", "\r").encode(),
    "title above": ("客户名单,,\n" + TEXT).encode(),
    "no last line end": TEXT.rstrip("\n").encode(),
    "quoted": TEXT.replace("张三", '"张\n三"').encode(),
    "subtotal": (TEXT + "合计,,300\n").encode(),
    "ragged": (TEXT + "3,王五,300,4\n4,赵六,1\n").encode(),
    "blank line": TEXT.replace("2,", "\n2,").encode(),
    "nameless column": TEXT.replace("姓名", "").encode(),
}


@pytest.fixture
def open_all(tmp_path, con):
    """Write the files and read them together."""

    def opener(contents):
        opened = []
        for number, content in enumerate(contents):
            path = tmp_path / f"{number}.csv"
            path.write_bytes(content)
            opened.append(open_file(path, con, work_dir=tmp_path / f"open{number}"))
        counts = count_files(con, opened)
        return [tables_of(file, con, counts)[0] for file in opened]

    return opener


def content_of(con, table):
    rows = con.execute(f"from {table.relation} order by _row").fetchall()
    bad = con.execute(f"from {table.malformed} order by _row").fetchall()
    shown = (table.headers, table.encoding, table.rows_read, table.skipped, table.notes)
    return rows, bad, shown


@pytest.mark.parametrize("first", UNLIKE)
def test_a_file_is_read_as_if_it_were_alone_whatever_file_came_before(
    tmp_path, con, open_all, first
):
    names = [first, *UNLIKE]
    for name, table in zip(names, open_all([UNLIKE[name] for name in names]), strict=True):
        path = tmp_path / "alone" / "0.csv"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(UNLIKE[name])
        (alone,) = read_tables(path, con, work_dir=tmp_path / "alone" / "work")
        assert content_of(con, table) == content_of(con, alone), name


def joint_rows(con, tables):
    scans = [table.plain_scan for table in tables]
    con.execute("set preserve_insertion_order = true")
    found = con.execute(f"select _path, _row, c0, c1 from {joint_relation(scans)}").fetchall()
    return [sorted(row[1:] for row in found if row[0] == str(scan.path)) for scan in scans]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 40)), min_size=1, max_size=12))
def test_files_read_by_one_statement_keep_their_own_row_numbers(shapes):
    with TemporaryDirectory() as folder, duckdb.connect() as con:
        tables, expected = [], []
        for n, (titles, records) in enumerate(shapes):
            body = "".join(f"{n}-{i},x\n" for i in range(records))
            path = Path(folder) / f"{n}.csv"
            path.write_text("title,\n" * titles + "id,name\n" + body)
            options = FileOptions(header_row=titles + 1)
            tables += read_tables(path, con, work_dir=Path(folder) / f"w{n}", options=options)
            expected.append([(titles + 2 + i, f"{n}-{i}", "x") for i in range(records)])
        assert joint_rows(con, tables) == expected


@pytest.mark.parametrize("threads", [1, 2, 16])
def test_large_files_read_by_one_statement_keep_their_own_row_numbers(con, open_all, threads):
    con.execute(f"set threads = {threads}")
    sizes = (150_000, 10, 80_000)
    texts = ["id,n\n" + "".join(f"{f}-{i},{i}\n" for i in range(n)) for f, n in enumerate(sizes)]
    tables = open_all([text.encode() for text in texts])
    found = joint_rows(con, tables)
    for size, rows in zip(sizes, found, strict=True):
        assert len(rows) == size
        assert all(row == int(n) + 2 for row, _, n in rows)


def test_regular_files_of_one_form_are_counted_in_one_statement(open_all, monkeypatch):
    calls = []
    real = delimited._count
    monkeypatch.setattr(
        delimited,
        "_count",
        lambda con, form, paths: calls.append(len(paths)) or real(con, form, paths),
    )
    open_all([TEXT.encode()] * 5)
    assert calls == [5]


def test_a_table_that_was_shaped_since_is_not_read_from_its_file(open_all):
    (table,) = open_all([TEXT.encode()])
    assert table.plain_scan is not None
    assert replace(table, relation="another").plain_scan is None
