"""The step Tell, what people look at: board, workbook and documents of the night that readers see."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg

from pipelines.assets.models import check_result
from pipelines.assets.published import MANIFEST
from pipelines.bi.documents import write_documents
from pipelines.operations.outcome import CheckDeclaration, CheckOutcome
from pipelines.operations.surfaces import Told, show_surfaces
from pipelines.orchestration.asset_keys import DATA_TEAM, MARTS_FILE, asset_key, own_path
from pipelines.orchestration.resources import NightResource

BOARD = asset_key("published", "board")
WORKBOOK = asset_key("published", "workbook")
DOCUMENTS = asset_key("published", "docs")
EVERY_PAGE_STANDS = CheckDeclaration(
    tuple(own_path(BOARD)), "every_page_of_the_night_stands", "warn",
    "the board shows the published night, and each of its pages is there",
    "看板显示的就是已发布的这一晚，且每一页都在",
)  # fmt: skip


def board_assets(
    manifest: Mapping[str, Any], partitions: dg.PartitionsDefinition
) -> dg.AssetsDefinition:
    """Return the step that writes what people look at; if it fails, the published night stands."""

    @dg.multi_asset(
        name="board",
        can_subset=False,
        partitions_def=partitions,
        specs=[
            _spec(
                BOARD,
                "published/board/index.html: company, team and person pages in Chinese and "
                "English, without server or network. 静态看板，中英文，离线可开。",
                "html",
            ),
            _spec(
                WORKBOOK,
                "published/workbook.xlsx: the key marts with a cover. 主要数据表的 Excel 工作簿。",
                "excel",
            ),
            _spec(
                DOCUMENTS,
                "published/docs/index.html: metrics, measures and columns in Chinese and English; "
                "dbt.html: models and lineage. 指标与数据字典、模型血缘。",
                "html",
            ),
        ],
        check_specs=[
            dg.AssetCheckSpec(
                EVERY_PAGE_STANDS.name, asset=BOARD, description=EVERY_PAGE_STANDS.description_en
            )
        ],
    )
    def board(
        night: NightResource,
    ) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:  # type: ignore[type-arg]
        tonight = night.night
        with tonight.step("write board and workbook"):
            told = _show(night, manifest) if tonight.publishes else None
        outcome = judge_board(tonight.folder.published / "board", told)
        tonight.log.checks(tonight.run_id, [outcome], tonight.seen_at)
        metadata: dict[str, Any] = {"pages": len(told.pages)} if told else {}
        yield dg.MaterializeResult(asset_key=BOARD, metadata=metadata)
        yield dg.MaterializeResult(asset_key=WORKBOOK, metadata=dict(told.sheets) if told else {})
        yield dg.MaterializeResult(asset_key=DOCUMENTS)
        yield check_result(outcome)

    return board


def _spec(key: dg.AssetKey, description: str, kind: str) -> dg.AssetSpec:
    return dg.AssetSpec(
        key=key,
        deps=[MARTS_FILE, MANIFEST],
        group_name="published",
        kinds={kind},
        owners=[DATA_TEAM],
        description=description,
    )


def _show(night: NightResource, manifest: Mapping[str, Any]) -> Told:
    import duckdb

    tonight = night.night
    told = show_surfaces(tonight.folder, night.begin_draft().result())
    with duckdb.connect(str(tonight.folder.build_file), read_only=True) as con:
        company = tonight.settings.company.name
        docs = tonight.folder.published / "docs"
        write_documents(con, manifest, docs, company, tonight.as_of)
    return told


def judge_board(board: Path, told: Told | None) -> CheckOutcome:
    """Say whether every page that was written is what readers find.

    Args:
        board: where readers look.
        told: what was written; None where this night is not shown.
    """
    if told is None:
        return CheckOutcome(EVERY_PAGE_STANDS, passed=True, is_applicable=False)
    missing = [page for page in told.pages if not (board / page).is_file()]
    return CheckOutcome(
        EVERY_PAGE_STANDS,
        passed=not missing,
        figures={"pages": len(told.pages), "missing": len(missing)},
        sample=[{"page": page} for page in missing[:20]],
    )
