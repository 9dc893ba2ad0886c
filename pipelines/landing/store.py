"""Say where each row of a batch went, and write what changed from landing to landing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from pipelines.core.sql_text import quote_name, quote_text
from pipelines.landing.batch import LandingContext, ReadDelivery
from pipelines.landing.changes import Change, find_changes
from pipelines.landing.log import Counts, LandingRecord
from pipelines.landing.parquet import write_parquet
from pipelines.landing.quarantine import write_quarantine

SLICE_ROWS = 200_000


@dataclass(frozen=True)
class _Tally:
    """Where the rows of one file went, before they were compared with the landing before."""

    read: int
    good: int
    bad: int
    superseded: int
    duplicates: int
    skipped: int
    earliest_on: date | None


def store_batch(
    context: LandingContext, batch: Sequence[ReadDelivery], chain: Sequence[LandingRecord]
) -> list[LandingRecord]:
    """Store a batch and return one finished record per delivery; its counts reconcile.

    Too many bad rows block a file: its good rows are held and the last landing stays in force.
    """
    tallies = _tallies(context, batch)
    blocked = {read.seq for read in batch if _is_blocked(context, tallies[read.seq])}
    fitting = [read for read in batch if read.seq not in blocked]
    changes = find_changes(context, fitting, chain)
    records = []
    for read in batch:
        tally = tallies[read.seq]
        quarantine = write_quarantine(context, read) if tally.bad + tally.superseded else None
        record = replace(read.record, quarantine_path=quarantine, superseded=tally.superseded)
        if read.seq in blocked:
            records.append(_blocked(context, record, tally))
        else:
            records.append(_landed(context, read, record, tally, changes[read.seq]))
    return records


def _tallies(context: LandingContext, batch: Sequence[ReadDelivery]) -> dict[int, _Tally]:
    con, entity = context.con, context.entity
    dated = quote_name(entity.event_date) if entity.event_date else "null::date"
    typed = {
        row[0]: row[1:]
        for row in con.execute(
            f"""
            select _seq, count(*), count(*) filter (_errors is not null),
                min({dated}) filter (_errors is null)
            from typed group by _seq
            """
        ).fetchall()
    }
    fates: dict[tuple[int, str], int] = {
        (seq, fate): count
        for seq, fate, count in con.execute(
            "select _seq, _fate, count(*) from set_aside group by all"
        ).fetchall()
    }
    return {read.seq: _tally(read, typed.get(read.seq, (0, 0, None)), fates) for read in batch}


def _tally(read: ReadDelivery, typed: Sequence[Any], fates: dict[tuple[int, str], int]) -> _Tally:
    rows, with_errors, earliest = typed
    duplicates, superseded, conflicts = (
        fates.get((read.seq, fate), 0) for fate in ("duplicate", "superseded", "conflict")
    )
    malformed = sum(table.malformed_count for table in read.tables)
    return _Tally(
        read=sum(table.rows_read for table in read.tables),
        good=rows - with_errors - duplicates - superseded - conflicts,
        bad=with_errors + conflicts + malformed,
        superseded=superseded,
        duplicates=duplicates,
        skipped=sum(table.skipped.count for table in read.tables),
        earliest_on=earliest,
    )


def _is_blocked(context: LandingContext, tally: _Tally) -> bool:
    quality = context.settings.quality
    return tally.bad >= quality.min_bad_rows and tally.bad > quality.max_bad_row_rate * tally.read


def _landed(
    context: LandingContext,
    read: ReadDelivery,
    record: LandingRecord,
    tally: _Tally,
    change: Change,
) -> LandingRecord:
    path = _write_rows(context, read, record) if change.written else None
    return replace(
        record,
        status="landed" if change.landed or change.deleted else "repeated",
        counts=Counts(
            read=tally.read,
            landed=change.landed,
            unchanged=tally.good - change.landed,
            quarantined=tally.bad + tally.superseded,
            exact_duplicates=tally.duplicates,
            skipped=tally.skipped,
        ),
        deleted=change.deleted,
        live_keys_before=change.live_before,
        live_keys=change.live_after,
        earliest_on=tally.earliest_on,
        rows_path=path,
    )


def _write_rows(context: LandingContext, read: ReadDelivery, record: LandingRecord) -> str:
    columns = ", ".join(f"typed.{quote_name(name)}" for name, _ in context.entity.landed_columns)
    sheets = " ".join(f"when {i} then {quote_text(t.sheet)}" for i, t in enumerate(read.tables))
    path = (
        f"{context.entity.name}/landing_date={record.export_on.isoformat()}/"
        f"{record.source}-{record.seq:08d}.parquet"
    )
    select = f"""
        select changes._op, changes._seq, changes._key, changes._row_hash, changes._table,
            case changes._table {sheets} end as _sheet, changes._row, {columns}, typed.extra
        from changes
        left join typed on changes._seq = typed._seq and changes._table = typed._table
            and changes._row = typed._row{{slice}}
        where changes._seq = {read.seq}
        """
    order = "order by _op desc, _table, _row, _key"
    # Sorting the cells of a large delivery takes more memory than there is: some rows at a time.
    slices = _slices(context, read.seq)
    write_parquet(
        context.con,
        [f"{select.format(slice=typed)} {where} {order}" for typed, where in slices],
        context.landing_root / path,
    )
    return path


def _slices(context: LandingContext, seq: int) -> list[tuple[str, str]]:
    """Cut a delivery's changes into runs of rows: conditions on `typed` and on `changes`, in order."""
    last = context.con.execute(
        "select _table, max(_row), count(*) from changes where _seq = ? and _op = 'U' group by _table",
        [seq],
    ).fetchall()
    if sum(count for *_, count in last) <= SLICE_ROWS:
        return [("", "")]
    cuts = [
        f"{{0}}._table = {table} and {{0}}._row >= {start} and {{0}}._row < {start + SLICE_ROWS}"
        for table, end, _ in sorted(last)
        for start in range(0, end + 1, SLICE_ROWS)
    ]
    rows = [(f" and {cut.format('typed')}", f"and {cut.format('changes')}") for cut in cuts]
    return [*rows, (" and false", "and changes._op = 'D'")]


def _blocked(context: LandingContext, record: LandingRecord, tally: _Tally) -> LandingRecord:
    share, limit = tally.bad / tally.read, context.settings.quality.max_bad_row_rate
    return replace(
        record,
        status="blocked",
        counts=Counts(
            read=tally.read,
            quarantined=tally.bad + tally.superseded,
            exact_duplicates=tally.duplicates,
            skipped=tally.skipped,
            held=tally.good,
        ),
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
