"""dbt models as assets: built in this process, each with its rows, columns and tests."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import dagster as dg
from dagster_dbt import dbt_assets
from dagster_dbt.asset_utils import get_asset_check_key_for_test

from pipelines.dbt.data_tests import TestResult, judge
from pipelines.dbt.parsed import is_personal
from pipelines.dbt.runner import OUT_OF_MEMORY, DbtFailed, NodeResult
from pipelines.operations.night import Night
from pipelines.operations.outcome import CheckDeclaration, CheckOutcome
from pipelines.orchestration.asset_keys import asset_key, own_path
from pipelines.orchestration.resources import NightResource
from pipelines.orchestration.translation import FlowTranslator

AFTER_CASCADE = "source:cascade+"
AFTER_FORECAST = "source:forecast+"


def model_assets(
    manifest: Mapping[str, Any], translator: FlowTranslator
) -> tuple[dg.AssetsDefinition, ...]:
    """Return all dbt models as three steps: what the cascade reads, what the forecast reads, the rest.

    Each step builds its models in order, then judges the tests that are declared on them.
    """
    tests = _tests_by_key(manifest, translator)

    def built(
        night: NightResource, step: str, asset: dg.AssetsDefinition, results: list[NodeResult]
    ) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:  # type: ignore[type-arg]
        not_built = frozenset(r.unique_id for r in results if r.status != "success")
        with night.night.step(step):
            judged = judge(
                night.night.folder, (tests[key] for key in sorted(asset.check_keys)), not_built
            )
            yield from _results(manifest, translator, night.night, results, judged)

    @dbt_assets(
        manifest=manifest, dagster_dbt_translator=translator, name="dbt_models_before_cascade",
        exclude=f"{AFTER_CASCADE} {AFTER_FORECAST}",
    )  # fmt: skip
    def before_cascade(
        night: NightResource,
    ) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:  # type: ignore[type-arg]
        with night.night.step("build facts"):
            results = night.build(exclusion=[AFTER_CASCADE, AFTER_FORECAST])
        yield from built(night, "test facts", before_cascade, results)

    @dbt_assets(
        manifest=manifest,
        dagster_dbt_translator=translator,
        name="dbt_models",
        select=AFTER_CASCADE,
        exclude=AFTER_FORECAST,
    )
    def after_cascade(
        night: NightResource,
    ) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:  # type: ignore[type-arg]
        with night.night.step("build marts"):
            results = night.build(selection=[AFTER_CASCADE], exclusion=[AFTER_FORECAST])
        yield from built(night, "test marts", after_cascade, results)

    @dbt_assets(
        manifest=manifest,
        dagster_dbt_translator=translator,
        name="dbt_models_after_forecast",
        select=AFTER_FORECAST,
    )
    def after_forecast(
        night: NightResource,
    ) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:  # type: ignore[type-arg]
        with night.night.step("build forecast marts"):
            results = night.build(selection=[AFTER_FORECAST])
        yield from built(night, "test forecast marts", after_forecast, results)

    return before_cascade, after_cascade, after_forecast


def _tests_by_key(
    manifest: Mapping[str, Any], translator: FlowTranslator
) -> dict[dg.AssetCheckKey, str]:
    """Return the unique id of every data test by its key in Dagster."""
    tests = [name for name in manifest["nodes"] if name.startswith("test.")]
    keys = {test: get_asset_check_key_for_test(manifest, translator, test, None) for test in tests}
    return {key: test for test, key in keys.items() if key is not None}


def _results(
    manifest: Mapping[str, Any],
    translator: FlowTranslator,
    night: Night,
    results: list[NodeResult],
    tests: list[TestResult],
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:  # type: ignore[type-arg]
    """Record what was built and found, for Dagster and for the run log; a failed model fails the step."""
    tables = describe_tables(night)
    outcomes = [_outcome(manifest, translator, result) for result in tests]
    night.log.checks(night.run_id, outcomes, night.seen_at)
    for result in results:
        if result.status == "success":
            yield _materialized(manifest, translator, result, tables)
    for outcome in outcomes:
        yield check_result(outcome)
    _raise_on_failed_models(results)


def describe_tables(night: Night) -> dict[tuple[str, str], tuple[int, list[tuple[str, str]]]]:
    """Return rows and columns of every table that dbt built, from two queries over all of them."""
    import duckdb

    with duckdb.connect(str(night.folder.build_file), read_only=True) as con:
        columns = con.execute(
            """
            select table_schema, table_name, list((column_name, data_type) order by ordinal_position)
            from information_schema.columns
            where table_schema in ('staging', 'intermediate', 'marts')
            group by all
            """
        ).fetchall()
        if not columns:
            return {}
        # Counting the rows of a view would compute it anew.
        tables = con.execute("select schema_name, table_name from duckdb_tables()").fetchall()
        counts = " union all ".join(
            f"select '{schema}' as s, '{table}' as t, count(*) as n from {schema}.{table}"
            for schema, table, _ in columns
            if (schema, table) in set(tables)
        )
        rows = {(s, t): n for s, t, n in con.execute(counts).fetchall()} if counts else {}
    found = {(s, t): (rows.get((s, t), -1), list(c)) for s, t, c in columns}
    marts = {t: n for (s, t), (n, _) in found.items() if s == "marts"}
    night.log.marts(night.run_id, marts)
    return found


def _materialized(
    manifest: Mapping[str, Any],
    translator: FlowTranslator,
    result: NodeResult,
    tables: dict[tuple[str, str], tuple[int, list[tuple[str, str]]]],
) -> dg.MaterializeResult:  # type: ignore[type-arg]
    node = manifest["nodes"][result.unique_id]
    rows, columns = tables[node["schema"], node["name"]]
    described = node.get("columns", {})
    schema = dg.TableSchema(
        columns=[
            dg.TableColumn(name, kind.lower(), described.get(name, {}).get("description"))
            for name, kind in columns
        ]
    )
    metadata: dict[str, Any] = {"seconds": result.seconds, "dagster/column_schema": schema}
    if rows >= 0:
        metadata["dagster/row_count"] = rows
    return dg.MaterializeResult(asset_key=translator.get_asset_key(node), metadata=metadata)


def _outcome(
    manifest: Mapping[str, Any], translator: FlowTranslator, result: TestResult
) -> CheckOutcome:
    test = manifest["nodes"][result.unique_id]
    key = get_asset_check_key_for_test(manifest, translator, result.unique_id, None)
    severity = "error" if test["config"].get("severity", "error").lower() == "error" else "warn"
    asset = tuple(own_path(key.asset_key)) if key else ("marts", "all")
    return CheckOutcome(
        declaration=CheckDeclaration(
            asset=asset,
            name=test["name"],
            severity=severity,  # type: ignore[arg-type]
            description_en=test.get("description") or test["name"].replace("_", " "),
            description_zh=(test["config"].get("meta") or {}).get("zh") or test["name"],
        ),
        passed=result.status == "pass",
        figures={"failures": result.failures}
        | ({"message": result.message[:300]} if result.status == "error" else {}),
        sample=_without_personal_data(manifest, test, result.sample),
    )


def _without_personal_data(
    manifest: Mapping[str, Any], test: Mapping[str, Any], sample: Iterable[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """Return sample rows without the columns that a contract of the tested models calls personal."""
    models = [manifest["nodes"].get(name, {}) for name in test["depends_on"]["nodes"]]
    columns = [column for model in models for column in model.get("columns", {}).values()]
    personal = {c["name"] for c in columns if is_personal(c)}
    return [{name: row[name] for name in row if name not in personal} for row in sample]


def check_result(outcome: CheckOutcome) -> dg.AssetCheckResult:
    """Return a check's outcome for Dagster: severity, figures and a sample of offending rows."""
    declared = outcome.declaration
    metadata: dict[str, Any] = dict(outcome.figures)
    if outcome.sample:
        metadata["sample"] = dg.MetadataValue.json(_as_json(outcome.sample))
    if not outcome.is_applicable:
        metadata["not_applicable"] = "no rows of this kind are delivered"
    return dg.AssetCheckResult(
        asset_key=asset_key(*declared.asset),
        check_name=declared.name,
        passed=outcome.passed,
        severity=dg.AssetCheckSeverity.ERROR
        if declared.is_blocking
        else dg.AssetCheckSeverity.WARN,
        description=f"{declared.description_en}\n\n{declared.description_zh}",
        metadata={name: value for name, value in metadata.items() if value is not None},
    )


def _raise_on_failed_models(results: list[NodeResult]) -> None:
    failed = [r for r in results if r.unique_id.startswith("model.") and r.status == "error"]
    if failed:
        named = "; ".join(f"{r.unique_id.split('.')[-1]}: {r.message[:500]}" for r in failed[:5])
        raise DbtFailed(f"{len(failed)} model(s) failed: {named}{_hint_on(named)}")


def _hint_on(message: str) -> str:
    """Say what to look for where a sum outgrows a figure, or a model the memory."""
    if OUT_OF_MEMORY in message:
        return (
            ". By itself too it needs more memory than the build may hold (two fifths of the machine, 5 GB at "
            "most): give the machine more, or set GAPWISE_MEMORY_LIMIT / 单独重建仍然内存不足（构建最多使用机器内存的"
            "五分之二，上限 5 GB）：请增加机器内存，或设置 GAPWISE_MEMORY_LIMIT"
        )
    if not any(word in message.lower() for word in ("out of range", "overflow")):
        return ""
    return (
        ". A sum is larger than a figure holds (100 trillion): see whether a column of phones or ids is mapped "
        "as an amount / 合计超出可处理的范围（100万亿）：请检查是否把电话或编号列映射成了金额"
    )


def _as_json(sample: Iterable[Mapping[str, Any]]) -> Any:
    """Return sample rows with days, times and decimals as texts: a failed check must not fail the run."""
    return json.loads(json.dumps([dict(row) for row in sample], default=str))
