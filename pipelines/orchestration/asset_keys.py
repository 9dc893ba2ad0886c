"""Names of assets that more than one part of the flow mentions."""

from __future__ import annotations

import os
from collections.abc import Sequence

import dagster as dg

COMPANY_KEY = "GAPWISE_COMPANY_KEY"
# Companies that share one Dagster must not share records of "marts/mart_gap": each code server is
# told whose assets it names. A company by itself needs no name.
_COMPANY = [os.environ[COMPANY_KEY]] if os.environ.get(COMPANY_KEY) else []


def company_key() -> str | None:
    """Return the name of this process's company among those that share its Dagster."""
    return _COMPANY[0] if _COMPANY else None


def asset_key(*path: str) -> dg.AssetKey:
    """Return the key of an asset of this company: layer and name."""
    return dg.AssetKey([*_COMPANY, *path])


def own_path(key: dg.AssetKey) -> Sequence[str]:
    """Return layer and name of an asset of this company, as everything but Dagster knows it."""
    return key.path[len(_COMPANY) :]


RULES_WORKBOOK = asset_key("rules", "workbook")
RULES = asset_key("reference", "rules")
CALENDAR = asset_key("reference", "calendar")
MATCHING = asset_key("matching", "customers")
CASCADE = asset_key("cascade", "targets")
FORECAST = asset_key("forecast", "weekly_call")
MARTS_FILE = asset_key("published", "marts_duckdb")
DATA_TEAM = "team:data_team"


def source_key(name: str) -> dg.AssetKey:
    """Return the asset key of a configured source."""
    return asset_key("sources", name)


def input_key(schema: str, table: str) -> dg.AssetKey:
    """Return the asset that a table of the build file's input schemas belongs to.

    The sheets of the rules workbook are one asset, so are calendar, periods and company settings,
    the tables of matching and those of the cascade; an entity and the versions of its rows too.
    """
    if schema == "rules":
        return RULES
    if schema == "reference":
        return CALENDAR
    if schema == "matching":
        return MATCHING
    if schema == "cascade":
        return CASCADE
    return asset_key(schema, table.removesuffix("_version"))
