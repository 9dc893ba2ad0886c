"""Build a part of the models on Spark, all that it reads being as DuckDB made it, in a process of its own.

Run: `python -m tests.spark.part_alone HOME FILE SELECTION...`: the company folder of a DuckDB night,
the database file that is to show what Spark made, and models in dbt's words.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import duckdb

from pipelines.dbt.runner import build, parse
from pipelines.settings import CompanyFolder
from pipelines.spark.engine import INPUTS, MODELS, STEPS
from pipelines.spark.exchange import bring_back, hand_over, register
from pipelines.spark.session import open_session

SCHEMAS = (*INPUTS, *STEPS, *MODELS)


def build_alone(home: Path, file: Path, selection: list[str]) -> list[str]:
    """Build these models on Spark into a file of their own and return what failed, with why."""
    folder, lake = CompanyFolder(home), file.parent / "lake"
    lake.mkdir()
    session = open_session(lake)
    try:
        for schema in SCHEMAS:
            place = (lake / schema).as_uri()
            session.sql(f"create schema if not exists `{schema}` location '{place}'")
        with duckdb.connect(str(folder.build_file), read_only=True) as con:
            register(session, hand_over(con, lake, set(SCHEMAS)))
        built = build(folder, ["path:models/staging", *selection], engine="spark", part="run")
    finally:
        session.stop()
    failed = [f"{node.unique_id}: {node.message}" for node in built if node.status != "success"]
    nodes = parse(folder)["nodes"]
    made = [nodes[node.unique_id] for node in built if node.status == "success"]
    tables = {(n["schema"], n["name"]): () for n in made if n["config"]["materialized"] == "table"}
    with duckdb.connect(str(file)) as con:
        bring_back(con, lake, tables, copied_schema="marts")
    shutil.rmtree(lake / "handed")
    return failed


if __name__ == "__main__":
    wrong = build_alone(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
    print("\n".join(wrong), file=sys.stderr)
    sys.exit(1 if wrong else 0)
