"""Land one delivery: map, type, check, quarantine, and keep only the rows that changed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb

from pipelines.core.export_time import covers_until, export_time, part_of
from pipelines.landing.cells import create_cell_macros
from pipelines.landing.log import LandingRecord
from pipelines.landing.mapping import ColumnPlan, RequiredColumnMissing, plan_columns
from pipelines.landing.rows import sort_out_repeats, type_rows
from pipelines.landing.store import store_rows
from pipelines.landing.task import LandingTask
from pipelines.landing.typing_sql import literal
from pipelines.sources.errors import FileUnreadable
from pipelines.sources.files import FileOptions, TextTable, read_tables

def land_delivery(task: LandingTask, file: Path) -> LandingRecord:
    """Land one archived file.

    Returns:
        The record of what became of its rows. A file that cannot be read, or that lacks a required
        column, or with too many bad rows, is recorded as such and leaves the last landing in force.
    """
    con = _connection(task)
    try:
        return _land(task, file, con)
    except FileUnreadable as error:
        return replace(
            blank_record(task), status="unreadable", error_en=error.text("en"), error_zh=error.text("zh")
        )
    except RequiredColumnMissing as error:
        return replace(
            blank_record(task), status="blocked", error_en=error.message_en, error_zh=error.message_zh
        )
    finally:
        con.close()


def _connection(task: LandingTask) -> duckdb.DuckDBPyConnection:
    task.work_dir.mkdir(parents=True, exist_ok=True)
    con = duckdb.connect(
        config={
            "temp_directory": str(task.work_dir / "spill"),
            "memory_limit": "1GB",
        }
    )
    con.execute("set TimeZone = 'UTC'")
    create_cell_macros(con)
    return con


def blank_record(task: LandingTask) -> LandingRecord:
    delivery, source = task.delivery, task.source
    rule = "arrival" if source.export_date.startswith("column:") else source.export_date
    export = export_time(rule, delivery.name, delivery.arrived_at, task.settings.zone)
    live = task.chain[-1].live_keys if task.chain else 0
    return LandingRecord(
        seq=delivery.seq,
        source=source.name,
        entity=task.entity.name,
        name=delivery.name,
        part=task.part or part_of(delivery.name),
        export_on=export.on,
        covers_until=covers_until(export, source.covers, task.settings.day_close),
        arrived_at=delivery.arrived_at,
        status="landed",
        fingerprint=task.fingerprint,
        live_keys=live,
        live_keys_before=live,
    )


def _land(task: LandingTask, file: Path, con: duckdb.DuckDBPyConnection) -> LandingRecord:
    source = task.source
    options = FileOptions(
        encoding=source.encoding,
        delimiter=source.delimiter,
        sheet=source.sheet or "",
        header_row=source.header_row,
    )
    tables, plans, strangers = _plan(task, read_tables(file, con, work_dir=task.work_dir, options=options))
    record = _dated(task, con, tables)
    zone = source.timezone or task.settings.company.timezone
    type_rows(con, task.entity, tables, plans, zone)
    sort_out_repeats(con, task.entity)
    return store_rows(con, task, _described(record, tables, plans, strangers), tables)


def _plan(
    task: LandingTask, tables: list[TextTable]
) -> tuple[list[TextTable], list[ColumnPlan], list[RequiredColumnMissing]]:
    """Map each table; a sheet that is no table of this entity is left out, unless none fits."""
    fitting, plans, strangers = [], [], []
    for table in tables:
        try:
            plan = plan_columns(
                task.entity, task.source, table.headers, _where(task, table), task.vocabulary
            )
        except RequiredColumnMissing as error:
            strangers.append(error)
            continue
        fitting.append(table)
        plans.append(plan)
    if strangers and not fitting:
        raise strangers[0]
    return fitting, plans, strangers


def _where(task: LandingTask, table: TextTable) -> str:
    return task.delivery.name + (f" [{table.sheet}]" if table.sheet else "")


def _dated(
    task: LandingTask, con: duckdb.DuckDBPyConnection, tables: list[TextTable]
) -> LandingRecord:
    """Date the landing; `column:` takes the newest date of that column."""
    record = blank_record(task)
    rule = task.source.export_date
    if not rule.startswith("column:"):
        return record
    dates = []
    for table in tables:
        if rule[7:] in table.headers:
            cell = f"c{table.headers.index(rule[7:])}"
            order = literal(task.source.date_order)
            found = con.execute(
                f"select max(cell_date({cell}, ord := {order})) from {table.relation}"
            ).fetchone()
            dates += [found[0]] if found and found[0] else []
    export = export_time(
        rule, task.delivery.name, task.delivery.arrived_at, task.settings.zone, max(dates, default=None)
    )
    covers = covers_until(export, task.source.covers, task.settings.day_close)
    return replace(record, export_on=export.on, covers_until=covers)


def _described(
    record: LandingRecord,
    tables: list[TextTable],
    plans: list[ColumnPlan],
    strangers: list[RequiredColumnMissing],
) -> LandingRecord:
    return replace(
        record,
        encodings=tuple(sorted({table.encoding for table in tables if table.encoding})),
        new_columns=tuple(sorted({header for plan in plans for header in plan.extra})),
        missing_columns=tuple(sorted(set.intersection(*(set(plan.missing) for plan in plans))))
        if plans
        else (),
        notes_en=tuple(note.en for table in tables for note in table.notes)
        + tuple(error.message_en for error in strangers),
        notes_zh=tuple(note.zh for table in tables for note in table.notes)
        + tuple(error.message_zh for error in strangers),
    )
