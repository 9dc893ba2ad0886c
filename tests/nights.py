"""Run nights in tests and ask what readers would see."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from pipelines.commands.nightly import NightResult, run_night
from pipelines.demo import write_demo_company
from pipelines.settings import CompanyFolder

_DAY = re.compile(r"(20\d{6})")


def night(home: Path, as_of: str | None = None, *, publish_older: bool = False) -> NightResult:
    """Run one night in this process."""
    day = date.fromisoformat(as_of) if as_of else None
    return run_night(CompanyFolder(home), day, publish_older=publish_older)


def tiny_company(folder: Path) -> Path:
    """A small demo company after its night."""
    write_demo_company(folder, scale="tiny")
    result = night(folder)
    assert result.outcome == "published", result.reason_en
    return folder


def marts(home: Path, sql: str) -> list[tuple[Any, ...]]:
    """Query the published marts as a BI tool would."""
    with duckdb.connect(str(home / "published" / "marts.duckdb"), read_only=True) as con:
        con.execute("use marts")
        return con.execute(sql).fetchall()


def operations(home: Path, sql: str) -> list[tuple[Any, ...]]:
    """Query the operations file, which is written on held nights too."""
    with duckdb.connect(str(home / "published" / "operations.duckdb"), read_only=True) as con:
        return con.execute(sql).fetchall()


def content_hashes(home: Path) -> dict[str, str]:
    """Return the content hash of every published mart."""
    manifest = json.loads((home / "published" / "manifest.json").read_text(encoding="utf-8"))
    return {
        name: m["content_hash"] for name, m in manifest["marts"].items() if not m["is_operations"]
    }


def built_hashes(home: Path, as_of: str) -> dict[str, str]:
    """Return the content hashes of a night that was built, shown or not."""
    text = (home / "warehouse" / "nights" / f"{as_of}.json").read_text(encoding="utf-8")
    hashes: dict[str, str] = json.loads(text)["content_hashes"]
    return hashes


def published_bytes(home: Path) -> dict[str, str]:
    """Return what readers' files hold, byte for byte: marts.duckdb, Parquet, manifest."""
    root = home / "published"
    files = [
        root / "marts.duckdb",
        root / "manifest.json",
        *sorted((root / "parquet").glob("*.parquet")),
    ]
    return {str(f.relative_to(root)): hashlib.sha256(f.read_bytes()).hexdigest() for f in files}


def forget_all_but_archive(home: Path) -> None:
    """Delete everything that a rebuild must bring back."""
    for name in ("landing", "warehouse", "published", "dagster", "inbox"):
        shutil.rmtree(home / name, ignore_errors=True)


def hold_back(inbox: Path, waiting: Path, after: date) -> None:
    """Take files of later days out of the inbox; they are delivered when their day comes."""
    for file in [f for f in inbox.rglob("*") if f.is_file()]:
        found = _DAY.search(file.name)
        if found and date.fromisoformat(found[1]) > after:
            target = waiting / file.relative_to(inbox)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(file, target)


def deliver(waiting: Path, inbox: Path, until: date) -> None:
    """Put the files of a day and of those before it into the inbox."""
    for file in [f for f in waiting.rglob("*") if f.is_file()]:
        found = _DAY.search(file.name)
        assert found
        if date.fromisoformat(found[1]) <= until:
            target = inbox / file.relative_to(waiting)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(file, target)
