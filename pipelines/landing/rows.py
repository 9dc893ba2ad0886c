"""Type the rows of a batch of files and sort out those that share a key within their file.

Leaves two temp tables on the connection:
`typed`, grain one row per row read, with `_seq _table _row _key _row_hash _errors _raw` and the landed
columns; `set_aside`, grain one row per row of `typed` that does not land as it stands, with its `_fate`
(duplicate, superseded, conflict) or, for keyless twins, the key that tells them apart.
Only the exceptions are written down, so that a clean file costs one pass.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.landing.batch import LandingContext, ReadDelivery
from pipelines.landing.typing_sql import quoted, typed_select, used_cells

KEY_SEPARATOR = "chr(31)"
NULL_MARK = "chr(30)"


def type_rows(context: LandingContext, batch: Sequence[ReadDelivery]) -> None:
    """Fill `typed` from the text tables of every file; files of one layout share one SELECT.

    A row's key is its entity's key columns; a row that delivers none of them is keyless and is
    identified by its content and an occurrence number.
    """
    entity = context.entity
    names = [quoted(name) for name, _ in entity.landed_columns] + ["extra"]
    keys = [quoted(name) for name in entity.key]
    has_key = " or ".join(f"{key} is not null" for key in keys) or "false"
    key_text = ", ".join(f"coalesce(cast({key} as varchar), '')" for key in keys) or "''"
    content = ", ".join(f"coalesce(cast({name} as varchar), {NULL_MARK})" for name in names)
    context.con.execute(
        f"""
        create or replace temp table typed as
        with all_rows as ({" union all ".join(f"({s})" for s in _layout_selects(context, batch))})
        select
            *,
            hash({", ".join(names)}) as _row_hash,
            ({has_key}) as _has_key,
            case when {has_key} then concat_ws({KEY_SEPARATOR}, {key_text})
                 else md5(concat_ws({KEY_SEPARATOR}, {content})) || '#1' end as _key
        from all_rows
        """
    )


def _layout_selects(context: LandingContext, batch: Sequence[ReadDelivery]) -> list[str]:
    """Return one typed SELECT per layout: binding the macros costs more than typing a small file."""
    by_layout: dict[tuple[str, bool], list[str]] = {}
    plans = {}
    for read in batch:
        for number, (table, plan) in enumerate(zip(read.tables, read.plans, strict=True)):
            layout = (plan.layout, table.is_date1904)
            cells = "".join(f", {cell}" for cell in used_cells(plan))
            by_layout.setdefault(layout, []).append(
                f"select {read.seq}::bigint as _seq, {number} as _table, _row{cells} from {table.relation}"
            )
            plans[layout] = plan
    return [
        typed_select(
            context.entity, plans[layout], f"({' union all '.join(tables)})", context.zone, layout[1]
        )
        for layout, tables in by_layout.items()
    ]


def sort_out_repeats(context: LandingContext) -> None:
    """Fill `set_aside`: exact duplicates, superseded rows, conflicts, and numbered keyless twins."""
    entity = context.entity
    newest = f"{quoted(entity.order_by)} desc nulls last, " if entity.order_by else ""
    loser = "conflict" if entity.conflict == "error" else "superseded"
    # A conflict has no winner: every one of the rows is an error that names the others.
    takes = "false" if entity.conflict == "error" else "newness = 1"
    context.con.execute(
        f"""
        create or replace temp table set_aside as
        with repeated as (
            select _seq, _key from typed where _errors is null group by _seq, _key having count(*) > 1
        ),
        ranked as (
            select
                _seq, _table, _row, _key, _has_key,
                row_number() over (partition by _seq, _key, _row_hash order by _table desc, _row desc)
                    as copy_no,
                row_number() over (partition by _seq, _key order by {newest}_table desc, _row desc)
                    as newness,
                row_number() over (partition by _seq, _key order by _table, _row) as occurrence_no,
                min(_row_hash) over (partition by _seq, _key)
                    <> max(_row_hash) over (partition by _seq, _key) as differs
            from typed
            semi join repeated using (_seq, _key)
            where _errors is null
        )
        select
            _seq, _table, _row,
            case
                when not _has_key then 'twin'
                when copy_no > 1 then 'duplicate'
                else '{loser}'
            end as _fate,
            regexp_replace(_key, '#1$', '') || '#' || occurrence_no as _twin_key
        from ranked
        where (not _has_key and occurrence_no > 1)
           or (_has_key and copy_no > 1)
           or (_has_key and copy_no = 1 and differs and not ({takes}))
        """
    )
