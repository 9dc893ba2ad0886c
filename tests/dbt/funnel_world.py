"""A company put together deal by deal, and the funnel models built on it by dbt."""

from __future__ import annotations

import os
from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from pipelines.core.calendar import build_calendar
from pipelines.core.periods import build_periods
from pipelines.core.rules.formulas import formula_tables
from pipelines.core.rules.tables import default_rules
from pipelines.core.sql_text import quote_name
from pipelines.landing.contract import load_entities
from pipelines.landing.rules import landed_entity_columns, rules_version_log
from pipelines.landing.rules_history import process_target_versions
from pipelines.landing.state import build_landed_table
from pipelines.landing.versions import build_version_table
from pipelines.settings import CompanyFolder
from tests.dbt.in_order import build_in_order

FIRST_EXPORT = date(2024, 1, 2)
CALENDAR = build_calendar(date(2023, 1, 1), date(2027, 12, 31), calendar="CN")
WORKDAYS: list[date] = [
    pd.Timestamp(d).date() for d in CALENDAR.loc[CALENDAR["is_workday"].astype(bool), "date_day"]
]
STAGES = ("initial_contact", "needs_confirmed", "quoting", "negotiating", "signing")


def workday(start: date, count: int) -> date:
    """The day so many workdays after the start (itself, or the last workday before it)."""
    return WORKDAYS[bisect_right(WORKDAYS, start) - 1 + count]


@dataclass
class World:
    """Rows of the landed tables, as a company would have handed them over by D."""

    as_of: date
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    first_export: dict[str, date] = field(default_factory=lambda: {"crm": FIRST_EXPORT})
    # (pipeline, version, known on, stage, order, outcome, after-sale)
    stage_lists: list[tuple[str, int, date, str, int, str, bool]] = field(default_factory=list)
    custom_periods: list[tuple[str, date, date]] = field(default_factory=list)

    def put(self, table: str, **row: Any) -> None:
        self.rows.setdefault(table, []).append({"source": "crm", **row})

    def person(self, person_id: str, team: str, region: str) -> None:
        row = {"person_id": person_id, "name": person_id}
        self.put("people", **row, team=team, region=region)
        self.put(
            "people_version", person_id=person_id, team=team, region=region, version_no=1,
            valid_from=FIRST_EXPORT,
        )  # fmt: skip

    def deal(
        self,
        opportunity_id: str,
        events: list[tuple[str, date]],
        *,
        versions: list[dict[str, Any]] | None = None,
        is_recorded: bool = True,
        source: str = "crm",
        owner: str = "P1",
        changed_by: list[str] | None = None,
        **fields: Any,
    ) -> None:
        """One opportunity and what is known of its way; `versions` are what daily exports showed of it."""
        stage, last_on = events[-1]
        known: dict[str, Any] = {
            "owner_id": owner, "amount": 100, "currency": "CNY", "product_line": "X", "region": "华东",
            "created_at": at_nine(events[0][1]), "created_on": events[0][1],
            "closed_on": last_on if stage in ("won", "lost") else None,
            "expected_close_on": None, "lead_source": "官网", "pipeline": "default",
        }  # fmt: skip
        known |= fields
        daily = {day: {"stage": shown, "valid_from": day} for shown, day in events}
        shown = versions or list(daily.values())
        last = {**known, **shown[-1]}
        self.put(
            "opportunities", opportunity_id=opportunity_id, source=source, landed_on=self.as_of,
            is_reconstructed=False, source_row=f"row {opportunity_id}",
            **{k: last[k] for k in (*known, "stage")},
        )  # fmt: skip
        for number, version in enumerate(shown, start=1):
            row = {**known, **version}
            kept = ("stage", "owner_id", "amount", "currency", "expected_close_on", "valid_from")
            following = shown[number]["valid_from"] if number < len(shown) else None
            self.put(
                "opportunities_version", opportunity_id=opportunity_id, source=source,
                version_no=number, valid_before=following, **{k: row[k] for k in kept},
            )  # fmt: skip
        if is_recorded:
            self._record(opportunity_id, events, changed_by)

    def _record(
        self, opportunity_id: str, events: list[tuple[str, date]], changed_by: list[str] | None
    ) -> None:
        former = None
        for number, (stage, day) in enumerate(events):
            self.put(
                "stage_events", opportunity_id=opportunity_id, from_stage=former, to_stage=stage,
                changed_at=at_nine(day) + timedelta(minutes=number), changed_on=day,
                changed_by=changed_by[number] if changed_by else None,
                source_row=f"row {opportunity_id} {number:03}",
            )  # fmt: skip
            former = stage

    def build(self, root: Path, *selection: str) -> duckdb.DuckDBPyConnection:
        """Write the build file, let dbt build the selected models with their tests, and open it."""
        folder = CompanyFolder(root)
        folder.warehouse.mkdir(parents=True, exist_ok=True)
        folder.build_file.unlink(missing_ok=True)
        con = duckdb.connect(str(folder.build_file))
        self._write(con, folder)
        con.close()
        # Tests that also need a model left out are left out.
        os.environ["DBT_INDIRECT_SELECTION"] = "cautious"
        failed = [
            (node.unique_id, node.message)
            for node in build_in_order(folder, selection)
            if node.status not in ("success", "pass")
        ]
        assert not failed
        return duckdb.connect(str(folder.build_file), read_only=True)

    def _write(self, con: duckdb.DuckDBPyConnection, folder: CompanyFolder) -> None:
        for source, first_on in self.first_export.items():
            # A source has been there since its first export: an old deal, lost long ago, says so.
            if source != "once":
                self.deal(f"first of {source}", [("lost", first_on)], source=source, region="old")
        for entity in load_entities().values():
            build_landed_table(con, entity, [], folder.landing, self.as_of)
            if entity.tracked:
                build_version_table(con, entity, [], folder.landing)
        for table, rows in self.rows.items():
            handed = pd.DataFrame(rows)
            con.register("handed", handed.astype(object).where(handed.notna(), None))
            columns = con.execute(f"describe landed.{quote_name(table)}").fetchall()
            kinds = {c[0]: c[1] for c in columns if c[0] in handed.columns}
            names = ", ".join(quote_name(name) for name in kinds)
            casts = ", ".join(f"cast({quote_name(name)} as {kind})" for name, kind in kinds.items())
            con.execute(
                f"insert into landed.{quote_name(table)} ({names}) select {casts} from handed"
            )
            con.unregister("handed")
        con.execute("create schema rules")
        rules = default_rules()
        formulas = formula_tables(
            rules["metrics"].to_pylist(), rules["aliases"].to_pylist(), landed_entity_columns()
        )
        log = {"workbook_version": rules_version_log(())}
        for name, table in (rules | formulas | log).items():
            con.register("handed", table)
            con.execute(f"create table rules.{quote_name(name)} as from handed")
            con.unregister("handed")
        self._write_reference(con)

    def _write_reference(self, con: duckdb.DuckDBPyConnection) -> None:
        periods = build_periods(CALENDAR, self.custom_periods)
        con.execute("create schema reference")
        versions = process_target_versions((), None, "Asia/Shanghai")
        inputs = {
            "calendar_day": CALENDAR, "period": periods, "process_target_version": versions,
        }  # fmt: skip
        for name, frame in inputs.items():
            con.register("handed", frame)
            con.execute(f"create table reference.{name} as from handed")
            con.unregister("handed")
        con.execute(
            """
            create table reference.stage as
            select pipeline, stage, stage as stage_name_zh, stage as stage_name_en, stage_order::bigint as stage_order,
                outcome, is_signed, is_after_sale, default_probability_rate, allowed_workdays, rules_version
            from rules.stages
            """
        )
        con.execute(
            """
            create table reference.stage_version as
            select 1::bigint as pipeline_version, null::date as known_on, * exclude (rules_version) from reference.stage
            """
        )
        for pipeline, version, known_on, stage, order, outcome, is_after_sale in self.stage_lists:
            con.execute(
                "insert into reference.stage_version (pipeline, pipeline_version, known_on, stage, stage_order, "
                "outcome, is_signed, is_after_sale) values (?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    pipeline,
                    version,
                    known_on,
                    stage,
                    order,
                    outcome,
                    outcome == "won",
                    is_after_sale,
                ],
            )
        con.execute(
            """
            insert into reference.stage (pipeline, stage, stage_order, outcome, is_signed, is_after_sale)
            select pipeline, stage, stage_order, outcome, is_signed, is_after_sale from reference.stage_version
            where pipeline <> 'default'
            qualify pipeline_version = max(pipeline_version) over (partition by pipeline)
            """
        )
        con.execute(
            f"""
            create table reference.company as select date '{self.as_of}' as as_of, 'Test' as company_name,
                'Asia/Shanghai' as timezone, 'CNY' as currency, 1::bigint as fiscal_year_start_month,
                'won_opportunities' as signed_amount_source, date '{FIRST_EXPORT}' as first_recorded_on,
                'default' as rules_version
            """
        )


def at_nine(day: date) -> datetime:
    return datetime.combine(day, time(1, 0))


def rows_of(con: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    found = con.execute(query)
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def row_of(con: duckdb.DuckDBPyConnection, query: str) -> dict[str, Any]:
    (row,) = rows_of(con, query)
    return row
