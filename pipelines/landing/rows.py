"""Type the rows of a batch of files and sort out those that share a key within their file.

Leaves a temp view and a temp table on the connection:
`typed`, grain one row per row read, with `_seq _table _row _key _row_hash _errors _raw` and the landed
columns; `set_aside`, grain one row per row of `typed` that does not land as it stands, with its `_fate`
(duplicate, superseded, conflict) or, for keyless twins, the key that tells them apart.
Only the exceptions are written down, so that a clean file costs one pass.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.core.sql_text import quote_name, quote_text
from pipelines.landing.batch import LandingContext, ReadDelivery
from pipelines.landing.kept_rows import keep_rows
from pipelines.landing.plan import ColumnPlan
from pipelines.landing.typing_sql import typed_select, used_cells
from pipelines.sources.files import TextTable
from pipelines.sources.scans import CsvForm, CsvScan, joint_relation

KEY_SEPARATOR = "chr(31)"
NULL_MARK = "chr(30)"

# How tables are read: the plan, 1904 dates or not, and one SELECT of raw cells per table.
Layout = tuple[ColumnPlan, bool, list[str]]


@dataclass(frozen=True)
class _Placed:
    """A text table with its delivery, its number there and the cells that are read of it."""

    seq: int
    number: int
    table: TextTable
    cells: str

    @property
    def select(self) -> str:
        return (
            f"select {self.seq}::bigint as _seq, {self.number} as _table, _row{self.cells}"
            f" from {self.table.relation}"
        )


def type_rows(context: LandingContext, batch: Sequence[ReadDelivery]) -> None:
    """Fill `typed` from the text tables of every file; files of one layout share one SELECT.

    A row's key is its entity's key columns; a row that delivers none of them is keyless and is
    identified by its content and an occurrence number.
    """
    entity = context.entity
    names = [quote_name(name) for name, _ in entity.landed_columns] + ["extra"]
    keys = [quote_name(name) for name in entity.key]
    has_key = " or ".join(f"{key} is not null" for key in keys) or "false"
    key_text = ", ".join(f"coalesce(cast({key} as varchar), '')" for key in keys) or "''"
    content = ", ".join(f"coalesce(cast({name} as varchar), {NULL_MARK})" for name in names)
    select = f"""
        with all_rows as ({_all_rows(context, batch)})
        select
            *,
            hash({", ".join(names)}) as _row_hash,
            ({has_key}) as _has_key,
            case when {has_key} then concat_ws({KEY_SEPARATOR}, {key_text})
                 else md5(concat_ws({KEY_SEPARATOR}, {content})) || '#1' end as _key
        from all_rows
        """
    keep_rows(context, "typed", select)


def _all_rows(context: LandingContext, batch: Sequence[ReadDelivery]) -> str:
    """Return the SELECT of every typed row with its `_seq`, `_table` and `_row`.

    One file is typed as it streams by. Of several (daily exports are mostly the same rows) every
    different row is typed once, however often it was delivered.
    """
    layouts = _layouts(batch)
    if len(batch) == 1:
        typed = [
            _typed(context, layout, f"({' union all '.join(layout[2])})", "_seq, _table, _row")
            for layout in layouts
        ]
        return " union all ".join(f"({select})" for select in typed)
    _number_contents(context, layouts)
    contents = [
        f"(select {n} as _layout, * from ({_typed(context, layout, f'content_{n}', '_content')}))"
        for n, layout in enumerate(layouts)
    ]
    return f"""
        select places._seq, places._table, places._row, contents.* exclude (_layout, _content)
        from row_places as places
        inner join ({" union all by name ".join(contents)}) as contents using (_layout, _content)
    """


def _typed(context: LandingContext, layout: Layout, relation: str, carried: str) -> str:
    plan, is_1904, _ = layout
    return typed_select(context.entity, plan, relation, carried, context.zone, is_1904)


def _layouts(batch: Sequence[ReadDelivery]) -> list[Layout]:
    """Group text tables by how they are read; constants are cells, so that they tell none apart."""
    found: dict[tuple[str, bool], tuple[ColumnPlan, list[_Placed]]] = {}
    for read in batch:
        for number, (table, own) in enumerate(zip(read.tables, read.plans, strict=True)):
            plan = own.with_constants_as_cells()
            constants = {f"k_{name}": quote_text(text) for name, text in own.constants.items()}
            cells = "".join(
                f", {constants[cell]} as {cell}" if cell in constants else f", {cell}"
                for cell in used_cells(plan)
            )
            _, placed = found.setdefault((plan.layout, table.is_date1904), (plan, []))
            placed.append(_Placed(read.seq, number, table, cells))
    return [(plan, is_1904, _selects(placed)) for (_, is_1904), (plan, placed) in found.items()]


def _selects(placed: Sequence[_Placed]) -> list[str]:
    """Return the SELECTs of these tables' rows; CSV files of one form are parsed by one of them."""
    alike: dict[tuple[CsvForm, str], list[tuple[_Placed, CsvScan]]] = {}
    selects = []
    for place in placed:
        scan = place.table.plain_scan
        if scan is not None:
            alike.setdefault((scan.form, place.cells), []).append((place, scan))
        else:
            selects.append(place.select)
    for (_, cells), files in alike.items():
        if len(files) == 1:
            selects.append(files[0][0].select)
            continue
        places = ", ".join(
            f"({quote_text(str(scan.path))}, {place.seq}::bigint, {place.number})"
            for place, scan in files
        )
        selects.append(
            f"select _seq, _table, _row{cells} from {joint_relation([s for _, s in files])}"
            f" inner join (values {places}) as delivered(_path, _seq, _table) using (_path)"
        )
    return selects


def _number_contents(context: LandingContext, layouts: Sequence[Layout]) -> None:
    """Fill `row_places` (where each row stands) and `content_<n>` (each different row once).

    Sixty daily exports are mostly the same rows: a row is typed once, however often it was delivered.
    """
    places = []
    for number, (plan, _, selects) in enumerate(layouts):
        cells = used_cells(plan)
        listed = "".join(f", {cell}" for cell in cells)
        key = (
            f"md5(concat_ws(chr(31){''.join(f', coalesce({c}, chr(30))' for c in cells)}))"
            if cells
            else "''"
        )
        context.con.execute(
            f"create or replace temp table raw_{number} as "
            f"select _seq, _table, _row, {key} as _content{listed} from ({' union all '.join(selects)})"
        )
        firsts = "".join(f", first({cell}) as {cell}" for cell in cells)
        context.con.execute(
            f"create or replace temp table content_{number} as "
            f"select _content{firsts} from raw_{number} group by _content"
        )
        places.append(f"select {number} as _layout, _seq, _table, _row, _content from raw_{number}")
    context.con.execute(f"create or replace temp table row_places as {' union all '.join(places)}")


def sort_out_repeats(context: LandingContext) -> None:
    """Fill `set_aside`: exact duplicates, superseded rows, conflicts, and numbered keyless twins."""
    entity = context.entity
    newest = f"{quote_name(entity.order_by)} desc nulls last, " if entity.order_by else ""
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
