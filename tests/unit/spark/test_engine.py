"""What Spark built stands in the build file: tables as they came back, views made there again."""

from __future__ import annotations

import duckdb

from pipelines.dbt.runner import NodeResult
from pipelines.settings import CompanyFolder
from pipelines.spark import engine as spark


def test_views_that_spark_built_are_made_in_the_build_file_too(tmp_path, monkeypatch):
    folder = CompanyFolder(tmp_path)
    folder.warehouse.mkdir()
    lake = folder.warehouse / "spark" / "intermediate" / "int_frame"
    lake.mkdir(parents=True)
    with duckdb.connect() as con:
        con.execute(f"copy (select 7 as gap_no) to '{lake / 'part.parquet'}' (format parquet)")
    kinds = {"int_frame": "table", "int_attained": "view", "int_failed": "view"}
    nodes = {
        f"model.gapwise.{name}": {
            "schema": "intermediate", "name": name, "config": {"materialized": kind}
        }
        for name, kind in kinds.items()
    }  # fmt: skip
    calls = []

    def build(_folder, selection=(), _exclusion=(), **how):
        calls.append((list(selection), how))
        return [
            NodeResult(id_, "error" if id_.endswith("failed") else "success", 0.0, 0, "")
            for id_ in nodes
        ]

    monkeypatch.setattr(spark, "build", build)
    monkeypatch.setattr(spark, "parse", lambda _folder: {"nodes": nodes})
    monkeypatch.setattr(spark.SparkEngine, "_start", lambda self: None)

    spark.SparkEngine(folder).build(["path:models/intermediate"])

    assert calls == [
        (["path:models/intermediate"], {"engine": "spark", "part": "run"}),
        (["int_attained"], {"part": "run"}),
    ]
    with duckdb.connect(str(folder.build_file)) as con:
        assert con.execute("select * from intermediate.int_frame").fetchall() == [(7,)]
