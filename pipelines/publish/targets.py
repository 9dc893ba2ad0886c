"""Where else than in the published folder a company's nights are shown, as company.yml says."""

from __future__ import annotations

from pathlib import Path

from pipelines.publish.duckdb_session import DuckDBLimits
from pipelines.publish.layout import PublishedFolder
from pipelines.publish.night import Target
from pipelines.publish.postgres.database import Database
from pipelines.publish.postgres.operations import show_operations
from pipelines.publish.postgres.target import PostgresTarget
from pipelines.settings import CompanyFolder, CompanySettings


def extra_targets(folder: CompanyFolder, settings: CompanySettings) -> list[Target]:
    """Return the targets besides DuckDB file, Parquet and manifest; nothing is connected yet."""
    database = postgres_of(folder, settings)
    if database is None:
        return []
    limits = DuckDBLimits(temp_directory=folder.warehouse / "spill")
    policies = settings.publish.row_policies
    return [PostgresTarget(database, PublishedFolder(folder), limits, policies)]


def show_operations_elsewhere(folder: CompanyFolder, settings: CompanySettings, file: Path) -> None:
    """Show a finished operations file wherever nights are shown."""
    database = postgres_of(folder, settings)
    if database is not None:
        limits = DuckDBLimits(temp_directory=folder.warehouse / "spill")
        show_operations(database, file, limits)


def postgres_of(folder: CompanyFolder, settings: CompanySettings) -> Database | None:
    """Return the database that company.yml names for the marts, None where it names none."""
    reference = settings.publish.postgres
    return None if reference is None else Database(reference, folder.root)
