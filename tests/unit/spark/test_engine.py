"""What Spark built stands in the build file: tables as they came back, views made there again."""

from __future__ import annotations

import duckdb
import pytest

from pipelines.dbt.runner import NodeResult
from pipelines.settings import CompanyFolder
from pipelines.spark import engine as spark

KINDS = {"int_frame": "table", "int_attained": "view", "int_failed": "view"}
NODES = {
    f"model.gapwise.{name}": {
        "schema": "intermediate", "name": name, "config": {"materialized": kind}
    }
    for name, kind in KINDS.items()
}  # fmt: skip


@pytest.fixture
def folder(tmp_path) -> CompanyFolder:
    folder = CompanyFolder(tmp_path)
    folder.warehouse.mkdir()
    lake = folder.warehouse / "spark" / "intermediate" / "int_frame"
    lake.mkdir(parents=True)
    with duckdb.connect() as con:
        con.execute(f"copy (select 7 as gap_no) to '{lake / 'part.parquet'}' (format parquet)")
    return folder


@pytest.fixture
def calls(monkeypatch) -> list[tuple[list[str], dict[str, str]]]:
    """Let Spark refuse int_failed, and the build file refuse int_attained; say what was asked of dbt."""
    asked = []

    def build(_folder, selection=(), _exclusion=(), **how):
        asked.append((list(selection), how))
        if how.get("engine") == "spark":
            refused, why = "int_failed", "Spark says no"
        else:
            refused, why = "int_attained", "int_failed is not there"
        names = KINDS if how.get("engine") == "spark" else selection
        return [
            NodeResult(f"model.gapwise.{n}", "error", 0.0, 0, why)
            if n == refused
            else NodeResult(f"model.gapwise.{n}", "success", 0.0, 0, "")
            for n in names
        ]

    monkeypatch.setattr(spark, "build", build)
    monkeypatch.setattr(spark, "parse", lambda _folder: {"nodes": NODES})
    monkeypatch.setattr(spark.SparkEngine, "_start", lambda self: None)
    return asked


def test_views_that_spark_built_are_made_in_the_build_file_too(folder, calls):
    spark.SparkEngine(folder).build(["path:models/intermediate"])

    assert calls == [
        (["path:models/intermediate"], {"engine": "spark", "part": "run"}),
        (["int_attained"], {"part": "run"}),
    ]
    with duckdb.connect(str(folder.build_file)) as con:
        assert con.execute("select * from intermediate.int_frame").fetchall() == [(7,)]


@pytest.mark.usefixtures("calls")
def test_a_view_that_only_the_build_file_refused_is_told_as_failed(folder):
    results = spark.SparkEngine(folder).build(["path:models/intermediate"])

    said = {r.unique_id.split(".")[-1]: (r.status, r.message) for r in results}
    assert said == {
        "int_frame": ("success", ""),
        "int_attained": ("error", "int_failed is not there"),
        "int_failed": ("error", "Spark says no"),
    }
