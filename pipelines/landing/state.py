"""Fold the landings into what was known at the end of D: the tables of schema `landed`.

A snapshot's part is the chain of its changed rows up to the delivery in force; a delta or append is
every row delivered. Both fold to the newest version of each key.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from pipelines.core.sql_text import parquet_rows, quote_name, quote_text
from pipelines.landing.contract import Entity
from pipelines.landing.log import LandingRecord
from pipelines.landing.visible import VisibleLandings
from pipelines.settings import FileSource, SourceSettings

LINEAGE_COLUMNS = (
    ("source", "VARCHAR"),
    ("source_kind", "VARCHAR"),
    ("source_row", "VARCHAR"),
    ("landed_at", "TIMESTAMP"),
    ("landed_on", "DATE"),
    ("is_reconstructed", "BOOLEAN"),
    ("extra", "VARCHAR"),
)


@dataclass(frozen=True)
class SourceState:
    """One source as D sees it."""

    source: SourceSettings
    rank: int
    records: tuple[LandingRecord, ...]
    visible: VisibleLandings


def build_landed_table(
    con: duckdb.DuckDBPyConnection,
    entity: Entity,
    states: Iterable[SourceState],
    landing_root: Path,
    as_of: date,
) -> int:
    """Create `landed.<entity>` as known at the end of D and return its row count.

    Grain: one row per key over all sources (the order in company.yml decides), keyless rows each.
    Columns: the entity's landed columns, then `source, source_kind, source_row, landed_at, landed_on,
    is_reconstructed, extra`. Rows that happened after D are left out. An entity that nobody
    delivers gives an empty typed table.
    """
    columns = [*entity.landed_columns, *LINEAGE_COLUMNS]
    definition = ", ".join(f"{quote_name(name)} {kind}" for name, kind in columns)
    con.execute("create schema if not exists landed")
    con.execute(f"create or replace table landed.{quote_name(entity.name)} ({definition})")
    selects = [select for state in states for select in _source_selects(state, landing_root)]
    if not selects:
        return 0
    names = ", ".join(quote_name(name) for name, _ in columns)
    event = entity.event_date
    until = (
        f"where {quote_name(event)} is null or {quote_name(event)} <= {quote_text(as_of.isoformat())}"
        if event
        else ""
    )
    body = " union all by name ".join(selects)
    if len(selects) > 1 and entity.key:
        # The same key from two parts or two sources: the first source named in company.yml, then the newest.
        body = f"""
            select * from ({body})
            qualify row_number() over (
                partition by _key order by _rank, _covers_until desc, _seq desc
            ) = 1
        """
    con.execute(
        f"""
        insert into landed.{quote_name(entity.name)} ({names})
        select {names} from ({body}) {until} order by _rank, _seq, _table, _row
        """
    )
    counted = con.execute(f"select count(*) from landed.{quote_name(entity.name)}").fetchone()
    return int(counted[0]) if counted else 0


def _source_selects(state: SourceState, landing_root: Path) -> list[str]:
    if not state.visible.records:
        return []
    if state.source.load == "snapshot":
        chains = [
            [r for r in state.records if r.is_in_chain and r.part == part and r.seq <= newest.seq]
            for part, newest in state.visible.in_force().items()
        ]
    else:
        chains = [list(state.visible.records)]
    return [
        _chain_select(state, chain, landing_root)
        for chain in chains
        if any(r.rows_path for r in chain)
    ]


def _key_of(source: SourceSettings) -> str:
    """A row of a pull is found again by its key, not by its place."""
    if isinstance(source, FileSource):
        return ""
    return " || ' key ' || rtrim(replace(rows._key, chr(31), '|'), '|')"


def _chain_select(state: SourceState, chain: list[LandingRecord], landing_root: Path) -> str:
    """Return the SELECT of one chain's live rows.

    Only the keys of later deliveries are compared: they are few, the first delivery is large.
    """
    written = [r for r in chain if r.rows_path]
    # A snapshot's chain is a chain of differences in order of arrival; deltas count by the day they cover.
    if state.source.load == "snapshot":
        written.sort(key=lambda r: r.seq)
    positions = ", ".join(
        f"({r.seq}, {i}, {quote_text(r.name)}, {quote_text(r.arrived_at.replace(tzinfo=None).isoformat())}::timestamp, "
        f"{quote_text(r.covers_until.isoformat())}::date)"
        for i, r in enumerate(written)
    )
    files = parquet_rows(landing_root / str(r.rows_path) for r in written)
    first = written[0].seq
    return f"""
        (with deliveries (_seq, _position, _name, _arrived_at, _covers_until) as (values {positions}),
        rows as (
            select * from {files}
        ),
        touched as (
            select _key, max(_position) as _last
            from (select _key, _seq from rows where _seq <> {first}) inner join deliveries using (_seq)
            group by _key
        )
        select
            rows.* exclude (_op), deliveries._covers_until, {state.rank} as _rank,
            {quote_text(state.source.name)} as source,
            {quote_text(state.source.source_kind)} as source_kind,
            deliveries._name || coalesce(' [' || nullif(rows._sheet, '') || ']', '')
                || ' row ' || rows._row{_key_of(state.source)} as source_row,
            deliveries._arrived_at as landed_at,
            deliveries._covers_until as landed_on,
            {str(state.visible.is_reconstructed).lower()} as is_reconstructed
        from rows
        inner join deliveries using (_seq)
        left join touched using (_key)
        where rows._op = 'U' and (touched._last is null or touched._last = deliveries._position))
    """
