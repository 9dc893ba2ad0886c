"""`gapwise nightly --engine spark` on whole companies: every mart as DuckDB makes it, row by row."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.demo import write_demo_company
from tests.real_data.test_maven_crm import company as maven_company
from tests.shared_data import SHARED
from tests.spark.cluster import standalone_master
from tests.spark.row_by_row import compared_rows, differences

pytestmark = pytest.mark.deep(topic="spark")
ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _tools() -> None:
    for module, tool in (("pyspark", "pyspark"), ("dbt.adapters.spark", "dbt-spark")):
        pytest.importorskip(module, reason=f"{tool} is not installed: pip install 'gapwise[spark]'")
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        pytest.skip("java (17 or later) is not installed")


def run(home: Path, engine: str, **environment: str) -> None:
    """Run one night as from a shell: a process of its own, so that no session is left behind."""
    done = subprocess.run(
        [sys.executable, "-m", "pipelines.cli", "nightly", "--home", str(home), "--engine", engine],
        cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{engine}: {done.stdout[-3000:]}\n{done.stderr[-3000:]}"


def both(home: Path, **environment: str) -> tuple[Path, Path]:
    """Run the night of one company on each engine, from the same files."""
    other = home.with_name(home.name + "-spark")
    shutil.copytree(home, other)
    run(home, "duckdb")
    run(other, "spark", **environment)
    return home, other


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("demo") / "company"
    write_demo_company(home, scale="tiny")
    yield home
    shutil.rmtree(home.parent, ignore_errors=True)


def test_the_demo_companys_marts_are_equal_on_two_threads(demo, tmp_path):
    one, other = both(shutil.copytree(demo, tmp_path / "company"), GAPWISE_SPARK_MASTER="local[2]")
    assert compared_rows(one) > 10_000
    assert differences(one, other) == {}


def test_the_demo_companys_marts_are_equal_on_a_master_with_two_workers(demo, tmp_path):
    with standalone_master(tmp_path / "cluster", workers=2) as master:
        one, other = both(
            shutil.copytree(demo, tmp_path / "company"),
            GAPWISE_SPARK_MASTER=master.url,
            GAPWISE_SPARK_CONF="spark.executor.memory=700m spark.executor.cores=1",
        )
        assert master.executors() == 2
    assert differences(one, other) == {}


@pytest.mark.real_data
@pytest.mark.skipif(SHARED is None, reason="no shared/data beside the repository")
def test_a_real_crms_marts_are_equal(tmp_path):
    one, other = both(maven_company(tmp_path / "maven", "iso"), GAPWISE_SPARK_MASTER="local[2]")
    assert compared_rows(one) > 10_000
    assert differences(one, other) == {}
