"""What D may know, folded into the build file: the tables that dbt reads as its sources."""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg

from pipelines.landing.contract import Entity, load_entities
from pipelines.landing.inputs import build_inputs
from pipelines.orchestration.asset_keys import (
    CALENDAR,
    DATA_TEAM,
    RULES,
    RULES_WORKBOOK,
    input_key,
    own_path,
    source_key,
)
from pipelines.orchestration.resources import NightResource
from pipelines.publish.files import remove_path
from pipelines.settings import BUILD_CONFIG, CompanySettings

BUILD_FILE_KINDS = {"duckdb"}


def landed_assets(
    settings: CompanySettings,
    partitions: dg.PartitionsDefinition,
) -> dg.AssetsDefinition:
    """Return every input of the build file as one step's assets."""
    specs = [
        *(_entity_spec(entity, settings) for entity in load_entities().values()),
        *_reference_specs(),
    ]

    @dg.multi_asset(specs=specs, name="known_at_as_of", can_subset=False, partitions_def=partitions)
    def known_at_as_of(night: NightResource) -> Iterator[dg.MaterializeResult]:  # type: ignore[type-arg]
        with night.night.step("fold what D may know"):
            rows = _build(night)
        for spec in specs:
            own = [n for table, n in rows.items() if input_key(*table.split(".")) == spec.key]
            # An entity's own table comes first; its versions are no rows of it.
            count = own[0] if own_path(spec.key)[0] == "landed" else sum(own)
            yield dg.MaterializeResult(asset_key=spec.key, metadata={"dagster/row_count": count})

    return known_at_as_of


def _build(resource: NightResource) -> dict[str, int]:
    import duckdb

    night = resource.night
    build = night.folder.build_file
    for leftover in (build, build.with_name(build.name + ".wal")):
        remove_path(leftover)
    build.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(build), config=BUILD_CONFIG) as con:
        return build_inputs(
            con, night.folder, night.settings, resource.rules, night.as_of, night.cutoff_seq
        )


def _entity_spec(entity: Entity, settings: CompanySettings) -> dg.AssetSpec:
    return dg.AssetSpec(
        key=input_key("landed", entity.name),
        deps=[source_key(s.name) for s in settings.sources if s.entity == entity.name],
        group_name="landed",
        kinds=BUILD_FILE_KINDS,
        owners=[DATA_TEAM],
        description=f"{entity.name} as known at the end of D, every source together. {entity.zh}：截至日所知。",
        metadata=_columns(entity),
    )


def _reference_specs() -> list[dg.AssetSpec]:
    words = {
        RULES: "The rules workbook in force, one table per sheet. 生效的规则。",
        CALENDAR: "D, the company, its workday calendar, periods and stages. 日历、周期与阶段。",
    }
    return [
        dg.AssetSpec(
            key=key,
            deps=[RULES_WORKBOOK],
            group_name="reference",
            kinds=BUILD_FILE_KINDS,
            owners=[DATA_TEAM],
            description=description,
        )
        for key, description in words.items()
    ]


def _columns(entity: Entity) -> dict[str, object]:
    return {
        "dagster/column_schema": dg.TableSchema(
            columns=[dg.TableColumn(name, kind.lower()) for name, kind in entity.landed_columns]
        )
    }
