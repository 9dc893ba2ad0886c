"""The database that types cells: in memory, bounded, spilling beside the copies that it reads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

import duckdb

from pipelines.core.sql_text import quote_text
from pipelines.landing.cells import create_cell_macros

# What DuckDB may hold; with everything beside it a landing stays within 1 GB.
MEMORY_LIMIT_MB = 550


class LandingDatabase:
    """A DuckDB that knows what cells mean, for one source at a time and many one after the other.

    Args:
        work_dir: where it spills.
        memory_mb: what it may hold.
        reach: the one folder whose files it may read and write, since it handles untrusted text;
            None for a look at a file that lies anywhere.
    """

    def __init__(
        self, work_dir: Path, memory_mb: int = MEMORY_LIMIT_MB, *, reach: Path | None = None
    ) -> None:
        work_dir.mkdir(parents=True, exist_ok=True)
        self._con = duckdb.connect(
            config={
                "temp_directory": str(work_dir / "spill"),
                "memory_limit": f"{memory_mb}MB",
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            }
        )
        create_cell_macros(self._con)
        if reach is not None:
            # In this order: allowed folders cannot be set once external access is off, and that
            # cannot be switched on again.
            self._con.execute(f"set allowed_directories = [{quote_text(str(reach))}]")
            self._con.execute("set enable_external_access = false")

    @contextmanager
    def connection(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Open a source's own connection: its tables are temporary and end with it."""
        con = self._con.cursor()
        try:
            con.execute("set TimeZone = 'UTC'")
            yield con
        finally:
            con.close()

    def close(self) -> None:
        """Let go of the memory."""
        self._con.close()

    def __enter__(self) -> LandingDatabase:
        """Give the database for a `with` block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let go of the memory at the end of the block."""
        self.close()


@contextmanager
def landing_connection(work_dir: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the one connection of a landing database that is needed only here."""
    with LandingDatabase(work_dir) as database, database.connection() as con:
        yield con
