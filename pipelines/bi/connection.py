"""Where BI tools find the marts; never with a password."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote


@dataclass(frozen=True)
class Connection:
    """The database that BI tools log in to.

    Attributes:
        host: of the PostgreSQL server; a folder stands for its socket.
        port: of the server.
        database: its name.
        user: the login of the tool; its password is asked for by the tool.
        file: the published DuckDB file, where a tool reads that instead of PostgreSQL.
    """

    host: str
    port: int
    database: str
    user: str
    file: Path | None

    @property
    def address(self) -> str:
        """Return host and port as Power BI wants them."""
        return self.host if self.port == 5432 else f"{self.host}:{self.port}"

    @property
    def sqlalchemy_url(self) -> str:
        """Return the address for Superset: of the file if one is named, else of PostgreSQL."""
        if self.file is not None:
            return f"duckdb:///{self.file.as_posix()}?access_mode=read_only"
        if self.host.startswith("/"):
            socket = quote(self.host, safe="")
            return f"postgresql+psycopg2://{self.user}@/{self.database}?host={socket}"
        return f"postgresql+psycopg2://{self.user}@{self.host}:{self.port}/{self.database}"


def odbc_source(connection: Connection) -> str:
    """Return a file DSN for psqlODBC, which Excel, Tableau and FineBI can open."""
    return "\n".join(
        [
            "[ODBC]",
            "DRIVER=PostgreSQL Unicode",
            f"SERVER={connection.host}",
            f"PORT={connection.port}",
            f"DATABASE={connection.database}",
            f"UID={connection.user}",
            "READONLY=1",
            # one transaction sees one night; a failed statement does not end it
            "PROTOCOL=7.4-1",
            "USEDECLAREFETCH=1",
            "FETCH=10000",
            "",
        ]
    )
