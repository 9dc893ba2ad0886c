"""How every asset is after a run: healthy, warning, degraded or unknown, with the reasons.

The open Dagster shows checks, freshness and runs, but no health. It is judged here from what a run
planned, what it materialised and what its data checks found. Business flags say what the sales team
should do and nothing about an asset; they stand aside.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

Status = Literal["healthy", "warning", "degraded", "unknown"]
STATUSES: tuple[Status, ...] = ("degraded", "warning", "unknown", "healthy")
FIGURES_SHOWN = 4


@dataclass(frozen=True)
class Materialized:
    """When a run materialised an asset (UTC), and its rows where it has any."""

    at: datetime
    row_count: int | None


@dataclass(frozen=True)
class AssetHealth:
    """One asset after one run. Grain: one per asset and run.

    Attributes:
        asset: its key, parts joined by `/`.
        status: healthy, warning, degraded or unknown.
        reasons: why it is not healthy, each (English, Chinese); empty when it is.
        materialized: by this run; None if it was not.
        last_as_of: newest D as of which it was ever materialised, None if never.
        checks_passed: data checks of this run that held.
        checks_failed: those that did not.
    """

    asset: str
    status: Status
    reasons: tuple[tuple[str, str], ...]
    materialized: Materialized | None
    last_as_of: date | None
    checks_passed: int
    checks_failed: int


def judge_assets(
    planned: Iterable[str],
    materialized: Mapping[str, Materialized],
    checks: Sequence[Mapping[str, Any]],
    before: Mapping[str, date],
    as_of: date,
    *,
    is_over: bool,
) -> list[AssetHealth]:
    """Judge every asset of a run.

    Args:
        planned: keys of what the run was to materialise.
        materialized: what it did.
        checks: rows of its check results: asset, severity, kind, passed, descriptions, figures.
        before: newest D of earlier runs that materialised an asset.
        as_of: D of this run.
        is_over: whether the run has ended; until then nothing is late.

    Returns:
        One per planned asset, by key; while the run lasts only those that it has materialised.
    """
    by_asset: dict[str, list[Mapping[str, Any]]] = {}
    for check in checks:
        if check["kind"] == "data":
            by_asset.setdefault(str(check["asset"]), []).append(check)
    found = []
    for asset in sorted(set(planned)):
        done = materialized.get(asset)
        if done is None and not is_over:
            continue
        last = max((d for d in (before.get(asset), as_of if done else None) if d), default=None)
        own = by_asset.get(asset, [])
        failed = [check for check in own if not check["passed"]]
        status, reasons = _judged(done, last, failed, as_of)
        found.append(
            AssetHealth(asset, status, reasons, done, last, len(own) - len(failed), len(failed))
        )
    return found


def _judged(
    done: Materialized | None,
    last: date | None,
    failed: Sequence[Mapping[str, Any]],
    as_of: date,
) -> tuple[Status, tuple[tuple[str, str], ...]]:
    reasons = [_failure(check) for check in failed]
    if done is None:
        late = (
            ("never built: no run has come this far", "从未生成：尚无运行到达这一步")
            if last is None
            else (
                f"late: this run, as of {as_of}, did not build it; it stands as of {last}",
                f"延迟：本次运行（截至 {as_of}）未生成，现为截至 {last} 的数据",
            )
        )
        status: Status = "unknown" if last is None and not failed else "degraded"
        return status, (late, *reasons)
    if any(check["severity"] == "error" for check in failed):
        return "degraded", tuple(reasons)
    return ("warning" if failed else "healthy"), tuple(reasons)


def _failure(check: Mapping[str, Any]) -> tuple[str, str]:
    figures = json.loads(str(check["figures"]))
    shown = ", ".join(
        f"{name} {value}"
        for name, value in list(figures.items())[:FIGURES_SHOWN]
        if value is not None
    )
    english = check["description_en"] or check["check_name"]
    chinese = check["description_zh"] or check["check_name"]
    if not shown:
        return f"not so: {english}", f"不成立：{chinese}"
    return f"not so: {english} ({shown})", f"不成立：{chinese}（{shown}）"
