"""Great Expectations on what D may know: a failed critical one stops dbt before it starts."""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg

from pipelines.assets.models import check_result
from pipelines.checks.expectation_suites import declared_checks
from pipelines.landing.contract import load_entities
from pipelines.operations.outcome import CheckDeclaration
from pipelines.resources import NightResource


def check_spec(declaration: CheckDeclaration) -> dg.AssetCheckSpec:
    """Return a declared check for Dagster."""
    return dg.AssetCheckSpec(
        name=declaration.name,
        asset=dg.AssetKey(list(declaration.asset)),
        blocking=declaration.is_blocking,
        description=f"{declaration.description_en}\n\n{declaration.description_zh}",
    )


def landed_checks() -> dg.AssetChecksDefinition:
    """Return the expectations of all landed entities as one step: the library is loaded once."""
    entities = list(load_entities())
    declared = [check for entity in entities for check in declared_checks(entity)]

    @dg.multi_asset_check(specs=[check_spec(d) for d in declared], name="check_landed")
    def check_landed(night: NightResource) -> Iterator[dg.AssetCheckResult]:
        import duckdb

        from pipelines.checks.expectation_runner import run_suites

        with night.night.step("check landed data"):
            with duckdb.connect(str(night.night.folder.build_file), read_only=True) as con:
                outcomes = run_suites(con, entities, night.night.as_of)
            night.night.log.checks(night.night.run_id, outcomes, night.night.seen_at)
        for outcome in outcomes:
            yield check_result(outcome)

    return check_landed
