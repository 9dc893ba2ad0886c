"""What a publish shows in Dagster's graph: PostgreSQL stands there only where company.yml names it."""

from __future__ import annotations

import dagster as dg
import pytest

from pipelines.assets.published import POSTGRES, published_assets

NIGHTS = dg.DailyPartitionsDefinition("2026-03-01")
MART = dg.AssetKey(["marts", "mart_gap"])


@pytest.mark.parametrize("has_postgres", [True, False])
def test_postgres_is_an_asset_of_its_own_where_it_is_configured(has_postgres: bool) -> None:
    published = published_assets({"nodes": {}}, [MART], NIGHTS, has_postgres=has_postgres)
    assert (POSTGRES in published.keys) is has_postgres
    assert len(published.keys) == 4 + has_postgres
    if has_postgres:
        spec = published.specs_by_key[POSTGRES]
        assert MART in {dep.asset_key for dep in spec.deps}
        assert "postgres" in spec.kinds
