"""The Python steps around dbt's as assets: customers matched, targets spread, periods forecast."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import dagster as dg

from pipelines.orchestration.asset_keys import (
    CALENDAR,
    CASCADE,
    DATA_TEAM,
    FORECAST,
    MATCHING,
    RULES,
    asset_key,
    input_key,
)
from pipelines.orchestration.resources import NightResource

CASCADE_READS = (
    "int_metric_day", "int_org_path", "int_org_path_node", "int_person_org", "int_process_target",
)  # fmt: skip
FORECAST_READS = (
    "int_forecast_booking", "int_forecast_stay", "int_leaf_scope", "int_opportunity_segment",
    "int_pipeline_stage", "int_target_period", "int_target_scope_period",
)  # fmt: skip


@dataclass(frozen=True)
class PythonStep:
    """A step that reads and writes the build file.

    Attributes:
        key: its asset.
        name: of the Dagster step.
        said: what the night says while it runs.
        deps: the assets that it reads.
        counted: the table whose rows are told as its own.
        description: for people, in both languages.
        run: the step; loads what it needs, returns the rows of each table.
    """

    key: dg.AssetKey
    name: str
    said: str
    deps: Sequence[dg.AssetKey]
    counted: str
    description: str
    run: Callable[[Path], dict[str, int]]


def _match(build_file: Path) -> dict[str, int]:
    from pipelines.steps.matching import run_matching_step

    return run_matching_step(build_file)


def _cascade(build_file: Path) -> dict[str, int]:
    from pipelines.steps.cascade import run_cascade_step

    return run_cascade_step(build_file)


def _forecast(build_file: Path) -> dict[str, int]:
    from pipelines.steps.forecast import run_forecast_step

    return run_forecast_step(build_file)


STEPS = (
    PythonStep(
        MATCHING, "match_customers", "match customers",
        [*(input_key("landed", entity) for entity in ("accounts", "contacts", "leads")), RULES],
        "matching.customer_record",
        "Customer records and leads, each with its customer: exact keys, then a linkage model, decisions of "
        "the rules workbook above both. 客户合并：精确匹配、概率匹配，人工决定优先。",
        _match,
    ),
    PythonStep(
        CASCADE, "cascade", "cascade targets",
        [*(input_key("landed", entity) for entity in ("targets", "people", "progress")), RULES, CALENDAR,
         *(asset_key("intermediate", model) for model in CASCADE_READS)],
        "cascade.target_atom",
        "Targets spread over organisation, product line, customer type and time; every level sums exactly. "
        "目标分解：组织 × 产品线 × 客户类型 × 时间，逐级合计精确相等。",
        _cascade,
    ),
    PythonStep(
        FORECAST, "forecast", "forecast",
        [RULES, CALENDAR, *(asset_key("intermediate", model) for model in FORECAST_READS)],
        "forecast.weekly_call",
        "What each period will come to, seen from every week: booked, open deals by age and stage, business "
        "not yet created. 每周滚动预测：已签约＋在手商机＋尚未产生的业务。",
        _forecast,
    ),
)  # fmt: skip


def step_assets(partitions: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    """Return the three steps, each of which runs when dbt has built what it reads."""
    return [_asset(step, partitions) for step in STEPS]


def _asset(step: PythonStep, partitions: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    spec = dg.AssetSpec(
        key=step.key,
        deps=list(step.deps),
        group_name="intermediate",
        kinds={"python", "duckdb"},
        owners=[DATA_TEAM],
        description=step.description,
    )

    @dg.multi_asset(specs=[spec], name=step.name, can_subset=False, partitions_def=partitions)
    def run(night: NightResource) -> dg.MaterializeResult:  # type: ignore[type-arg]
        with night.night.step(step.said):
            rows = step.run(night.night.folder.build_file)
        return dg.MaterializeResult(
            asset_key=step.key, metadata={"dagster/row_count": rows[step.counted], **rows}
        )

    return run
