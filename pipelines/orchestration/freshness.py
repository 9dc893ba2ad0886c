"""How fresh assets must be: one policy for what every night brings anew."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import dagster as dg

from pipelines.orchestration.asset_keys import own_path
from pipelines.settings import CompanySettings

# A night may take this long after its hour before somebody should look.
GRACE = timedelta(hours=2)
DAY = timedelta(days=1)
NIGHTLY_LAYERS = ("sources", "marts", "published")


def with_freshness(
    assets: Sequence[dg.AssetsDefinition], settings: CompanySettings
) -> list[dg.AssetsDefinition]:
    """Return the assets with a freshness policy on sources, marts and what is published.

    A night runs every day, so that each of them is materialised once a day: after a day and two
    hours a warning, after two days a failure. What a source's own files cover is judged by its data
    checks, in workdays.
    """
    if settings.as_of is not None:  # a company of one fixed day, such as the demo, does not age
        return list(assets)
    policy = dg.FreshnessPolicy.time_window(fail_window=2 * DAY, warn_window=DAY + GRACE)

    def fresh(spec: dg.AssetSpec) -> dg.AssetSpec:
        if own_path(spec.key)[0] not in NIGHTLY_LAYERS:
            return spec
        return spec.replace_attributes(freshness_policy=policy)

    return list(dg.map_asset_specs(fresh, assets))
