"""Who may read which schema: bi_reader the marts, two more roles what is not for everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipelines.core.sql_text import quote_name
from pipelines.publish.errors import PublishError
from pipelines.publish.postgres.database import run

if TYPE_CHECKING:
    import psycopg

READERS = {
    "marts": "bi_reader",
    "restricted": "bi_restricted_reader",
    "operations": "bi_operations_reader",
}
"""Schema of views → the role that may read it and nothing else."""

_ROLE_LOCK = 7_203_452


def make_roles(con: psycopg.Connection[tuple[Any, ...]]) -> None:
    """Make the reading roles, unless they are there; nobody is a member of them by itself.

    Raises:
        PublishError: the publishing login may not make roles; says what an administrator must run.
    """
    import psycopg

    known = {name for (name,) in con.execute("select rolname from pg_roles").fetchall()}
    missing = [role for role in READERS.values() if role not in known]
    if not missing:
        return
    try:
        with con.transaction():
            run(con, f"select pg_advisory_xact_lock({_ROLE_LOCK})")
            run(con, "; ".join(f"create role {role} nologin" for role in missing))
    except psycopg.errors.InsufficientPrivilege:
        statements = " ".join(f"create role {role} nologin;" for role in missing)
        raise PublishError(
            f"The publishing login may not make roles. Let an administrator run once: {statements}"
        ) from None


def grant_reading(con: psycopg.Connection[tuple[Any, ...]], kind: str) -> None:
    """Let the schema's role read every view of it, and leave nobody a place to write by default."""
    schema, role = quote_name(kind), READERS[kind]
    run(
        con,
        f"revoke create on schema {schema} from public; grant usage on schema {schema} to {role}; "
        f"grant select on all tables in schema {schema} to {role}",
    )


def close_database(con: psycopg.Connection[tuple[Any, ...]]) -> None:
    """Take from everybody what PostgreSQL gives to everybody: temporary tables, schema public.

    Where the publishing login does not own the database or that schema, PostgreSQL only warns.
    """
    row = con.execute("select current_database()").fetchone()
    database = quote_name(str(row[0] if row else ""))
    run(con, f"revoke temporary on database {database} from public")
    has_public = con.execute("select to_regnamespace('public') is not null").fetchone()
    if has_public and has_public[0]:
        run(con, "revoke create on schema public from public")
