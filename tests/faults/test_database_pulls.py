"""Real PostgreSQL and MariaDB servers: types, a million rows in bounded memory, kills mid-read."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from pipelines.landing.archive import Archive
from pipelines.landing.log import LandingLog
from pipelines.landing.mapping import Vocabulary
from pipelines.landing.source import land_source
from pipelines.settings import CompanyFolder, CompanySettings
from pipelines.settings.sources import DatabaseSource
from pipelines.sources import database, database_arrow
from pipelines.sources.pull import ConnectionLost, PullFailed
from pipelines.sources.pulls import PullOrder, pull_source, reach_source
from tests.servers.databases import Server, mariadb, postgres

pytestmark = pytest.mark.deep(topic="servers")

ROOT = Path(__file__).parents[2]
PULLED_AT = datetime(2027, 12, 31, tzinfo=UTC)
MILLION = 1_000_000


@pytest.fixture(params=["postgres", "postgres_fast", "mariadb"])
def server(request, monkeypatch):
    # A socket's path must be short.
    with tempfile.TemporaryDirectory(prefix="gw") as folder:
        start = mariadb if request.param == "mariadb" else postgres
        with start(Path(folder) / "d") as running:
            monkeypatch.setenv("ERP_URL", running.url)
            if request.param == "postgres_fast":
                pytest.importorskip("adbc_driver_postgresql", reason="the extra fast is absent")
                monkeypatch.setenv("ERP_URL", fast(running.url))
            yield running


def fast(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql+adbc://")


def source(**entry) -> DatabaseSource:
    body = {"name": "erp_orders", "entity": "orders", "kind": "database", "url": "env:ERP_URL"}
    return DatabaseSource.model_validate(
        body | ({} if "query" in entry else {"table": "orders"}) | entry
    )


def order(root: Path, reached=None, **entry) -> PullOrder:
    zone = ZoneInfo("Asia/Shanghai")
    return PullOrder(source(**entry), root, PULLED_AT, zone, reached, sleep=lambda seconds: None)


def pull(root: Path, reached=None, **entry):
    return pq.read_table(pull_source(order(root, reached, **entry), root / "p.parquet").path)


def test_every_row_comes_exactly(server: Server, tmp_path):
    server.fill(12_345)  # more than two batches, and no whole number of them
    table = pull(tmp_path)
    assert table.num_rows == 12_345
    assert pc.count_distinct(table["order_id"]).as_py() == 12_345
    # Σ (n + 0.1234) = 12,345 · 12,346 ÷ 2 + 12,345 · 0.1234
    assert sum(map(Decimal, table["amount"].to_pylist())) == Decimal("76205685") + Decimal(
        "1523.3730"
    )
    row = next(row for row in table.to_pylist() if row["order_id"] == "O7")
    assert row == {
        "order_id": "O7",
        "signed_on": "2026-01-01",
        "amount": "7.1234",
        "updated_at": "2026-01-01 00:07:00",
        "note": "备注" * 10,
    }


def test_a_cursor_brings_only_what_is_not_before_it(server: Server, tmp_path):
    server.fill(100)
    server.execute(
        "insert into orders values ('late', date '2026-01-01', 1, null, '')",
        "insert into orders values"
        " ('2999', date '2026-01-01', 1, timestamp '2999-01-01 00:00:00', '')",
    )
    table = pull(tmp_path, datetime(2026, 1, 1, 1, 30), cursor="updated_at", overlap_minutes=0)
    expected = {f"O{n}" for n in range(90, 101)} | {"late", "2999"}
    assert set(table["order_id"].to_pylist()) == expected
    metadata = pq.read_metadata(tmp_path / "p.parquet").metadata
    assert json.loads(metadata[b"gapwise.cursor_reached"])["value"] == "2026-01-01T01:40:00"


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ({"table": "no_such_table"}, "no_such_table"),
        ({"query": "select order_id, order_id from orders"}, "order_id"),
        ({"query": "select nothing from orders"}, "nothing"),
    ],
)
def test_what_the_server_refuses_is_told_and_not_tried_again(server: Server, tmp_path, entry, told):
    server.fill(1)
    with pytest.raises(PullFailed, match=told) as failed:
        pull(tmp_path, **entry)
    assert not isinstance(failed.value, ConnectionLost)


def test_bytes_are_refused_with_column_and_fix(server: Server, tmp_path):
    kind = "bytea" if "postgres" in server.url else "blob"
    server.execute(
        f"create table pictures (id int, picture {kind})", "insert into pictures values (1, 'x')"
    )
    with pytest.raises(PullFailed, match=r"column 'picture' holds (bytes|memoryview).*cast"):
        pull(tmp_path, table="pictures")


def test_a_table_may_stand_in_a_schema_and_have_a_chinese_name(server: Server, tmp_path):
    mark = '"' if "postgres" in server.url else "`"
    server.execute(
        "create schema 销售",
        f"create table 销售.{mark}订单:1{mark} ({mark}编号%{mark} int)".replace("%", "%%"),
        f"insert into 销售.{mark}订单:1{mark} values (7), (8)",
    )
    assert pull(tmp_path, table="销售.订单:1").to_pylist() == [{"编号%": "7"}, {"编号%": "8"}]
    table = pull(tmp_path, 8, table="销售.订单:1", cursor="编号%")
    assert table.to_pylist() == [{"编号%": "8"}]


def test_doctor_reaches_the_server(server: Server, tmp_path):
    server.fill(1)
    reach_source(order(tmp_path))
    with pytest.raises(PullFailed):
        reach_source(order(tmp_path, table="absent"))


def test_a_wrong_password_is_not_tried_again(server: Server, tmp_path, monkeypatch):
    if "postgres" in server.url:
        pytest.skip("this PostgreSQL trusts its socket")
    server.execute("create user reader identified by 'right'")
    monkeypatch.setenv("ERP_URL", server.url.replace("root@", "reader:Wr0ng-Pass@"))
    with pytest.raises(PullFailed, match="Access denied") as failed:
        pull(tmp_path)
    assert not isinstance(failed.value, ConnectionLost)
    assert "Wr0ng-Pass" not in str(failed.value)


def test_zoned_times_come_in_utc(tmp_path, monkeypatch):
    with (
        tempfile.TemporaryDirectory(prefix="gw") as folder,
        postgres(Path(folder) / "d") as running,
    ):
        monkeypatch.setenv("ERP_URL", running.url)
        query = (
            "select timestamptz '2026-03-10 07:30:00.25+08' as at, 1.10::numeric(9,3) as amount, "
            "true as flag, '{\"价\": 1.5}'::jsonb as body, array['a', 'b'] as tags, "
            "'NaN'::float8 as gone"
        )
        [row] = pull(tmp_path, query=query).to_pylist()
    assert row == {
        "at": "2026-03-09T23:30:00.250000Z",
        "amount": "1.100",
        "flag": "true",
        "body": '{"价": 1.5}',
        "tags": '["a", "b"]',
        "gone": None,
    }


TYPES = """
select n::int2 as small, n as whole, n::bigint * 10000000000 as large, n % 2 = 0 as flag,
    n::numeric / 8 as amount, (n / 8.0)::numeric(18, 4) as money, 1e30::numeric as huge,
    -0.00005::numeric as tiny, n / 3.0::float8 as share, 1e20::float8 as far, 'NaN'::float8 as gone,
    '销售 “x”' || n as note, 'a'::char(3) as padded, null::text as empty, date '0044-03-15' as old,
    date '2026-01-01' + n as day, timestamp '2026-01-01 08:00:00' + n * interval '0.5 second' as at,
    timestamptz '1926-01-01 00:00:00.000001+08' as zoned,
    'c0ffee00-0000-4000-8000-000000000000'::uuid as id
from generate_series(-3, 20000) as n
"""


@pytest.fixture
def both_paths(monkeypatch, tmp_path):
    """Pull by either path and say which one took it."""
    pytest.importorskip("adbc_driver_postgresql", reason="the extra fast is absent")
    with (
        tempfile.TemporaryDirectory(prefix="gw") as folder,
        postgres(Path(folder) / "d") as running,
    ):
        taken, pull_rows = [], database._pull_rows
        monkeypatch.setattr(
            database, "_pull_rows", lambda *asked: taken.append("plain") or pull_rows(*asked)
        )

        def by(url, reached=None, **entry):
            monkeypatch.setenv("ERP_URL", url)
            taken.clear()
            table = pull(tmp_path, reached, **entry)
            notes = pq.read_metadata(tmp_path / "p.parquet").metadata
            return table.to_pylist(), notes.get(b"gapwise.cursor_reached"), bool(taken)

        def both(reached=None, **entry):
            *plain, _ = by(running.url, reached, **entry)
            *quick, was_plain = by(fast(running.url), reached, **entry)
            assert quick == plain
            return len(quick[0]), was_plain

        yield running, both


def test_the_fast_path_writes_what_the_plain_one_writes(both_paths):
    _, both = both_paths
    assert both(query=TYPES) == (20_004, False)


@pytest.mark.parametrize("cursor", ["whole", "money", "day", "at", "zoned", "note"])
def test_the_fast_path_comes_as_far_as_the_plain_one(both_paths, cursor):
    _, both = both_paths
    assert both(query=TYPES, cursor=cursor) == (20_004, False)


@pytest.mark.parametrize(
    "column",
    ["'{\"a\": 1}'::jsonb", "array[1, 2]", "1.1::float4", "'NaN'::numeric", "time '08:30'"],
)
def test_what_the_fast_path_would_write_otherwise_goes_the_plain_way(both_paths, column):
    _, both = both_paths
    assert both(query=f"select n, {column} as x from generate_series(1, 3) as n") == (3, True)


@pytest.mark.parametrize(
    "value", ["date 'infinity'", "timestamp 'infinity'", "date '0044-01-01 BC'"]
)
def test_a_day_that_no_calendar_has_is_refused_on_the_fast_path_too(
    both_paths, monkeypatch, tmp_path, value
):
    server, _ = both_paths
    monkeypatch.setenv("ERP_URL", fast(server.url))
    with pytest.raises(PullFailed) as failed:
        pull(tmp_path, query=f"select {value} as x")
    assert not isinstance(failed.value, ConnectionLost)


def test_a_pull_from_a_cursor_on_goes_the_plain_way(both_paths):
    server, both = both_paths
    server.fill(100)
    later = datetime(2026, 1, 1, 1, 30)
    assert both(later, table="orders", cursor="updated_at", overlap_minutes=0) == (11, True)


MEASURED = """
import json, resource, sys
from pathlib import Path
from tests.faults.test_database_pulls import order
from pipelines.sources.pulls import pull_source
import sqlalchemy, psycopg, pymysql, pyarrow.parquet
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
pulled = pull_source(order(Path(sys.argv[1])), Path(sys.argv[1]) / "p.parquet")
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"rows": pulled.row_count, "grown_mb": (after - before) / 1024}))
"""


def test_a_million_rows_are_pulled_in_bounded_memory(server: Server, tmp_path):
    server.fill(MILLION)
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, str(tmp_path)],
        cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    measured = json.loads(done.stdout.splitlines()[-1])
    assert measured["rows"] == MILLION
    # The rows alone are about 100 MB as text, 500 MB and more as Python objects.
    assert measured["grown_mb"] < 150


class Night:
    """A company on that server, and its nights."""

    def __init__(self, root: Path) -> None:
        self.folder = CompanyFolder(root)
        entry = {"name": "erp_orders", "entity": "orders", "kind": "database", "url": "env:ERP_URL",
                 "table": "orders"}  # fmt: skip
        self.settings = CompanySettings.model_validate(
            {"company": {"name": "x"}, "sources": [entry]}
        )

    def run(self, day: int):
        seen_at = datetime(2027, 3, day, 18, 15, tzinfo=UTC)
        [source] = self.settings.sources
        return land_source(self.folder, self.settings, source, Vocabulary(), seen_at)

    @property
    def names(self) -> list[str]:
        return [d.name for d in Archive(self.folder.archive).manifest.deliveries()]


@pytest.fixture
def slow_reading(monkeypatch):
    """Let a test act after the first batch: the read stops there until it is told to go on."""
    reading, go_on = threading.Event(), threading.Event()
    monkeypatch.setattr("pipelines.sources.database.BATCH_ROWS", 1_000)
    monkeypatch.setattr("pipelines.sources.database_arrow.BATCH_BYTES", 10_000)
    monkeypatch.setattr("tenacity.nap.time.sleep", lambda seconds: None)

    def waits_once(texts):
        def wait_once(*arguments):
            if not reading.is_set():
                reading.set()
                assert go_on.wait(60)
            return texts(*arguments)

        return wait_once

    for module, name in ((database, "_texts"), (database_arrow, "_text")):
        monkeypatch.setattr(module, name, waits_once(getattr(module, name)))
    return reading, go_on


def kill_with_children(process_id: int) -> None:
    """Kill a server and the processes that it started: they would outlive it for a moment."""
    listed = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True
    )
    pairs = [line.split() for line in listed.stdout.splitlines()]
    for victim in [process_id, *(int(pid) for pid, parent in pairs if int(parent) == process_id)]:
        with suppress(ProcessLookupError):
            os.kill(victim, signal.SIGKILL)
    time.sleep(0.5)


def in_thread(work):
    box = {}
    thread = threading.Thread(target=lambda: box.setdefault("result", work()))
    thread.start()
    return thread, box


def test_a_backend_killed_mid_read_is_pulled_again_whole(server: Server, tmp_path, slow_reading):
    server.fill(200_000)
    reading, go_on = slow_reading
    night = Night(tmp_path)
    thread, box = in_thread(lambda: night.run(9))
    assert reading.wait(60)
    if "postgres" in server.url:
        killed = server.scalar(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity"
            " where pid <> pg_backend_pid() and backend_type = 'client backend'"
        )
        assert killed == 1
    else:
        pid = server.scalar(
            "select id from information_schema.processlist"
            " where id <> connection_id() and user = 'root'"
        )
        server.execute(f"kill hard {pid}")
    go_on.set()
    thread.join(600)
    landing = box["result"]
    assert landing.problems == ()
    assert landing.records[-1].counts.landed == 200_000
    assert len(night.names) == 1


def test_a_server_killed_mid_read_leaves_the_last_landing_in_force(
    server: Server, tmp_path, slow_reading
):
    server.fill(200_000)
    reading, go_on = slow_reading
    go_on.set()
    night = Night(tmp_path)
    assert night.run(9).problems == ()
    reading.clear()
    go_on.clear()
    thread, box = in_thread(lambda: night.run(10))
    assert reading.wait(60)
    kill_with_children(server.process_id)
    go_on.set()
    thread.join(600)
    [(english, chinese)] = box["result"].problems
    assert "cannot be reached or went away" in english
    assert "last landing stays in force" in english
    assert "沿用上次的数据" in chinese
    assert len(night.names) == 1
    [record] = LandingLog(night.folder.landing).of_source("erp_orders")
    assert (record.status, record.live_keys) == ("landed", 200_000)
    assert not list((night.folder.warehouse / "work").glob("pull-*"))
