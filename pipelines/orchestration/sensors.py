"""Runs that files start: what arrives in the inbox during the day is built without waiting for night."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime

import dagster as dg

from pipelines.landing.source import inbox_files
from pipelines.operations.alerts.tell import AlertDesk
from pipelines.operations.night import default_as_of
from pipelines.orchestration.jobs import NIGHTLY, SEND_ALERTS
from pipelines.settings import CompanyFolder, CompanySettings, FileSource

SETTLED_SECONDS = 60
# A service that is down is asked again this often.
SEND_AGAIN_MINUTES = 10


def inbox_signature(folder: CompanyFolder, settings: CompanySettings) -> tuple[str, float]:
    """Return a signature of names, sizes and times of all inbox files, and the newest time."""
    digest, newest = hashlib.sha256(), 0.0
    for source in settings.sources:
        if not isinstance(source, FileSource):
            continue
        for file in inbox_files(folder, source):
            stat = file.stat()
            digest.update(f"{source.name}|{file}|{stat.st_size}|{stat.st_mtime_ns}\n".encode())
            newest = max(newest, stat.st_mtime)
    return digest.hexdigest()[:16], newest


def inbox_sensor(folder: CompanyFolder, settings: CompanySettings) -> dg.SensorDefinition:
    """Return the sensor that starts a run once files have arrived and stopped growing."""

    @dg.sensor(
        job_name=NIGHTLY,
        minimum_interval_seconds=SETTLED_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Runs the latest D when files arrive in the inbox. 收件箱有新文件时运行。",
    )
    def inbox(
        context: dg.SensorEvaluationContext,
    ) -> Iterator[dg.RunRequest | dg.SkipReason]:
        now = datetime.now(UTC)
        signature, newest = inbox_signature(folder, settings)
        if context.cursor is None:
            context.update_cursor(signature)
            yield dg.SkipReason(
                "Watching from now on; what already lies there is for the nightly run."
            )
        elif signature == context.cursor:
            yield dg.SkipReason("Nothing new in the inbox.")
        elif now.timestamp() - newest < SETTLED_SECONDS:
            yield dg.SkipReason("Files are still arriving.")
        else:
            context.update_cursor(signature)
            day = default_as_of(settings, now)
            yield dg.RunRequest(run_key=signature, partition_key=day.isoformat())

    return inbox


def waiting_alerts_sensor(folder: CompanyFolder, settings: CompanySettings) -> dg.SensorDefinition:
    """Return the sensor that sends what waits, once quiet hours are over."""

    @dg.sensor(
        job_name=SEND_ALERTS,
        minimum_interval_seconds=SETTLED_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Sends alerts when quiet hours end. 免打扰时段结束后发送提醒。",
    )
    def waiting_alerts() -> Iterator[dg.RunRequest | dg.SkipReason]:
        now = datetime.now(UTC)
        if not AlertDesk(folder, settings).outbox.due(now):
            yield dg.SkipReason("Nothing is due.")
            return
        slot = int(now.timestamp() // (60 * SEND_AGAIN_MINUTES))
        yield dg.RunRequest(run_key=f"{SEND_ALERTS}-{slot}")

    return waiting_alerts
