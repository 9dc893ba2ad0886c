"""When nights run: every day in the company's time zone, missed ones first and in order."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import dagster as dg

from pipelines.landing.manifest import Manifest
from pipelines.operations.night import default_as_of
from pipelines.orchestration.jobs import NIGHTLY
from pipelines.settings import CompanyFolder, CompanySettings


def missing_days(nights: list[date], last: date) -> list[date]:
    """Return the days to run, in order: from the day after the newest night up to the last one.

    A company without any night starts with the last day alone. An outage is caught up whole, however
    long: the run queue takes one night after the other.
    """
    if not nights:
        return [last]
    newest = max(nights)
    return [newest + timedelta(days=i) for i in range(1, (last - newest).days + 1)]


def nightly_schedule(folder: CompanyFolder, settings: CompanySettings) -> dg.ScheduleDefinition:
    """Return the schedule; one tick after days of downtime asks for every missed night."""
    at = settings.nightly_at

    @dg.schedule(
        job_name=NIGHTLY,
        cron_schedule=f"{at.minute} {at.hour} * * *",
        execution_timezone=settings.company.timezone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Every night; nights that were missed run first, in order.",
    )
    def nightly_schedule(
        context: dg.ScheduleEvaluationContext,
    ) -> Iterator[dg.RunRequest]:
        local = context.scheduled_execution_time.astimezone(settings.zone)
        last = default_as_of(settings, local)
        nights = [night.as_of for night in Manifest(folder.archive).nights()]
        for day in missing_days(nights, last):
            # One run a night and tick: a tick that fires twice asks only once.
            yield dg.RunRequest(run_key=f"{day}@{local.date()}", partition_key=day.isoformat())

    return nightly_schedule
