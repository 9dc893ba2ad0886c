"""What D may know, folded into the build file: the tables that dbt reads as its sources."""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg

from pipelines.assets.sources import DATA_TEAM, RULES_WORKBOOK, source_key
from pipelines.core.rules.tables import default_rules
from pipelines.landing.contract import load_entities
from pipelines.landing.inputs import build_inputs, table_names
from pipelines.publish.files import remove_path
from pipelines.resources import NightResource
from pipelines.settings import CompanySettings

GROUPS = {"landed": "landed", "rules": "reference", "reference": "reference"}


def input_key(table: str) -> dg.AssetKey:
    """Return the asset key of a build-file table such as `landed.orders`."""
    return dg.AssetKey(table.split("."))


def landed_assets(
    settings: CompanySettings,
    partitions: dg.PartitionsDefinition,  # type: ignore[type-arg]
) -> dg.AssetsDefinition:
    """Return every input table of the build file as one step's assets."""
    specs = [_spec(table, settings) for table in table_names(default_rules())]

    @dg.multi_asset(
        specs=specs, name="known_at_as_of", can_subset=False, partitions_def=partitions
    )
    def known_at_as_of(night: NightResource) -> Iterator[dg.MaterializeResult]:  # type: ignore[type-arg]
        with night.night.step("fold what D may know"):
            rows = _build(night)
        for spec in specs:
            table = ".".join(spec.key.path)
            yield dg.MaterializeResult(
                asset_key=spec.key, metadata={"dagster/row_count": rows[table]}
            )

    return known_at_as_of


def _build(resource: NightResource) -> dict[str, int]:
    import duckdb

    night = resource.night
    build = night.folder.build_file
    for leftover in (build, build.with_name(build.name + ".wal")):
        remove_path(leftover)
    build.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(build)) as con:
        return build_inputs(
            con, night.folder, night.settings, resource.rules, night.as_of, night.cutoff_seq
        )


def _spec(table: str, settings: CompanySettings) -> dg.AssetSpec:
    schema, name = table.split(".")
    entity = name.removesuffix("_version")
    deps = [RULES_WORKBOOK]
    description = f"Table {table} as known at the end of D."
    if schema == "landed":
        deps = [source_key(s.name) for s in settings.sources if s.entity == entity]
        zh = load_entities()[entity].zh
        description = f"{entity} {zh} as known at the end of D, every source together."
        if name != entity:
            description = f"How {entity} {zh} changed from landing to landing."
    return dg.AssetSpec(
        key=input_key(table),
        deps=deps,
        group_name=GROUPS[schema],
        kinds={"duckdb"},
        owners=[DATA_TEAM],
        description=description,
        metadata=_columns(entity) if schema == "landed" and name == entity else {},
    )


def _columns(entity: str) -> dict[str, object]:
    declared = load_entities()[entity].landed_columns
    return {
        "dagster/column_schema": dg.TableSchema(
            columns=[dg.TableColumn(name, kind.lower()) for name, kind in declared]
        )
    }
