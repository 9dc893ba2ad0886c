"""Build models in tests in the night's order: matching, facts, cascade, target models, forecast, the rest."""

from __future__ import annotations

import os
from collections.abc import Sequence
from unittest import mock

from pipelines.assets.models import AFTER_CASCADE, AFTER_FORECAST
from pipelines.assets.steps import CASCADE_READS, FORECAST_READS
from pipelines.dbt.runner import NodeResult, build
from pipelines.settings import CompanyFolder
from pipelines.steps.cascade import run_cascade_step
from pipelines.steps.forecast import run_forecast_step
from pipelines.steps.matching import run_matching_step


def build_in_order(folder: CompanyFolder, selection: Sequence[str] = ()) -> list[NodeResult]:
    """Build a selection (all models without one) and its tests around cascade and forecast."""
    # Of a part of the models only tests that read nothing but that part.
    which = {"DBT_INDIRECT_SELECTION": "cautious"} if selection else {}
    with mock.patch.dict(os.environ, which):
        return _build_in_order(folder, selection)


def _build_in_order(folder: CompanyFolder, selection: Sequence[str]) -> list[NodeResult]:
    run_matching_step(folder.build_file)
    reads = [f"+{name}" for name in (*CASCADE_READS, *FORECAST_READS)]
    before = build(
        folder, [*selection, *reads] if selection else (), exclusion=[AFTER_CASCADE, AFTER_FORECAST]
    )
    broken = [node for node in before if node.status in ("error", "fail")]
    if broken:
        return broken
    run_cascade_step(folder.build_file)
    wanted = [*selection, *reads] if selection else []
    chosen = [f"{part},{AFTER_CASCADE}" for part in wanted] or [AFTER_CASCADE]
    between = build(folder, selection=chosen, exclusion=[AFTER_FORECAST])
    run_forecast_step(folder.build_file)
    rest = [f"{part},{AFTER_FORECAST}" for part in selection] or [AFTER_FORECAST]
    return [*before, *between, *build(folder, selection=rest)]
