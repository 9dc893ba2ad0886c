"""Type the rows of one file and sort out those that share a key.

Leaves two temp tables on the connection:
`typed`, grain one row per row read, with `_table _row _key _row_hash _errors _raw` and the landed columns;
`set_aside`, grain one row per row of `typed` that does not land as it stands, with its `_fate`
(duplicate, superseded, conflict) or, for keyless twins, the key that tells them apart.
Only the exceptions are written down, so that a clean file costs one pass.
"""

from __future__ import annotations

import duckdb

from pipelines.landing.contract import Entity
from pipelines.landing.mapping import ColumnPlan
from pipelines.landing.typing_sql import quoted, typed_select
from pipelines.sources.files import TextTable

KEY_SEPARATOR = "chr(31)"
NULL_MARK = "chr(30)"


def type_rows(
    con: duckdb.DuckDBPyConnection,
    entity: Entity,
    tables: list[TextTable],
    plans: list[ColumnPlan],
    zone: str,
) -> None:
    """Fill `typed` from the file's text tables.

    A row's key is its entity's key columns; a row that delivers none of them is keyless and is
    identified by its content and an occurrence number.
    """
    selects = [
        typed_select(entity, plan, table, number, zone)
        for number, (table, plan) in enumerate(zip(tables, plans, strict=True))
    ]
    names = [quoted(name) for name, _ in entity.landed_columns] + ["extra"]
    keys = [quoted(name) for name in entity.key]
    has_key = " or ".join(f"{key} is not null" for key in keys) or "false"
    key_text = ", ".join(f"coalesce(cast({key} as varchar), '')" for key in keys) or "''"
    content = ", ".join(f"coalesce(cast({name} as varchar), {NULL_MARK})" for name in names)
    con.execute(
        f"""
        create or replace temp table typed as
        with all_rows as ({" union all ".join(selects)})
        select
            *,
            hash({", ".join(names)}) as _row_hash,
            ({has_key}) as _has_key,
            case when {has_key} then concat_ws({KEY_SEPARATOR}, {key_text})
                 else md5(concat_ws({KEY_SEPARATOR}, {content})) || '#1' end as _key
        from all_rows
        """
    )


def sort_out_repeats(con: duckdb.DuckDBPyConnection, entity: Entity) -> None:
    """Fill `set_aside`: exact duplicates, superseded rows, conflicts, and numbered keyless twins."""
    newest = f"{quoted(entity.order_by)} desc nulls last, " if entity.order_by else ""
    loser = "conflict" if entity.conflict == "error" else "superseded"
    # A conflict has no winner: every one of the rows is an error that names the others.
    takes = "false" if entity.conflict == "error" else "newness = 1"
    con.execute(
        f"""
        create or replace temp table set_aside as
        with repeated as (
            select _key from typed where _errors is null group by _key having count(*) > 1
        ),
        ranked as (
            select
                _table, _row, _key, _has_key,
                row_number() over (partition by _key, _row_hash order by _table desc, _row desc) as copy_no,
                row_number() over (partition by _key order by {newest}_table desc, _row desc) as newness,
                row_number() over (partition by _key order by _table, _row) as occurrence_no,
                min(_row_hash) over (partition by _key) <> max(_row_hash) over (partition by _key) as differs
            from typed
            where _errors is null and _key in (select _key from repeated)
        )
        select
            _table, _row,
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
