"""Assembly only: one company's assets, checks, job, schedule and sensor."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import dagster as dg

from pipelines.assets.landed import landed_assets
from pipelines.assets.models import model_assets
from pipelines.assets.published import published_assets
from pipelines.assets.sources import source_assets
from pipelines.checks.sources import source_checks
from pipelines.dbt_runner import parse
from pipelines.jobs import nightly_job
from pipelines.partitions import night_partitions
from pipelines.resources import NightResource
from pipelines.schedules import nightly_schedule
from pipelines.sensors import inbox_sensor
from pipelines.settings import CompanyFolder, ConfigurationError, load_company
from pipelines.translation import FlowTranslator


def build_definitions(
    folder: CompanyFolder, *, as_of: date | None = None, publish_older: bool = False
) -> dg.Definitions:
    """Return everything Dagster knows of one company.

    Args:
        folder: the company's folder.
        as_of: a day that must be among the partitions, however old.
        publish_older: show readers a D older than the one they see.
    """
    settings = load_company(folder)
    partitions = night_partitions(folder, settings, as_of)
    manifest = parse(folder)
    models = model_assets(manifest, FlowTranslator(partitions))
    marts = [key for key in models.keys if key.path[0] == "marts"]
    return dg.Definitions(
        assets=[
            *source_assets(settings, partitions),
            landed_assets(settings, partitions),
            models,
            published_assets(manifest, marts, partitions),
        ],
        asset_checks=source_checks(settings),
        jobs=[nightly_job()],
        schedules=[nightly_schedule(folder, settings)],
        sensors=[inbox_sensor(folder, settings)],
        resources={"night": NightResource(home=str(folder.root), publish_older=publish_older)},
    )


def home_from_environment() -> CompanyFolder:
    """Return the company folder of GAPWISE_HOME, else `company/`, else `demo/`.

    Raises:
        ConfigurationError: there is none; the fix is named.
    """
    named = os.environ.get("GAPWISE_HOME")
    candidates = [Path(named)] if named else [Path("company"), Path("demo")]
    for path in candidates:
        if (path / "company.yml").is_file():
            return CompanyFolder(path.resolve())
    raise ConfigurationError(
        f"no company folder at {' or '.join(map(str, candidates))}; "
        "create one with `gapwise init company`, or set GAPWISE_HOME"
    )


@dg.definitions
def defs() -> dg.Definitions:
    """Load the company that this code location serves."""
    return build_definitions(home_from_environment())
