"""Proposals for a manager to decide: files in published/review, anew with each published night."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dagster as dg

from pipelines.asset_keys import DATA_TEAM
from pipelines.assets.published import MANIFEST
from pipelines.night import Night
from pipelines.publish.files import replace_file_atomically
from pipelines.resources import NightResource
from pipelines.tell.review_targets import season_workbook, suggestion_workbook

if TYPE_CHECKING:
    import duckdb

REVIEW = dg.AssetKey(["published", "review"])


def review_asset(partitions: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    """Return the step that writes proposed target splits and season weights as workbooks."""
    spec = dg.AssetSpec(
        key=REVIEW,
        deps=[
            MANIFEST,
            dg.AssetKey(["marts", "mart_target_suggestion"]),
            dg.AssetKey(["marts", "mart_season_proposal"]),
        ],
        group_name="published",
        kinds={"excel"},
        owners=[DATA_TEAM],
        description="published/review/target_suggestion.xlsx and season_proposal.xlsx: paste the "
        "rows into the target sheet or the rules workbook to take them over. "
        "目标分解建议与季节权重建议：粘贴回目标表或规则表即生效。",
    )

    @dg.multi_asset(specs=[spec], name="review", can_subset=False, partitions_def=partitions)
    def review(night: NightResource) -> dg.MaterializeResult:  # type: ignore[type-arg]
        with night.night.step("write proposals"):
            rows = _write(night.night) if night.night.publishes else {}
        return dg.MaterializeResult(asset_key=REVIEW, metadata=rows)

    return review


def _write(night: Night) -> dict[str, Any]:
    """Write both workbooks; one without a proposal has its header alone."""
    import duckdb

    with duckdb.connect(str(night.folder.build_file), read_only=True) as con:
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
    name = signed["name"] or "signed_amount"
    folder = night.folder.published / "review"
    replace_file_atomically(folder / "target_suggestion.xlsx", suggestion_workbook(suggested, name))
    replace_file_atomically(folder / "season_proposal.xlsx", season_workbook(seasons))
    return {"target_suggestion.xlsx": len(suggested), "season_proposal.xlsx": len(seasons)}


def _rows(con: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    cursor = con.execute(sql)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
