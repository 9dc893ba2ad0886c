"""CSV and its relatives as people really deliver them."""

import gzip
import io
import zipfile

import pytest

from pipelines.sources import delimited
from pipelines.sources.dialect import find_delimiter
from pipelines.sources.errors import (
    BrokenQuotes,
    EmptyFile,
    LimitExceeded,
    UndecodableBytes,
    UnknownFormat,
)
from pipelines.sources.files import Limits

CHINESE = "编号,姓名,金额\n1,张三,100\n2,李四,200\n"


def codes(table):
    return [note.code for note in table.notes]


@pytest.mark.parametrize(
    ("encoding", "taken"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("gbk", "gb18030"),
        ("gb18030", "gb18030"),
        ("utf-16", "utf-16-le"),
    ],
)
def test_each_encoding_of_the_ladder_is_taken_and_named(read, rows, encoding, taken):
    (table,) = read("a.csv", CHINESE.encode(encoding))
    assert table.encoding == taken
    assert table.headers == ("编号", "姓名", "金额")
    assert rows(table) == [(2, "1", "张三", "100"), (3, "2", "李四", "200")]
    assert taken.upper() in next(note.zh for note in table.notes if note.code == "encoding")


def test_a_big_endian_utf16_file_with_a_bom_is_read(read, rows):
    (table,) = read("a.csv", b"\xfe\xff" + CHINESE.encode("utf-16-be"))
    assert rows(table)[0][2] == "张三"


def test_utf16_without_a_bom_is_read_only_where_declared(read, rows):
    raw = CHINESE.encode("utf-16-le")
    with pytest.raises(UndecodableBytes) as caught:
        read("a.csv", raw)
    assert caught.value.byte_offset is not None
    assert "utf-16-le" in caught.value.fix_en
    (table,) = read("a.csv", raw, encoding="utf-16-le")
    assert rows(table)[1][2] == "李四"


@pytest.mark.parametrize(
    ("declared", "text"), [("mac_roman", "Café"), ("cp1252", "Montréal"), ("latin-1", "Año")]
)
def test_a_western_encoding_is_taken_only_where_declared(read, rows, declared, text):
    raw = f"id,city,n\n1,{text},2\n2,{text}a,3\n".encode(declared)
    with pytest.raises(UndecodableBytes) as caught:
        read("a.csv", raw)
    assert caught.value.row == 2
    (table,) = read("a.csv", raw, encoding=declared)
    assert rows(table)[0][2] == text


def test_undecodable_bytes_name_file_row_and_byte_offset(read):
    # 'a,b\n' is 4 bytes, '1,' two more: the bad byte is number 6, in line 2
    with pytest.raises(UndecodableBytes) as caught:
        read("坏.csv", b"a,b\n1,\xff\xff\n")
    error = caught.value
    assert (error.file, error.row, error.byte_offset) == ("坏.csv", 2, 6)
    assert error.fix_zh and error.fix_en


def test_a_truncated_last_character_is_an_error(read):
    with pytest.raises(UndecodableBytes):
        read("a.csv", "a,b\n1,张".encode()[:-1], encoding="utf-8")


def test_two_encodings_in_one_file_are_an_error_and_no_mojibake(read):
    raw = "编号,姓名\n1,张三丰\n".encode() + "2,李四光\n".encode("gbk")
    with pytest.raises(UndecodableBytes, match="two encodings") as caught:
        read("a.csv", raw)
    assert caught.value.row == 3


def test_an_unknown_declared_encoding_is_named(read):
    with pytest.raises(UndecodableBytes, match="klingon"):
        read("a.csv", CHINESE, encoding="klingon")


def test_a_nul_byte_is_named_by_offset(read):
    with pytest.raises(UndecodableBytes) as caught:
        read("a.csv", b"a,b\n1,x\x00y,some more ordinary text here to read\n")
    assert (caught.value.byte_offset, caught.value.row) == (7, 2)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_each_kind_of_line_end_gives_the_same_rows(read, rows, end):
    (table,) = read("a.csv", CHINESE.replace("\n", end))
    assert rows(table) == [(2, "1", "张三", "100"), (3, "2", "李四", "200")]


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_the_delimiter_is_found(read, rows, delimiter):
    (table,) = read("a.txt", CHINESE.replace(",", delimiter))
    assert table.headers == ("编号", "姓名", "金额")
    assert len(rows(table)) == 2


def test_a_declared_delimiter_may_have_several_characters(read, rows):
    (table,) = read("a.csv", "a+|b\n1+|x\n\n2+|y\n", delimiter="+|")
    assert table.headers == ("a", "b")
    assert rows(table) == [(2, "1", "x"), (4, "2", "y")]


def test_commas_inside_quotes_do_not_mislead():
    assert find_delimiter('a;b\n"1,2,3";"4,5,6"\n"1,2,3";x\n') == ";"


def test_quoted_line_breaks_and_doubled_quotes_are_cell_text(read, rows):
    (table,) = read("a.csv", 'a,b\n"x\ny","say ""hi"""\n2,z\n')
    assert rows(table) == [(2, "x\ny", 'say "hi"'), (3, "2", "z")]


def test_short_rows_are_filled_and_noted_and_long_ones_set_aside(read, rows, con):
    (table,) = read("a.csv", "a,b,c\n1,2\n1,2,3\n1,2,3,4\n1,2,3,\n")
    assert rows(table) == [(2, "1", "2", None), (3, "1", "2", "3"), (5, "1", "2", "3")]
    assert "short_rows" in codes(table)
    (bad,) = con.execute(f"from {table.malformed}").fetchall()
    assert bad[0] == 4 and bad[3] == "1,2,3,4" and "1 more field" in bad[2]
    assert (table.rows_read, table.malformed_count) == (4, 1)


def test_blank_lines_keep_the_row_numbers_a_person_sees(read, rows):
    (table,) = read("a.csv", "a,b\n1,2\n\n3,4\n")
    assert rows(table) == [(2, "1", "2"), (4, "3", "4")]
    assert table.skipped.empty == 1


def test_an_unclosed_quote_is_an_error_that_names_its_row(read):
    with pytest.raises(BrokenQuotes) as caught:
        read("a.csv", 'a,b\n1,2\n3,"4\n5,6\n7,8\n')
    assert caught.value.row == 3


def test_an_unclosed_quote_in_a_large_file_ends_soon(read):
    body = "a,b\n" + '1,"2\n' + "3,4\n" * 2_000_000
    with pytest.raises(BrokenQuotes):
        read("a.csv", body, limits=Limits(record_bytes=1 << 20))


def test_a_stray_quote_spoils_its_own_row_only(read, rows, con):
    (table,) = read("a.csv", 'a,b\n1,"x" y\n2,z\n')
    assert rows(table) == [(3, "2", "z")]
    assert con.execute(f"select _row from {table.malformed}").fetchall() == [(2,)]


def test_a_cell_of_one_megabyte_is_read(read, con):
    (table,) = read("a.csv", f"a,b\n1,{'x' * 1_000_000}\n")
    assert con.execute(f"select length(c1) from {table.relation}").fetchone() == (1_000_000,)


def test_a_record_over_the_limit_is_an_error(read):
    with pytest.raises(LimitExceeded):
        read("a.csv", f"a,b\n1,{'x' * 3_000_000}\n", limits=Limits(record_bytes=1 << 20))


def test_a_hundred_thousand_columns_are_refused_at_once(read):
    with pytest.raises(LimitExceeded, match="100000 columns"):
        read("a.csv", ",".join(f"c{i}" for i in range(100_000)) + "\n1\n")


@pytest.mark.parametrize("content", ["", "\n\n\n", " \n", "\ufeff"])
def test_an_empty_file_is_an_error(read, content):
    with pytest.raises(EmptyFile):
        read("a.csv", content)


def test_a_header_alone_gives_an_empty_table(read, rows):
    (table,) = read("a.csv", "编号,姓名\n")
    assert (table.headers, table.rows_read, rows(table)) == (("编号", "姓名"), 0, [])


def test_a_file_without_a_header_gets_column_numbers(read, rows):
    (table,) = read("a.tsv", "1\tx\n2\ty\n", has_header=False)
    assert table.headers == ("column_1", "column_2")
    assert rows(table) == [(1, "1", "x"), (2, "2", "y")]


def test_duplicate_and_missing_headers_are_made_unique_with_a_note(read, rows):
    (table,) = read("a.csv", "金额,金额,,\n1,2,3,\n")
    assert table.headers == ("金额", "金额_2", "column_3")
    assert "duplicate_header" in codes(table)


def test_title_rows_above_the_header_are_passed(read, rows):
    (table,) = read("a.csv", "销售明细表\n制表:张三\n\n编号,姓名,金额\n1,张三,100\n")
    assert (table.header_row, table.headers) == (4, ("编号", "姓名", "金额"))
    assert rows(table) == [(5, "1", "张三", "100")]


def test_a_declared_header_row_is_obeyed(read, rows):
    (table,) = read("a.csv", "a,b\nx,y\n1,2\n", header_row=2)
    assert table.headers == ("x", "y") and rows(table) == [(3, "1", "2")]


def test_a_pivot_saved_as_csv_is_read_without_harm(read, rows):
    text = "deal_stage,Won,,,\n,,,,\n,Quarter,,,\n,Qtr4,Qtr3,Grand Total,\nCount,1,2,3,\n"
    text += "Grand Total,1,2,3,\n"
    (table,) = read("a.csv", text)
    assert table.headers == ("column_1", "Qtr4", "Qtr3", "Grand Total")
    assert rows(table)[0] == (5, "Count", "1", "2", "3")


def test_a_workbook_called_csv_is_read_by_its_content(read, tmp_path, rows):
    import xlsxwriter

    book = xlsxwriter.Workbook(tmp_path / "a.csv")
    book.add_worksheet("目标").write_column(0, 0, ["编号", 1])
    book.close()
    (table,) = read("a.csv")
    assert (table.sheet, rows(table)) == ("目标", [(2, "1")])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.xls", "<html><body><table><tr><td>1</td></tr></table></body></html>"),
        (
            "a.xls",
            '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>',
        ),
        ("a.csv", b"%PDF-1.7 x"),
        ("a.csv", b"\x89PNG\r\n\x1a\n1234"),
        ("a.rar", b"Rar!\x1a\x07\x01\x00"),
    ],
)
def test_content_that_is_no_table_is_named_with_a_fix(read, name, content):
    with pytest.raises(UnknownFormat) as caught:
        read(name, content)
    assert "xlsx" in caught.value.fix_zh


@pytest.mark.parametrize("name", ["a[1].csv", "*.csv", "it's.csv", "多 空格?.csv"])
def test_a_file_name_is_no_pattern_and_no_sql(read, rows, name):
    (table,) = read(name, "a,b\n1,2\n")
    assert table.file == name and rows(table) == [(2, "1", "2")]


def test_gz_and_zip_are_opened_and_members_named(read, rows):
    assert len(rows(read("a.csv.gz", gzip.compress(CHINESE.encode("gbk")))[0])) == 2
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("一.csv", CHINESE)
        archive.writestr("二.csv.gz", gzip.compress(CHINESE.encode()))
        archive.writestr("__MACOSX/._一.csv", b"\0\1\2")
    tables = read("a.zip", buffer.getvalue())
    assert [table.member for table in tables] == ["一.csv", "二.csv.gz/二.csv"]
    assert [len(rows(table)) for table in tables] == [2, 2]


def test_a_regular_file_takes_the_fast_path(read):
    (table,) = read("a.csv", CHINESE)
    assert "read_csv" in table.relation


def test_both_paths_give_the_same_rows(read, rows, monkeypatch):
    text = 'a,b,c\n"x, y","l1\nl2",1\n"",z,\n'
    fast = rows(read("a.csv", text)[0])
    monkeypatch.setattr(delimited, "_count", lambda *_: {})
    assert (
        rows(read("a.csv", text)[0]) == fast == [(2, "x, y", "l1\nl2", "1"), (3, None, "z", None)]
    )


def test_many_rows_keep_their_order_and_numbers(read, con):
    text = "id,text\n" + "".join(f'{i},"row\n{i}"\n' for i in range(300_000))
    (table,) = read("a.csv", text)
    wrong = con.execute(
        f"select count(*) from {table.relation} where _row <> c0::int + 2"
    ).fetchone()
    assert (wrong, table.rows_read) == ((0,), 300_000)
