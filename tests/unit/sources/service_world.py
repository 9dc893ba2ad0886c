"""Sources that are services, and the rows that a pull of them brings."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq

from pipelines.settings import CompanySettings
from pipelines.sources.pulls import PullOrder, pull_source


def source_of(**entry):
    body = {
        "company": {"name": "x"},
        "sources": [{"name": "pulled", "entity": "opportunities", **entry}],
    }
    return CompanySettings.model_validate(body).sources[0]


def order(source, root: Path) -> PullOrder:
    return PullOrder(
        source, root, datetime(2026, 3, 9, 18, 15, tzinfo=UTC), ZoneInfo("Asia/Shanghai")
    )


def rows_of(source, root: Path) -> list[dict[str, str | None]]:
    pulled = pull_source(order(source, root), root / "pulled.parquet")
    table = pq.read_table(pulled.path)
    assert table.num_rows == pulled.row_count
    return table.to_pylist()
