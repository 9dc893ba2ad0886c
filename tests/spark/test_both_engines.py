"""`gapwise nightly --engine spark` on whole companies: every mart as DuckDB makes it, row by row."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.real_data.test_maven_crm import company as maven_company
from tests.shared_data import SHARED
from tests.spark.cluster import Master, standalone_master
from tests.spark.conftest import Demo
from tests.spark.nights import SMALL, run_night
from tests.spark.row_by_row import compared_rows, differences

pytestmark = pytest.mark.deep(topic="spark")

WORKERS = 2
# What a worker of this test has to give.
EXECUTOR = "spark.executor.memory=700m spark.executor.cores=1"


@pytest.fixture
def master(tmp_path: Path) -> Iterator[Master]:
    with standalone_master(tmp_path / "cluster", workers=WORKERS) as running:
        yield running


def on_spark(fresh: Path, home: Path, master: Master) -> Path:
    """Run the night of a copy of a company folder on a standalone master; every worker took part."""
    shutil.copytree(fresh, home)
    conf = f"{SMALL['GAPWISE_SPARK_CONF']} {EXECUTOR}"
    run_night(
        home, "spark", **{**SMALL, "GAPWISE_SPARK_CONF": conf}, GAPWISE_SPARK_MASTER=master.url
    )
    assert master.executors() == WORKERS
    return home


def test_the_demo_companys_marts_are_equal_on_a_master_with_two_workers(
    demo: Demo, master, tmp_path
):
    other = on_spark(demo.fresh, tmp_path / "company", master)
    assert compared_rows(demo.built) > 10_000
    assert differences(demo.built, other) == {}


@pytest.mark.real_data
@pytest.mark.skipif(SHARED is None, reason="no shared/data beside the repository")
def test_a_real_crms_marts_are_equal_on_a_master_with_two_workers(master, tmp_path):
    fresh = maven_company(tmp_path / "fresh", "iso")
    other = on_spark(fresh, tmp_path / "spark", master)
    run_night(fresh, "duckdb")
    assert compared_rows(fresh) > 10_000
    assert differences(fresh, other) == {}
