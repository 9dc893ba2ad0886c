"""JSON, Parquet and archives, kind ones and hostile ones."""

import datetime as dt
import gzip
import io
import json
import pickle
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.sources.errors import (
    DamagedFile,
    EmptyFile,
    FileUnreadable,
    LimitExceeded,
    PasswordProtected,
    UndecodableBytes,
)
from pipelines.sources.files import Limits


def zipped(**members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def test_a_json_array_keeps_nested_values_as_json_text(read, rows):
    text = json.dumps(
        [{"编号": "1", "n": 1.5, "tags": ["a", 1], "o": {"k": None}}, {"编号": "2", "新": True}]
    )
    (table,) = read("a.json", text)
    assert table.headers == ("编号", "n", "tags", "o", "新")
    assert rows(table) == [
        (1, "1", "1.5", '["a",1]', '{"k":null}', None),
        (2, "2", None, None, None, "true"),
    ]


def test_json_lines_keep_long_ids_and_odd_keys(read, rows):
    (table,) = read("a.jsonl", '{"a/b~c\'\\"": 110105199001011234, "x": ""}\n{"x": "y"}\n')
    assert table.headers == ("a/b~c'\"", "x")
    assert rows(table) == [(1, "110105199001011234", None), (2, None, "y")]


def test_json_in_a_csv_is_read_by_its_content(read, rows):
    assert rows(read("a.csv", '[ {"a": 1} ]')[0]) == [(1, "1")]


@pytest.mark.parametrize("text", ['[{"a": 1}', '[{"a": 1}, oops]', '{"a" 1}', "[" * 100_000])
def test_broken_json_is_damaged(read, text):
    with pytest.raises(DamagedFile):
        read("a.json", text)


def test_json_that_holds_no_objects_is_refused(read):
    with pytest.raises(DamagedFile) as caught:
        read("a.json", '[{"a": 1}, 5]')
    assert caught.value.row == 2
    with pytest.raises(EmptyFile):
        read("b.json", "[]")
    with pytest.raises(UndecodableBytes):
        read("c.json", b'[{"a": "\xff\xff"}]')


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


def test_parquet_in_gz_and_damaged_parquet(read, rows):
    raw = parquet(pa.table({"a": ["x"], "file_row_number": ["y"]}))
    (table,) = read("a.parquet.gz", gzip.compress(parquet(pa.table({"a": ["x"]}))))
    assert rows(table) == [(1, "x")]
    for bad in (raw[:-20], b"PAR1" + b"\xff" * 100, raw[:20] + b"\0" * 40 + raw[60:]):
        with pytest.raises(FileUnreadable):
            read("b.parquet", bad)


def test_a_zip_bomb_is_refused(read):
    with pytest.raises(LimitExceeded):
        read("a.zip", zipped(**{"a.csv": b"0" * 300_000_000}))


def test_a_gz_bomb_is_stopped_while_it_unpacks(read, tmp_path):
    with pytest.raises(LimitExceeded, match="ratio"):
        read("a.csv.gz", gzip.compress(b"0" * 200_000_000))
    written = sum(p.stat().st_size for p in tmp_path.rglob("member_*"))
    assert written < 80_000_000


def test_archives_in_archives_end_somewhere(read):
    raw = b"a,b\n1,2\n"
    for _ in range(5):
        raw = gzip.compress(raw)
    with pytest.raises(LimitExceeded, match="deep"):
        read("a.gz", raw)


def test_too_many_members_are_refused(read):
    many = zipped(**{f"{i}.csv": "a,b\n1,2\n" for i in range(30)})
    with pytest.raises(LimitExceeded):
        read("a.zip", many, limits=Limits(members=20))


def test_names_in_an_archive_never_become_paths(read, rows, tmp_path):
    raw = zipped(**{"../../evil.csv": "a,b\n1,2\n", "/etc/evil.csv": "a,b\n3,4\n"})
    tables = read("a.zip", raw)
    assert [table.member for table in tables] == ["../../evil.csv", "/etc/evil.csv"]
    assert [rows(table)[0][1] for table in tables] == ["1", "3"]
    assert not list(tmp_path.parent.rglob("evil.csv"))


def test_a_damaged_archive_and_a_locked_one_are_told_apart(read):
    good = zipped(**{"a.csv": "a,b\n1,2\n" * 100})
    with pytest.raises(DamagedFile):
        read("a.zip", good[:60])
    with pytest.raises(DamagedFile):
        read("b.gz", gzip.compress(b"a,b\n1,2\n" * 1000)[:40])
    locked = bytearray(good)
    locked[6] |= 1
    locked[good.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(PasswordProtected):
        read("c.zip", bytes(locked))


def test_an_empty_archive_is_an_error(read):
    with pytest.raises(FileUnreadable):
        read("a.zip", zipped())


def test_an_error_keeps_its_places_across_processes():
    error = LimitExceeded(
        "太大", "too large", file="a.csv", row=3, fix_zh="拆分", fix_en="split it"
    )
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is LimitExceeded and copy.row == 3
    assert copy.text("zh") == "a.csv, 行 3: 太大 → 拆分"
    assert str(copy) == "a.csv, row 3: too large → split it"
