"""Land files without a night: what a source reads, and the rows that came of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import yaml

from pipelines.landing.archive import Archive
from pipelines.landing.company_rules import company_rules
from pipelines.landing.log import LandingRecord
from pipelines.landing.source import land_source
from pipelines.settings import CompanyFolder, load_company

SEEN_AT = datetime(2026, 3, 10, 20, tzinfo=UTC)


class Landed:
    """One company folder with one source; every call of `land` is another evening."""

    def __init__(self, root: Path, **source: object) -> None:
        (root / "inbox").mkdir(parents=True, exist_ok=True)
        body = {
            "company": {"name": "Test", "timezone": "Asia/Shanghai", "calendar": "weekdays"},
            "sources": [{"name": "source", "path": "inbox/*", **source}],
        }
        (root / "company.yml").write_text(
            yaml.safe_dump(body, allow_unicode=True), encoding="utf-8"
        )
        self.folder = CompanyFolder(root)

    def put(self, name: str, content: str | list | dict) -> None:
        text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
        (self.folder.inbox / name).write_text(text, encoding="utf-8")

    def land(self) -> list[LandingRecord]:
        settings = load_company(self.folder)
        archive = Archive(self.folder.archive)
        deliveries = archive.manifest.deliveries()
        words = company_rules(
            settings, archive, deliveries[-1].seq if deliveries else 0
        ).vocabulary()
        landing = land_source(self.folder, settings, settings.sources[0], words, SEEN_AT)
        assert all(record.counts.is_reconciled for record in landing.records)
        return list(landing.new_records)

    def rows(self, record: LandingRecord, columns: str) -> list[tuple]:
        if record.rows_path is None:
            return []
        path = self.folder.landing / record.rows_path
        return duckdb.sql(
            f"select {columns} from '{path}' where _op = 'U' order by _row"
        ).fetchall()


def land(
    root: Path, name: str, content: str | list | dict, **source: object
) -> tuple[Landed, LandingRecord]:
    """Land one file of one source."""
    landed = Landed(root, **source)
    landed.put(name, content)
    (record,) = landed.land()
    return landed, record
