"""Dagster's SQLite event log with its connections kept open.

The stock storage opens an engine and a connection for each event: on a night of a thousand events that
is half the run. Named in each company's dagster.yaml; a deployment on PostgreSQL does not use it.
See docs/adr/0032-event-log-connections.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from dagster._core.storage.event_log import SqliteEventLogStorage

BUSY_SECONDS = 60


class PooledSqliteEventLogStorage(SqliteEventLogStorage):
    """The stock storage, one pooled engine per database file."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._engines: dict[str, sa.Engine] = {}
        super().__init__(*args, **kwargs)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[sa.Connection]:
        with self._db_lock:
            engine = self._engine(shard)
            if shard not in self._initialized_dbs:
                self._initdb(engine)
                self._initialized_dbs.add(shard)
            with engine.connect() as connection, connection.begin():
                yield connection

    def _engine(self, shard: str) -> sa.Engine:
        if shard not in self._engines:
            engine = sa.create_engine(
                self.conn_string_for_shard(shard), connect_args={"timeout": BUSY_SECONDS}
            )
            sa.event.listen(engine, "connect", _sync_at_checkpoints)
            self._engines[shard] = engine
        return self._engines[shard]

    def dispose(self) -> None:
        """Close every connection."""
        for engine in self._engines.values():
            engine.dispose()
        self._engines.clear()
        super().dispose()


def _sync_at_checkpoints(connection: Any, _record: Any) -> None:
    """A lost power supply may cost the last events of a log that is only a log, never its integrity."""
    connection.execute("pragma synchronous = normal")
