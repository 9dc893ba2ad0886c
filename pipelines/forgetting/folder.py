"""Carry an erasure through every file of a company folder, and look whether any is left."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from pipelines.forgetting.databases import erase_duckdb, erase_sqlite, held_in_duckdb
from pipelines.forgetting.documents import erase_bytes
from pipelines.forgetting.eraser import Eraser
from pipelines.landing.archive import DAMAGED_SUFFIX, Archive
from pipelines.landing.manifest import Delivery
from pipelines.operations.sqlite_files import BROKEN_MARK
from pipelines.publish.content_hash import content_hash
from pipelines.publish.duckdb_session import DuckDBLimits, duckdb_session
from pipelines.publish.duckdb_target import seal
from pipelines.publish.files import remove_path, replace_file_atomically
from pipelines.publish.layout import PublishedFolder
from pipelines.publish.manifest import kept_manifests
from pipelines.publish.night import MARTS_SCHEMA
from pipelines.settings import CompanyFolder

_SQLITE, _DUCKDB = b"SQLite format 3\0", b"DUCK"


def erase_archive(folder: CompanyFolder, eraser: Eraser) -> list[int]:
    """Rewrite every delivery that holds a value; return their seqs."""
    archive = Archive(folder.archive)
    work_dir = folder.warehouse / "work"
    work_dir.mkdir(parents=True, exist_ok=True)
    erased: dict[int, tuple[Delivery, Path]] = {}
    files: dict[str, Path] = {}
    with TemporaryDirectory(dir=work_dir, prefix="forget-") as place:
        for delivery in archive.manifest.deliveries():
            name = eraser.row(delivery.name)
            if delivery.sha256 not in files:
                with archive.opened(delivery, work_dir) as path:
                    before = path.read_bytes()
                after = erase_bytes(before, eraser)
                path = Path(place) / delivery.sha256
                if after != before:
                    path.write_bytes(after)
                elif name != delivery.name:
                    path.write_bytes(before)
                files[delivery.sha256] = path
            if files[delivery.sha256].exists():
                renamed = Delivery(**{**vars(delivery), "name": name})
                erased[delivery.seq] = (renamed, files[delivery.sha256])
        if erased:
            archive.replace(erased)
    return sorted(erased)


def drop_derived(folder: CompanyFolder) -> None:
    """Delete what the next night makes anew from the archive.

    Landed rows stay until then, erased like every file, so that a second person can be found at
    once; without their log every delivery lands anew. What broke and was set aside goes for
    good: nobody can look through it.
    """
    for path in (
        *folder.archive.rglob("*" + DAMAGED_SUFFIX),
        *folder.root.rglob(f"*{BROKEN_MARK}*"),
        folder.landing / "_log",
        folder.build_file,
        folder.build_file.with_name(folder.build_file.name + ".wal"),
        folder.warehouse / "work",
        folder.warehouse / "spill",
        folder.archive / "staging",
    ):
        remove_path(path)


def erase_files(folder: CompanyFolder, eraser: Eraser) -> int:
    """Rewrite every other file of the folder in place; return how many held a value."""
    changed = 0
    for path in files_of(folder):
        if path.is_relative_to(folder.archive):
            continue
        changed += _erase_file(path, eraser)
        name = eraser.row(path.name)
        if name != path.name:
            path.rename(path.with_name(name))
    _renew_manifests(folder)
    return changed


def files_left(folder: CompanyFolder, eraser: Eraser) -> list[Path]:
    """Return files that still hold a sure value, looked for in every packing."""
    left = []
    sure = Eraser(eraser.sure, longer=eraser.longer)
    for path in files_of(folder):
        if _kind(path) == "duckdb":
            held = held_in_duckdb(path, sure)
        elif _kind(path) == "sqlite":
            with TemporaryDirectory() as place:
                held = erase_sqlite(Path(shutil.copy(path, place)), sure)
        else:
            content = path.read_bytes()
            held = erase_bytes(content, sure) != content
        if held or sure.text(path.name) != path.name:
            left.append(path)
    return left


def files_of(folder: CompanyFolder) -> Iterator[Path]:
    """Yield every file of a company folder but links, secrets, locks and the erasure's own plan."""
    skipped = {"secrets.env", "forget.json"}
    for root, _, names in os.walk(folder.root):
        for name in sorted(names):
            path = Path(root) / name
            is_lock = path.suffix == ".lock" or name.endswith(("-wal", "-shm"))
            if path.is_symlink() or is_lock or name in skipped or not path.stat().st_size:
                continue
            yield path


def _erase_file(path: Path, eraser: Eraser) -> bool:
    kind, before = _kind(path), path.stat()
    if kind == "sqlite":
        return erase_sqlite(path, eraser)
    if kind == "duckdb":
        staged = path.with_name(f".{path.name}.tmp-forget")
        staged.unlink(missing_ok=True)
        if not erase_duckdb(path, staged, eraser):
            return False
        seal(staged)
        staged.replace(path)
        return True
    content = path.read_bytes()
    erased = erase_bytes(content, eraser)
    if erased == content:
        return False
    replace_file_atomically(path, erased, before.st_mode & 0o777)
    # The archive knows a file that it took by size and time: it is not taken twice.
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    return True


def _kind(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(16)
    if head.startswith(_SQLITE):
        return "sqlite"
    return "duckdb" if head[8:12] == _DUCKDB else "document"


def _renew_manifests(folder: CompanyFolder) -> None:
    """Write the content hashes of kept versions anew, so that a rollback finds them undamaged."""
    paths = PublishedFolder(folder)
    for manifest in kept_manifests(paths):
        with duckdb_session(
            DuckDBLimits(), read={"kept": paths.marts_file(manifest.version)}
        ) as con:
            hashes = {
                name: content_hash(
                    con, MARTS_SCHEMA, name, manifest.volatile_columns, database="kept"
                )
                for name in manifest.content_hashes
            }
        if hashes != manifest.content_hashes:
            for name, found in hashes.items():
                manifest.content["marts"][name]["content_hash"] = found
            text = json.dumps(manifest.content, ensure_ascii=False, indent=2) + "\n"
            replace_file_atomically(paths.manifest_file(manifest.version), text.encode(), 0o444)
