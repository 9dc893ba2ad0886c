"""Prepare the build file: everything that D may know, as tables, before dbt starts.

Schemas: `landed` (one table per entity, and versions of what changes), `rules` (one per sheet),
`reference` (D, the company, calendar, periods, stages).
"""

from __future__ import annotations

from datetime import date, timedelta

import duckdb
import pandas as pd
import pyarrow as pa

from pipelines.core.calendar import build_calendar
from pipelines.core.periods import build_periods
from pipelines.core.sql_text import quote_name
from pipelines.landing.company_rules import CompanyRules
from pipelines.landing.contract import load_entities
from pipelines.landing.log import LandingLog, LandingRecord
from pipelines.landing.rules_history import process_target_versions
from pipelines.landing.state import SourceState, build_landed_table
from pipelines.landing.versions import build_version_table
from pipelines.landing.visible import earliest_day, visible_landings
from pipelines.settings import CompanyFolder, CompanySettings, ConfigurationError

YEARS_AHEAD = 2  # targets are set for next year and the one after


def build_inputs(
    con: duckdb.DuckDBPyConnection,
    folder: CompanyFolder,
    settings: CompanySettings,
    rules: CompanyRules,
    as_of: date,
    cutoff_seq: int,
) -> dict[str, int]:
    """Fill an empty build file with what D may know.

    Returns:
        Row count by table, such as `landed.opportunities`.

    Raises:
        ConfigurationError: D lies before the first day that any landed row is dated.
    """
    states = _source_states(folder, settings, as_of, cutoff_seq)
    first = earliest_day(record for state in states for record in state.records)
    if first is not None and as_of < first:
        raise ConfigurationError(
            f"nothing is recorded on or before {as_of}; the first possible day is {first}"
        )
    rows: dict[str, int] = {}
    for entity in load_entities().values():
        own = [state for state in states if state.source.entity == entity.name]
        rows[f"landed.{entity.name}"] = build_landed_table(con, entity, own, folder.landing, as_of)
        if entity.tracked:
            rows[f"landed.{entity.name}_version"] = build_version_table(
                con, entity, own, folder.landing
            )
    rows |= _write_tables(con, "rules", rules.tables)
    rows |= _write_tables(con, "reference", _reference(settings, rules, as_of, first))
    return rows


def _source_states(
    folder: CompanyFolder, settings: CompanySettings, as_of: date, cutoff_seq: int
) -> list[SourceState]:
    log = LandingLog(folder.landing)
    states = []
    for rank, source in enumerate(settings.sources):
        records: tuple[LandingRecord, ...] = tuple(log.of_source(source.name))
        visible = visible_landings(records, as_of, cutoff_seq)
        states.append(SourceState(source, rank, records, visible))
    return states


def _reference(
    settings: CompanySettings, rules: CompanyRules, as_of: date, first: date | None
) -> dict[str, pa.Table | pd.DataFrame]:
    company = settings.company
    start = date(min(first or as_of, as_of - timedelta(days=730)).year - 1, 1, 1)
    end = date(as_of.year + YEARS_AHEAD, 12, 31)
    days = build_calendar(
        start,
        end,
        calendar=company.calendar,
        fiscal_year_start_month=company.fiscal_year_start_month,
        week_start=0 if company.week_start == "monday" else 6,
        overrides=rules.calendar_overrides(),
    )
    custom = [(p.label, p.start, p.end) for p in settings.custom_periods]
    return {
        "calendar_day": days,
        "period": build_periods(days, custom),
        "stage": rules.stages,
        "stage_version": rules.stage_versions,
        "process_target_version": process_target_versions(
            rules.readings, rules.in_force, company.timezone
        ),
        "company": pa.Table.from_pylist(
            [
                {
                    "as_of": as_of,
                    "company_name": company.name,
                    "timezone": company.timezone,
                    "currency": company.currency,
                    "fiscal_year_start_month": company.fiscal_year_start_month,
                    "signed_amount_source": settings.signed_amount_source,
                    "first_recorded_on": first,
                    "rules_version": rules.in_force.rules_version if rules.in_force else "default",
                }
            ],
            schema=pa.schema(
                [
                    ("as_of", pa.date32()),
                    ("company_name", pa.string()),
                    ("timezone", pa.string()),
                    ("currency", pa.string()),
                    ("fiscal_year_start_month", pa.int64()),
                    ("signed_amount_source", pa.string()),
                    ("first_recorded_on", pa.date32()),
                    ("rules_version", pa.string()),
                ]
            ),
        ),
    }


def _write_tables(
    con: duckdb.DuckDBPyConnection, schema: str, tables: dict[str, pa.Table | pd.DataFrame]
) -> dict[str, int]:
    con.execute(f"create schema if not exists {schema}")
    counts = {}
    for name, table in tables.items():
        con.register("handed_over", table)
        con.execute(f"create or replace table {schema}.{quote_name(name)} as from handed_over")
        con.unregister("handed_over")
        counts[f"{schema}.{name}"] = len(table)
    return counts
