"""Daily partitions: one per as-of day D, so that Dagster shows which nights exist."""

from __future__ import annotations

from datetime import date

import dagster as dg

from pipelines.landing.manifest import Manifest
from pipelines.settings import CompanyFolder, CompanySettings


def night_partitions(
    folder: CompanyFolder, settings: CompanySettings, asked_for: date | None
) -> dg.DailyPartitionsDefinition:
    """Return the days that a night can be run for.

    They begin with the year of the first night on record, of the fixed as-of day and of the day asked
    for, whichever is earliest, and end with yesterday (or with the fixed as-of day, if later).
    """
    nights = [night.as_of for night in Manifest(folder.archive).nights()]
    known = [*nights, *(day for day in (settings.as_of, asked_for) if day)]
    first = date(min(known).year, 1, 1) if known else date(2020, 1, 1)
    return dg.DailyPartitionsDefinition(
        start_date=first.isoformat(), timezone=settings.company.timezone
    )
