"""Companies built once for a whole session of tests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.dbt.built import BuiltCompany

Writer = Callable[[Path], Path]


@pytest.fixture(scope="session")
def built_company(
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[Writer, Sequence[str]], BuiltCompany]:
    """Return a function that writes a company once and builds a dbt selection of it."""
    kept: dict[tuple[str, tuple[str, ...]], BuiltCompany] = {}

    def company(writer: Writer, selection: Sequence[str]) -> BuiltCompany:
        key = (f"{writer.__module__}.{writer.__qualname__}", tuple(selection))
        if key not in kept:
            home = writer(tmp_path_factory.mktemp("built") / "company")
            kept[key] = BuiltCompany(home, selection)
        return kept[key]

    return company
