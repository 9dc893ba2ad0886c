"""Write what changed: landed rows, deletions and quarantine of one delivery, as Parquet."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import duckdb

from pipelines.landing.contract import Entity
from pipelines.landing.log import Counts, LandingRecord
from pipelines.landing.parquet import write_parquet
from pipelines.landing.quarantine import write_quarantine
from pipelines.landing.task import LandingTask
from pipelines.landing.typing_sql import literal, quoted
from pipelines.sources.files import TextTable


def store_rows(
    con: duckdb.DuckDBPyConnection,
    task: LandingTask,
    record: LandingRecord,
    tables: list[TextTable],
) -> LandingRecord:
    """Store one delivery's rows and say where each row went.

    Too many bad rows block the file: its good rows are held and the last landing stays in force.
    Returns the finished record; its counts reconcile.
    """
    _good_rows(con)
    _previous_rows(con, task, record)
    tally = _tally(con, task.entity, tables)
    has_quarantine = tally.bad + tally.superseded > 0
    quarantine_path = write_quarantine(con, task, tables) if has_quarantine else None
    blocked = (
        tally.bad >= task.settings.quality.min_bad_rows
        and tally.bad > task.settings.quality.max_bad_row_rate * tally.read
    )
    if blocked:
        return _blocked(task, record, tally, quarantine_path)
    rows_path, landed, deleted, new_keys = _write_changes(con, task, record, tables)
    counts = Counts(
        read=tally.read,
        landed=landed,
        unchanged=tally.good - landed,
        quarantined=tally.bad + tally.superseded,
        exact_duplicates=tally.duplicates,
        skipped=tally.skipped,
    )
    live = record.live_keys_before if task.source.load != "snapshot" else tally.previous_keys
    return replace(
        record,
        counts=counts,
        superseded=tally.superseded,
        deleted=deleted,
        live_keys_before=live,
        live_keys=live + new_keys - deleted,
        earliest_on=tally.earliest_on,
        rows_path=rows_path,
        quarantine_path=quarantine_path,
        status="landed" if landed or deleted else "repeated",
    )


@dataclass(frozen=True)
class _Tally:
    read: int
    good: int
    bad: int
    superseded: int
    duplicates: int
    skipped: int
    previous_keys: int
    earliest_on: date | None


def _good_rows(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        """
        create or replace temp view good as
        select typed.* replace (coalesce(set_aside._twin_key, typed._key) as _key)
        from typed
        left join set_aside
            on typed._table = set_aside._table and typed._row = set_aside._row
        where typed._errors is null and coalesce(set_aside._fate, 'twin') = 'twin'
        """
    )


def _previous_rows(con: duckdb.DuckDBPyConnection, task: LandingTask, record: LandingRecord) -> None:
    """Fill `previous`: grain one row per key alive before this delivery, with its content hash.

    A snapshot is compared with its own part; a delta or append with everything of its source.
    """
    same_part = task.source.load == "snapshot"
    files = [
        str(task.landing_root / earlier.rows_path)
        for earlier in task.chain
        if earlier.is_in_chain and earlier.rows_path and (not same_part or earlier.part == record.part)
    ]
    if not files:
        con.execute(
            "create or replace temp table previous (_key varchar, _row_hash ubigint)"
        )
        return
    con.execute(
        """
        create or replace temp table previous as
        select _key, arg_max(_row_hash, _seq) as _row_hash
        from read_parquet(?)
        group by _key
        having arg_max(_op, _seq) = 'U'
        """,
        [files],
    )


def _tally(con: duckdb.DuckDBPyConnection, entity: Entity, tables: list[TextTable]) -> _Tally:
    dated = quoted(entity.event_date) if entity.event_date else "null::date"
    bad, earliest = _one(
        con,
        f"select count(*) filter (_errors is not null), min({dated}) filter (_errors is null) from typed",
    )
    fates = dict(con.execute("select _fate, count(*) from set_aside group by _fate").fetchall())
    conflicts = fates.get("conflict", 0)
    malformed = sum(table.malformed_count for table in tables)
    return _Tally(
        read=sum(table.rows_read for table in tables),
        good=_one(con, "select count(*) from good")[0],
        bad=bad + conflicts + malformed,
        superseded=fates.get("superseded", 0),
        duplicates=fates.get("duplicate", 0),
        skipped=sum(table.skipped.subtotal + table.skipped.note for table in tables),
        previous_keys=_one(con, "select count(*) from previous")[0],
        earliest_on=earliest,
    )


def _one(con: duckdb.DuckDBPyConnection, sql: str) -> tuple:  # type: ignore[type-arg]
    row = con.execute(sql).fetchone()
    if row is None:
        raise RuntimeError("a query that always has one row gave none")
    return row


def _write_changes(
    con: duckdb.DuckDBPyConnection,
    task: LandingTask,
    record: LandingRecord,
    tables: list[TextTable],
) -> tuple[str | None, int, int, int]:
    """Write new and changed rows and, for a snapshot, deletions. Returns path and three counts."""
    columns = ", ".join(quoted(name) for name, _ in task.entity.landed_columns)
    sheets = " ".join(f"when {i} then {literal(t.sheet)}" for i, t in enumerate(tables)) or "when 0 then ''"
    nulls = ", ".join(f"null::{kind} as {quoted(name)}" for name, kind in task.entity.landed_columns)
    # An append without keys adds its rows each time; everything else lands only when it changed.
    keyless_append = task.source.load == "append"
    unseen = "not good._has_key or" if keyless_append else ""
    keyed = f"good._key || '@{record.seq}'" if keyless_append else "good._key"
    con.execute(
        f"""
        create or replace temp table changes as
        select
            'U' as _op, {record.seq}::bigint as _seq,
            case when good._has_key then good._key else {keyed} end as _key,
            good._row_hash, good._table, good._row, previous._key is null as _is_new,
            {columns}, good.extra
        from good left join previous on good._key = previous._key
        where {unseen} previous._key is null or previous._row_hash <> good._row_hash
        order by good._table, good._row
        """
    )
    landed, new_keys = _one(con, "select count(*), count(*) filter (_is_new) from changes")
    deleted = 0
    if task.source.load == "snapshot":
        # A row in quarantine was delivered: its key is not missing, its last good version stands.
        con.execute(
            f"""
            insert into changes
            select 'D', {record.seq}, previous._key, previous._row_hash, null, null, false, {nulls}, null
            from previous
            where previous._key not in (select _key from typed union all select _key from good)
            order by previous._key
            """
        )
        deleted = _one(con, "select count(*) from changes where _op = 'D'")[0]
    if landed + deleted == 0:
        return None, 0, 0, 0
    path = _rows_path(task, record)
    select = f"""
        select _op, _seq, _key, _row_hash, _table, case _table {sheets} end as _sheet, _row, {columns}, extra
        from changes
    """
    write_parquet(con, select, task.landing_root / path)
    return path, landed, deleted, new_keys


def _rows_path(task: LandingTask, record: LandingRecord) -> str:
    return (
        f"{task.entity.name}/landing_date={record.export_on.isoformat()}/"
        f"{record.source}-{record.seq:08d}.parquet"
    )


def _blocked(
    task: LandingTask, record: LandingRecord, tally: _Tally, quarantine_path: str | None
) -> LandingRecord:
    share = tally.bad / tally.read
    counts = Counts(
        read=tally.read,
        quarantined=tally.bad + tally.superseded,
        exact_duplicates=tally.duplicates,
        skipped=tally.skipped,
        held=tally.good,
    )
    limit = task.settings.quality.max_bad_row_rate
    return replace(
        record,
        status="blocked",
        counts=counts,
        superseded=tally.superseded,
        quarantine_path=quarantine_path,
        error_en=(
            f"{record.name}: {tally.bad} of {tally.read} rows ({share:.1%}) break the contract, more "
            f"than {limit:.0%}; the file is blocked and the last landing stays in force. The rows are "
            "in quarantine; mend the file or its mapping."
        ),
        error_zh=(
            f"{record.name}：{tally.read} 行中有 {tally.bad} 行（{share:.1%}）不合要求，超过 {limit:.0%}；"
            "整个文件被拦下，沿用上次的数据。问题行在隔离区，请修正文件或映射。"
        ),
    )
