"""What a publish will be recorded as, written down before it: a crash after the flip loses no night."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path

from pipelines.landing.manifest import Manifest, Night
from pipelines.publish.files import replace_file_atomically
from pipelines.publish.layout import PublishedFolder
from pipelines.publish.manifest import read_manifest
from pipelines.settings import CompanyFolder


def intend_publish(folder: CompanyFolder, night: Night) -> None:
    """Write down the night that is about to be published."""
    content = {
        name: value.isoformat() if isinstance(value, date | datetime) else value
        for name, value in asdict(night).items()
    }
    replace_file_atomically(_path(folder), json.dumps(content).encode("utf-8"))


def complete_recorded_publish(folder: CompanyFolder) -> None:
    """Enter the intended night into the archive's manifest, once readers really see it."""
    path = _path(folder)
    if not path.is_file():
        return
    content = json.loads(path.read_text(encoding="utf-8"))
    night = Night(
        as_of=date.fromisoformat(content["as_of"]),
        cutoff_seq=content["cutoff_seq"],
        run_id=content["run_id"],
        version=content["version"],
        published_at=datetime.fromisoformat(content["published_at"]),
    )
    shown = read_manifest(PublishedFolder(folder).manifest_link)
    manifest = Manifest(folder.archive)
    recorded = {known.version for known in manifest.nights()}
    if shown is not None and shown.version == night.version and night.version not in recorded:
        manifest.append(night)
    path.unlink()


def _path(folder: CompanyFolder) -> Path:
    return folder.warehouse / "publish_intent.json"
