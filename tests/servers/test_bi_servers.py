"""Apache Superset and psqlODBC read PostgreSQL and the DuckDB file while ten nights publish.

The last run's report is docs/reports/bi-readers.md. Superset and pyodbc stand in an environment apart:
    python -m venv build/bi-tools
    build/bi-tools/bin/pip install "apache-superset==6.1.*" rich cachetools flask-caching==2.3.1 \
        psycopg2-binary duckdb==2.0.0 duckdb-engine pyodbc
and psqlODBC is the system's (Debian: apt install unixodbc odbc-postgresql).
"""

from __future__ import annotations

import json
import subprocess
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from pipelines.bi.connection import Connection
from pipelines.commands.bi import write_bi_files
from pipelines.dbt.runner import parse
from pipelines.settings import CompanyFolder
from tests.nights import marts, night
from tests.servers.databases import postgres
from tests.servers.marts_database import MartsDatabase, marts_database
from tests.small_world import FILES, deliver, write_small_world

pytestmark = pytest.mark.deep(topic="servers")

ROOT = Path(__file__).parents[2]
TOOLS = ROOT / "build" / "bi-tools"
REPORT = ROOT / "docs" / "reports" / "bi-readers.md"
NIGHTS = 10
FIRST = date(2026, 2, 10)
# Three figures of two marts: a mixed night would show a combination that no night had.
QUESTION = """
select
    cast((select max(booked_on) from marts.fct_booking) as varchar) as last_booking,
    cast((select sum(amount) from marts.fct_booking) as varchar) as booked,
    cast((select sum(actual) from marts.mart_target_attainment where metric = 'signed_amount'
        and scope_type = 'company' and period_type = 'year' and level = 'base'
        and scenario = 'base') as varchar) as attained
"""


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory):
    if not (TOOLS / "bin" / "python").is_file():
        pytest.skip(f"{TOOLS} holds no Superset; this file's first lines say how to make it")
    with postgres(tmp_path_factory.mktemp("pg")) as server:
        with marts_database(server.url, "bi", tmp_path_factory.mktemp("back")) as made:
            yield made


def shown_night(home: Path) -> str:
    [row] = marts(home, QUESTION)
    return json.dumps(list(row))


def publish(home: Path, number: int) -> str:
    """One more night with one more order; returns what its readers must see."""
    day = FIRST + timedelta(days=number)
    orders = "".join(
        f"N{n},C1,P1,{FIRST + timedelta(days=n)},{1000 * n},,已生效,\n"
        for n in range(1, number + 1)
    )
    for name, text in FILES.items():
        deliver(home, name, text + (orders if name == "orders" else ""), f"{day:%Y%m%d}")
    result = night(home, day.isoformat())
    assert result.outcome == "published", (result.reason_en, result.checks_failed)
    return shown_night(home)


def written(folder: Path, home: Path, database: MartsDatabase, login: str, *, file: bool) -> Path:
    """What `gapwise bi` writes for one tool."""
    parts = urlsplit(database.url)
    [socket] = parse_qs(parts.query)["host"]
    marts_file = home / "published" / "marts.duckdb" if file else None
    connection = Connection(socket, 5432, parts.path.strip("/"), login, marts_file)
    write_bi_files(folder, parse(CompanyFolder(home)), connection)
    return folder


def start(*arguments: object, log: Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as out:
        return subprocess.Popen(
            [TOOLS / "bin" / "python", *map(str, arguments)],
            stdout=out, stderr=subprocess.STDOUT, cwd=log.parent,
        )  # fmt: skip


def report(nights: list[str], found: dict[str, Any]) -> str:
    """What each reader saw, for people: no paths, no times of this machine."""
    lines = [
        "# What BI servers saw while ten nights published 十晚发布期间商业智能工具所见",
        "",
        "Written by `tests/servers/test_bi_servers.py` (topic `servers` of `make test-deep`). Superset imported the bundle of `gapwise bi`",
        "and asked all its charts and one question over two marts, again and again; pyodbc asked the same question twice in one",
        "transaction. A mixed night would be an answer that no night had.",
        "",
        "由上述测试写成：Superset 导入 `gapwise bi` 的导入包，反复查询全部图表和一个跨两个数据集市的问题；pyodbc 在同一事务里问两次。",
        "「mixed」指没有任何一晚给出过的答案。",
        "",
        "| reader 读者 | versions 版本 | rounds 轮数 | rows of charts 图表行数 | nights seen 见到的晚数 | errors 错误 | mixed 混合 |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, answers in found.items():
        seen = set(answers["seen"])
        lines.append(
            f"| {name} | {answers['versions']} | {answers['loops']:,} | {answers.get('rows', 0):,} | "
            f"{len(seen & set(nights))} of {len(nights)} | {len(answers['errors'])} | {len(seen - set(nights))} |"
        )
    lines += [
        "",
        "How often each night was seen 各晚被见到的次数:",
        "",
        f"| last booking 最后签约日 | booked 签约额 | attained 达成 | {' | '.join(found)} |",
        "| --- | --- | --- |" + " --- |" * len(found),
    ]
    for one in nights:
        counted = " | ".join(str(answers["seen"].get(one, 0)) for answers in found.values())
        lines.append(f"| {' | '.join(json.loads(one))} | {counted} |")
    return "\n".join(lines) + "\n"


def test_bi_servers_read_whole_nights_without_an_error(
    database: MartsDatabase, tmp_path: Path
) -> None:
    home = write_small_world(tmp_path / "company", day=f"{FIRST:%Y%m%d}")
    settings = home / "company.yml"
    settings.write_text(
        settings.read_text(encoding="utf-8") + "publish: {postgres: env:MARTS_URL}\n",
        encoding="utf-8",
    )
    assert night(home, FIRST.isoformat()).outcome == "published"
    nights = [shown_night(home)]
    for login in ("superset", "odbc"):
        database.login(login, "bi_reader")
    stop = tmp_path / "stop"
    readers = {}
    for name, is_file in (("superset on PostgreSQL", False), ("superset on marts.duckdb", True)):
        folder = tmp_path / f"superset-{is_file}"
        files = written(folder, home, database, "superset", file=is_file)
        readers[name] = folder, start(
            Path(__file__).with_name("superset_reader.py"), folder,
            files / "superset" / "gapwise.zip", stop, folder / "answers.json", QUESTION,
            log=folder / "log.txt",
        )  # fmt: skip
    folder = written(tmp_path / "odbc", home, database, "odbc", file=False)
    readers["pyodbc with psqlODBC"] = folder, start(
        Path(__file__).with_name("odbc_reader.py"), folder / "odbc" / "gapwise.dsn", stop,
        folder / "answers.json", QUESTION, log=folder / "log.txt",
    )  # fmt: skip
    until = time.monotonic() + 900
    for folder, process in list(readers.values())[:2]:
        while not (folder / "ready").exists() and time.monotonic() < until:
            assert process.poll() is None, (folder / "log.txt").read_text()[-3000:]
            time.sleep(1)
    try:
        for number in range(1, NIGHTS):
            nights.append(publish(home, number))
    finally:
        stop.touch()
    found = {}
    for name, (folder, process) in readers.items():
        assert process.wait(300) == 0, (folder / "log.txt").read_text()[-3000:]
        found[name] = json.loads((folder / "answers.json").read_text(encoding="utf-8"))
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(report(nights, found), encoding="utf-8")
    assert len(set(nights)) == NIGHTS, "ten nights that a reader can tell apart"
    for name, answers in found.items():
        assert answers["errors"] == [], name
        assert set(answers["seen"]) <= set(nights), f"{name} saw a mixed night"
        assert len(answers["seen"]) >= 5 and answers["loops"] > NIGHTS, name
    assert found["superset on PostgreSQL"]["rows"] > 0
