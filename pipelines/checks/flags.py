"""Business flags as asset checks: what the sales team should do. Warnings: none holds a night.

A flag is declared in `pipelines/operations/flags/*.yml`; nothing is added here.
"""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg

from pipelines.assets.models import check_result
from pipelines.checks.expectation_checks import check_spec
from pipelines.operations.flags import declared_flags
from pipelines.operations.flags.raising import findings_of, outcome_of
from pipelines.orchestration.resources import NightResource


def flag_checks() -> dg.AssetChecksDefinition:
    """Return all business flags as one step on the built marts."""
    flags = [flag for flag in declared_flags() if flag.is_check]

    @dg.multi_asset_check(
        specs=[check_spec(flag.declaration) for flag in flags], name="business_flags"
    )
    def business_flags(night: NightResource) -> Iterator[dg.AssetCheckResult]:
        import duckdb

        tonight = night.night
        with tonight.step("raise business flags"):
            with duckdb.connect(str(tonight.folder.build_file), read_only=True) as con:
                outcomes = [
                    outcome_of(con, flag, findings_of(con, flag, tonight.as_of)) for flag in flags
                ]
            tonight.log.checks(tonight.run_id, outcomes, tonight.seen_at)
        for outcome in outcomes:
            yield check_result(outcome)

    return business_flags
