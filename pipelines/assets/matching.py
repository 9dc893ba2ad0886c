"""Matching of customers as an asset between what was handed over and the models."""

from __future__ import annotations

import dagster as dg

from pipelines.orchestration.asset_keys import DATA_TEAM, MATCHING, RULES, input_key
from pipelines.orchestration.resources import NightResource

READS = ("accounts", "contacts", "leads")


def matching_asset(
    partitions: dg.PartitionsDefinition,
) -> dg.AssetsDefinition:
    """Return the step that finds the records of one customer, and the pairs to ask about."""
    spec = dg.AssetSpec(
        key=MATCHING,
        deps=[*(input_key("landed", entity) for entity in READS), RULES],
        group_name="intermediate",
        kinds={"python", "duckdb"},
        owners=[DATA_TEAM],
        description="Customer records and leads, each with its customer: exact keys, then a "
        "linkage model, decisions of the rules workbook above both. "
        "客户合并：精确匹配、概率匹配，人工决定优先。",
    )

    @dg.multi_asset(
        specs=[spec], name="match_customers", can_subset=False, partitions_def=partitions
    )
    def match_customers(night: NightResource) -> dg.MaterializeResult:  # type: ignore[type-arg]
        from pipelines.steps.matching import run_matching_step

        with night.night.step("match customers"):
            rows = run_matching_step(night.night.folder.build_file)
        return dg.MaterializeResult(
            asset_key=MATCHING,
            metadata={"dagster/row_count": rows["matching.customer_record"], **rows},
        )

    return match_customers
