"""Where the publish keeps its files, under one company's `published/`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipelines.settings import CompanyFolder


@dataclass(frozen=True)
class PublishedFolder:
    """Name every path the publish owns under one company's `published/`."""

    folder: CompanyFolder

    @property
    def root(self) -> Path:
        """`published/`, where readers look."""
        return self.folder.published

    @property
    def versions(self) -> Path:
        """Kept versions and what is being staged; no reader looks here."""
        return self.root / "versions"

    @property
    def drafts(self) -> Path:
        """Board and workbook of a night whose publish is under way; no reader looks here."""
        return self.root / ".drafts"

    @property
    def marts_link(self) -> Path:
        """The marts as a DuckDB file."""
        return self.root / "marts.duckdb"

    @property
    def parquet_link(self) -> Path:
        """The marts as a folder of Parquet files."""
        return self.root / "parquet"

    @property
    def manifest_link(self) -> Path:
        """What is published."""
        return self.root / "manifest.json"

    @property
    def operations_link(self) -> Path:
        """Operations marts as a DuckDB file of their own."""
        return self.root / "operations.duckdb"

    @property
    def board_link(self) -> Path:
        """The board: a folder of pages."""
        return self.root / "board"

    @property
    def workbook_link(self) -> Path:
        """The key marts for those who live in Excel."""
        return self.root / "workbook.xlsx"

    @property
    def journal(self) -> Path:
        """What an open publish was about to do."""
        # beside the links it repairs: deleting `warehouse/` must not lose it
        return self.root / ".journal.json"

    def marts_file(self, version: str) -> Path:
        """One version's DuckDB file."""
        return self.versions / f"marts-{version}.duckdb"

    def parquet_directory(self, version: str) -> Path:
        """One version's Parquet files."""
        return self.versions / f"parquet-{version}"

    def manifest_file(self, version: str) -> Path:
        """One version's manifest."""
        return self.versions / f"manifest-{version}.json"

    def board_directory(self, version: str) -> Path:
        """One version's board."""
        return self.versions / f"board-{version}"

    def workbook_file(self, version: str) -> Path:
        """One version's workbook."""
        return self.versions / f"workbook-{version}.xlsx"
