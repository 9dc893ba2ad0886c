"""Sources as assets: each is a step of its own, and none fails the others."""

from __future__ import annotations

import dagster as dg

from pipelines.core.rules import DEFAULT_VERSION
from pipelines.landing.company_rules import admit_rules
from pipelines.landing.source import SourceLanding
from pipelines.operations.source_health import record_source
from pipelines.orchestration.asset_keys import DATA_TEAM, RULES_WORKBOOK, source_key
from pipelines.orchestration.resources import NightResource
from pipelines.settings import CompanySettings, SourceSettings


def rules_asset(partitions: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    """Return the asset of the rules workbook: archived, checked cell by cell, last good one in force."""

    @dg.asset(
        key=RULES_WORKBOOK,
        group_name="sources",
        kinds={"excel"},
        owners=["team:sales_operations"],
        description="The rules that sales managers own (rules.xlsx): archived and checked cell by cell; "
        "a workbook with a wrong cell leaves the last good version in force. 销售规则工作簿。",
        partitions_def=partitions,
    )
    def rules_workbook(night: NightResource) -> dg.MaterializeResult:  # type: ignore[type-arg]
        with night.night.step("rules"):
            return _land_rules(night)

    return rules_workbook


def _land_rules(resource: NightResource) -> dg.MaterializeResult:  # type: ignore[type-arg]
    night = resource.night
    problem = admit_rules(night.folder, night.archive, night.seen_at)
    rules = resource.rules
    english, chinese = rules.message
    version = rules.in_force.rules_version if rules.in_force else DEFAULT_VERSION
    night.log.ruled_by(night.run_id, version)
    return dg.MaterializeResult(
        metadata={
            "in_force": english,
            "in_force_zh": chinese,
            "version": version,
            "problem": problem or "none",
        }
    )


def source_asset(
    source: SourceSettings,
    partitions: dg.PartitionsDefinition,
) -> dg.AssetsDefinition:
    """Return the asset that archives and lands one source."""

    @dg.asset(
        key=source_key(source.name),
        deps=[RULES_WORKBOOK],
        group_name="sources",
        kinds={source.kind, "parquet"},
        owners=[DATA_TEAM],
        description=f"{source.entity} from {source.origin}: archived unchanged, then landed row by row; "
        "bad rows go to quarantine with file, sheet, row, column and fix.",
        metadata={"entity": source.entity, "load": source.load, "required": source.required},
        partitions_def=partitions,
    )
    def landed_source(night: NightResource) -> dg.MaterializeResult:  # type: ignore[type-arg]
        with night.night.step(f"land {source.name}"):
            return _land(night, source)

    return landed_source


def _land(resource: NightResource, source: SourceSettings) -> dg.MaterializeResult:  # type: ignore[type-arg]
    night = resource.night
    landing = resource.landing.land(source, pulls=not night.is_frozen)
    record_source(night, resource.rules, source, landing)
    return dg.MaterializeResult(metadata=_metadata(landing))


def _metadata(landing: SourceLanding) -> dict[str, dg.RawMetadataValue]:
    new = landing.new_records
    errors = [record.error_en for record in new if record.error_en]
    return {
        "files": len(new),
        "rows_read": sum(r.counts.read for r in new),
        "rows_landed": sum(r.counts.landed for r in new),
        "rows_unchanged": sum(r.counts.unchanged for r in new),
        "rows_quarantined": sum(r.counts.quarantined for r in new),
        "rows_skipped": sum(r.counts.skipped for r in new),
        "rows_held": sum(r.counts.held for r in new),
        "encodings": ", ".join(sorted({e for r in new for e in r.encodings})) or "-",
        "problems": dg.MetadataValue.md(
            "\n".join([*errors, *(p[0] for p in landing.problems)]) or "none"
        ),
    }


def source_assets(
    settings: CompanySettings,
    partitions: dg.PartitionsDefinition,
) -> list[dg.AssetsDefinition]:
    """Return the rules workbook and every configured source."""
    return [rules_asset(partitions), *(source_asset(s, partitions) for s in settings.sources)]
