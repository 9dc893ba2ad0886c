"""Land text files through the real landing, without a night around it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb

from pipelines.landing.contract import load_entities
from pipelines.landing.log import LandingRecord
from pipelines.landing.mapping import Vocabulary
from pipelines.landing.source import SourceLanding, land_source
from pipelines.landing.state import SourceState, build_landed_table
from pipelines.landing.versions import build_version_table
from pipelines.landing.visible import visible_landings
from pipelines.settings import CompanyFolder, load_company

SEEN_AT = datetime(2026, 3, 20, 12, 0, tzinfo=UTC)
STAGES = ["initial_contact", "quoting", "negotiating", "won", "lost"]
WORDS = Vocabulary(
    {"stage": {s: s for s in STAGES} | {"报价中": "quoting", "赢单": "won"}}, frozenset({"stage"})
)


class Inbox:
    """One company with one source called `deals`."""

    def __init__(
        self, home: Path, source: str = "", entity: str = "opportunities", quality: str = ""
    ) -> None:
        self.folder = CompanyFolder(home)
        home.mkdir(parents=True, exist_ok=True)
        (home / "company.yml").write_text(
            "company: {name: T}\n" + quality + "\nsources:\n"
            f'  - {{name: deals, entity: {entity}, kind: file, path: "inbox/*", preset: excel{source}}}\n',
            encoding="utf-8",
        )

    def put(self, name: str, text: str) -> None:
        path = self.folder.inbox / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def land(self) -> SourceLanding:
        settings = load_company(self.folder)
        return land_source(self.folder, settings, settings.source("deals"), WORDS, SEEN_AT)

    def put_and_land(self, name: str, text: str) -> LandingRecord:
        self.put(name, text)
        return self.land().records[-1]

    def known(self, as_of: str, sql: str, cutoff: int = 10**9) -> list[tuple[Any, ...]]:
        """Fold what D knows and query it: tables `rows` and, where tracked, `versions`."""
        settings = load_company(self.folder)
        source = settings.source("deals")
        records = self.land().records
        day = date.fromisoformat(as_of)
        state = SourceState(source, 0, records, visible_landings(records, day, cutoff))
        entity = load_entities()[source.entity]
        with duckdb.connect() as con:
            build_landed_table(con, entity, [state], self.folder.landing, day)
            if entity.tracked:
                build_version_table(con, entity, [state], self.folder.landing)
                con.execute(f"create view versions as from landed.{entity.name}_version")
            con.execute(f"create view rows as from landed.{entity.name}")
            return con.execute(sql).fetchall()

    def quarantine(self) -> list[tuple[Any, ...]]:
        path = self.folder.landing / "quarantine"
        files = [str(p) for p in path.rglob("*.parquet")]
        if not files:
            return []
        with duckdb.connect() as con:
            return con.execute(
                "select file, row_no, column_name, value, rule from read_parquet(?) order by all",
                [files],
            ).fetchall()
