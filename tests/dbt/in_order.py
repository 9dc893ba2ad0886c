"""Build models in tests in the night's order: what the cascade reads, the cascade, the rest."""

from __future__ import annotations

import os
from collections.abc import Sequence
from unittest import mock

from pipelines.assets.cascade import READS
from pipelines.assets.models import AFTER_CASCADE
from pipelines.dbt_runner import NodeResult, build
from pipelines.settings import CompanyFolder
from pipelines.steps.cascade import run_cascade_step


def build_in_order(folder: CompanyFolder, selection: Sequence[str] = ()) -> list[NodeResult]:
    """Build a selection (all models without one) and its tests around the cascade of targets."""
    # Of a part of the models only tests that read nothing but that part.
    which = {"DBT_INDIRECT_SELECTION": "cautious"} if selection else {}
    with mock.patch.dict(os.environ, which):
        return _build_in_order(folder, selection)


def _build_in_order(folder: CompanyFolder, selection: Sequence[str]) -> list[NodeResult]:
    reads = [f"+{name}" for name in READS]
    before = build(folder, [*selection, *reads] if selection else (), exclusion=[AFTER_CASCADE])
    run_cascade_step(folder.build_file)
    chosen = [f"{part},{AFTER_CASCADE}" for part in selection] or [AFTER_CASCADE]
    return [*before, *build(folder, selection=chosen)]
