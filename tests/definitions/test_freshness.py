"""Sources, marts and published files must be fresh every day; a company of one fixed day does not age."""

from __future__ import annotations

from datetime import timedelta

import dagster as dg
import pytest

from pipelines.definitions import build_definitions
from pipelines.settings import CompanyFolder


@pytest.fixture
def policies(tmp_path):
    def of(extra: str = "") -> dict[str, object]:
        (tmp_path / "company.yml").write_text(
            f"company: {{name: T}}\n{extra}sources:\n"
            "  - {name: deals, entity: opportunities, kind: file, path: 'inbox/*', preset: excel}\n",
            encoding="utf-8",
        )
        graph = build_definitions(CompanyFolder(tmp_path)).resolve_asset_graph()
        keys = ("sources/deals", "marts/mart_gap", "published/marts_duckdb", "staging/stg_orders")
        return {key: graph.get(dg.AssetKey(key.split("/"))).freshness_policy for key in keys}

    return of


def test_what_a_night_brings_is_stale_after_two_days(policies):
    found = policies()
    assert found.pop("staging/stg_orders") is None
    for policy in found.values():
        assert policy.fail_window.to_timedelta() == timedelta(days=2)
        assert policy.warn_window.to_timedelta() == timedelta(hours=26)


def test_a_company_of_one_fixed_day_does_not_age(policies):
    assert set(policies("as_of: 2026-03-10\n").values()) == {None}
