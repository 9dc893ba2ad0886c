"""What landing works on: a source, and a batch of its deliveries read but not yet typed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipelines.landing.contract import Entity
from pipelines.landing.log import LandingRecord
from pipelines.landing.manifest import Delivery
from pipelines.landing.mapping import Vocabulary
from pipelines.landing.plan import ColumnPlan
from pipelines.settings import CompanySettings, SourceSettings
from pipelines.sources.files import TextTable


@dataclass(frozen=True)
class LandingContext:
    """What landing any delivery of one source depends on."""

    con: duckdb.DuckDBPyConnection
    settings: CompanySettings
    source: SourceSettings
    entity: Entity
    vocabulary: Vocabulary
    fingerprint: str
    company_root: Path
    landing_root: Path
    work_dir: Path

    @property
    def zone(self) -> str:
        """Time zone of naive times in this source's files."""
        return self.source.timezone or self.settings.company.timezone


@dataclass(frozen=True)
class ReadDelivery:
    """A delivery whose file was read: its text tables and how their columns map."""

    delivery: Delivery
    record: LandingRecord
    tables: tuple[TextTable, ...]
    plans: tuple[ColumnPlan, ...]

    @property
    def seq(self) -> int:
        """Number of the delivery in the archive's manifest."""
        return self.delivery.seq
