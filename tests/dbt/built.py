"""Build a company's models without a night: land its files, fold them at D, run dbt."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb

from pipelines.landing.archive import Archive
from pipelines.landing.company_rules import CompanyRules, admit_rules, company_rules
from pipelines.landing.inputs import build_inputs
from pipelines.landing.source import land_source
from pipelines.settings import CompanyFolder, CompanySettings, load_company
from tests.dbt.in_order import build_in_order

SEEN_AT = datetime(2026, 6, 30, 1, 0, tzinfo=UTC)
COMPANY = """\
company: {{name: 账本公司, timezone: Asia/Shanghai, currency: CNY, calendar: CN}}
as_of: 2026-06-30
actuals: {{signed_amount: {actuals}}}
sources:
{sources}
"""
SOURCE = (
    '  - {{name: {name}, entity: {name}, kind: file, path: "inbox/{name}_*.csv", load: {load}, '
    "export_date: filename, covers: same_day, columns: {columns}}}"
)


class BuiltCompany:
    """A company folder that can be built as of any day; each day's build file is kept."""

    def __init__(self, home: Path, selection: Sequence[str]) -> None:
        self.folder = CompanyFolder(home)
        self.settings: CompanySettings = load_company(self.folder)
        self.selection = selection
        self._rules: CompanyRules | None = None
        self._kept: dict[date, Path] = {}

    def _land(self) -> CompanyRules:
        if self._rules is None:
            archive = Archive(self.folder.archive)
            admit_rules(self.folder, archive, SEEN_AT)
            self._rules = company_rules(self.settings, archive, 10**9)
            for source in self.settings.sources:
                words = self._rules.vocabulary()
                landed = land_source(self.folder, self.settings, source, words, SEEN_AT)
                assert not landed.problems, landed.problems
        return self._rules

    def at(self, day: str) -> Path:
        """Return the build file as of a day, built and tested by dbt on the first call."""
        as_of = date.fromisoformat(day)
        if as_of not in self._kept:
            rules = self._land()
            file = self.folder.build_file
            file.parent.mkdir(parents=True, exist_ok=True)
            file.unlink(missing_ok=True)
            with duckdb.connect(str(file)) as con:
                build_inputs(con, self.folder, self.settings, rules, as_of, 10**9)
            wrong = [
                r
                for r in build_in_order(self.folder, self.selection)
                if r.status not in ("success", "pass")
            ]
            assert not wrong, [(r.unique_id, r.message) for r in wrong]
            kept = file.with_name(f"{day}.duckdb")
            shutil.copy(file, kept)
            self._kept[as_of] = kept
        return self._kept[as_of]

    def query(self, day: str, sql: str) -> list[tuple[Any, ...]]:
        """Query the build as of a day; the schemas are staging, intermediate and marts."""
        with duckdb.connect(str(self.at(day)), read_only=True) as con:
            con.execute("use marts")
            return con.execute(sql).fetchall()


def write_company(home: Path, entities: dict[str, tuple[str, Sequence[str]]], actuals: str) -> Path:
    """Write company.yml with one file source per entity: {entity: (load, columns)}."""
    sources = "\n".join(
        SOURCE.format(
            name=name, load=load, columns="{" + ", ".join(f"{c}: {c}" for c in columns) + "}"
        )
        for name, (load, columns) in entities.items()
    )
    home.mkdir(parents=True, exist_ok=True)
    (home / "inbox").mkdir(exist_ok=True)
    text = COMPANY.format(actuals=actuals, sources=sources)
    (home / "company.yml").write_text(text, encoding="utf-8")
    return home


def deliver(
    home: Path, entity: str, day: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Put one export of a day into the inbox; None is an empty cell."""
    lines = [",".join(columns)]
    lines += [",".join("" if cell is None else str(cell) for cell in row) for row in rows]
    name = f"{entity}_{day.replace('-', '')}.csv"
    (home / "inbox" / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
