"""Great Expectations in the night: on what D may know, and on the marts before readers get them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import dagster as dg

from pipelines.assets.models import check_result
from pipelines.checks.expectation_suites import declared_checks
from pipelines.checks.judge import judge
from pipelines.checks.subjects import Subject, landed_subjects
from pipelines.operations.outcome import CheckDeclaration
from pipelines.orchestration.asset_keys import asset_key
from pipelines.orchestration.resources import NightResource


def check_spec(declaration: CheckDeclaration) -> dg.AssetCheckSpec:
    """Return a declared check for Dagster."""
    return dg.AssetCheckSpec(
        name=declaration.name,
        asset=asset_key(*declaration.asset),
        blocking=declaration.is_blocking,
        description=f"{declaration.description_en}\n\n{declaration.description_zh}",
    )


def landed_checks() -> dg.AssetChecksDefinition:
    """Return the expectations of all landed entities: a critical one stops dbt before it starts."""
    return _judged("check_landed", "check landed data", list(landed_subjects().values()))


def mart_checks(
    subjects: Iterable[Subject], models: Sequence[dg.AssetsDefinition]
) -> list[dg.AssetChecksDefinition]:
    """Return the expectations of all marts, one step behind each step that builds some of them.

    A critical one stops whatever is made of its mart, and the publish.
    """
    checks = []
    for built in models:
        own = [s for s in subjects if asset_key(*s.asset) in built.keys]
        name = f"check_{built.op.name}"
        checks.append(_judged(name, name.replace("_", " "), own))
    return checks


def _judged(name: str, step: str, subjects: Sequence[Subject]) -> dg.AssetChecksDefinition:
    """Judge these tables in one step: the library is loaded once a night."""
    declared = [check for subject in subjects for check in declared_checks(subject)]

    @dg.multi_asset_check(specs=[check_spec(d) for d in declared], name=name)
    def judge_tables(night: NightResource) -> Iterator[dg.AssetCheckResult]:
        folder = night.night.folder
        with night.night.step(step):
            outcomes = judge(folder.build_file, subjects, night.night.as_of, folder.data_docs)
            night.night.log.checks(night.night.run_id, outcomes, night.night.seen_at)
        for outcome in outcomes:
            yield check_result(outcome)

    return judge_tables
