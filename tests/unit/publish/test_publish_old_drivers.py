"""BI drivers still on DuckDB 1.x open what we publish."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import duckdb
import pytest

from pipelines.publish.duckdb_session import STORAGE_NUMBER, storage_number
from pipelines.publish.operations import write_operations_file
from pipelines.settings import CompanyFolder
from tests.publish_world import locked, publish
from tests.unit.publish.test_publish_operations import HELD, TABLES

VARIABLE = "GAPWISE_OLD_DUCKDB_PYTHONS"
FIGURES = "use marts; select count(*), sum(gap) from mart_gap"
QUERY = """
import duckdb, json, sys
con = duckdb.connect(sys.argv[1], read_only=True)
print(json.dumps([duckdb.__version__, con.execute(sys.argv[2]).fetchall()], default=str))
"""


@pytest.fixture
def folder(tmp_path):
    folder = CompanyFolder(tmp_path)
    with locked(folder):
        publish(folder, tmp_path / "b.duckdb", "n1")
    write_operations_file(folder, TABLES, HELD)
    return folder


def test_published_files_carry_the_storage_format_of_duckdb_1_0(folder):
    assert storage_number(folder.published / "marts.duckdb") == STORAGE_NUMBER == 64
    assert storage_number(folder.published / "operations.duckdb") == 64


def test_duckdb_1_x_really_reads_the_published_files(folder):
    interpreters = [Path(p) for p in os.environ.get(VARIABLE, "").split(os.pathsep) if p]
    if not interpreters:
        pytest.skip(
            f"no old DuckDB here: set {VARIABLE} to interpreters that have one, "
            "each made with `python -m venv DIR` and `DIR/bin/pip install duckdb==1.1.3`"
        )
    for interpreter in interpreters:
        comment = "select comment from duckdb_columns() where column_name = 'gap'"
        state = ask(interpreter, folder, "operations", "use operations; from publish_meta")
        assert ask(interpreter, folder, "marts", FIGURES) == [[1000, "749250.00"]]
        assert ask(interpreter, folder, "marts", comment) == [["差额 (元)"]]
        assert state[0][0] == "held"


def test_one_way_of_asking_works_on_every_driver(folder):
    """1.x calls the open file `marts` and then finds `marts.mart_gap` ambiguous; 2.0 does not.

    `use marts` with bare names works on both, and so does attaching under an alias.
    """
    file = folder.published / "marts.duckdb"
    with duckdb.connect(str(file), read_only=True) as con:
        assert con.execute(FIGURES).fetchall()[0][0] == 1000
    with duckdb.connect() as con:
        con.execute(f"attach '{file}' as gapwise (read_only)")
        assert con.execute("select count(*) from gapwise.marts.mart_gap").fetchall() == [(1000,)]


def ask(interpreter: Path, folder: CompanyFolder, name: str, query: str) -> list:
    file = folder.published / f"{name}.duckdb"
    answer = subprocess.run(
        [interpreter, "-c", QUERY, file, query], capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stderr
    version, rows = json.loads(answer.stdout)
    assert version.startswith("1.")
    return rows
