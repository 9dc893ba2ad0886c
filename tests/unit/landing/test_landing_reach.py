"""The database that types untrusted cells reaches the company's folder and nothing else."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from pipelines.landing.connection import LandingDatabase


@pytest.mark.parametrize(
    "statement",
    [
        "from read_text('{outside}')",
        "copy (select 1) to '{outside}.copy'",
        "attach '{outside}.duckdb'",
        "install httpfs",
        "set enable_external_access = true",
        "from read_text('{home}/../outside.txt')",
    ],
)
def test_nothing_outside_of_the_folder_is_read_or_written(tmp_path: Path, statement: str) -> None:
    home, outside = tmp_path / "company", tmp_path / "outside.txt"
    outside.write_text("secret", encoding="utf-8")
    with LandingDatabase(home / "work", reach=home) as database, database.connection() as con:
        with pytest.raises(duckdb.Error):
            con.execute(statement.format(outside=outside, home=home))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["company", "outside.txt"]


def test_files_of_the_folder_are_read_written_and_typed(tmp_path: Path) -> None:
    home = tmp_path / "company"
    with LandingDatabase(home / "work", reach=home) as database, database.connection() as con:
        con.execute(f"copy (select '1500' as n) to '{home}/a.parquet' (format parquet)")
        assert con.sql(f"from '{home}/a.parquet'").fetchall() == [("1500",)]
        con.execute("set preserve_insertion_order = true")
