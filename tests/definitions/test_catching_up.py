"""Which nights run, and when: missed ones first and in order, and files that arrive start one."""

from __future__ import annotations

import os
import time
from datetime import UTC, date, datetime
from datetime import time as time_of_day
from pathlib import Path

import dagster as dg
import pytest

from pipelines.landing.manifest import Manifest, Night, cutoff_for
from pipelines.orchestration.schedules import missing_days, nightly_schedule
from pipelines.orchestration.sensors import SETTLED_SECONDS, inbox_sensor
from pipelines.settings import CompanyFolder, load_company
from tests.small_world import deliver, write_small_world


@pytest.fixture
def folder(tmp_path: Path) -> CompanyFolder:
    return CompanyFolder(write_small_world(tmp_path / "company"))


def published(folder: CompanyFolder, *days: str) -> None:
    for number, day in enumerate(days, start=1):
        at = datetime(2026, 3, 1, number, tzinfo=UTC)
        Manifest(folder.archive).append(
            Night(date.fromisoformat(day), number, f"r{number}", f"v{number}", at)
        )


def test_nights_missed_for_three_days_run_in_order() -> None:
    assert missing_days([date(2026, 3, 5)], date(2026, 3, 8)) == [
        date(2026, 3, 6), date(2026, 3, 7), date(2026, 3, 8),
    ]  # fmt: skip


def test_a_company_without_a_night_begins_with_the_last_day() -> None:
    assert missing_days([], date(2026, 3, 8)) == [date(2026, 3, 8)]


def test_a_tick_after_downtime_asks_for_every_missed_night_in_company_time(
    folder: CompanyFolder,
) -> None:
    published(folder, "2026-03-05")
    schedule = nightly_schedule(folder, load_company(folder).model_copy(update={"as_of": None}))
    assert schedule.execution_timezone == "Asia/Shanghai"
    # 19:00 UTC on the 8th is 03:00 on the 9th in Shanghai: the 8th has just ended there.
    context = dg.build_schedule_context(
        scheduled_execution_time=datetime(2026, 3, 8, 19, 0, tzinfo=UTC)
    )
    requests = list(schedule(context))
    assert [request.partition_key for request in requests] == [
        "2026-03-06",
        "2026-03-07",
        "2026-03-08",
    ]


def test_the_night_starts_at_three_unless_company_yml_says_otherwise(
    folder: CompanyFolder,
) -> None:
    settings = load_company(folder)
    at_half_past_five = settings.model_copy(update={"nightly_at": time_of_day(5, 30)})
    assert nightly_schedule(folder, settings).cron_schedule == "0 3 * * *"
    assert nightly_schedule(folder, at_half_past_five).cron_schedule == "30 5 * * *"


def test_new_files_start_one_run_once_they_have_stopped_growing(folder: CompanyFolder) -> None:
    sensor = inbox_sensor(folder, load_company(folder))

    def tick(cursor: str | None) -> tuple[list[str | None], str | None]:
        context = dg.build_sensor_context(cursor=cursor)
        said = list(sensor(context))
        return [ask.partition_key for ask in said if isinstance(ask, dg.RunRequest)], context.cursor

    asked, cursor = tick(None)
    assert asked == [] and cursor
    assert tick(cursor)[0] == []
    path = deliver(folder.root, "orders", "订单编号\n", "20260301")
    assert tick(cursor)[0] == [], "it may still be growing"
    old = time.time() - SETTLED_SECONDS - 5
    os.utime(path, (old, old))
    for other in folder.inbox.iterdir():
        os.utime(other, (old, old))
    asked, after = tick(cursor)
    assert asked == ["2026-02-28"]
    assert tick(after)[0] == []


def test_an_older_day_knows_what_had_arrived_when_it_was_last_published(
    folder: CompanyFolder,
) -> None:
    published(folder, "2026-03-01", "2026-03-02", "2026-03-01")
    manifest = Manifest(folder.archive)
    assert cutoff_for(manifest, date(2026, 3, 1)) == 3
    assert cutoff_for(manifest, date(2026, 3, 2)) == 0, (
        "the newest takes what has arrived by now: nothing here"
    )


def test_a_torn_line_at_the_end_of_the_manifest_is_no_line(folder: CompanyFolder) -> None:
    published(folder, "2026-03-01")
    path = folder.archive / "manifest.jsonl"
    path.write_bytes(path.read_bytes() + b'{"kind": "night", "as_of": "2026-')
    assert len(Manifest(folder.archive).nights()) == 1
    Manifest(folder.archive).append(
        Night(date(2026, 3, 2), 2, "r2", "v2", datetime(2026, 3, 3, tzinfo=UTC))
    )
    assert [n.as_of.day for n in Manifest(folder.archive).nights()] == [1, 2]


def test_an_outage_of_half_a_year_loses_no_night() -> None:
    days = missing_days([date(2026, 1, 31)], date(2026, 7, 31))
    assert len(days) == 181 and days[0] == date(2026, 2, 1) and days[-1] == date(2026, 7, 31)


def test_a_company_whose_day_is_fixed_is_not_run_beyond_it(folder: CompanyFolder) -> None:
    published(folder, "2026-02-27")
    settings = load_company(folder).model_copy(update={"as_of": date(2026, 2, 28)})
    context = dg.build_schedule_context(
        scheduled_execution_time=datetime(2026, 11, 8, 19, 0, tzinfo=UTC)
    )
    asked = list(nightly_schedule(folder, settings)(context))
    assert [request.partition_key for request in asked] == ["2026-02-28"]
