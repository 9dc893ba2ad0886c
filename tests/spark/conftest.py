"""Demo companies after their nights on DuckDB, once for every test that compares with them."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.demo import write_demo_company
from tests.spark.nights import run_night


@pytest.fixture(autouse=True, scope="session")
def _tools() -> None:
    for module, tool in (("pyspark", "pyspark"), ("dbt.adapters.spark", "dbt-spark")):
        if importlib.util.find_spec(module) is None:
            pytest.skip(f"{tool} is not installed: pip install 'gapwise[spark]'")
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        pytest.skip("java (17 or later) is not installed")


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory, _tools: None) -> Iterator[Path]:
    """The folder of the demo company after its night on DuckDB."""
    yield from _after_its_night(tmp_path_factory.mktemp("demo"), "full")


@pytest.fixture(scope="session")
def tiny_demo(tmp_path_factory: pytest.TempPathFactory, _tools: None) -> Iterator[Path]:
    """The folder of a tiny demo company after its night on DuckDB."""
    yield from _after_its_night(tmp_path_factory.mktemp("tiny"), "tiny")


def _after_its_night(folder: Path, scale: str) -> Iterator[Path]:
    home = folder / "company"
    write_demo_company(home, scale=scale)
    run_night(home, "duckdb")
    yield home
    shutil.rmtree(folder, ignore_errors=True)
