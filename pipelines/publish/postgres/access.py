"""Who sees which rows of the marts in PostgreSQL: by login, own rows, a team's rows or all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pipelines.core.sql_text import quote_name
from pipelines.publish.postgres.versions import BOOKS
from pipelines.publish.postgres.views import Relation
from pipelines.settings import RowPolicies

if TYPE_CHECKING:
    import psycopg

OPEN_MARTS = frozenset(
    {"dim_date", "dim_metric", "dim_org", "dim_product_line", "dim_rules_version", "dim_stage"}
)
"""Lists that say nothing about anybody: every login sees them whole."""

_OPPORTUNITIES = "fct_opportunity"


def row_filters(
    tables: Mapping[str, Relation], schema: str, policies: RowPolicies | None
) -> dict[str, str | None]:
    """Return the condition of each mart's view: None where all rows are shown.

    A mart's rows belong to the first of these that it has: person_id, owner_id, owner_a with
    owner_b, scope_type with scope_id, the owner of its opportunity_id. The rows of a mart that has
    none of them belong to nobody and are seen only by logins that see everything.
    """
    if policies is None:
        return dict.fromkeys(tables)
    return {
        name: None
        if name in OPEN_MARTS
        else f"({_everything()}) or {_own(set(table.types), schema, tables)}"
        for name, table in tables.items()
    }


def write_access(
    con: psycopg.Connection[tuple[Any, ...]], schema: str, policies: RowPolicies | None
) -> None:
    """Write down who sees what as company.yml says now, teams by their people on the night's day.

    Never taken from an older version: a rollback brings back figures, not rights.
    """
    con.execute(f"delete from {BOOKS}.access".encode())
    if policies is None:
        return
    entries = {(login, "everything", "") for login in policies.everything}
    entries |= {(login, "person", person) for login, person in policies.people.items()}
    entries |= {(login, "team", team) for login, team in policies.teams.items()}
    with con.cursor() as cursor:
        cursor.executemany(
            f"insert into {BOOKS}.access (login, kind, id) values (%s, %s, %s)".encode(),
            sorted(entries),
        )
    known = con.execute("select to_regclass(%s)", [f"{quote_name(schema)}.dim_person"]).fetchone()
    if known is not None and known[0] is not None:
        con.execute(
            f"insert into {BOOKS}.access (login, kind, id) "
            f"select a.login, 'person', p.person_id from {BOOKS}.access a "
            f"join {quote_name(schema)}.dim_person p on p.team = a.id and p.is_current "
            "where a.kind = 'team' on conflict do nothing".encode()
        )


def _everything() -> str:
    # session_user is who logged in: no `set role` changes it
    return (
        f"exists (select 1 from {BOOKS}.access a "
        "where a.login = session_user and a.kind = 'everything')"
    )


def _own(columns: set[str], schema: str, tables: Mapping[str, Relation]) -> str:
    if "person_id" in columns or "owner_id" in columns:
        own = _among("person", "person_id" if "person_id" in columns else "owner_id")
        # what happened in a team stays the team's when the person has moved on
        return f"{own} or {_among('team', 'team')}" if "team" in columns else own
    if {"owner_a", "owner_b"} <= columns:
        return f"{_among('person', 'owner_a')} and {_among('person', 'owner_b')}"
    if {"scope_type", "scope_id"} <= columns:
        scopes = (
            f"(t.scope_type = '{kind}' and {_among(kind, 'scope_id')})"
            for kind in ("person", "team")
        )
        return " or ".join(scopes)
    if "opportunity_id" in columns and _OPPORTUNITIES in tables:
        return (
            f"t.opportunity_id in (select o.opportunity_id from {quote_name(schema)}."
            f"{_OPPORTUNITIES} o where {_among('person', 'person_id', 'o')})"
        )
    return "false"


def _among(kind: str, column: str, of: str = "t") -> str:
    return (
        f"{of}.{column} in (select a.id from {BOOKS}.access a "
        f"where a.login = session_user and a.kind = '{kind}')"
    )
