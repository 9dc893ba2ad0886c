"""`gapwise nightly --engine spark` on whole companies: every mart as DuckDB makes it, row by row."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.real_data.test_maven_crm import company as maven_company
from tests.shared_data import SHARED
from tests.spark.cluster import Master, connect_server, standalone_master
from tests.spark.nights import SMALL, run_night
from tests.spark.row_by_row import compared_rows, differences, manifest_of

pytestmark = pytest.mark.deep(topic="spark")

WORKERS = 2
# What a worker of this test has to give.
EXECUTOR = "spark.executor.memory=700m spark.executor.cores=1"


@pytest.fixture
def master(tmp_path: Path) -> Iterator[Master]:
    with standalone_master(tmp_path / "cluster", workers=WORKERS) as running:
        yield running


def on_spark(built: Path, home: Path, master: Master) -> Path:
    """Run a company's night again in a copy of its folder, on a master whose workers all take part.

    A copy, because marts tell when the archive received what they were made of.
    """
    shutil.copytree(built, home, symlinks=True)
    conf = f"{SMALL['GAPWISE_SPARK_CONF']} {EXECUTOR}"
    run_night(
        home, "spark", **{**SMALL, "GAPWISE_SPARK_CONF": conf}, GAPWISE_SPARK_MASTER=master.url
    )
    assert master.executors() == WORKERS
    assert manifest_of(home)["sequence"] == manifest_of(built)["sequence"] + 1
    return home


def test_the_demo_companys_marts_are_equal_on_a_master_with_two_workers(
    demo: Path, master, tmp_path
):
    other = on_spark(demo, tmp_path / "company", master)
    assert compared_rows(demo) > 100_000
    assert differences(demo, other) == {}


@pytest.mark.real_data
@pytest.mark.skipif(SHARED is None, reason="no shared/data beside the repository")
def test_a_real_crms_marts_are_equal_on_a_master_with_two_workers(master, tmp_path):
    built = maven_company(tmp_path / "duckdb", "iso")
    run_night(built, "duckdb")
    other = on_spark(built, tmp_path / "spark", master)
    assert compared_rows(built) > 10_000
    assert differences(built, other) == {}


def test_a_night_through_spark_connect_publishes_the_same(tiny_demo: Path, tmp_path):
    home = tmp_path / "company"
    shutil.copytree(tiny_demo, home, symlinks=True)
    with connect_server(tmp_path / "server") as address:
        run_night(home, "spark", SPARK_REMOTE=address)
    assert manifest_of(home)["sequence"] == manifest_of(tiny_demo)["sequence"] + 1
    assert differences(tiny_demo, home) == {}
