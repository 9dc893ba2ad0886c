"""Names of assets that more than one part of the flow mentions."""

from __future__ import annotations

import dagster as dg

RULES_WORKBOOK = dg.AssetKey(["rules", "workbook"])
RULES = dg.AssetKey(["reference", "rules"])
CALENDAR = dg.AssetKey(["reference", "calendar"])
MATCHING = dg.AssetKey(["matching", "customers"])
CASCADE = dg.AssetKey(["cascade", "targets"])
FORECAST = dg.AssetKey(["forecast", "weekly_call"])
MARTS_FILE = dg.AssetKey(["published", "marts_duckdb"])
DATA_TEAM = "team:data_team"


def source_key(name: str) -> dg.AssetKey:
    """Return the asset key of a configured source."""
    return dg.AssetKey(["sources", name])


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
    return dg.AssetKey([schema, table.removesuffix("_version")])
