"""The archive: every source file, unchanged, compressed, named by the hash of its content."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

import pyarrow as pa

from pipelines.landing.manifest import Delivery, Manifest

CHUNK_BYTES = 1 << 20
DAMAGED_SUFFIX = ".zst.damaged"
"""What an object is called that was stored anew: kept, until somebody is forgotten."""


class FileStillChanging(Exception):
    """A file grew or was replaced while it was read; it is taken on the next night."""


class ArchiveDamaged(Exception):
    """An archived object does not hold what its name says."""


class Archive:
    """Store files by content. An object, once there, never changes."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.manifest = Manifest(root)

    def admit(self, source: str, file: Path, name: str, arrived_at: datetime) -> Delivery:
        """Archive one file and record its arrival.

        Args:
            source: configured source that it belongs to.
            file: the file in the inbox; it is only read.
            name: how the file is called in messages, relative to the company folder.
            arrived_at: when this run saw it (UTC).

        Returns:
            The new delivery, or the one already recorded for that name and content.

        Raises:
            FileStillChanging: size or time changed while it was read.
        """
        known = self.manifest.deliveries()
        before = file.stat()
        latest = self.manifest.newest_of(source, name)
        if latest and (latest.size_bytes, latest.modified_ns) == (
            before.st_size,
            before.st_mtime_ns,
        ):
            return latest
        sha256 = self._store(file)
        after = file.stat()
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            raise FileStillChanging(
                f"{name} changed while it was being read; it is left for the next night. "
                "Copy exports into the inbox under a temporary name and rename them when complete."
            )
        if latest and latest.sha256 == sha256:
            return latest
        delivery = Delivery(
            seq=(known[-1].seq if known else 0) + 1,
            source=source,
            name=name,
            sha256=sha256,
            size_bytes=before.st_size,
            arrived_at=arrived_at,
            modified_ns=before.st_mtime_ns,
        )
        self.manifest.append(delivery)
        return delivery

    @contextmanager
    def opened(self, delivery: Delivery, work_dir: Path) -> Iterator[Path]:
        """Give the archived file back under its own name, for as long as it is being read.

        Raises:
            ArchiveDamaged: the object is missing or its content does not match its name.
        """
        work_dir.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=work_dir, prefix="open-") as folder:
            path = Path(folder) / Path(delivery.name).name
            with path.open("wb") as out:
                self._restore(delivery, out)
            yield path

    def mend(self, delivery: Delivery, original: Path) -> bool:
        """Store a lost object anew from the file that it was made of; say whether that is still there."""
        if not original.is_file():
            return False
        with original.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != delivery.sha256:
                return False
        packed = self.object_path(delivery.sha256)
        if packed.exists():
            packed.replace(packed.with_suffix(DAMAGED_SUFFIX))
        self._store(original)
        return True

    def read_bytes(self, delivery: Delivery) -> bytes:
        """Return one archived file's content (for small files: the rules workbook)."""
        content = io.BytesIO()
        self._restore(delivery, content)
        return content.getvalue()

    def object_path(self, sha256: str) -> Path:
        """Return where the object of that hash is kept."""
        return self._root / "objects" / sha256[:2] / f"{sha256}.zst"

    def replace(self, erased: Mapping[int, tuple[Delivery, Path]]) -> None:
        """Put other content in the place of deliveries, then drop objects that no delivery points to.

        The one exception to "an object never changes", for `gapwise forget` alone. Killed half-way it
        leaves the old manifest with all its objects, or the new one with all of its.

        Args:
            erased: seq → its delivery, under its new name where that held a value, and the new file.
        """
        now = {
            seq: dataclasses.replace(
                delivery, sha256=self._store(file), size_bytes=file.stat().st_size
            )
            for seq, (delivery, file) in erased.items()
        }
        self.manifest.replace_deliveries(now)
        in_use = {delivery.sha256 for delivery in self.manifest.deliveries()}
        for path in (self._root / "objects").glob("*/*.zst"):
            if path.stem not in in_use:
                path.unlink()

    def _store(self, file: Path) -> str:
        staging = self._root / "staging"
        staging.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=staging) as folder:
            packed = Path(folder) / "object.zst"
            digest = hashlib.sha256()
            with file.open("rb") as incoming, pa.CompressedOutputStream(str(packed), "zstd") as out:
                while chunk := incoming.read(CHUNK_BYTES):
                    digest.update(chunk)
                    out.write(chunk)
            sha256 = digest.hexdigest()
            target = self.object_path(sha256)
            if not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                _sync(packed)
                packed.replace(target)
                _sync(target.parent)
        return sha256

    def _restore(self, delivery: Delivery, out: BinaryIO) -> None:
        digest = hashlib.sha256()
        for chunk in self._unpacked(delivery):
            digest.update(chunk)
            out.write(chunk)  # a full disk is no damage of the archive, and says so itself
        if digest.hexdigest() != delivery.sha256:
            packed = self.object_path(delivery.sha256)
            raise _damaged(delivery, packed, "does not hold what its name says", "内容与名称不符")

    def _unpacked(self, delivery: Delivery) -> Iterator[bytes]:
        packed = self.object_path(delivery.sha256)
        if not packed.is_file():
            raise _damaged(delivery, packed, "is missing", "缺失")
        try:
            with pa.CompressedInputStream(str(packed), "zstd") as stored:
                while chunk := stored.read(CHUNK_BYTES):
                    yield chunk
        except OSError as error:
            raise _damaged(delivery, packed, f"cannot be unpacked ({error})", "无法解压") from error


def _damaged(delivery: Delivery, packed: Path, what_en: str, what_zh: str) -> ArchiveDamaged:
    return ArchiveDamaged(
        f"{delivery.name}: its archived copy {packed.name} {what_en}. Put the original file back in its "
        "place, or the archived copy from a backup, and run again. "
        f"{delivery.name}：存档副本 {packed.name} {what_zh}。请把原文件放回原处，或从备份恢复存档副本，然后重跑。"
    )


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def remove_leftovers(root: Path) -> None:
    """Delete what a killed run left half-stored."""
    shutil.rmtree(root / "staging", ignore_errors=True)
