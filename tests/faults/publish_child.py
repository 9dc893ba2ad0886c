"""What the fault tests run in a process of its own, so that it can be killed."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import duckdb

from pipelines.publish.duckdb_session import DuckDBLimits
from pipelines.publish.layout import PublishedFolder
from pipelines.publish.postgres.database import Database
from pipelines.publish.postgres.target import PostgresTarget
from pipelines.publish.publisher import Publisher
from pipelines.settings import CompanyFolder
from tests.publish_world import locked, make_night


def kill_at(point: str):
    def at(reached: str) -> None:
        if reached == point:
            os.kill(os.getpid(), signal.SIGKILL)

    return at


def publish(root: str, build_file: str, version: str, point: str) -> None:
    folder = CompanyFolder(Path(root))
    with locked(folder):
        print("locked", flush=True)
        publisher = Publisher(folder, keep_versions=2, at=kill_at(point))
        publisher.publish(make_night(Path(build_file), version))


def publish_postgres(root: str, build_file: str, version: str, point: str) -> None:
    folder = CompanyFolder(Path(root))
    database = Database("env:MARTS_URL", folder.root)
    target = PostgresTarget(database, PublishedFolder(folder), DuckDBLimits())
    with locked(folder):
        publisher = Publisher(folder, [target], at=kill_at(point))
        publisher.publish(make_night(Path(build_file), version))


def rollback(root: str, version: str, point: str) -> None:
    folder = CompanyFolder(Path(root))
    with locked(folder):
        Publisher(folder, keep_versions=2, at=kill_at(point)).rollback(version)


def recover(root: str, point: str) -> None:
    folder = CompanyFolder(Path(root))
    with locked(folder):
        Publisher(folder, keep_versions=2, at=kill_at(point)).recover()


def hold(root: str) -> None:
    with locked(CompanyFolder(Path(root))):
        print("locked", flush=True)
        time.sleep(60)


def read(published: str, kind: str, stop_file: str) -> None:
    """Query until told to stop; print reads and distinct nights, or die on the first fault."""
    reads, nights = 0, set()
    held = duckdb.connect(f"{published}/marts.duckdb", read_only=True) if kind == "held" else None
    opened_on = held and _nights(held)
    while not Path(stop_file).exists():
        if held is not None:
            seen = _nights(held)
            assert seen == opened_on, (seen, opened_on)
        elif kind == "new":
            with duckdb.connect(f"{published}/marts.duckdb", read_only=True) as con:
                seen = _nights(con)
        else:
            # a reader of several files fixes the folder once, as the documentation says
            folder = Path(f"{published}/parquet").resolve()
            with duckdb.connect() as con:
                seen = _parquet_nights(con, folder, ("mart_gap", "mart_daily_brief"))
                _parquet_nights(con, Path(f"{published}/parquet"), ("mart_gap",))
        assert len(seen) == 1, f"mixture of nights: {seen}"
        nights |= seen
        reads += 1
        time.sleep(0.005)
    print(reads, len(nights))


def _nights(con: duckdb.DuckDBPyConnection) -> set[str]:
    rows = con.execute(
        "select distinct night from marts.mart_gap union all "
        "select distinct night from marts.mart_daily_brief"
    ).fetchall()
    assert len(rows) >= 2
    return {night for (night,) in rows}


def _parquet_nights(con, folder: Path, marts: tuple[str, ...]) -> set[str]:
    query = "select distinct night from read_parquet(?)"
    return {
        night
        for mart in marts
        for (night,) in con.execute(query, [str(folder / f"{mart}.parquet")]).fetchall()
    }


if __name__ == "__main__":
    commands = {
        "publish": publish,
        "publish_postgres": publish_postgres,
        "rollback": rollback,
        "recover": recover,
        "hold": hold,
        "read": read,
    }
    commands[sys.argv[1]](*sys.argv[2:])
