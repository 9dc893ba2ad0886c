"""The nightly job: every asset and check of one D, in one process."""

from __future__ import annotations

import dagster as dg

NIGHTLY = "nightly"


def nightly_job() -> dg.UnresolvedAssetJobDefinition:
    """Return the job that the CLI, the schedule and the UI all run.

    In one process: importing dagster, dbt and Great Expectations once costs seconds, and the night's
    lock is held by the process that does the work.
    """
    return dg.define_asset_job(
        name=NIGHTLY,
        selection=dg.AssetSelection.all(),
        executor_def=dg.in_process_executor,
        description="Land, build, check and publish one day. 每晚：入库、建模、检查、发布。",
    )
