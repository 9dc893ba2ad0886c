"""Sheets of the rules workbook as they were over time: a rule holds from the day it arrived."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from pipelines.landing.rules import RulesReading, rules_tables

PROCESS_TARGET_SCHEMA = pa.schema(
    [
        ("metric", pa.string()),
        ("per_period", pa.string()),
        ("target", pa.decimal128(18, 6)),
        ("team", pa.string()),
        ("person", pa.string()),
        ("rules_version", pa.string()),
        ("valid_from", pa.date32()),
        ("valid_to", pa.date32()),
    ]
)


def process_target_versions(
    readings: Sequence[RulesReading], in_force: RulesReading | None, timezone: str
) -> pa.Table:
    """List the process targets of every workbook that was in force, each with the days it held.

    Args:
        readings: every version that arrived, in order.
        in_force: the one that holds at D; None where the shipped defaults do.
        timezone: the company's, in which a workbook's day of arrival is told.

    Returns:
        Grain: one row per version and row of the sheet. `valid_from` is empty for the first one,
        which also speaks for the days before it, `valid_to` (included) for the one in force. A
        workbook that leaves the sheet as it was is no new version.
    """
    versions: list[tuple[date | None, list[dict[str, Any]]]] = []
    plain: list[dict[str, Any]] | None = None
    usable = [reading for reading in readings if reading.is_usable and in_force is not None]
    or_defaults: list[RulesReading | None] = [*usable] or [None]
    for reading in or_defaults:
        table = rules_tables(reading)["process_targets"]
        before, plain = plain, table.drop_columns(["rules_version"]).to_pylist()
        if plain != before:
            arrived = reading.arrived_at if reading else None
            on = arrived.astimezone(ZoneInfo(timezone)).date() if arrived and versions else None
            versions.append((on, table.to_pylist()))
        if reading is in_force:
            break
    ends = [on - timedelta(days=1) if on else None for on, _ in versions[1:]] + [None]
    listed = [
        {**row, "valid_from": on, "valid_to": end}
        for (on, rows), end in zip(versions, ends, strict=True)
        for row in rows
    ]
    return pa.Table.from_pylist(listed, schema=PROCESS_TARGET_SCHEMA)
