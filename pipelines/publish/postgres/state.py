"""Look at the PostgreSQL database without changing it: reachable, allowed, which night it shows."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.publish.night import MARTS_SCHEMA
from pipelines.publish.postgres.database import Database
from pipelines.publish.postgres.roles import READERS
from pipelines.publish.postgres.versions import shown_version


@dataclass(frozen=True)
class DatabaseState:
    """What a publish would find.

    Attributes:
        version: version that readers are shown, None before the first.
        may_create: whether the login may make schemas.
        missing_roles: reading roles that are not there and that the login may not make.
        holders: sessions that keep a transaction open on a view, as `login (application)`; a flip
            waits for them.
    """

    version: str | None
    may_create: bool
    missing_roles: tuple[str, ...]
    holders: tuple[str, ...]


def database_state(database: Database) -> DatabaseState:
    """Ask the database.

    Raises:
        PostgresLostError: it cannot be reached.
        SecretUnavailable: its address is not set, or lies open.
    """
    with database.connected() as con:
        allowed = con.execute(
            "select has_database_privilege(current_database(), 'create'), "
            "(select rolcreaterole or rolsuper from pg_roles where rolname = current_user)"
        ).fetchone()
        may_create, may_make_roles = allowed if allowed is not None else (False, False)
        known = {name for (name,) in con.execute("select rolname from pg_roles").fetchall()}
        missing = () if may_make_roles else tuple(sorted(set(READERS.values()) - known))
        holders = con.execute(
            "select distinct a.usename || ' (' || a.application_name || ')' from pg_locks l "
            "join pg_class c on c.oid = l.relation join pg_namespace n on n.oid = c.relnamespace "
            "join pg_stat_activity a on a.pid = l.pid "
            "where n.nspname = %s and a.state = 'idle in transaction' order by 1",
            [MARTS_SCHEMA],
        ).fetchall()
        return DatabaseState(
            version=shown_version(con, MARTS_SCHEMA),
            may_create=bool(may_create),
            missing_roles=missing,
            holders=tuple(name for (name,) in holders),
        )
