"""What the data team reads in the morning: health, slowest steps, quarantine, what changed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median
from typing import Any

from pipelines.operations.asset_health import STATUSES
from pipelines.operations.run_log import RunLog
from pipelines.operations.run_tables import (
    asset_results,
    check_results,
    mart_rows,
    source_results,
    steps,
)

RUNS_COMPARED = 7
RUNS_OF_TREND = 14
STEPS_SHOWN = 8
MARTS_SHOWN = 15

Row = Mapping[str, Any]


@dataclass(frozen=True)
class StepTime:
    """One of the slowest steps, beside the median of the runs before (None without any)."""

    step: str
    seconds: float
    usual_seconds: float | None


@dataclass(frozen=True)
class QuarantinePoint:
    """What one run read and could not use."""

    as_of: date
    rows_read: int
    rows_quarantined: int
    worst_source: str


@dataclass(frozen=True)
class RowChange:
    """A mart whose row count moved since the run before."""

    mart: str
    before: int | None
    after: int | None


@dataclass(frozen=True)
class NightReport:
    """One run for the data team.

    Attributes:
        run: its row of the run log.
        counts: layer (sources, landed, marts, …) → status → assets.
        ailing: assets that are not healthy, the worst first, with their reasons.
        slowest: its slowest steps.
        quarantine: the last runs, oldest first.
        rows_changed: marts by how much their rows moved since the last run that built them.
        failing_now: checks that held in the run before and do not now.
        mended: the other way round.
        new_columns: source → columns that nobody mapped.
    """

    run: Row
    counts: Mapping[str, Mapping[str, int]]
    ailing: Sequence[Row]
    slowest: Sequence[StepTime]
    quarantine: Sequence[QuarantinePoint]
    rows_changed: Sequence[RowChange]
    failing_now: Sequence[Row]
    mended: Sequence[Row]
    new_columns: Mapping[str, Sequence[str]]


def night_report(log: RunLog) -> NightReport | None:
    """Return the report of the latest run; None before the first."""
    runs = log.rows_of_runs()
    if not runs:
        return None
    run, earlier = runs[-1], runs[:-1][-RUNS_COMPARED:]
    run_id = str(run["run_id"])
    assets = log.of_run(asset_results, run_id)
    before = str(earlier[-1]["run_id"]) if earlier else None
    failing, mended = _checks_changed(log, run_id, before)
    return NightReport(
        run=run,
        counts=_counts(assets),
        ailing=sorted(
            (row for row in assets if row["status"] != "healthy"),
            key=lambda row: (STATUSES.index(row["status"]), row["asset"]),
        ),
        slowest=_slowest(log, run_id, [str(one["run_id"]) for one in earlier]),
        quarantine=[_quarantined(log, one) for one in runs[-RUNS_OF_TREND:]],
        rows_changed=_rows_changed(log, run_id, [str(one["run_id"]) for one in earlier]),
        failing_now=failing,
        mended=mended,
        new_columns={
            str(row["source"]): columns
            for row in log.of_run(source_results, run_id)
            if (columns := json.loads(str(row["new_columns"])))
        },
    )


def _counts(assets: Sequence[Row]) -> dict[str, Counter[str]]:
    counts: dict[str, Counter[str]] = {}
    for row in assets:
        layer = str(row["asset"]).partition("/")[0]
        counts.setdefault(layer, Counter())[str(row["status"])] += 1
    return counts


def _slowest(log: RunLog, run_id: str, earlier: Sequence[str]) -> list[StepTime]:
    usual: dict[str, list[float]] = {}
    for other in earlier:
        for row in log.of_run(steps, other):
            usual.setdefault(str(row["step"]), []).append(float(row["seconds"]))  # type: ignore[arg-type]
    own: list[Any] = sorted(log.of_run(steps, run_id), key=lambda row: -float(row["seconds"]))
    return [
        StepTime(
            row["step"],
            row["seconds"],
            median(usual[row["step"]]) if row["step"] in usual else None,
        )
        for row in own[:STEPS_SHOWN]
    ]


def _quarantined(log: RunLog, run: Row) -> QuarantinePoint:
    rows: list[Any] = log.of_run(source_results, str(run["run_id"]))
    worst = max(rows, key=lambda row: row["rows_quarantined"], default=None)
    return QuarantinePoint(
        as_of=run["as_of"],
        rows_read=sum(row["rows_read"] for row in rows),
        rows_quarantined=sum(row["rows_quarantined"] for row in rows),
        worst_source=worst["source"] if worst and worst["rows_quarantined"] else "",
    )


def _rows_changed(log: RunLog, run_id: str, earlier: Sequence[str]) -> list[RowChange]:
    after = _row_counts(log, run_id)
    before = next((found for other in reversed(earlier) if (found := _row_counts(log, other))), {})
    if not after or not before:
        return []
    changes = [
        RowChange(mart, before.get(mart), after.get(mart))
        for mart in after.keys() | before.keys()
        if before.get(mart) != after.get(mart)
    ]
    changes.sort(key=lambda change: (-abs((change.after or 0) - (change.before or 0)), change.mart))
    return changes[:MARTS_SHOWN]


def _row_counts(log: RunLog, run_id: str) -> dict[str, int]:
    found: list[Any] = log.of_run(mart_rows, run_id)
    return {row["mart"]: row["row_count"] for row in found}


def _checks_changed(log: RunLog, run_id: str, before: str | None) -> tuple[list[Row], list[Row]]:
    if before is None:
        return [], []
    held = {
        (row["asset"], row["check_name"]): row["passed"]
        for row in log.of_run(check_results, before)
    }
    data: list[Row] = [row for row in log.of_run(check_results, run_id) if row["kind"] == "data"]
    known = [(row, held.get((row["asset"], row["check_name"]))) for row in data]
    failing = [row for row, passed in known if passed and not row["passed"]]
    return failing, [row for row, passed in known if passed is False and row["passed"]]
