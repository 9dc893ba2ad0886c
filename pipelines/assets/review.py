"""What waits for a person's decision: files in published/review, anew with each published night."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dagster as dg

from pipelines.operations.night import Night
from pipelines.orchestration.asset_keys import MARTS_FILE, asset_key
from pipelines.orchestration.resources import NightResource
from pipelines.publish.files import replace_file_atomically

if TYPE_CHECKING:
    import duckdb

REVIEW = asset_key("published", "review")
READ_FROM = ("mart_customer_match", "mart_target_suggestion", "mart_season_proposal", "dim_metric")


def review_asset(partitions: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    """Return the step that writes pairs of customers, target splits and season weights to decide on."""
    spec = dg.AssetSpec(
        key=REVIEW,
        deps=[MARTS_FILE, *(asset_key("marts", name) for name in READ_FROM)],
        group_name="published",
        kinds={"excel"},
        owners=["team:sales_operations"],
        description="published/review: customer_matches.xlsx, target_suggestion.xlsx and "
        "season_proposal.xlsx; rows pasted into the rules workbook or the target sheet take effect. "
        "疑似重复客户、目标分解建议、季节权重建议：粘贴回规则表或目标表即生效。",
    )

    @dg.multi_asset(specs=[spec], name="review", can_subset=False, partitions_def=partitions)
    def review(night: NightResource) -> dg.MaterializeResult:  # type: ignore[type-arg]
        with night.night.step("write lists for review"):
            rows = _write(night.night) if night.night.publishes else {}
        return dg.MaterializeResult(asset_key=REVIEW, metadata=rows)

    return review


def _write(night: Night) -> dict[str, Any]:
    """Write the lists of the night that readers see; one without rows has its header alone."""
    import duckdb

    from pipelines.tell.review_list import review_workbook
    from pipelines.tell.review_targets import season_workbook, suggestion_workbook

    with duckdb.connect(str(night.folder.build_file), read_only=True) as con:
        matches = _rows(
            con,
            "from marts.mart_customer_match "
            "order by match_probability_rate desc nulls first, record_a, record_b",
        )
        suggested = _rows(
            con,
            "select * from marts.mart_target_suggestion "
            "order by period_start, parent_node_id, person_id",
        )
        seasons = _rows(
            con,
            "select season.*, dim.metric_name_zh as metric_name "
            "from marts.mart_season_proposal as season "
            "inner join marts.dim_metric as dim using (metric) "
            "order by metric, position_kind desc, position",
        )
        [signed] = _rows(
            con,
            "select max(metric_name_zh) as name from marts.dim_metric "
            "where metric = 'signed_amount'",
        )
    language, name = night.settings.company.languages[0], signed["name"] or "signed_amount"
    workbooks = {
        "customer_matches.xlsx": (matches, review_workbook(matches, language, night.as_of)),
        "target_suggestion.xlsx": (suggested, suggestion_workbook(suggested, name)),
        "season_proposal.xlsx": (seasons, season_workbook(seasons)),
    }
    for file, (_, content) in workbooks.items():
        replace_file_atomically(night.folder.published / "review" / file, content)
    return {file: len(rows) for file, (rows, _) in workbooks.items()}


def _rows(con: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    cursor = con.execute(sql)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
