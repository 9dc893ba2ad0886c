"""Land a night's sources two at a time: while one is waited for, the next is under way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from queue import Empty, SimpleQueue

from pipelines.landing.archive import Archive
from pipelines.landing.connection import MEMORY_LIMIT_MB, LandingDatabase
from pipelines.landing.mapping import Vocabulary
from pipelines.landing.source import (
    Problem,
    SourceLanding,
    admit_inbox,
    land_archived,
    land_source,
    waiting_bytes,
)
from pipelines.settings import CompanyFolder, CompanySettings, FileSource, SourceSettings

AT_ONCE = 2
# A source with more than this to read lands alone, with all the memory there is.
SMALL_BYTES = 64 * 1024**2


class SourcesLanding:
    """What a night lands: each source on its own, none failing another.

    The inbox is archived in the order of the sources, one after the other, for the archive's manifest
    numbers what arrives; what is archived is read and typed two sources at a time.
    """

    def __init__(
        self,
        folder: CompanyFolder,
        settings: CompanySettings,
        vocabulary: Vocabulary,
        seen_at: datetime,
        ahead: Sequence[SourceSettings],
    ) -> None:
        """Begin with the sources that are sure to be asked for.

        Args:
            folder: the company's folder.
            settings: company.yml.
            vocabulary: the company's words, from the rules in force.
            seen_at: arrival time of whatever is new (UTC).
            ahead: sources to begin at once, in the order in which they will be asked for; those that
                are pulled wait for their turn.
        """
        self._folder, self._settings = folder, settings
        self._vocabulary, self._seen_at = vocabulary, seen_at
        self._idle: SimpleQueue[LandingDatabase] = SimpleQueue()
        self._archiving = ThreadPoolExecutor(1, "archive")
        self._landing = ThreadPoolExecutor(AT_ONCE, "land")
        self._begun: dict[str, Future[SourceLanding | None]] = {}
        self._archived: list[Future[list[Problem]]] = []
        for source in ahead:
            if isinstance(source, FileSource):
                archived = self._archiving.submit(self._admit, source)
                self._archived.append(archived)
                self._begun[source.name] = self._landing.submit(self._land, source, archived)

    def land(self, source: SourceSettings, *, pulls: bool) -> SourceLanding:
        """Return what a source brought, once it has landed; asked again, it lands again.

        Raises:
            Whatever went wrong with this source, as `land_source` does.
        """
        begun = self._begun.pop(source.name, None)
        landed = begun.result() if begun else None
        if landed is not None:
            return landed
        # The manifest numbers one delivery after the other, and the memory is for one large source.
        for archived in self._archived:
            archived.exception()
        for under_way in self._begun.values():
            under_way.exception()
        return land_source(
            self._folder, self._settings, source, self._vocabulary, self._seen_at, pulls=pulls
        )

    def close(self) -> None:
        """End what is under way and begin nothing more."""
        self._archiving.shutdown(cancel_futures=True)
        self._landing.shutdown(cancel_futures=True)
        while not self._idle.empty():
            self._idle.get().close()

    def _admit(self, source: FileSource) -> list[Problem]:
        return admit_inbox(self._folder, source, Archive(self._folder.archive), self._seen_at)

    def _land(self, source: FileSource, archived: Future[list[Problem]]) -> SourceLanding | None:
        problems = archived.result()
        if waiting_bytes(self._folder, source) > SMALL_BYTES:
            return None
        with self._database() as database:
            return land_archived(
                self._folder, self._settings, source, self._vocabulary, problems, database
            )

    @contextmanager
    def _database(self) -> Iterator[LandingDatabase]:
        """Lend a database to one source: settings that a landing changes are the database's."""
        try:
            database = self._idle.get_nowait()
        except Empty:
            database = LandingDatabase(
                self._folder.warehouse / "work",
                MEMORY_LIMIT_MB // AT_ONCE,
                reach=self._folder.root,
            )
        try:
            yield database
        finally:
            self._idle.put(database)
