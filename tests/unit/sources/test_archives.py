"""Archives are opened within limits, whatever they hold."""

import gzip
import io
import zipfile

import pytest

from pipelines.sources.errors import DamagedFile, FileUnreadable, LimitExceeded, PasswordProtected
from pipelines.sources.files import Limits


def zipped(**members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


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


def test_a_member_named_on_a_chinese_windows_keeps_its_name(read):
    # such a zip holds GBK bytes and says that they are cp437
    raw = zipped(**{"ABCD.csv": "a,b\n1,2\n"}).replace(b"ABCD", "订单".encode("gbk"))
    assert [table.member for table in read("a.zip", raw)] == ["订单.csv"]
