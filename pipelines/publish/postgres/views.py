"""Point all views of a schema at another version in one transaction; users' own views stay."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipelines.core.sql_text import quote_name, quote_text
from pipelines.publish.postgres.database import run
from pipelines.publish.postgres.versions import BOOKS

if TYPE_CHECKING:
    import psycopg


@dataclass(frozen=True)
class Relation:
    """A table or view as the catalog has it: types and comments by column, in order."""

    types: Mapping[str, str]
    comments: Mapping[str, str | None]
    comment: str | None


def relations(
    con: psycopg.Connection[tuple[Any, ...]], schema: str, kind: str
) -> dict[str, Relation]:
    """Read the tables (`r`) or views (`v`) of one schema."""
    rows = con.execute(
        "select c.relname, a.attname, format_type(a.atttypid, a.atttypmod), "
        "col_description(c.oid, a.attnum), obj_description(c.oid, 'pg_class') "
        "from pg_class c join pg_namespace n on n.oid = c.relnamespace "
        "join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped "
        "where n.nspname = %s and c.relkind = %s order by c.relname, a.attnum",
        [schema, kind],
    ).fetchall()
    found: dict[str, Relation] = {}
    for name, column, type_, column_comment, comment in rows:
        relation = found.setdefault(name, Relation({}, {}, comment))
        relation.types[column] = type_  # type: ignore[index]
        relation.comments[column] = column_comment  # type: ignore[index]
    return found


def show_schema(
    con: psycopg.Connection[tuple[Any, ...]],
    kind: str,
    source: str,
    filters: Mapping[str, str | None],
    *,
    is_guarded: bool,
) -> None:
    """Let every view of schema `kind` show the table of its name in schema `source`.

    A view keeps its columns' order, since PostgreSQL lets a view only grow at its end. A column
    that a mart lost reads NULL; a mart that is gone is dropped, or reads empty where somebody's
    view needs it; a changed type makes the view anew, with its grants.

    Args:
        con: inside the one transaction of the flip.
        kind: schema of the views.
        source: schema of the version's tables.
        filters: view → condition on its rows, None for all rows; views not named show no rows.
        is_guarded: make security-barrier views, so that no function sees a hidden row.

    Raises:
        psycopg.Error: a lock timed out, or a changed type is in the way of somebody's view.
    """
    run(con, f"create schema if not exists {quote_name(kind)}")
    tables, views = relations(con, source, "r"), relations(con, kind, "v")
    option = f"with (security_barrier = {str(is_guarded).lower()})"
    statements: list[str] = []
    for name, table in tables.items():
        view = f"{quote_name(kind)}.{quote_name(name)}"
        known = views.get(name)
        grants: list[str] = []
        if known is not None and _has_changed_type(known, table):
            grants = _grants(con, kind, name)
            statements.append(f"drop view {view} restrict")
            known = None
        condition = filters.get(name, "false") or "true"
        statements.append(
            f"create or replace view {view} {option} as select {_columns(known, table)} "
            f"from {quote_name(source)}.{quote_name(name)} as t where {condition}"
        )
        statements += [*grants, *_comments(view, known, table)]
    if statements:
        run(con, "; ".join(statements))
    _retire(con, kind, views, tables)
    _enter(con, kind, tables)


def _has_changed_type(view: Relation, table: Relation) -> bool:
    return any(table.types.get(name, type_) != type_ for name, type_ in view.types.items())


def _columns(view: Relation | None, table: Relation) -> str:
    known = dict(view.types) if view is not None else {}
    listed = [
        f"t.{quote_name(name)}" if name in table.types else _nothing(name, type_)
        for name, type_ in known.items()
    ]
    listed += [f"t.{quote_name(name)}" for name in table.types if name not in known]
    return ", ".join(listed)


def _nothing(name: str, type_: str) -> str:
    return f"null::{type_} as {quote_name(name)}"


def _comments(view: str, known: Relation | None, table: Relation) -> list[str]:
    """Statements for the comments that differ: most nights none, while the views are locked."""
    statements = []
    for name, comment in table.comments.items():
        if comment != (known.comments.get(name) if known else None):
            text = "null" if comment is None else quote_text(comment)
            statements.append(f"comment on column {view}.{quote_name(name)} is {text}")
    if table.comment != (known.comment if known else None):
        text = "null" if table.comment is None else quote_text(table.comment)
        statements.append(f"comment on view {view} is {text}")
    return statements


def _grants(con: psycopg.Connection[tuple[Any, ...]], schema: str, name: str) -> list[str]:
    """Statements that give a view's grants again after it was made anew."""
    rows = con.execute(
        "select case acl.grantee when 0 then 'public' else quote_ident(r.rolname) end, "
        "acl.privilege_type, acl.is_grantable from pg_class c "
        "join pg_namespace n on n.oid = c.relnamespace "
        "cross join lateral aclexplode(c.relacl) as acl "
        "left join pg_roles r on r.oid = acl.grantee "
        "where n.nspname = %s and c.relname = %s and acl.grantee <> c.relowner",
        [schema, name],
    ).fetchall()
    view = f"{quote_name(schema)}.{quote_name(name)}"
    return [
        f"grant {privilege} on {view} to {grantee}{' with grant option' if is_grantable else ''}"
        for grantee, privilege, is_grantable in rows
    ]


def _retire(
    con: psycopg.Connection[tuple[Any, ...]],
    kind: str,
    views: Mapping[str, Relation],
    tables: Iterable[str],
) -> None:
    """Drop views of ours whose mart is gone; one that somebody needs stays, empty."""
    import psycopg

    rows = con.execute(f"select name from {BOOKS}.view where kind = %s".encode(), [kind])
    for name in sorted({str(name) for (name,) in rows} & views.keys() - set(tables)):
        view = f"{quote_name(kind)}.{quote_name(name)}"
        try:
            with con.transaction():
                run(con, f"drop view {view} restrict")
        except psycopg.errors.DependentObjectsStillExist:
            columns = ", ".join(_nothing(*column) for column in views[name].types.items())
            run(con, f"create or replace view {view} as select {columns} where false")


def _enter(con: psycopg.Connection[tuple[Any, ...]], kind: str, tables: Iterable[str]) -> None:
    con.execute(
        f"insert into {BOOKS}.view select %s, unnest(%s::text[]) on conflict do nothing".encode(),
        [kind, list(tables)],
    )
