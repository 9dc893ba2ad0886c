"""Where a company's files are. (company.yml itself is read in `CompanySettings`.)"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class CompanyFolder:
    """Name every path of one company folder; create none of them.

    Code and company are apart: this folder is all that differs between two companies.
    """

    root: Path

    @property
    def company_yml(self) -> Path:
        return self.root / "company.yml"

    @property
    def rules_workbook(self) -> Path:
        return self.root / "rules.xlsx"

    @property
    def inbox(self) -> Path:
        return self.root / "inbox"

    @property
    def archive(self) -> Path:
        return self.root / "archive"

    @property
    def landing(self) -> Path:
        return self.root / "landing"

    @property
    def warehouse(self) -> Path:
        return self.root / "warehouse"

    @property
    def build_file(self) -> Path:
        return self.warehouse / "build.duckdb"

    @property
    def history(self) -> Path:
        return self.warehouse / "history"

    @property
    def published(self) -> Path:
        return self.root / "published"

    @property
    def dagster_home(self) -> Path:
        return self.root / "dagster"

    @property
    def lock_file(self) -> Path:
        return self.root / "warehouse" / "night.lock"
