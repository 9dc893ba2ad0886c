"""Assembly only: one company's assets, checks, job, schedule and sensor."""

from __future__ import annotations

import os
from datetime import date

import dagster as dg

from pipelines.assets.alerts import alerts_asset
from pipelines.assets.board import board_assets
from pipelines.assets.landed import landed_assets
from pipelines.assets.models import model_assets
from pipelines.assets.published import published_assets
from pipelines.assets.review import review_asset
from pipelines.assets.sources import source_assets
from pipelines.assets.steps import step_assets
from pipelines.checks.expectation_checks import landed_checks, mart_checks
from pipelines.checks.flags import flag_checks
from pipelines.checks.rulebook import rulebook_checks
from pipelines.checks.sources import source_checks
from pipelines.checks.subjects import mart_subjects
from pipelines.checks.targets import target_checks
from pipelines.dbt.runner import DUCKDB, parse
from pipelines.orchestration.asset_keys import own_path
from pipelines.orchestration.freshness import with_freshness
from pipelines.orchestration.jobs import nightly_job, send_alerts_job
from pipelines.orchestration.partitions import night_partitions
from pipelines.orchestration.resources import NightResource
from pipelines.orchestration.schedules import nightly_schedule
from pipelines.orchestration.sensors import inbox_sensor, waiting_alerts_sensor
from pipelines.orchestration.translation import FlowTranslator
from pipelines.settings import CompanyFolder, load_company, resolve_home


def build_definitions(
    folder: CompanyFolder,
    *,
    as_of: date | None = None,
    publish_older: bool = False,
    engine: str = DUCKDB,
) -> dg.Definitions:
    """Return everything Dagster knows of one company.

    Args:
        folder: the company's folder.
        as_of: a day that must be among the partitions, however old.
        publish_older: show readers a D older than the one they see.
        engine: what builds the models, duckdb or spark.
    """
    settings = load_company(folder)
    partitions = night_partitions(folder, settings, as_of)
    manifest = parse(folder)
    models = model_assets(manifest, FlowTranslator(partitions))
    marts = [key for part in models for key in part.keys if own_path(key)[0] == "marts"]
    assets = [
        *source_assets(settings, partitions),
        landed_assets(settings, partitions),
        *models,
        *step_assets(partitions),
        published_assets(
            manifest, marts, partitions, has_postgres=settings.publish.postgres is not None
        ),
        review_asset(partitions),
        board_assets(manifest, partitions),
        alerts_asset(partitions),
    ]
    return dg.Definitions(
        assets=with_freshness(assets, settings),
        asset_checks=[
            *source_checks(settings),
            rulebook_checks(),
            landed_checks(),
            target_checks(),
            *mart_checks(mart_subjects(manifest).values(), models),
            flag_checks(),
        ],
        jobs=[nightly_job(), send_alerts_job(folder)],
        schedules=[nightly_schedule(folder, settings)],
        sensors=[inbox_sensor(folder, settings), waiting_alerts_sensor(folder, settings)],
        resources={
            "night": NightResource(
                home=str(folder.root), publish_older=publish_older, engine=engine
            )
        },
    )


@dg.definitions
def defs() -> dg.Definitions:
    """Load the company that this code location serves; GAPWISE_ENGINE names what builds it."""
    return build_definitions(resolve_home(None), engine=os.environ.get("GAPWISE_ENGINE", DUCKDB))
