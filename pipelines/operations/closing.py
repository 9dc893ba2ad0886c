"""Close a night: say how it ended and write the operations file, on held and failed nights too."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime

from pipelines.operations.asset_health import STATUSES
from pipelines.operations.marts import operations_marts
from pipelines.operations.night_report import night_report
from pipelines.operations.run_log import RunLog
from pipelines.operations.run_tables import check_results, steps
from pipelines.publish.layout import PublishedFolder
from pipelines.publish.manifest import read_manifest
from pipelines.publish.operations import PublishMeta, write_operations_file
from pipelines.publish.targets import show_operations_elsewhere
from pipelines.settings import CompanyFolder, CompanySettings
from pipelines.tell.health.write import write_health_page

# Nobody in the run could say why: it was killed, or the orchestrator refused what a step said.
STOPPED = ("The run was stopped before it finished", "运行在完成之前被中止")


def record_outcome(log: RunLog, run_id: str, ended_at: datetime) -> dict[str, object]:
    """Record how a run ended, unless it was published or built, and return its row."""
    run = next(row for row in log.rows_of_runs() if row["run_id"] == run_id)
    if run["outcome"] is None:
        outcome, reason = _why_not(log, run_id)
        log.end(run_id, outcome, ended_at, reason)
        run = next(row for row in log.rows_of_runs() if row["run_id"] == run_id)
    return run


def write_operations(
    folder: CompanyFolder,
    settings: CompanySettings,
    log: RunLog,
    run: Mapping[str, object],
    as_of: date,
    ended_at: datetime,
) -> PublishMeta | None:
    """Write `operations.duckdb` as it stands after a run.

    Returns:
        What it says of the night; None where a company has published none yet and none was held.
    """
    shown = read_manifest(PublishedFolder(folder).manifest_link)
    state = {"published": "published", "built": "published", "held": "held"}.get(
        str(run["outcome"]), "failed"
    )
    if state == "published" and shown is None:
        return None
    meta = PublishMeta(
        state=state,  # type: ignore[arg-type]
        as_of=shown.as_of if shown else None,
        as_of_attempted=as_of,
        version=shown.version if shown else None,
        reason_zh=str(run["reason_zh"]) if state != "published" else None,
        reason_en=str(run["reason_en"]) if state != "published" else None,
        run_id=str(run["run_id"]),
        updated_at=ended_at,
    )
    file = write_operations_file(folder, operations_marts(log, folder, settings), meta)
    show_operations_elsewhere(folder, settings, file)
    return meta


def write_health(folder: CompanyFolder, settings: CompanySettings, log: RunLog) -> None:
    """Write the data team's page of the latest run; there is none before the first."""
    report = night_report(log)
    if report is not None:
        company = settings.company
        write_health_page(
            folder.published / "health", company.name, company.languages, STATUSES, report
        )


def _why_not(log: RunLog, run_id: str) -> tuple[str, tuple[str, str]]:
    """Return (held or failed, reason in both languages) of a run that published nothing."""
    failures = [row for row in log.of_run(steps, run_id) if row["error"]]
    broken = [
        row
        for row in log.of_run(check_results, run_id)
        if row["severity"] == "error" and not row["passed"]
    ]
    if broken and not failures:
        en = "; ".join(_sentence(row, "en") for row in broken[:5])
        zh = "；".join(_sentence(row, "zh") for row in broken[:5])
        return "held", (
            f"Held back by {len(broken)} data check(s): {en}",
            f"{len(broken)} 项数据检查未通过，未发布：{zh}",
        )
    if failures:
        first = failures[0]
        return "failed", (
            f"Step {first['step']} failed: {first['error']}",
            f"步骤 {first['step']} 失败：{first['error']}",
        )
    return "failed", STOPPED


def _sentence(row: dict[str, object], language: str) -> str:
    figures = json.loads(str(row["figures"]))
    shown = ", ".join(f"{name} {value}" for name, value in figures.items() if value is not None)
    described = row[f"description_{language}"] or row["check_name"]
    return f"{row['asset']}: {described}" + (f" ({shown})" if shown else "")
