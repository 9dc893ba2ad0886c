"""Run a night from the command line: the same job as Dagster's, in this process, watched to its end."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from pipelines.dbt.runner import DUCKDB
from pipelines.landing.manifest import Manifest
from pipelines.operations.closing import STOPPED
from pipelines.operations.night import default_as_of, run_log_of
from pipelines.operations.run_tables import check_results, mart_rows, runs, steps
from pipelines.orchestration.instance import events_in_bursts, prepare_dagster_home
from pipelines.settings import CompanyFolder, ConfigurationError, load_company

EXIT_PUBLISHED, EXIT_ERROR, EXIT_HELD = 0, 1, 3  # 2 is usage
EXIT_OF_OUTCOME = {"published": EXIT_PUBLISHED, "built": EXIT_PUBLISHED, "held": EXIT_HELD}


@dataclass(frozen=True)
class NightResult:
    """How a night ended, for people and for the exit code."""

    as_of: date
    outcome: str
    reason_en: str | None
    reason_zh: str | None
    version: str | None
    mart_count: int
    row_count: int
    checks_passed: int
    checks_failed: list[dict[str, Any]]
    steps: list[tuple[str, float]]
    seconds: float
    steps_failed: tuple[tuple[str, str], ...] = ()

    @property
    def exit_code(self) -> int:
        """0 published (or built), 3 held by a data check, 1 anything else."""
        return EXIT_OF_OUTCOME.get(self.outcome, EXIT_ERROR)


def run_night(
    folder: CompanyFolder,
    as_of: date | None = None,
    *,
    publish_older: bool = False,
    engine: str = DUCKDB,
) -> NightResult:
    """Run one night to its end.

    Nights that the archive's manifest knows and the history lost (a rebuild) run first, in order.

    Raises:
        ConfigurationError: the folder, company.yml or D cannot be used.
    """
    settings = load_company(folder)
    day = as_of or default_as_of(settings, datetime.now(UTC))
    if (
        day > datetime.now(UTC).astimezone(settings.zone).date()
        and as_of is not None
        and settings.as_of is None
    ):
        raise ConfigurationError(
            f"{day} is not over yet; the last day that can be run is yesterday"
        )
    for lost in nights_without_history(folder, day):
        _execute(folder, lost, publish_older=False, engine=engine)
    return _execute(folder, day, publish_older=publish_older, engine=engine)


def run_range(folder: CompanyFolder, first: date, last: date) -> list[NightResult]:
    """Run a night for every day of a range, oldest first; stop at the first that fails to run."""
    if last < first:
        raise ConfigurationError(f"--to {last} lies before --from {first}")
    results = []
    for offset in range((last - first).days + 1):
        result = run_night(folder, first + timedelta(days=offset))
        results.append(result)
        if result.exit_code == EXIT_ERROR:
            break
    return results


def nights_without_history(folder: CompanyFolder, as_of: date) -> list[date]:
    """Return published days before D whose history is gone, oldest first."""
    from pipelines.publish.history import nights_kept

    published = {night.as_of for night in Manifest(folder.archive).nights() if night.as_of < as_of}
    return sorted(published - nights_kept(folder))


def _execute(folder: CompanyFolder, day: date, *, publish_older: bool, engine: str) -> NightResult:
    prepare_dagster_home(folder)
    import dagster as dg

    from pipelines.definitions import build_definitions
    from pipelines.orchestration.jobs import NIGHTLY

    started = datetime.now(UTC)
    definitions = build_definitions(folder, as_of=day, publish_older=publish_older, engine=engine)
    job = definitions.resolve_job_def(NIGHTLY)
    with dg.DagsterInstance.get() as instance, events_in_bursts(instance):
        execution = job.execute_in_process(
            instance=instance,
            partition_key=day.isoformat(),
            raise_on_error=False,
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )
    result = result_of(folder, execution.run_id, (datetime.now(UTC) - started).total_seconds())
    refused = [
        f"{event.step_key}: {event.step_failure_data.error.message.strip()[:1000]}"
        for event in execution.all_events
        if event.is_step_failure and event.step_failure_data.error
    ]
    if refused and (result.reason_en, result.reason_zh) == STOPPED:
        return replace(
            result,
            reason_en=f"{STOPPED[0]}: {refused[0]}",
            reason_zh=f"{STOPPED[1]}：{refused[0]}",
        )
    return result


def result_of(folder: CompanyFolder, run_id: str, seconds: float) -> NightResult:
    """Read from the run log how a run ended."""
    log = run_log_of(folder)
    found = [row for row in log.rows(runs) if row["run_id"] == run_id]
    if not found:
        raise ConfigurationError(f"run {run_id} left no record in {folder.warehouse}")
    run: dict[str, Any] = found[0]
    checks: list[dict[str, Any]] = log.of_run(check_results, run_id)
    marts: list[dict[str, Any]] = log.of_run(mart_rows, run_id)
    timed: list[dict[str, Any]] = log.of_run(steps, run_id)
    return NightResult(
        as_of=run["as_of"],
        outcome=run["outcome"],
        reason_en=run["reason_en"],
        reason_zh=run["reason_zh"],
        version=run["version"],
        mart_count=len(marts),
        row_count=sum(row["row_count"] for row in marts),
        checks_passed=sum(1 for row in checks if row["passed"]),
        checks_failed=[row for row in checks if not row["passed"]],
        steps=[(row["step"], row["seconds"]) for row in timed],
        seconds=seconds,
        steps_failed=tuple((row["step"], row["error"]) for row in timed if row["error"]),
    )
