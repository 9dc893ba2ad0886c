"""Say what is published: which night, which marts, how many rows, and a hash of each."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pipelines.publish.errors import PublishError
from pipelines.publish.files import replace_file_atomically, require_link_or_nothing
from pipelines.publish.layout import PublishedFolder
from pipelines.publish.links import discard_unshown, flip_link
from pipelines.publish.night import MartSnapshot, NightSnapshot

MANIFEST_FORMAT = 1


@dataclass(frozen=True)
class Manifest:
    """One published night, as its manifest names it.

    `sequence` is the order in which versions were made, 1 for the first; `content` is the whole
    JSON document.
    """

    version: str
    sequence: int
    as_of: date
    content: dict[str, Any]

    @property
    def volatile_columns(self) -> frozenset[str]:
        """Columns that stand outside the content hashes."""
        return frozenset(self.content["volatile_columns"])

    @property
    def content_hashes(self) -> dict[str, str]:
        """Content hash by mart; operations marts have none."""
        marts = self.content["marts"].items()
        return {name: mart["content_hash"] for name, mart in marts if not mart["is_operations"]}


class ManifestTarget:
    """Show `published/manifest.json`, a link to `versions/manifest-<version>.json`.

    Staged last and removed last: a version whose manifest stands had everything staged.
    """

    name = "manifest"

    def __init__(self, paths: PublishedFolder) -> None:
        self._paths = paths

    def stage(self, night: NightSnapshot) -> None:
        """Write the manifest of this version."""
        require_link_or_nothing(self._paths.manifest_link)
        text = json.dumps(manifest_content(night), ensure_ascii=False, indent=2) + "\n"
        replace_file_atomically(self._paths.manifest_file(night.version), text.encode(), 0o444)

    def flip(self, version: str) -> None:
        """Point `manifest.json` at the version."""
        flip_link(self._paths.manifest_link, self._paths.manifest_file(version))

    def discard(self, version: str) -> None:
        """Remove the version's manifest."""
        discard_unshown(self._paths.manifest_link, self._paths.manifest_file(version))

    def holds(self, version: str) -> bool:
        """Tell whether the version's manifest stands."""
        return self._paths.manifest_file(version).is_file()


def manifest_content(snapshot: NightSnapshot) -> dict[str, Any]:
    """Write down a night for whoever wants to know what the figures are of and whether they moved.

    Returns:
        format, version, sequence, as_of, run_id, contract_version, volatile_columns, and per mart:
        rows, content_hash (null for operations marts), is_operations, columns with type, info.
    """
    night = snapshot.night
    return {
        "format": MANIFEST_FORMAT,
        "version": night.version,
        "sequence": snapshot.sequence,
        "as_of": night.as_of.isoformat(),
        "run_id": night.run_id,
        "contract_version": night.contract_version,
        "volatile_columns": sorted(night.volatile_columns),
        "marts": {mart.name: _mart_content(mart) for mart in snapshot.marts},
    }


def read_manifest(path: Path) -> Manifest | None:
    """Read a manifest; None where none is published yet.

    Raises:
        PublishError: the file is no manifest that this code wrote.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return Manifest(
            version=content["version"],
            sequence=content["sequence"],
            as_of=date.fromisoformat(content["as_of"]),
            content=content,
        )
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise PublishError(f"{path} is no manifest of a published night: {error!r}.") from error


def kept_manifests(paths: PublishedFolder) -> list[Manifest]:
    """List the manifests of all kept versions, oldest first."""
    found = [read_manifest(path) for path in paths.versions.glob("manifest-*.json")]
    return sorted((m for m in found if m is not None), key=lambda manifest: manifest.sequence)


def _mart_content(mart: MartSnapshot) -> dict[str, Any]:
    return {
        "rows": mart.rows,
        "content_hash": mart.content_hash,
        "is_operations": mart.content_hash is None,
        "columns": [
            {"name": column.name, "type": column.type, "is_nullable": column.is_nullable}
            for column in mart.columns
        ],
        "info": dict(mart.info.extra),
    }
