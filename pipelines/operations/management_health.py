"""mart_management_health: does the target system itself work: targets, fresh data, warnings."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa

from pipelines.operations.flags import declared_flags

Row = Mapping[str, Any]

# T+1: the morning's data cover D. Up to three workdays amber, older red.
AMBER_AGE_WORKDAYS = 3
_NO_TARGET = "nobody_lacks_a_target"

# Grain: one row per D that a night was run for, by its last run
HEALTH_SCHEMA = pa.schema(
    [
        ("as_of", pa.date32()),
        ("run_id", pa.string()),
        ("outcome", pa.string()),
        ("people_without_target_count", pa.int64()),
        ("required_source_count", pa.int64()),
        ("oldest_age_workdays", pa.int64()),
        ("old_sources", pa.string()),
        ("data_light", pa.string()),
        ("warning_kind_count", pa.int64()),
        ("message_count", pa.int64()),
        ("delivered_message_count", pa.int64()),
        ("is_warning_on", pa.bool_()),
        ("is_warning_delivered", pa.bool_()),
        ("health", pa.string()),
        ("reasons", pa.string()),
    ]
)


def management_health(
    runs: Iterable[Row], checks: Iterable[Row], sources: Iterable[Row], messages: Iterable[Row]
) -> pa.Table:
    """Say for each day whether the target system was healthy or at risk, and why.

    Args:
        runs: rows of the run log, one per run.
        checks: rows per run and check; flags and freshness are among them.
        sources: rows per run and source, with `age_workdays`.
        messages: rows of `mart_alert_message`.

    Returns:
        Grain: one row per D, by its last run. `people_without_target_count`: NULL where the night
        did not get that far. `oldest_age_workdays`, `data_light`: of the required sources, of the
        newest of all where none is required; green covers D, amber up to 3 workdays, red older or
        nothing arrived. `is_warning_on`: what fired made messages; `is_warning_delivered`: all of
        them arrived. `reasons`: not_published, people_without_target, data_old, warnings_off,
        warnings_not_delivered; `health` is healthy where there is none, else at_risk.
    """
    last: dict[Any, Row] = {}
    for run in sorted(runs, key=lambda row: row["started_at"]):
        last[run["as_of"]] = run
    checks_of, sources_of = _by(checks, "run_id"), _by(sources, "run_id")
    messages_of = _by((m for m in messages if m["kind"] == "digest"), "as_of")
    rows = [
        _day(run, checks_of[run["run_id"]], sources_of[run["run_id"]], messages_of[as_of])
        for as_of, run in sorted(last.items())
    ]
    return pa.Table.from_pylist(rows, schema=HEALTH_SCHEMA)


def _by(rows: Iterable[Row], key: str) -> defaultdict[Any, list[Row]]:
    groups: defaultdict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row[key]].append(row)
    return groups


def _day(
    run: Row, checks: Sequence[Row], sources: Sequence[Row], messages: Sequence[Row]
) -> dict[str, Any]:
    flags = {(f"marts/{flag.mart}", flag.name) for flag in declared_flags() if flag.is_check}
    raised = [c for c in checks if (c["asset"], c["check_name"]) in flags and not c["passed"]]
    lacking = next((c for c in checks if c["check_name"] == _NO_TARGET), None)
    without = None if lacking is None else int(json.loads(lacking["figures"]).get("rows") or 0)
    ages = _ages(checks, sources)
    delivered = [m for m in messages if m["status"] == "delivered"]
    is_on, is_delivered = not raised or bool(messages), len(delivered) == len(messages)
    light = _light(ages)
    at_risk = {
        "not_published": run["outcome"] in ("held", "failed"),
        "people_without_target": bool(without),
        "data_old": light != "green",
        "warnings_off": not is_on,
        "warnings_not_delivered": not is_delivered,
    }
    reasons = [reason for reason, holds in at_risk.items() if holds]
    old = sorted(name for name, age in ages.items() if age is None or age > 0)
    known = [age for age in ages.values() if age is not None]
    return {
        "as_of": run["as_of"],
        "run_id": run["run_id"],
        "outcome": run["outcome"],
        "people_without_target_count": without,
        "required_source_count": len(_required(checks)),
        "oldest_age_workdays": max(known, default=None) if len(known) == len(ages) else None,
        "old_sources": ", ".join(old) or None,
        "data_light": light,
        "warning_kind_count": len(raised),
        "message_count": len(messages),
        "delivered_message_count": len(delivered),
        "is_warning_on": is_on,
        "is_warning_delivered": is_delivered,
        "health": "at_risk" if reasons else "healthy",
        "reasons": ", ".join(reasons) or None,
    }


def _required(checks: Iterable[Row]) -> set[str]:
    """Return the sources whose age may hold a night: their check of age is an error."""
    return {
        c["asset"].removeprefix("sources/")
        for c in checks
        if c["check_name"] == "is_fresh_enough" and c["severity"] == "error"
    }


def _ages(checks: Sequence[Row], sources: Sequence[Row]) -> dict[str, int | None]:
    """Return the age of each source that counts; NULL where nothing has arrived."""
    ages = {row["source"]: row["age_workdays"] for row in sources}
    required = _required(checks)
    if required:
        return {name: ages.get(name) for name in sorted(required)}
    arrived = {name: age for name, age in ages.items() if age is not None}
    newest = min(arrived, key=lambda name: (arrived[name], name), default=None)
    return {newest: arrived[newest]} if newest is not None else dict.fromkeys(ages)


def _light(ages: Mapping[str, int | None]) -> str:
    if not ages or any(age is None or age > AMBER_AGE_WORKDAYS for age in ages.values()):
        return "red"
    return "green" if not any(ages.values()) else "amber"
