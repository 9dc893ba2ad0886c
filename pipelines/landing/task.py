"""What landing one delivery depends on, in one value."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipelines.landing.contract import Entity
from pipelines.landing.log import LandingRecord
from pipelines.landing.manifest import Delivery
from pipelines.landing.mapping import Vocabulary
from pipelines.settings import CompanySettings, FileSource


@dataclass(frozen=True)
class LandingTask:
    """Everything that landing one delivery depends on; `chain` is the source's landings before it."""

    settings: CompanySettings
    source: FileSource
    entity: Entity
    delivery: Delivery
    vocabulary: Vocabulary
    fingerprint: str
    chain: tuple[LandingRecord, ...]
    landing_root: Path
    work_dir: Path
    part: str | None = None  # where the same content landed before, under another name
