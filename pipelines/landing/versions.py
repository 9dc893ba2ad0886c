"""How a row changed from landing to landing: the history that a CRM does not keep."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import duckdb

from pipelines.core.sql_text import parquet_rows, quote_name, quote_text
from pipelines.landing.contract import Entity
from pipelines.landing.log import LandingRecord
from pipelines.landing.state import SourceState


def build_version_table(
    con: duckdb.DuckDBPyConnection,
    entity: Entity,
    states: Iterable[SourceState],
    landing_root: Path,
) -> int:
    """Create `landed.<entity>_version` and return its row count.

    Grain: one row per key, source, part and run of landings in which its tracked columns stayed the
    same. Columns: the key, the tracked columns, `source`, `version_no` (from 1 per key), `valid_from`
    (the day covered by the first landing that showed it), `valid_before` (the day covered by the
    first landing that no longer did; NULL while it stands).
    """
    types = dict(entity.landed_columns)
    kept = [*entity.key, *entity.tracked]
    definition = ", ".join(f"{quote_name(name)} {types[name]}" for name in kept)
    table = f"landed.{quote_name(entity.name + '_version')}"
    con.execute("create schema if not exists landed")
    con.execute(
        f"create or replace table {table} ({definition}, source varchar, version_no bigint, "
        "valid_from date, valid_before date)"
    )
    selects = [select for state in states for select in _selects(entity, state, landing_root)]
    if not selects:
        return 0
    names = ", ".join(quote_name(name) for name in kept)
    tracked = ", ".join(quote_name(name) for name in entity.tracked)
    con.execute(
        f"""
        insert into {table}
        with spans as ({" union all ".join(selects)}),
        compared as (
            select *,
                hash({tracked}) is distinct from lag(hash({tracked})) over by_time
                    or valid_from is distinct from lag(valid_before) over by_time as is_change
            from spans
            window by_time as (partition by source, _part, _key order by valid_from)
        ),
        grouped as (
            select *, sum(is_change::int) over (
                partition by source, _part, _key order by valid_from
            ) as _run
            from compared
        ),
        merged as (
            select {names}, source, _part, _key, min(valid_from) as valid_from,
                case when bool_or(valid_before is null) then null else max(valid_before) end as valid_before
            from grouped
            group by {names}, source, _part, _key, _run
        )
        select {names}, source,
            row_number() over (partition by source, _key order by valid_from, _part) as version_no,
            valid_from, valid_before
        from merged
        order by {names}, source, valid_from
        """
    )
    counted = con.execute(f"select count(*) from {table}").fetchone()
    return int(counted[0]) if counted else 0


def _selects(entity: Entity, state: SourceState, landing_root: Path) -> list[str]:
    if state.source.load != "snapshot":
        return _delta_selects(entity, state, landing_root)
    out = []
    for part in state.visible.in_force():
        shown = [r for r in state.visible.records if r.part == part]
        chain = [
            r
            for r in state.records
            if r.is_in_chain and r.part == part and r.seq <= max(s.seq for s in shown)
        ]
        if any(r.rows_path for r in chain):
            out.append(_snapshot_select(entity, state, part, chain, shown, landing_root))
    return out


def _snapshot_select(
    entity: Entity,
    state: SourceState,
    part: str,
    chain: list[LandingRecord],
    shown: list[LandingRecord],
    landing_root: Path,
) -> str:
    """Return the SELECT of one part's spans.

    Changes are kept in order of arrival, days run in order of what a landing covers. Where both
    orders agree (the rule), a change of arrival is a change of day; an *island* is a run of
    landings in which they do, so that a late file costs a cut and not another way of counting.
    """
    columns = ", ".join(quote_name(name) for name in [*entity.key, *entity.tracked])
    files = parquet_rows(landing_root / str(r.rows_path) for r in chain if r.rows_path)
    held = ", ".join(f"changes.{quote_name(name)}" for name in [*entity.key, *entity.tracked])
    days = _positions(shown)
    return f"""
        (with landings (_seq, _position, _island, _covers) as (values {days}),
        changes as (
            select _key, _seq, _op, {columns},
                lead(_seq) over (partition by _key order by _seq) as _next_seq
            from {files}
        ),
        held as (
            select changes._key, changes._seq, {held}, landings._island,
                min(landings._position) as _first, max(landings._position) as _last
            from changes
            inner join landings
                on landings._seq >= changes._seq
                and (changes._next_seq is null or landings._seq < changes._next_seq)
            where changes._op = 'U'
            group by all
        )
        select {columns}, held._key, {quote_text(part)} as _part, {quote_text(state.source.name)} as source,
            opening._covers as valid_from, closing._covers as valid_before
        from held
        inner join landings as opening on opening._position = held._first
        left join landings as closing on closing._position = held._last + 1)
    """


def _positions(shown: list[LandingRecord]) -> str:
    """Return VALUES of (seq, position in order of day, island, day) for the landings that D sees."""
    ordered = sorted(shown, key=lambda r: (r.covers_until, r.seq))
    arrival = {r.seq: i for i, r in enumerate(sorted(shown, key=lambda r: r.seq))}
    island, rows = 0, []
    for position, record in enumerate(ordered):
        if position and arrival[record.seq] != arrival[ordered[position - 1].seq] + 1:
            island += 1
        day = quote_text(record.covers_until.isoformat())
        rows.append(f"({record.seq}, {position}, {island}, {day}::date)")
    return ", ".join(rows)


def _delta_selects(entity: Entity, state: SourceState, landing_root: Path) -> list[str]:
    written = [r for r in state.visible.records if r.rows_path]
    if not written:
        return []
    columns = ", ".join(quote_name(name) for name in [*entity.key, *entity.tracked])
    files = parquet_rows(landing_root / str(r.rows_path) for r in written)
    return [
        f"""
        (with landings (_seq, _position, _island, _covers) as (values {_positions(written)})
        select {columns}, _key, '' as _part, {quote_text(state.source.name)} as source,
            _covers as valid_from,
            lead(_covers) over (partition by _key order by _position) as valid_before
        from {files}
        inner join landings using (_seq)
        where _op = 'U')
        """
    ]
