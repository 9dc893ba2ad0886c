"""The target marts on Spark, from facts and cascade as DuckDB made them: equal row by row."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.dbt.runner import PROJECT_DIR
from pipelines.settings import CompanyFolder
from tests.spark.nights import SMALL, run_python
from tests.spark.row_by_row import differing_tables, manifest_of

pytestmark = pytest.mark.deep(topic="spark")

TARGETS = PROJECT_DIR / "models" / "marts" / "targets"
MARTS = ("fct_target_day", *sorted(model.stem for model in TARGETS.glob("*.sql")))
STEPS = ("path:models/intermediate/targets", "path:models/intermediate/metrics")


def test_every_target_mart_is_equal_on_spark(tiny_demo: Path, tmp_path):
    file = tmp_path / "spark.duckdb"
    build = ("-m", "tests.spark.part_alone", str(tiny_demo), str(file), *STEPS, *MARTS)
    run_python(*build, **SMALL)
    manifest = manifest_of(tiny_demo)
    assert sum(manifest["marts"][mart]["rows"] for mart in MARTS) > 10_000
    assert differing_tables(CompanyFolder(tiny_demo).build_file, file, MARTS, manifest) == {}
