"""Files and links are replaced whole: a reader sees the old one or the new one."""

from __future__ import annotations

import os

import pytest

from pipelines.publish.files import (
    remove_path,
    remove_temporary_files,
    replace_file_atomically,
    replace_link_atomically,
)


def test_a_file_is_replaced_whole_with_the_rights_asked_for(tmp_path):
    file = tmp_path / "new" / "board.html"
    previous = os.umask(0o077)
    try:
        replace_file_atomically(file, b"one")
        assert (file.read_bytes(), file.stat().st_mode & 0o777) == (b"one", 0o644)
        replace_file_atomically(file, lambda out: out.write(b"two"), mode=0o600)
    finally:
        os.umask(previous)
    assert (file.read_bytes(), file.stat().st_mode & 0o777) == (b"two", 0o600)
    assert [path.name for path in file.parent.iterdir()] == ["board.html"]


def test_a_writer_that_fails_leaves_the_old_file_and_no_debris(tmp_path):
    file = tmp_path / "workbook.xlsx"
    replace_file_atomically(file, b"old")

    def fail(out):
        out.write(b"half")
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        replace_file_atomically(file, fail)
    assert file.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["workbook.xlsx"]


def test_a_reader_that_has_the_old_file_open_keeps_it(tmp_path):
    file = tmp_path / "f"
    replace_file_atomically(file, b"old")
    with file.open("rb") as reader:
        replace_file_atomically(file, b"new")
        assert reader.read() == b"old"


def test_a_link_is_replaced_and_stays_relative(tmp_path):
    for name in ("a", "b"):
        (tmp_path / "versions" / name).mkdir(parents=True)
    link = tmp_path / "parquet"
    replace_link_atomically(link, "versions/a")
    replace_link_atomically(link, "versions/b")
    assert str(link.readlink()) == "versions/b"
    moved = tmp_path.rename(tmp_path.with_name("moved"))
    assert (moved / "parquet").is_dir()


def test_a_real_folder_in_the_place_of_a_link_is_never_replaced(tmp_path):
    (tmp_path / "parquet").mkdir()
    with pytest.raises(FileExistsError, match="real file or folder"):
        replace_link_atomically(tmp_path / "parquet", "versions/a")


def test_only_half_written_files_are_swept(tmp_path):
    (tmp_path / ".marts.duckdb.tmp-123-ab").symlink_to("nowhere")
    (tmp_path / ".x.tmp-9").write_bytes(b"")
    (tmp_path / ".journal.json").write_bytes(b"{}")
    (tmp_path / "notes.tmp-1").write_bytes(b"")
    remove_temporary_files(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".journal.json", "notes.tmp-1"]


def test_removing_a_link_leaves_what_it_names(tmp_path):
    (tmp_path / "kept").mkdir()
    (tmp_path / "link").symlink_to("kept")
    remove_path(tmp_path / "link")
    remove_path(tmp_path / "never there")
    assert (tmp_path / "kept").is_dir() and not (tmp_path / "link").exists()
