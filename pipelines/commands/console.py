"""What a person at the terminal sees: steps as they finish, then what was built and where it lies."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipelines.commands.nightly import NightResult
from pipelines.operations.asset_health import STATUSES
from pipelines.operations.night import default_as_of, run_log_of
from pipelines.operations.night_report import night_report
from pipelines.operations.run_tables import source_results
from pipelines.publish.layout import PublishedFolder
from pipelines.publish.manifest import kept_manifests, read_manifest
from pipelines.settings import CompanyFolder, load_company

ALIKE = 3
MESSAGES_SHOWN = 3


class _StepPrinter(logging.Handler):
    """Print one line per finished step."""

    def __init__(self, console: Console) -> None:
        super().__init__()
        self._console = console

    def emit(self, record: logging.LogRecord) -> None:
        """Show the step, how long it took, and whether it failed; and what is warned of in between."""
        seconds = getattr(record, "seconds", None)
        if seconds is None:
            if record.levelno >= logging.WARNING:
                said = escape(record.getMessage())
                self._console.print(f"  [yellow]warn[/yellow]  {said}", highlight=False)
            return
        mark = "[red]failed[/red]" if getattr(record, "failed", False) else "[green]done[/green]"
        self._console.print(
            f"  {mark}  {seconds:7.2f} s  {escape(record.getMessage())}", highlight=False
        )


@contextmanager
def watch_steps() -> Iterator[None]:
    """Print the night's steps while they finish."""
    logger = logging.getLogger("gapwise")
    handler = _StepPrinter(Console())
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)


def print_night(folder: CompanyFolder, result: NightResult) -> None:
    """Say how the night ended and name what it built."""
    console = Console(highlight=False, soft_wrap=True)
    console.print()
    headline = {
        "published": f"[bold green]Published[/bold green] as of {result.as_of} (version {result.version})",
        "built": f"[bold]Built, not shown[/bold] as of {result.as_of}",
        "held": f"[bold yellow]Held back[/bold yellow] as of {result.as_of}: yesterday's marts stand",
    }.get(result.outcome, f"[bold red]Failed[/bold red] as of {result.as_of}")
    console.print(f"{headline} in {result.seconds:.1f} s")
    for reason in (result.reason_en, result.reason_zh):
        if reason:
            console.print(f"  {escape(reason)}")
    console.print(f"  marts    {result.mart_count} with {result.row_count:,} rows")
    console.print(f"  checks   {result.checks_passed} passed, {len(result.checks_failed)} not")
    for line in check_lines(result.checks_failed):
        console.print(f"           {escape(line)}")
    if result.outcome == "published":  # what came after the publish cannot take it back
        for step, error in result.steps_failed:
            console.print(f"  [bold red]failed[/bold red]   {escape(step)}: {escape(error)}")
    published = folder.published
    console.print(f"  files    {published / 'marts.duckdb'}")
    console.print(f"           {published / 'parquet'}  {published / 'manifest.json'}")
    console.print(f"           {published / 'operations.duckdb'}")
    if (board := published / "board" / "index.html").is_file():
        console.print(f"  board    {board}")
        console.print(f"           {published / 'workbook.xlsx'}")
    if (told := published / "alerts" / result.as_of.isoformat()).is_dir():
        console.print(f"  alerts   {told}")
    console.print(f"  Dagster  gapwise serve --home {folder.root}   (opens on 127.0.0.1:3000)")


def print_range(results: Sequence[NightResult]) -> int:
    """Print a line per night of a range; return the worst exit code."""
    console = Console(highlight=False, soft_wrap=True)
    for night in results:
        reason = escape(night.reason_en or "")
        console.print(f"{night.as_of}  {night.outcome:<10} {night.seconds:6.1f} s  {reason}")
    return max(night.exit_code for night in results)


def check_lines(checks: Sequence[Mapping[str, Any]]) -> list[str]:
    """Say which checks failed: one by one, or by name where many assets fail the same one."""
    alike: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for check in checks:
        alike.setdefault((check["severity"], str(check["description_en"])), []).append(check)
    lines = []
    for (severity, words), rows in alike.items():
        level = "held" if severity == "error" else "warn"
        if len(rows) >= ALIKE:
            names = ", ".join(str(row["asset"]).rpartition("/")[2] for row in rows)
            lines.append(f"{level}  not so for {len(rows)} ({names}): {words}")
            continue
        for row in rows:
            lines.append(f"{level}  {row['asset']}: {words} {row['figures']}")
            lines += [f"      {message}" for message in messages_of(row)]
    return lines


def messages_of(check: Mapping[str, Any]) -> list[str]:
    """Return what a failed check says to people, in both languages, a few rows of it."""
    rows = json.loads(check["sample"])[:MESSAGES_SHOWN]
    return [row[name] for row in rows for name in ("message_zh", "message_en") if row.get(name)]


def print_status(folder: CompanyFolder) -> None:
    """Say what readers see, how the last run went, how old each source is, and which versions are kept."""
    console = Console(highlight=False, soft_wrap=True)
    paths = PublishedFolder(folder)
    shown = read_manifest(paths.manifest_link)
    console.print(
        f"readers see   {f'{shown.as_of} (version {shown.version})' if shown else 'nothing yet'}"
    )
    log = run_log_of(folder)
    last = log.last()
    if last is None:
        console.print("last run      none")
        return
    console.print(f"last run      as of {last['as_of']}: {last['outcome'] or 'running or killed'}")
    for reason in (last["reason_en"], last["reason_zh"]):
        if reason:
            console.print(f"              {escape(str(reason))}")
    table = Table(
        "source", "covers until", "age (workdays)", "read", "quarantined", "problem", box=None
    )
    for row in log.of_run(source_results, str(last["run_id"])):
        problem = str(row["problem_en"] or "").splitlines()
        covers = row["covers_until"]
        table.add_row(
            str(row["source"]),
            covers.isoformat() if isinstance(covers, date) else "-",
            "-" if row["age_workdays"] is None else str(row["age_workdays"]),
            str(row["rows_read"]),
            str(row["rows_quarantined"]),
            escape(problem[0]) if problem else "",
        )
    console.print(table)
    kept = ", ".join(f"{m.version} ({m.as_of})" for m in kept_manifests(paths))
    console.print(f"versions kept {kept or 'none'}")


def print_health(folder: CompanyFolder) -> int:
    """Say how every asset is after the last run; return 1 if one is degraded or the night is late."""
    console = Console(highlight=False, soft_wrap=True)
    settings = load_company(folder)
    report = night_report(run_log_of(folder))
    if report is None:
        console.print("no run yet; start one with: gapwise nightly")
        return 1
    expected = default_as_of(settings, datetime.now(UTC))
    run_on = report.run["as_of"]
    console.print(f"last run      as of {run_on}: {report.run['outcome'] or 'running or killed'}")
    if run_on < expected:
        console.print(f"late          the night as of {expected} has not run")
    table = Table("stage", *STATUSES, box=None)
    for layer, counts in report.counts.items():
        table.add_row(layer, *(str(counts.get(status, 0) or "-") for status in STATUSES))
    console.print(table)
    for row in report.ailing:
        console.print(f"{row['status']:<9} {escape(str(row['asset']))}")
        for language in ("en", "zh"):
            for reason in str(row[f"reasons_{language}"] or "").splitlines():
                console.print(f"            {escape(reason)}")
    slowest = ", ".join(f"{step.step} {step.seconds:.1f} s" for step in report.slowest)
    console.print(f"slowest steps {escape(slowest)}")
    console.print(f"page          {folder.published / 'health' / 'index.html'}")
    degraded = any(row["status"] == "degraded" for row in report.ailing)
    return 1 if degraded or run_on < expected else 0
