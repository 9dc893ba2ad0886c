"""The demo company's night, run once for every test that compares its marts with its truth file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from pipelines.demo import write_demo_company
from tests.nights import marts, night


@dataclass(frozen=True)
class DemoNight:
    """A published night of the demo company and what its generator knows."""

    home: Path
    truth: dict[str, Any]

    def marts(self, sql: str) -> list[tuple[Any, ...]]:
        """Query the published marts."""
        return marts(self.home, sql)

    def build(self, sql: str) -> list[tuple[Any, ...]]:
        """Query the build file, which holds the steps in between as well."""
        with self._built() as con:
            return con.execute(sql).fetchall()

    def build_frame(self, sql: str) -> pd.DataFrame:
        """Query the build file as a frame."""
        with self._built() as con:
            return con.execute(sql).df()

    def _built(self) -> duckdb.DuckDBPyConnection:
        return duckdb.connect(str(self.home / "warehouse" / "build.duckdb"), read_only=True)


@pytest.fixture(scope="session")
def demo_night(tmp_path_factory: pytest.TempPathFactory) -> DemoNight:
    home = tmp_path_factory.mktemp("demo") / "company"
    write_demo_company(home)
    result = night(home)
    assert result.outcome == "published", (result.reason_en, result.checks_failed)
    truth = json.loads((home / "truth" / "truth.json").read_text(encoding="utf-8"))
    return DemoNight(home, truth)
