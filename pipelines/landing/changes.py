"""What a landing changed against the landing before it, for a whole batch in one pass.

A snapshot's part is a chain: each delivery is compared with the one before. A key that a delivery
shows only in a row that broke its contract is not missing: its last good version stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.core.sql_text import parquet_rows, quote_text
from pipelines.landing.batch import LandingContext, ReadDelivery
from pipelines.landing.kept_rows import keep_rows
from pipelines.landing.log import LandingRecord


@dataclass(frozen=True)
class Change:
    """One delivery's changes: rows new or changed, keys gone, keys alive before and after."""

    landed: int
    deleted: int
    written: int
    live_before: int
    live_after: int


def find_changes(
    context: LandingContext, batch: Sequence[ReadDelivery], chain: Sequence[LandingRecord]
) -> dict[int, Change]:
    """Keep `changes` and return what each delivery changed.

    `changes` has one row per delivery and key to be written: `_op` U (new or changed; in a delta
    every delivered row) or D (gone), `_is_change`, `_is_new`, and where its cells stand in `typed`
    (`_seq`, `_table`, `_row`; NULL for D). The cells stay there: copying them costs memory.
    """
    is_snapshot = context.source.load == "snapshot"
    parts = {read.record.part for read in batch} if is_snapshot else {""}
    order: dict[str, list[int]] = {part: [] for part in parts}
    for read in batch:
        order[read.record.part if is_snapshot else ""].append(read.seq)
    # What is written is put in order at the end; keeping an order till then costs memory.
    context.con.execute("set preserve_insertion_order = false")
    _presence(context, order, chain, is_snapshot)
    _write_changes(context, is_snapshot)
    return _counts(context, order)


def _presence(
    context: LandingContext,
    order: dict[str, list[int]],
    chain: Sequence[LandingRecord],
    is_snapshot: bool,
) -> None:
    """Keep `presence`: one row per part, position in its chain and key that was delivered there.

    Position 0 is what was alive before the batch; `_row_hash` is NULL where the row was bad.
    """
    places = [
        f"({quote_text(part)}, {position}, {seq})"
        for part, seqs in order.items()
        for position, seq in enumerate(seqs, start=1)
    ]
    where = ", ".join(places) or "('', 0, 0)"
    context.con.execute(
        f"""
        create or replace temp table places as
        select * from (values {where}) as p(_part, _position, _seq) where _position > 0
        """
    )
    before = [
        f"select {quote_text(part)} as _part, * from ({_alive(context, chain, part, is_snapshot)})"
        for part in order
    ]
    keep_rows(context, "present", _present(before, is_append=context.source.load == "append"))
    keep_rows(context, "doubtful", _DOUBTFUL)
    context.con.execute(
        """
        create or replace temp view presence as
        select * from present union all by name select * from doubtful
        """
    )


def _present(before: Sequence[str], *, is_append: bool) -> str:
    """Return the SELECT of keys alive before the batch, and of those in its good rows."""
    key = (
        "coalesce(s._twin_key, typed._key) || case when typed._has_key then '' else '@' || typed._seq end"
        if is_append
        else "case when typed._has_key then typed._key else coalesce(s._twin_key, typed._key) end"
    )
    alive = " union all ".join(before)
    return f"""
        select _part, 0 as _position, 0::bigint as _seq, _key, _row_hash,
            null::integer as _table, null::bigint as _row
        from ({alive or "select '' as _part, '' as _key, 0::ubigint as _row_hash where false"})
        union all
        select places._part, places._position, places._seq, {key} as _key,
            typed._row_hash, typed._table, typed._row
        from typed
        inner join places on typed._seq = places._seq
        left join set_aside as s
            on typed._seq = s._seq and typed._table = s._table and typed._row = s._row
        where coalesce(s._fate, 'twin') = 'twin' and typed._errors is null
        """


# A key that stands in bad or conflicting rows alone was delivered too: it is protected.
_DOUBTFUL = """
    select places._part, places._position, places._seq, doubtful._key, null::ubigint as _row_hash,
        null::integer as _table, null::bigint as _row
    from (
        select _seq, _key from typed where _errors is not null and _has_key
        union
        select typed._seq, typed._key
        from set_aside as s
        inner join typed on typed._seq = s._seq and typed._table = s._table and typed._row = s._row
        where s._fate = 'conflict'
    ) as doubtful
    inner join places on doubtful._seq = places._seq
    anti join (select _seq, _key from present where _position > 0) as good
        on good._seq = doubtful._seq and good._key = doubtful._key
    """


def _alive(
    context: LandingContext, chain: Sequence[LandingRecord], part: str, is_snapshot: bool
) -> str:
    """Return the SELECT of keys alive before the batch, with their content hash."""
    files = [
        context.landing_root / earlier.rows_path
        for earlier in chain
        if earlier.is_in_chain and earlier.rows_path and (not is_snapshot or earlier.part == part)
    ]
    if not files:
        return "select '' as _key, 0::ubigint as _row_hash where false"
    return f"""
        select _key, arg_max(_row_hash, _seq) as _row_hash
        from {parquet_rows(files)}
        group by _key
        having arg_max(_op, _seq) = 'U'
    """


def _write_changes(context: LandingContext, is_snapshot: bool) -> None:
    # A snapshot's key that skipped a delivery was gone in between; a delta's key never is.
    gap = (
        "lag(_position) over by_key is distinct from _position - 1"
        if is_snapshot
        else "lag(_position) over by_key is null"
    )
    keep_rows(
        context,
        "runs",
        f"""
        with marked as (
            select *, ({gap})::int as _starts from presence
            window by_key as (partition by _part, _key order by _position)
        )
        select *, sum(_starts) over (
            partition by _part, _key order by _position rows unbounded preceding
        ) as _run
        from marked
        """,
    )
    changes = f"""
        with compared as (
            select *, last_value(_row_hash ignore nulls) over (
                partition by _part, _key, _run order by _position
                rows between unbounded preceding and 1 preceding
            ) as _hash_before
            from runs
        )
        select 'U' as _op, _seq, _key, _row_hash, _table, _row,
            _hash_before is null or _hash_before <> _row_hash as _is_change,
            _hash_before is null as _is_new
        from compared
        where _position > 0 and _row_hash is not null
            and ({"_hash_before is null or _hash_before <> _row_hash" if is_snapshot else "true"})
        """
    if is_snapshot:
        changes += """
        union all
        select 'D', places._seq, gone._key, gone._row_hash, null, null, true, false
        from (
            select _part, _key, max(_position) as _last, max_by(_row_hash, _position) as _row_hash
            from runs
            group by _part, _key, _run
            having count(_row_hash) > 0
        ) as gone
        inner join places on places._part = gone._part and places._position = gone._last + 1
        """
    keep_rows(context, "changes", changes)


def _counts(context: LandingContext, order: dict[str, list[int]]) -> dict[int, Change]:
    counted = {
        row[0]: row[1:]
        for row in context.con.execute(
            """
            select _seq, count(*) filter (_op = 'U' and _is_change), count(*) filter (_op = 'D'), count(*),
                count(*) filter (_op = 'U' and _is_new)
            from changes group by _seq
            """
        ).fetchall()
    }
    alive = dict(
        context.con.execute(
            "select _part, count(*) from presence where _position = 0 group by _part"
        ).fetchall()
    )
    found: dict[int, Change] = {}
    for part, seqs in order.items():
        live = alive.get(part, 0)
        for seq in seqs:
            landed, deleted, written, new = counted.get(seq, (0, 0, 0, 0))
            found[seq] = Change(landed, deleted, written, live, live + new - deleted)
            live += new - deleted
    return found
