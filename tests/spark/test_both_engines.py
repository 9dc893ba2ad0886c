"""`gapwise nightly --engine spark` on whole companies: every mart as DuckDB makes it, row by row."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.real_data.test_maven_crm import company as maven_company
from tests.shared_data import SHARED
from tests.spark.cluster import standalone_master
from tests.spark.conftest import Demo
from tests.spark.nights import SMALL, run_night
from tests.spark.row_by_row import compared_rows, differences

pytestmark = pytest.mark.deep(topic="spark")


def on_spark(fresh: Path, home: Path, **environment: str) -> Path:
    """Run the night of a copy of a company folder on Spark."""
    shutil.copytree(fresh, home)
    run_night(home, "spark", **{**SMALL, **environment})
    return home


def test_the_demo_companys_marts_are_equal_on_two_threads(demo: Demo, tmp_path):
    other = on_spark(demo.fresh, tmp_path / "company", GAPWISE_SPARK_MASTER="local[2]")
    assert compared_rows(demo.built) > 10_000
    assert differences(demo.built, other) == {}


def test_the_demo_companys_marts_are_equal_on_a_master_with_two_workers(demo: Demo, tmp_path):
    with standalone_master(tmp_path / "cluster", workers=2) as master:
        size = "spark.executor.memory=700m spark.executor.cores=1"
        other = on_spark(
            demo.fresh, tmp_path / "company", GAPWISE_SPARK_MASTER=master.url,
            GAPWISE_SPARK_CONF=f"{SMALL['GAPWISE_SPARK_CONF']} {size}",
        )  # fmt: skip
        assert master.executors() == 2
    assert differences(demo.built, other) == {}


@pytest.mark.real_data
@pytest.mark.skipif(SHARED is None, reason="no shared/data beside the repository")
def test_a_real_crms_marts_are_equal(tmp_path):
    fresh = maven_company(tmp_path / "fresh", "iso")
    other = on_spark(fresh, tmp_path / "spark", GAPWISE_SPARK_MASTER="local[2]")
    run_night(fresh, "duckdb")
    assert compared_rows(fresh) > 10_000
    assert differences(fresh, other) == {}
