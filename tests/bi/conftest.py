"""A small demo company whose night is published."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.nights import tiny_company


@pytest.fixture(scope="session")
def built_company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_company(tmp_path_factory.mktemp("bi") / "company")


@pytest.fixture(scope="session")
def built_marts(built_company: Path) -> Path:
    return built_company / "published" / "marts.duckdb"
