"""Unpack .gz and .zip within limits, and say what kind of content a file really is."""

from __future__ import annotations

import gzip
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from pipelines.sources.errors import (
    DamagedFile,
    EmptyFile,
    FileUnreadable,
    LimitExceeded,
    PasswordProtected,
)
from pipelines.sources.options import Content, Limits

_CHUNK = 1 << 20
_IGNORED = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")
_MAGIC = (
    (b"\x1f\x8b", "gz"),
    (b"PAR1", "parquet"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "xls"),
    (b"SQLite format 3\0", "sqlite"),
    (b"\0\1\0\0Standard ", "access"),
    (b"%PDF", "pdf"),
    (b"{\\rtf", "rtf"),
    (b"Rar!", "rar"),
    (b"7z\xbc\xaf", "7z"),
    (b"\x89PNG", "image"),
    (b"\xff\xd8\xff", "image"),
)


def kind_of(path: Path, name: str) -> str:
    """Tell what a file is by its first bytes; its name only decides between text kinds.

    Returns: gz, zip, xlsx, xlsb, ods, xls, parquet, html, xml, json, jsonl, delimited, or the
    name of a kind that is not read (sqlite, access, pdf, rtf, rar, 7z, image).
    """
    with path.open("rb") as handle:
        start = handle.read(4096)
    if start.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _kind_of_zip(path)
    for magic, kind in _MAGIC:
        if start.startswith(magic):
            return kind
    return _kind_of_text(start, name)


def _kind_of_zip(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return "zip"
    if "xl/workbook.bin" in names:
        return "xlsb"
    if "[Content_Types].xml" in names and any(name.startswith("xl/") for name in names):
        return "xlsx"
    if "mimetype" in names and "content.xml" in names:
        return "ods"
    return "zip"


def _kind_of_text(start: bytes, name: str) -> str:
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith((b"<html", b"<!doctype html", b"<table", b"<meta", b"<head")):
        return "html"
    if text.startswith(b"<?xml"):
        return "html" if b"<html" in text else "xml"
    lowered = name.lower()
    if lowered.endswith((".jsonl", ".ndjson")):
        return "jsonl"
    if lowered.endswith(".json"):
        return "json"
    squeezed = b"".join(text[:200].split())
    return "json" if squeezed.startswith((b'[{"', b"[{}")) else "delimited"


def unpack(content: Content, work_dir: Path, limits: Limits) -> Iterator[tuple[Content, str]]:
    """Open archives until only readable contents are left; yield each with its kind.

    Names inside an archive never become paths: members are written as `member_<n>.bin`.
    Raises LimitExceeded (size, ratio, depth, members), PasswordProtected, DamagedFile, EmptyFile.
    """
    budget = _Budget(content, limits)
    yield from _unpack(content, work_dir, budget, 0)


def _unpack(
    content: Content, work_dir: Path, budget: _Budget, depth: int
) -> Iterator[tuple[Content, str]]:
    if content.path.stat().st_size == 0:
        raise EmptyFile(
            "文件是空的",
            "the file is empty",
            file=content.label,
            fix_zh="请重新导出",
            fix_en="export it again",
        )
    kind = kind_of(content.path, content.member or content.file)
    if kind not in ("gz", "zip"):
        yield content, kind
        return
    if depth >= budget.limits.depth:
        raise budget.exceeded("压缩包套得太深", "archives are nested too deep", depth)
    members = (
        _gunzip(content, work_dir, budget) if kind == "gz" else _unzip(content, work_dir, budget)
    )
    for member in members:
        yield from _unpack(member, work_dir, budget, depth + 1)


class _Budget:
    """Add up what all members of one delivered file unpack to."""

    def __init__(self, content: Content, limits: Limits) -> None:
        self.limits, self.file = limits, content.label
        self.packed_bytes = max(content.path.stat().st_size, 1)
        self.unpacked_bytes = 0
        self.members = 0

    def exceeded(self, zh: str, en: str, value: object) -> LimitExceeded:
        return LimitExceeded(
            zh,
            en,
            file=self.file,
            value=str(value),
            fix_zh="请不压缩地交付,或在来源设置里提高限额",
            fix_en="deliver it unpacked, or raise the source's limits",
        )

    def admit(self, count: int) -> None:
        """Refuse more members than allowed before the first of them costs anything."""
        if self.members + count > self.limits.members:
            raise self.exceeded(
                "压缩包里文件太多", "too many files in the archive", self.members + count
            )

    def path(self, work_dir: Path) -> Path:
        self.admit(1)
        self.members += 1
        return work_dir / f"member_{self.members}.bin"

    def spend(self, count: int) -> None:
        self.unpacked_bytes += count
        if self.unpacked_bytes > self.limits.unpacked_bytes:
            raise self.exceeded("解压后太大", "unpacks to too many bytes", self.unpacked_bytes)
        ratio = self.unpacked_bytes / self.packed_bytes
        if self.unpacked_bytes > self.limits.ratio_from_bytes and ratio > self.limits.ratio:
            raise self.exceeded("压缩比异常", "compression ratio is suspicious", f"{ratio:.0f}:1")


def _copy(source: IO[bytes] | gzip.GzipFile, target: Path, budget: _Budget) -> None:
    with target.open("wb") as sink:
        while chunk := source.read(_CHUNK):
            budget.spend(len(chunk))
            sink.write(chunk)


def _gunzip(content: Content, work_dir: Path, budget: _Budget) -> Iterator[Content]:
    target = budget.path(work_dir)
    try:
        with gzip.open(content.path) as source:
            _copy(source, target, budget)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise _damaged(content, error) from error
    name = Path(content.member or content.file).name
    yield content.renamed(name[:-3] if name.lower().endswith(".gz") else name, target)


def _unzip(content: Content, work_dir: Path, budget: _Budget) -> Iterator[Content]:
    try:
        with zipfile.ZipFile(content.path) as archive:
            check_directory(archive, content.label, budget.limits)
            files = [
                info
                for info in archive.infolist()
                if not info.is_dir() and not any(part in info.filename for part in _IGNORED)
            ]
            budget.admit(len(files))
            for info in files:
                target = budget.path(work_dir)
                with archive.open(info) as source:
                    _copy(source, target, budget)
                yield content.renamed(_member_name(info), target)
    except (zipfile.BadZipFile, EOFError, zlib.error, NotImplementedError) as error:
        raise _damaged(content, error) from error


def check_directory(archive: zipfile.ZipFile, file: str, limits: Limits) -> None:
    """Refuse a zip by its table of contents, before a byte of it is unpacked."""
    infos = archive.infolist()
    if any(info.flag_bits & 0x1 for info in infos):
        raise PasswordProtected(
            "压缩包有密码",
            "the archive is locked with a password",
            file=file,
            fix_zh="请去掉密码再交付",
            fix_en="remove the password",
        )
    packed = max(sum(info.compress_size for info in infos), 1)
    unpacked = sum(info.file_size for info in infos)
    is_bomb = unpacked > limits.ratio_from_bytes and unpacked / packed > limits.ratio
    if is_bomb or unpacked > limits.unpacked_bytes or len(infos) > limits.members * 10:
        raise LimitExceeded(
            "压缩包解开后过大",
            "the archive unpacks to too much",
            file=file,
            value=f"{unpacked} bytes, {unpacked / packed:.0f}:1, {len(infos)} members",
            fix_zh="请重新导出并核对来源",
            fix_en="export it again and check where it came from",
        )


def _member_name(info: zipfile.ZipInfo) -> str:
    """Give a member's name as text; Chinese Windows writes GBK where the format says cp437."""
    if info.flag_bits & 0x800 or info.filename.isascii():
        return info.filename
    try:
        return info.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return info.filename


def _damaged(content: Content, error: Exception) -> FileUnreadable:
    if "password" in str(error):
        return PasswordProtected("压缩包有密码", "the archive has a password", file=content.label)
    return DamagedFile(
        "压缩文件已损坏或不完整",
        "the compressed file is damaged or cut off",
        file=content.label,
        value=str(error),
        fix_zh="请重新传送",
        fix_en="send it again",
    )
