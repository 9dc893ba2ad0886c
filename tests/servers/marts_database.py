"""A PostgreSQL server with a database of its own for each test, and readers that log in to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import duckdb
import psycopg
import pytest

from pipelines.publish.content_hash import content_hash
from pipelines.publish.postgres.database import Database


@dataclass
class MartsDatabase:
    """One empty database; company.yml would name it `env:MARTS_URL`."""

    url: str
    root: Path

    @property
    def target(self) -> Database:
        return Database("env:MARTS_URL", self.root)

    def rows(self, sql: str, login: str | None = None) -> list[tuple[Any, ...]]:
        with self.session(login) as con:
            cursor = con.execute(sql.encode())
            while cursor.nextset():
                pass  # of several statements the last one answers
            return cursor.fetchall()

    def execute(self, sql: str, login: str | None = None) -> None:
        with self.session(login) as con:
            con.execute(sql.encode())

    @contextmanager
    def session(self, login: str | None = None) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
        """Connect as the publisher, or as another login."""
        with psycopg.connect(self.url_of(login), autocommit=True) as con:
            yield con

    def url_of(self, login: str | None) -> str:
        parts = urlsplit(self.url)
        return urlunsplit(parts._replace(netloc=f"{login}@")) if login else self.url

    def login(self, name: str, *roles: str) -> str:
        """Make a login that is a member of the roles."""
        self.execute(f'drop role if exists "{name}"; create role "{name}" login')
        for role in roles:
            self.execute(f'grant {role} to "{name}"')
        return name

    def hashes(self, like: Path) -> dict[str, str]:
        """Content hash of every mart as PostgreSQL returns it, typed as in a published file."""
        found = {}
        with duckdb.connect() as duck, self.session() as con:
            duck.execute(f"attach '{like}' as shown (read_only)")
            names = duck.execute(
                "select table_name from duckdb_tables() where database_name = 'shown'"
            ).fetchall()
            for (name,) in names:
                duck.execute(f"create or replace table back as from shown.marts.{name} where false")
                columns = [row[0] for row in duck.execute("describe back").fetchall()]
                listed = ", ".join(f'"{column}"' for column in columns)
                file = self.root / f"{name}.csv"
                with file.open("wb") as out:
                    with con.cursor().copy(
                        f"copy (select {listed} from marts.{name}) to stdout (format csv, force_quote *)".encode()
                    ) as copy:
                        for chunk in copy:
                            out.write(chunk)
                duck.execute(
                    f"copy back from '{file}' (format csv, header false, quote '\"', escape '\"', "
                    "delimiter ',', auto_detect false, allow_quoted_nulls false, strict_mode false)"
                )
                found[name] = content_hash(duck, "main", "back", {"landed_at"})
        return found


@contextmanager
def marts_database(server_url: str, name: str, root: Path) -> Iterator[MartsDatabase]:
    """Make a database and drop it in the end, with whoever is still connected."""
    plain = server_url.replace("postgresql+psycopg://", "postgresql://")
    root.mkdir(parents=True, exist_ok=True)
    with psycopg.connect(plain, autocommit=True) as con:
        con.execute(f"create database {name}".encode())
    url = urlunsplit(urlsplit(plain)._replace(path=f"/{name}"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MARTS_URL", url)
        yield MartsDatabase(url, root)
    with psycopg.connect(plain, autocommit=True) as con:
        con.execute(f"drop database {name} with (force)".encode())
