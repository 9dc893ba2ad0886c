"""A small build with two marts and one operations mart, and a look at what readers see of it."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb

from pipelines.publish.night import MartInfo, Night
from pipelines.publish.night_lock import night_lock
from pipelines.publish.publisher import Publisher, PublishResult
from pipelines.settings import CompanyFolder

AS_OF = date(2026, 3, 10)
SINCE_AT = datetime(2026, 3, 11, 1, 0, tzinfo=UTC)
ROOT = Path(__file__).parents[1]


def make_build(file: Path, version: str, rows: int = 1000, landed_at: str = "2026-03-11") -> Path:
    """Grain: mart_gap one row per scope, mart_daily_brief one row per person; both say version."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    with duckdb.connect(str(file)) as con:
        con.execute("create schema marts; create schema intermediate")
        con.execute("create table intermediate.secret as select 1 as x")
        con.execute(
            "create table marts.mart_gap (scope_id varchar not null, night varchar not null, "
            "gap decimal(18,2), attainment_rate double, landed_at timestamp)"
        )
        con.execute(
            "insert into marts.mart_gap select 'p' || i, ?, i * 1.5, i / 7.0, ?::timestamp "
            "from range(?) t(i) order by hash(i)",
            [version, landed_at, rows],
        )
        con.execute(
            "create table marts.mart_daily_brief as select 'p' || i as person_id, ? as night "
            "from range(10) t(i)",
            [version],
        )
        con.execute(
            "create table marts.mart_run as select ? as night, ? as run_id",
            [version, "r-" + version],
        )
        con.execute("comment on table marts.mart_gap is '一行一个范围; the team''s gap'")
        con.execute("comment on column marts.mart_gap.gap is '差额 (元)'")
    return file


def make_night(build_file: Path, version: str) -> Night:
    return Night(
        version=version,
        as_of=AS_OF,
        run_id="r-" + version,
        contract_version="1",
        build_file=build_file,
        marts={"mart_gap": MartInfo(order_by=("scope_id",), extra={"grain": "scope"})},
        volatile_columns=frozenset({"landed_at"}),
        operations_marts=frozenset({"mart_run"}),
    )


def publish(folder: CompanyFolder, build: Path, version: str, **options: Any) -> PublishResult:
    """Build a night and publish it."""
    return Publisher(folder, **options).publish(make_night(make_build(build, version), version))


def locked(folder: CompanyFolder):
    return night_lock(folder, 0, as_of=AS_OF, since_at=SINCE_AT)


def shown_nights(folder: CompanyFolder) -> set[str]:
    """Every version that any surface shows; one when it is a whole night."""
    published = folder.published
    with duckdb.connect(str(published / "marts.duckdb"), read_only=True) as con:
        nights = {
            night
            for mart in ("mart_gap", "mart_daily_brief", "mart_run")
            for (night,) in con.execute(f"select distinct night from marts.{mart}").fetchall()
        }
    with duckdb.connect() as con:
        for mart in ("mart_gap", "mart_daily_brief", "mart_run"):
            file = str(published / "parquet" / f"{mart}.parquet")
            query = "select distinct night from read_parquet(?)"
            nights |= {night for (night,) in con.execute(query, [file]).fetchall()}
    manifest = json.loads((published / "manifest.json").read_text(encoding="utf-8"))
    return nights | {manifest["version"]}


def published_bytes(folder: CompanyFolder) -> dict[str, str]:
    """SHA-256 of each file under the names that readers use."""
    published = folder.published
    files = [published / "marts.duckdb", published / "manifest.json"]
    files += sorted((published / "parquet").glob("*"))
    return {
        str(file.relative_to(published)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in files
    }


def versions_on_disk(folder: CompanyFolder) -> list[str]:
    return sorted(path.name for path in (folder.published / "versions").iterdir())


def run_child(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(child_command(*arguments), **child_options(), timeout=60, check=False)


def start_child(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(child_command(*arguments), **child_options())


def child_command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "tests.faults.publish_child", *arguments]


def child_options() -> dict:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return {
        "cwd": ROOT,
        "env": environment,
        "text": True,
        "stdout": subprocess.PIPE,
        "stderr": subprocess.PIPE,
    }
