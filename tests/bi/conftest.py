"""A small demo company whose night is published; GAPWISE_BUILT_COMPANY names one that is built already."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipelines.demo import write_demo_company
from tests.nights import night


@pytest.fixture(scope="session")
def built_company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if built := os.environ.get("GAPWISE_BUILT_COMPANY"):
        return Path(built)
    folder = tmp_path_factory.mktemp("bi") / "company"
    write_demo_company(folder, scale="tiny")
    result = night(folder)
    assert result.outcome == "published", result.reason_en
    return folder


@pytest.fixture(scope="session")
def built_marts(built_company: Path) -> Path:
    return built_company / "published" / "marts.duckdb"
