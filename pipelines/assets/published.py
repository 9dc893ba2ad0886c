"""The published night: history, then everything that readers see, all at once or not at all."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import dagster as dg

from pipelines.landing.manifest import Manifest
from pipelines.landing.manifest import Night as PublishedNight
from pipelines.operations.alerts.tell import AlertDesk
from pipelines.operations.marts import SCHEMAS, operations_marts
from pipelines.operations.night import Night
from pipelines.orchestration.asset_keys import DATA_TEAM, MARTS_FILE, asset_key
from pipelines.orchestration.resources import NightResource
from pipelines.publish.build_file import describe_marts
from pipelines.publish.comments import write_comments
from pipelines.publish.duckdb_session import DuckDBLimits
from pipelines.publish.files import replace_file_atomically
from pipelines.publish.history import history_order, write_history
from pipelines.publish.intent import complete_recorded_publish, intend_publish
from pipelines.publish.manifest import Manifest as PublishedManifest
from pipelines.publish.night import MartInfo
from pipelines.publish.night import Night as NightToPublish
from pipelines.publish.publisher import Publisher
from pipelines.publish.targets import extra_targets
from pipelines.settings import BUILD_CONFIG

CONTRACT_VERSION = "0.1"
HISTORY = asset_key("published", "history")
PARQUET = asset_key("published", "parquet")
MANIFEST = asset_key("published", "manifest")
POSTGRES = asset_key("published", "postgres")
_KINDS = {MARTS_FILE: "duckdb", POSTGRES: "postgres"}
VOLATILE_COLUMNS = frozenset({"landed_at"})


def published_assets(
    manifest: Mapping[str, Any],
    mart_keys: list[dg.AssetKey],
    partitions: dg.PartitionsDefinition,
    *,
    has_postgres: bool,
) -> dg.AssetsDefinition:
    """Return history and what readers see as one step: it flips together.

    Args:
        manifest: the parsed dbt project.
        mart_keys: the marts as assets.
        partitions: the nights.
        has_postgres: whether company.yml names a PostgreSQL database, an asset of its own then.
    """
    marts = _mart_infos(manifest)
    elsewhere = [
        _spec(
            POSTGRES,
            [HISTORY, *mart_keys],
            "Schema marts in PostgreSQL: every mart as a view, for BI servers. "
            "供 BI 服务器读取的视图。",
        )
    ]

    @dg.multi_asset(
        name="publish",
        can_subset=False,
        partitions_def=partitions,
        specs=[
            _spec(
                HISTORY,
                mart_keys,
                "What each night said, as changed rows with validity. 每晚的说法。",
            ),
            _spec(
                MARTS_FILE,
                [HISTORY, *mart_keys],
                "published/marts.duckdb: read-only, versioned, for BI.",
            ),
            _spec(PARQUET, [HISTORY, *mart_keys], "published/parquet/<mart>.parquet"),
            _spec(
                MANIFEST,
                [HISTORY, *mart_keys],
                "published/manifest.json: version, D, rows, content hashes.",
            ),
            *(elsewhere if has_postgres else []),
        ],
    )
    def publish(night: NightResource) -> Iterator[dg.MaterializeResult]:  # type: ignore[type-arg]
        with night.night.step("publish"):
            night.record_health(is_over=False)
            metadata, rows = _publish(night, manifest, marts)
        for key in (HISTORY, MARTS_FILE, PARQUET, MANIFEST):
            yield dg.MaterializeResult(asset_key=key, metadata=metadata)
        if has_postgres:
            yield dg.MaterializeResult(asset_key=POSTGRES, metadata={**metadata, **rows})

    return publish


def _spec(key: dg.AssetKey, deps: list[dg.AssetKey], description: str) -> dg.AssetSpec:
    return dg.AssetSpec(
        key=key,
        deps=deps,
        group_name="published",
        kinds={_KINDS.get(key, "file")},
        owners=[DATA_TEAM],
        description=description,
    )


def _mart_infos(manifest: Mapping[str, Any]) -> dict[str, MartInfo]:
    """Return what the contracts say of each mart: its grain orders the rows, its words describe it."""
    infos = {name: MartInfo(order_by=order) for name, order in history_order().items()}
    for node in manifest["nodes"].values():
        if node["resource_type"] == "model" and node["schema"] == "marts":
            meta = node["config"].get("meta") or {}
            extra = {
                "grain": meta.get("grain", []),
                "en": node["description"],
                "zh": meta.get("zh", ""),
            }
            infos[node["name"]] = MartInfo(order_by=tuple(meta.get("grain", ())), extra=extra)
    return infos


def _publish(
    resource: NightResource, manifest: Mapping[str, Any], marts: Mapping[str, MartInfo]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what is said of every published thing, and the rows of each mart that were copied."""
    night = resource.night
    built = _complete_build(night, manifest)
    to_publish = NightToPublish(
        version=night.version,
        as_of=night.as_of,
        run_id=night.run_id,
        contract_version=CONTRACT_VERSION,
        build_file=night.folder.build_file,
        marts={name: info for name, info in marts.items() if name in built},
        volatile_columns=VOLATILE_COLUMNS,
        operations_marts=frozenset(SCHEMAS),
    )
    if not night.publishes:
        return _keep_hashes(night, to_publish), {}
    resource.begin_draft()
    shown = _show(night, to_publish)
    said = {"version": night.version, "as_of": night.as_of.isoformat(), "published": True}
    counts = {name: mart["rows"] for name, mart in shown.content["marts"].items()}
    return said, {"dagster/row_count": sum(counts.values()), "rows": counts}


def _complete_build(night: Night, manifest: Mapping[str, Any]) -> set[str]:
    """Write what comes after the models into the build file; return the names of all its marts."""
    import duckdb

    with duckdb.connect(str(night.folder.build_file), config=BUILD_CONFIG) as con:
        write_history(con, night.folder, night.as_of)
        if night.publishes:
            AlertDesk(night.folder, night.settings).stage(con, night.as_of, night.version)
        for name, table in operations_marts(night.log, night.folder, night.settings).items():
            con.register("handed_over", table)
            con.execute(f"create or replace table marts.{name} as from handed_over")
            con.unregister("handed_over")
        write_comments(con, manifest)
        found = con.execute(
            "select table_name from information_schema.tables where table_schema = 'marts'"
        ).fetchall()
    return {name for (name,) in found}


def _show(night: Night, to_publish: NightToPublish) -> PublishedManifest:
    """Publish to all targets or none; what a crash leaves half done, the next run completes."""
    intend_publish(
        night.folder,
        PublishedNight(
            night.as_of, night.cutoff_seq, night.run_id, night.version, datetime.now(UTC)
        ),
    )
    publisher = Publisher(
        night.folder,
        extra_targets(night.folder, night.settings),
        limits=_limits(night),
        keep_versions=night.settings.publish.keep_versions,
    )
    shown = publisher.publish(to_publish).manifest
    complete_recorded_publish(night.folder)
    AlertDesk(night.folder, night.settings).settle()
    night.log.end(night.run_id, "published", datetime.now(UTC), version=night.version)
    _write_hashes(night, shown.content_hashes)
    return shown


def _limits(night: Night) -> DuckDBLimits:
    return DuckDBLimits(temp_directory=night.folder.warehouse / "spill")


def _keep_hashes(night: Night, to_publish: NightToPublish) -> dict[str, Any]:
    """Build an older D without showing it: only its content hashes are kept, for comparing."""
    described = describe_marts(to_publish, _limits(night))
    hashes = {mart.name: mart.content_hash for mart in described if mart.content_hash}
    _write_hashes(night, hashes)
    newest = max(known.as_of for known in Manifest(night.folder.archive).nights())
    night.log.end(
        night.run_id,
        "built",
        datetime.now(UTC),
        (
            f"{night.as_of} was rebuilt and checked; readers keep {newest}. Add --publish to show it.",
            f"{night.as_of} 已重建并检查；读者仍看到 {newest}。要发布请加 --publish。",
        ),
    )
    return {"version": night.version, "as_of": night.as_of.isoformat(), "published": False}


def _write_hashes(night: Night, hashes: Mapping[str, str]) -> None:
    content = {
        "as_of": night.as_of.isoformat(),
        "run_id": night.run_id,
        "content_hashes": dict(hashes),
    }
    path = night.folder.warehouse / "nights" / f"{night.as_of}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(content, indent=1, sort_keys=True)
    replace_file_atomically(path, text.encode("utf-8"))
