"""Company folders over the shared data sets, run through the nightly job; where the sets are absent, a reason to skip."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import yaml

from pipelines.commands.nightly import NightResult, run_night
from pipelines.landing.log import LandingLog, LandingRecord
from pipelines.settings import CompanyFolder, load_company
from tests.shared_data import SHARED


def raw(data_set: str, name: str) -> str:
    assert SHARED is not None
    return str(SHARED / data_set / "raw" / name)


def reference(data_set: str) -> dict[str, list[dict[str, Any]]]:
    """Return the queries of a set's reference.json: name → rows as dicts."""
    assert SHARED is not None
    results = json.loads((SHARED / data_set / "reference.json").read_text(encoding="utf-8"))[
        "results"
    ]
    return {
        name: [dict(zip(query["columns"], row, strict=True)) for row in query["rows"]]
        for name, query in results.items()
    }


@dataclass
class Company:
    """One company folder and how its last night ended."""

    folder: CompanyFolder
    as_of: date
    result: NightResult | None = None

    def night(self) -> NightResult:
        self.result = run_night(self.folder, self.as_of)
        return self.result

    def marts(self, sql: str) -> list[tuple]:
        with duckdb.connect(str(self.folder.published / "marts.duckdb"), read_only=True) as con:
            con.execute("use marts")
            return con.execute(sql).fetchall()

    def build(self, sql: str) -> list[tuple]:
        with duckdb.connect(str(self.folder.build_file), read_only=True) as con:
            return con.execute(sql).fetchall()

    def landings(self) -> list[LandingRecord]:
        names = [source.name for source in load_company(self.folder).sources]
        return LandingLog(self.folder.landing).all(names)

    def landing(self, source: str) -> LandingRecord:
        (record,) = LandingLog(self.folder.landing).of_source(source)
        return record

    def contents(self) -> dict[str, str]:
        """Return the content hash of every published mart."""
        manifest = json.loads((self.folder.published / "manifest.json").read_text(encoding="utf-8"))
        return {name: mart["content_hash"] for name, mart in manifest["marts"].items()}


def company(root: Path, as_of: date, sources: list[dict[str, Any]], **settings: Any) -> Company:
    """Write a company folder: presets and company.yml, nothing else."""
    root.mkdir(parents=True, exist_ok=True)
    head = {"name": "Test", "timezone": "UTC", "currency": "USD", "calendar": "weekdays"}
    body = {"company": head | settings.pop("company", {}), "sources": sources} | settings
    body = json.loads(json.dumps(body, default=str))
    (root / "company.yml").write_text(yaml.safe_dump(body, allow_unicode=True), encoding="utf-8")
    return Company(CompanyFolder(root), as_of)


def assert_every_row_is_accounted_for(done: Company, files: int) -> None:
    """Hold read = landed + unchanged + quarantined + exact duplicates + skipped + held, file by file."""
    records = done.landings()
    assert len(records) == files
    for record in records:
        assert record.counts.is_reconciled, record
        assert record.counts.read > 0, (record.name, record.error_en)
