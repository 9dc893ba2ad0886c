"""A company folder under its night lock, and where its build lies."""

from __future__ import annotations

import pytest

from pipelines.settings import CompanyFolder
from tests.publish_world import locked


@pytest.fixture
def folder(tmp_path):
    folder = CompanyFolder(tmp_path / "company")
    with locked(folder):
        yield folder


@pytest.fixture
def build(folder):
    return folder.warehouse / "build.duckdb"
