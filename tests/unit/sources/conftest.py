"""Helpers that write real files and read them back."""

import duckdb
import pytest

from pipelines.sources.files import FileOptions, read_tables


@pytest.fixture
def con():
    connection = duckdb.connect()
    connection.execute("set memory_limit = '1GB'")
    return connection


@pytest.fixture
def read(tmp_path, con):
    """Write bytes to a named file and read it into tables."""
    count = iter(range(1000))

    def reader(name, content=None, **options):
        path = tmp_path / name
        if content is not None:
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_tables(
            path, con, work_dir=tmp_path / f"work{next(count)}", options=FileOptions(**options)
        )

    return reader


@pytest.fixture
def rows(con):
    return lambda table: con.execute(f"select * from {table.relation} order by _row").fetchall()
