"""The nightly job: every asset and check of one D, in one process."""

from __future__ import annotations

import dagster as dg

from pipelines.operations.alerts.tell import AlertDesk
from pipelines.orchestration.asset_keys import company_key
from pipelines.settings import CompanyFolder, load_company

NIGHTLY = "nightly"
SEND_ALERTS = "send_alerts"
COMPANY_TAG = "gapwise/company"  # what a run queue of several companies counts by
CELERY_QUEUE_TAG = "dagster-celery/queue"


def run_tags() -> dict[str, str]:
    """Return what a company's runs are known by where several share one Dagster."""
    key = company_key()
    return {COMPANY_TAG: key, CELERY_QUEUE_TAG: key} if key else {}


def nightly_job() -> dg.UnresolvedAssetJobDefinition:
    """Return the job that the CLI, the schedule and the UI all run.

    In one process: importing dagster, dbt and Great Expectations once costs seconds, and the night's
    lock is held by the process that does the work.
    """
    return dg.define_asset_job(
        name=NIGHTLY,
        selection=dg.AssetSelection.all(),
        executor_def=dg.in_process_executor,
        tags=run_tags(),
        description="Land, build, check and publish one day. 每晚：入库、建模、检查、发布。",
    )


def send_alerts_job(folder: CompanyFolder) -> dg.JobDefinition:
    """Return the job that sends what waits: after quiet hours, or after a channel was down."""

    @dg.op(description="Send the messages that are due. 发送到期的提醒。")
    def send_waiting_alerts() -> None:
        AlertDesk(folder, load_company(folder)).send()

    @dg.job(name=SEND_ALERTS, executor_def=dg.in_process_executor, tags=run_tags())
    def send_alerts() -> None:
        send_waiting_alerts()

    return send_alerts
