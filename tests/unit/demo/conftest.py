"""One full and one tiny company for all tests of the demo."""

from __future__ import annotations

import pytest
from written_company import Written

from pipelines.demo import write_demo_company


@pytest.fixture(scope="session")
def full(tmp_path_factory: pytest.TempPathFactory) -> Written:
    folder = tmp_path_factory.mktemp("full")
    write_demo_company(folder)
    return Written(folder)


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Written:
    folder = tmp_path_factory.mktemp("tiny")
    write_demo_company(folder, scale="tiny")
    return Written(folder)


@pytest.fixture(params=["full", "tiny"])
def company(request: pytest.FixtureRequest) -> Written:
    written: Written = request.getfixturevalue(request.param)
    return written
