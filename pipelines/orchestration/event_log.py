"""Dagster's SQLite event log with its connections kept open.

The stock storage opens an engine and a connection for each event: on a night of a thousand events that
is half the run. Named in each company's dagster.yaml; a deployment on PostgreSQL does not use it.
See docs/adr/0032-event-log-connections.md.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

import sqlalchemy as sa
from dagster import AssetKey, AssetRecordsFilter, EventRecordsResult
from dagster._core.events import DagsterEventType
from dagster._core.events.log import EventLogEntry
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._serdes import ConfigurableClassData

BUSY_SECONDS = 60
GROUP_SECONDS = 1.0
"""The longest that an event of a burst waits for its commit while others follow it."""

_COMES_IN_BURSTS = frozenset(
    {
        DagsterEventType.ASSET_MATERIALIZATION_PLANNED,
        DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED,
        DagsterEventType.STEP_OUTPUT,
        DagsterEventType.ASSET_MATERIALIZATION,
        DagsterEventType.ASSET_CHECK_EVALUATION,
    }
)


class PooledSqliteEventLogStorage(SqliteEventLogStorage):
    """The stock storage, one pooled engine per database file."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._engines: dict[str, sa.Engine] = {}
        self._open = threading.local()
        self._tables_seen: set[str] = set()
        super().__init__(*args, **kwargs)
        # Taken once per event and file by the same thread.
        self._db_lock = threading.RLock()  # type: ignore[assignment]

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> PooledSqliteEventLogStorage:
        """Make the storage that dagster.yaml names (the stock one would make itself)."""
        return cls(inst_data=inst_data, **config_value)

    @contextmanager
    def grouping(self) -> Iterator[None]:
        """Commit bursts of this thread's events together: a step says hundreds of things at once.

        What a kill takes of a burst is missing in the log alone; steps and runs begin and end with
        events that commit what stands before them.
        """
        self._open.is_grouping = True
        self._open.fetched = {}
        try:
            yield
        finally:
            self._open.is_grouping = False
            self._commit()

    def store_event(self, event: EventLogEntry) -> None:
        """Store one event in one transaction per file, where the stock storage takes up to six."""
        if getattr(self._open, "connections", None) is None:
            self._open.connections = {}
            self._open.transactions = ExitStack()
            self._open.since = time.monotonic()
        try:
            super().store_event(event)
        except BaseException as error:
            transactions = self._forget_open()
            transactions.__exit__(type(error), error, error.__traceback__)
            raise
        if event.dagster_event_type == DagsterEventType.ASSET_MATERIALIZATION:
            self._open.fetched = {}
        if not self._more_may_follow(event):
            self._commit()

    def fetch_materializations(
        self,
        records_filter: AssetKey | AssetRecordsFilter,
        limit: int,
        cursor: str | None = None,
        ascending: bool = False,
    ) -> EventRecordsResult:
        """Return materialisations; in a burst each question is answered once, until there are new ones.

        Every check of a mart asks anew which materialisation it is about.
        """
        if not getattr(self._open, "is_grouping", False):
            return super().fetch_materializations(records_filter, limit, cursor, ascending)
        question = repr((records_filter, limit, cursor, ascending))
        if question not in self._open.fetched:
            self._open.fetched[question] = super().fetch_materializations(
                records_filter, limit, cursor, ascending
            )
        known: EventRecordsResult = self._open.fetched[question]
        return known

    def _more_may_follow(self, event: EventLogEntry) -> bool:
        is_young = time.monotonic() - self._open.since < GROUP_SECONDS
        is_one_of_many = event.dagster_event_type in _COMES_IN_BURSTS
        return getattr(self._open, "is_grouping", False) and is_young and is_one_of_many

    def _commit(self) -> None:
        if getattr(self._open, "connections", None) is not None:
            self._forget_open().close()

    def _forget_open(self) -> ExitStack:
        transactions: ExitStack = self._open.transactions
        self._open.connections = self._open.transactions = None
        return transactions

    def has_table(self, table_name: str) -> bool:
        """Return whether a table exists; one that was seen stays (the stock storage asks per check)."""
        if table_name not in self._tables_seen and super().has_table(table_name):
            self._tables_seen.add(table_name)
        return table_name in self._tables_seen

    @contextmanager
    def _connect(self, shard: str) -> Iterator[sa.Connection]:
        held: dict[str, sa.Connection] | None = getattr(self._open, "connections", None)
        if held is None:
            with self._begun(shard) as connection:
                yield connection
            return
        if shard not in held:
            held[shard] = self._open.transactions.enter_context(self._begun(shard))
        yield held[shard]

    @contextmanager
    def _begun(self, shard: str) -> Iterator[sa.Connection]:
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
        self._commit()
        for engine in self._engines.values():
            engine.dispose()
        self._engines.clear()
        super().dispose()


def _sync_at_checkpoints(connection: Any, _record: Any) -> None:
    """A lost power supply may cost the last events of a log that is only a log, never its integrity."""
    connection.execute("pragma synchronous = normal")
