"""An encoding is decided by the whole file, wherever the blocks in which it is read begin and end."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.sources import encodings, undecodable
from pipelines.sources.encodings import decode_file
from pipelines.sources.errors import UndecodableBytes

CHINESE = "编号,姓名,金额\n1,张三丰,100\n2,李四😀,200\n"


@pytest.fixture(params=[3, 4, 5, 7, 1 << 22])
def chunk(request, monkeypatch):
    """Read files in blocks of so many bytes; the largest is the real one."""
    monkeypatch.setattr(undecodable, "_CHUNK", request.param)
    monkeypatch.setattr(encodings, "_CHUNK", request.param)


def decoded(tmp_path, raw, declared=None):
    path = tmp_path / "a.csv"
    path.write_bytes(raw)
    return decode_file(path, tmp_path / "out", label="a.csv", declared=declared)


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
def test_a_character_may_lie_across_two_blocks(tmp_path, chunk, encoding):
    found = decoded(tmp_path, CHINESE.encode(encoding))
    assert found.encoding.startswith(encoding)
    assert found.path.read_text("utf-8") == CHINESE


@pytest.mark.parametrize(
    ("text", "has_blank_lines"),
    [
        ("a,b\n1,2\n3,4\n", False),
        ("a,b\n1,2\n\n3,4\n", True),
        ("\na,b\n1,2\n", True),
        ("a,b\n1,2\n\n\n", False),  # what follows the last line is no line between
    ],
)
def test_a_blank_line_between_two_others_is_seen(tmp_path, chunk, text, has_blank_lines):
    assert decoded(tmp_path, text.encode()).has_blank_lines is has_blank_lines


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
