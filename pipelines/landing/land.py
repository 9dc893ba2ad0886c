"""Land a batch of one source's deliveries: read each, then type and compare them all in one pass."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date

import duckdb

from pipelines.core.export_time import NoExportDate, covers_until, export_time, part_of
from pipelines.core.sql_text import quote_text
from pipelines.landing.archive import Archive, ArchiveDamaged
from pipelines.landing.batch import LandingContext, ReadDelivery
from pipelines.landing.kept_rows import rows_let_go
from pipelines.landing.log import LandingRecord
from pipelines.landing.manifest import Delivery
from pipelines.landing.mapping import entity_preset, plan_columns
from pipelines.landing.missing import RequiredColumnMissing, column_missing
from pipelines.landing.pivot import unpivot
from pipelines.landing.plan import ColumnPlan
from pipelines.landing.reshape import ShapeColumnMissing, reshape
from pipelines.landing.rows import sort_out_repeats, type_rows
from pipelines.landing.store import store_batch
from pipelines.settings import FileSource
from pipelines.sources.delimited import Counts
from pipelines.sources.errors import FileUnreadable
from pipelines.sources.files import (
    FileOptions,
    OpenedFile,
    TextTable,
    count_files,
    open_file,
    tables_of,
)


def land_batch(
    context: LandingContext,
    archive: Archive,
    deliveries: Sequence[Delivery],
    chain: Sequence[LandingRecord],
    parts: dict[str, str],
) -> list[LandingRecord]:
    """Land deliveries of one source, in order of arrival.

    A file that cannot be read, or that lacks a required column, or with too many bad rows, is recorded
    as such and leaves the last landing in force; the others go on.

    Args:
        context: the source and its contract.
        archive: where the files are.
        deliveries: what has not landed yet.
        chain: the source's landings before these.
        parts: content hash → part that the same content landed under before; filled while reading.

    Returns:
        One record per delivery, in the same order.
    """
    done: dict[int, LandingRecord] = {}
    # Rows are read in the file's order; finding changes in the batch before gave it up.
    context.con.execute("set preserve_insertion_order = true")
    with ExitStack() as opened:
        opened.enter_context(rows_let_go(context))
        files: list[_Opened] = []
        for delivery in deliveries:
            part = parts.setdefault(delivery.sha256, part_of(delivery.name))
            blank = blank_record(context, delivery, part)
            file = _open(context, archive, delivery, blank, opened)
            if isinstance(file, LandingRecord):
                done[delivery.seq] = file
            else:
                files.append(file)
        counts = count_files(context.con, [file.opened for file in files])
        read: list[ReadDelivery] = []
        for file in files:
            result = _read(context, file, counts)
            if isinstance(result, LandingRecord):
                done[result.seq] = result
            else:
                read.append(result)
        if read:
            type_rows(context, read)
            sort_out_repeats(context)
            for record in store_batch(context, read, chain):
                done[record.seq] = record
    return [done[delivery.seq] for delivery in deliveries]


def blank_record(context: LandingContext, delivery: Delivery, part: str) -> LandingRecord:
    """Return a delivery's record before anything of it was read, dated by name or arrival."""
    source = context.source
    named = source.export_date
    rule = "auto" if named.startswith("column:") or named == "filename" else named
    export = export_time(rule, delivery.name, delivery.arrived_at, context.settings.zone)
    return LandingRecord(
        seq=delivery.seq,
        source=source.name,
        entity=context.entity.name,
        name=delivery.name,
        part=part,
        export_on=export.on,
        covers_until=covers_until(export, source.covers, context.settings.day_close),
        arrived_at=delivery.arrived_at,
        status="landed",
        fingerprint=context.fingerprint,
    )


@dataclass(frozen=True)
class _Opened:
    """A delivery whose file is unpacked and decoded, with its record so far."""

    delivery: Delivery
    blank: LandingRecord
    opened: OpenedFile


def _open(
    context: LandingContext,
    archive: Archive,
    delivery: Delivery,
    blank: LandingRecord,
    opened: ExitStack,
) -> _Opened | LandingRecord:
    """Take one file out of the archive; it stays open until the whole batch has landed."""
    try:
        path = opened.enter_context(archive.opened(delivery, context.work_dir))
    except ArchiveDamaged:
        # What is lost from the archive is not the file's fault: without it earlier nights would change.
        if not archive.mend(delivery, context.company_root / delivery.name):
            raise
        path = opened.enter_context(archive.opened(delivery, context.work_dir))
    try:
        file = open_file(
            path, context.con, work_dir=path.parent / "read", options=_options(context)
        )
    except FileUnreadable as error:
        return _unreadable(blank, error)
    return _Opened(delivery, blank, file)


def _read(context: LandingContext, file: _Opened, counts: Counts) -> ReadDelivery | LandingRecord:
    """Read one opened file into text tables, dated and mapped."""
    delivery, blank = file.delivery, file.blank
    try:
        found = tables_of(file.opened, context.con, counts)
        tables, plans, strangers = _plan(context, delivery, found, blank.export_on.year)
        dated = _dated(context, delivery, blank, tables)
    except FileUnreadable as error:
        return _unreadable(blank, error)
    except RequiredColumnMissing as error:
        return replace(
            blank, status="blocked", error_en=error.message_en, error_zh=error.message_zh
        )
    except NoExportDate as error:
        return replace(blank, status="unreadable", error_en=str(error), error_zh=str(error))
    return ReadDelivery(delivery, _described(dated, tables, plans, strangers), tables, plans)


def _unreadable(blank: LandingRecord, error: FileUnreadable) -> LandingRecord:
    return replace(blank, status="unreadable", error_en=error.text("en"), error_zh=error.text("zh"))


def _options(context: LandingContext) -> FileOptions:
    """Say what is known about the source's files; a pull is Parquet, which needs no guess."""
    source = context.source
    preset = entity_preset(context.entity, source)
    if not isinstance(source, FileSource):
        return FileOptions(records=preset.records, lookups=preset.lookups)
    return FileOptions(
        encoding=source.encoding,
        delimiter=source.delimiter,
        sheet=source.sheet or "",
        header_row=source.header_row,
        has_header=source.has_header,
        records=source.records or preset.records,
        lookups=preset.lookups,
    )


def _plan(
    context: LandingContext, delivery: Delivery, tables: Sequence[TextTable], export_year: int
) -> tuple[tuple[TextTable, ...], tuple[ColumnPlan, ...], list[RequiredColumnMissing]]:
    """Map each table, a wide one column by column; a sheet that is none of this entity's is left out."""
    fitting, plans, strangers = [], [], []
    for table in tables:
        where = delivery.name + (f" [{table.sheet}]" if table.sheet else "")
        shaped = table
        try:
            shaped = _shaped(context, table, where)
            plan = plan_columns(
                context.entity, context.source, shaped.headers, where, context.vocabulary, table.title,
                is_typed=table.encoding is None,
            )  # fmt: skip
        except RequiredColumnMissing as error:
            wide = unpivot(
                context.con, context.entity, context.source, context.settings, shaped, delivery.name,
                export_year, context.vocabulary,
            )  # fmt: skip
            if not wide:
                strangers.append(error)
            for part, part_plan in wide:
                fitting.append(part)
                plans.append(part_plan)
            continue
        fitting.append(shaped)
        plans.append(plan)
    if strangers and not fitting:
        raise strangers[0]
    return tuple(fitting), tuple(plans), strangers


def _shaped(context: LandingContext, table: TextTable, where: str) -> TextTable:
    """Return a table in the form that the preset asks for: filtered, pivoted, looked up."""
    preset = entity_preset(context.entity, context.source)
    try:
        return reshape(context.con, table, context.source, preset, context.zone)
    except ShapeColumnMissing as error:
        raise column_missing(
            where, error.header, error.header, table.headers, context.source.name
        ) from error


def _dated(
    context: LandingContext, delivery: Delivery, blank: LandingRecord, tables: Sequence[TextTable]
) -> LandingRecord:
    """Date the landing by the source's rule; `column:` takes the newest date of that column."""
    rule, settings = context.source.export_date, context.settings
    newest = None
    if rule.startswith("column:"):
        dates = [
            _newest_date(context.con, rule[7:], table, context.source.date_order)
            for table in tables
        ]
        newest = max((day for day in dates if day), default=None)
    export = export_time(rule, delivery.name, delivery.arrived_at, settings.zone, newest)
    covers = covers_until(export, context.source.covers, settings.day_close)
    return replace(blank, export_on=export.on, covers_until=covers)


def _newest_date(
    con: duckdb.DuckDBPyConnection, header: str, table: TextTable, order: str
) -> date | None:
    if header not in table.headers:
        return None
    cell = f"c{table.headers.index(header)}"
    found = con.execute(
        f"select max(cell_date({cell}, ord := {quote_text(order)})) from {table.relation}"
    ).fetchone()
    return found[0] if found else None


def _described(
    record: LandingRecord,
    tables: Sequence[TextTable],
    plans: Sequence[ColumnPlan],
    strangers: Sequence[RequiredColumnMissing],
) -> LandingRecord:
    missing = set.intersection(*(set(plan.missing) for plan in plans)) if plans else set()
    units = dict.fromkeys(plan.title_unit for plan in plans if plan.title_unit)
    return replace(
        record,
        encodings=tuple(sorted({table.encoding for table in tables if table.encoding})),
        new_columns=tuple(sorted({header for plan in plans for header in plan.extra})),
        missing_columns=tuple(sorted(missing)),
        notes_en=tuple(note.en for table in tables for note in table.notes)
        + tuple(f"amounts are in {unit}, as the title says" for unit in units)
        + tuple(error.message_en for error in strangers),
        notes_zh=tuple(note.zh for table in tables for note in table.notes)
        + tuple(f"金额单位 {unit}（按表头上方的标题）" for unit in units)
        + tuple(error.message_zh for error in strangers),
    )
