"""Word the errors of a text file whose bytes are not text: where, what, and the way out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pipelines.sources.errors import FileUnreadable, UndecodableBytes

_CHUNK = 1 << 22


def chunks(path: Path) -> Iterator[bytes]:
    """Read a file a few MB at a time."""
    with path.open("rb") as handle:
        while chunk := handle.read(_CHUNK):
            yield chunk


def refuse_nul(block: bytes, offset: int, path: Path, label: str) -> None:
    """Raise UndecodableBytes where a block, read from `offset` on, holds a NUL byte."""
    at = block.find(b"\0")
    if at < 0:
        return
    # In UTF-16 text the zero halves of plain letters and line ends all fall on one parity.
    nearby = block[at : at + 4096]
    odd, even = nearby[1::2].count(0), nearby[::2].count(0)
    looks_utf16 = even >= 3 and odd == 0
    raise UndecodableBytes(
        "文件里有空字节(NUL)" + ("，像是没有 BOM 的 UTF-16" if looks_utf16 else ""),
        "NUL byte in the file" + (", looks like UTF-16 without a BOM" if looks_utf16 else ""),
        file=label,
        row=row_of(path, offset + at),
        byte_offset=offset + at,
        fix_zh="声明 encoding: utf-16-le，或重新导出" if looks_utf16 else "请重新导出",
        fix_en="declare encoding: utf-16-le, or export again"
        if looks_utf16
        else "export it again: the file is damaged",
    )


def row_of(path: Path, byte_offset: int) -> int:
    """Count the line (from 1) that a byte is in."""
    left, lines = byte_offset, 1
    for chunk in chunks(path):
        lines += chunk[:left].count(b"\n")
        left -= len(chunk)
        if left <= 0:
            break
    return lines


def mixture(path: Path, label: str, bad_utf8: int, utf8_line: int) -> FileUnreadable:
    """Word that two encodings are mixed, or that UTF-8 text ends inside a character."""
    if _is_cut_off(path, bad_utf8):
        return UndecodableBytes(
            "文件在一个字符中间断了，像是没有传完",
            "the file ends in the middle of a character, as if cut off in transfer",
            file=label,
            row=row_of(path, bad_utf8),
            byte_offset=bad_utf8,
            fix_zh="请重新导出或重新传送",
            fix_en="export it or send it again",
        )
    row, other = row_of(path, bad_utf8), row_of(path, utf8_line)
    return UndecodableBytes(
        f"文件里混有两种编码：第 {other} 行是 UTF-8，第 {row} 行不是",
        f"two encodings in one file: line {other} is UTF-8, line {row} is not",
        file=label,
        row=row,
        byte_offset=bad_utf8,
        fix_zh="请用同一种编码重新导出",
        fix_en="export it again in one encoding",
    )


def _is_cut_off(path: Path, bad_utf8: int) -> bool:
    """Tell whether the file's last bytes are the beginning of a UTF-8 character."""
    with path.open("rb") as handle:
        handle.seek(bad_utf8)
        tail = handle.read(4)
    try:
        tail.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data"
    return False


def nul_in_text(label: str, encoding: str, path: Path, offset: int) -> FileUnreadable:
    """Word that a decoded text holds a NUL."""
    return UndecodableBytes(
        f"按 {encoding} 解码后有空字符(NUL)",
        f"NUL character after decoding as {encoding}",
        file=label,
        row=row_of(path, offset),
        byte_offset=offset,
        fix_zh="请核对声明的编码或重新导出",
        fix_en="check the declared encoding, or export again",
    )


def undecodable(
    path: Path, label: str, *, encoding: str, by: str, at: int, bad_utf8: int | None
) -> FileUnreadable:
    """Word that bytes fit no encoding of the ladder, or not the declared one."""
    if by == "gb18030" and bad_utf8 is not None:
        zh = f"既不是 UTF-8（字节 {bad_utf8}），也不像 GB18030（字节 {at}）"
        en = f"neither UTF-8 (byte {bad_utf8}) nor plausible GB18030 (byte {at})"
        row, offset = row_of(path, bad_utf8), bad_utf8
    else:
        zh, en = f"字节不符合编码 {encoding}", f"bytes do not fit the encoding {encoding}"
        row, offset = row_of(path, at), at
    with path.open("rb") as handle:
        handle.seek(offset)
        value = handle.read(8).hex(" ")
    return UndecodableBytes(
        zh,
        en,
        file=label,
        row=row,
        byte_offset=offset,
        value=value,
        fix_zh="在来源里声明 encoding，例如 cp1252 或 mac_roman，或另存为 UTF-8",
        fix_en="declare the encoding, for example cp1252 or mac_roman, or save it as UTF-8",
    )
