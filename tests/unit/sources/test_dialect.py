"""The quick look at a file's beginning sees what careful parsing sees."""

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.sources import encodings, undecodable
from pipelines.sources.dialect import sample_grid
from pipelines.sources.encodings import decode_file
from pipelines.sources.errors import UndecodableBytes

PIECES = st.sampled_from(
    ["a", "张", ",", ";", "\t", "|", "\n", "\r", "\r\n", " ", '"', "\x0b", "\u2028"]
)


@given(st.lists(PIECES, max_size=60).map("".join), st.sampled_from([",", ";", "\t", "|"]))
def test_the_first_records_are_those_of_the_csv_module(text, delimiter):
    expected = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    assert sample_grid(text, delimiter) == expected


def test_only_the_first_120_records_are_looked_at():
    assert len(sample_grid("a,b\n" * 500, ",")) == 120
    assert len(sample_grid("a,b\n" * 120, ",")) == 120
    assert len(sample_grid('"a",b\n' * 500, ",")) == 120


LINE = st.sampled_from(
    [
        "1,张三丰".encode(),
        "2,李四光".encode("gb18030"),
        b"3,plain",
        "4,é".encode(),
        "5,é".encode("cp1252"),
        "6,王五".encode("gb18030") + "王五".encode(),
        b"",
        "客户😀".encode(),
    ]
)


def is_utf8_with_chinese(line: bytes) -> bool:
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return any(0x3000 <= ord(ch) <= 0x9FFF or 0xF000 <= ord(ch) <= 0xFFFF for ch in text)


@pytest.mark.parametrize("chunk", [7, 1 << 22])
@settings(max_examples=200, deadline=None)
@given(lines=st.lists(LINE, max_size=12), end=st.booleans())
def test_a_line_in_utf8_is_found_wherever_it_stands(tmp_path_factory, chunk, lines, end):
    raw = b"\n".join([*lines, b"\xc0\xb9 not UTF-8"]) + (b"\n" if end else b"")
    path = tmp_path_factory.mktemp("mixed") / "a.csv"
    path.write_bytes(raw)
    mixed = [at for at, line in enumerate(lines, start=1) if is_utf8_with_chinese(line)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(undecodable, "_CHUNK", chunk)
        if not mixed:
            encodings._refuse_mixture(path, "a.csv", raw.rindex(b"\xc0\xb9"))
            return
        with pytest.raises(UndecodableBytes, match=f"line {mixed[0]} is UTF-8"):
            encodings._refuse_mixture(path, "a.csv", raw.rindex(b"\xc0\xb9"))


def test_one_utf8_line_at_the_very_end_of_a_gbk_file_is_refused(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes("编号,姓名\n1,李四光\n".encode("gb18030") + "2,张三丰".encode())
    with pytest.raises(UndecodableBytes, match="line 3 is UTF-8, line 1 is not"):
        decode_file(path, tmp_path / "out", label="a.csv", declared=None)
