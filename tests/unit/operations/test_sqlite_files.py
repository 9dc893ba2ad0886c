"""A damaged SQLite file is set aside; a sound, a busy and an absent one stay."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.operations.sqlite_files import set_aside_broken

NOW = datetime(2026, 3, 10, 1, 2, 3, tzinfo=UTC)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    file = tmp_path / "runs.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("pragma journal_mode = wal")
        connection.execute("create table runs (id integer primary key, said text)")
        connection.executemany("insert into runs (said) values (?)", [("x" * 500,)] * 2000)
        connection.commit()
    return file


def test_a_sound_a_busy_and_an_absent_file_stay_where_they_are(
    database: Path, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(database)) as writer:
        writer.execute("begin immediate")
        assert set_aside_broken([database, tmp_path / "absent.db"], NOW) == []
    assert database.is_file() and not (tmp_path / "absent.db").exists()


def test_garbage_is_set_aside_and_said(database: Path, caplog: pytest.LogCaptureFixture) -> None:
    database.write_bytes(b"\x00\xffnot what it was\n" * 4096)

    (aside,) = set_aside_broken([database], NOW)

    assert aside.name == "runs.db.broken-20260310T010203" and aside.is_file()
    assert not database.exists() and "runs.db is damaged" in caplog.text


def test_one_broken_page_inside_is_found(database: Path) -> None:
    content = bytearray(database.read_bytes())
    content[40_960:45_056] = b"\xff" * 4096
    database.write_bytes(bytes(content))
    assert len(set_aside_broken([database], NOW)) == 1
