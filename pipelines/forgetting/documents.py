"""Erase values inside one document, whatever it is packed in; all else in it stays as it was."""

from __future__ import annotations

import gzip
import io
import re
import zipfile
from html import escape, unescape

import pyarrow as pa

from pipelines.forgetting.eraser import Eraser
from pipelines.forgetting.parquet import erase_parquet

PIECE_CHARACTERS = 1 << 22
_ZIP, _GZIP, _ZSTD, _PARQUET = b"PK\x03\x04", b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PAR1"
_SHARED = "xl/sharedstrings.xml"
_ROW = re.compile(r"<(?:\w+:)?row\b[^>]*?(?<!/)>.*?</(?:\w+:)?row>", re.DOTALL)
_PLAIN_CELL = re.compile(r"<c\b(?P<a>[^>]*?)(?<!/)>(?P<b>.*?)</c>", re.DOTALL)
_ITEM = re.compile(r"<(?:\w+:)?si\b[^>]*?(?:/>|>.*?</(?:\w+:)?si>)", re.DOTALL)
_TEXT = re.compile(r"(<(?:\w+:)?t\b[^>]*?(?<!/)>)(.*?)(</(?:\w+:)?t>)", re.DOTALL)


def erase_bytes(content: bytes, eraser: Eraser) -> bytes:
    """Return a document without the values; the very same bytes if it holds none.

    Packed documents are unpacked, erased and packed again, as deep as they go. What is no text,
    table or workbook that can be taken apart (xls, xlsb) has its values overwritten in place.
    """
    if content.startswith(_ZIP):
        return _zip(content, eraser)
    if content.startswith(_GZIP):
        plain = gzip.decompress(content)
        erased = erase_bytes(plain, eraser)
        return content if erased == plain else gzip.compress(erased, mtime=0)
    if content.startswith(_ZSTD):
        return _zstd(content, eraser)
    if content.startswith(_PARQUET):
        return erase_parquet(content, eraser)
    encoding = text_encoding(content)
    if encoding is None:
        return eraser.same_length(content)
    return _text(content.decode(encoding), eraser).encode(encoding)


def text_encoding(content: bytes) -> str | None:
    """Return the encoding that reads a text and writes the same bytes again; None: no text."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encodings = ["utf-16-le" if content[:2] == b"\xff\xfe" else "utf-16-be"]
    elif b"\0" in content:
        return None
    else:
        encodings = ["utf-8", "gb18030"]
    for encoding in encodings:
        try:
            if content.decode(encoding).encode(encoding) == content:
                return encoding
        except UnicodeDecodeError:
            continue
    return None


def _text(text: str, eraser: Eraser) -> str:
    """Erase a long text in pieces that end with a line, so that memory stays bounded."""
    erased, start = [], 0
    while start < len(text):
        end = text.find("\n", start + PIECE_CHARACTERS) + 1 or len(text)
        erased.append(eraser.lines(text[start:end]))
        start = end
    return "".join(erased)


def _zstd(content: bytes, eraser: Eraser) -> bytes:
    with pa.CompressedInputStream(pa.BufferReader(content), "zstd") as packed:
        plain = packed.read()
    erased = erase_bytes(plain, eraser)
    if erased == plain:
        return content
    out = pa.BufferOutputStream()
    with pa.CompressedOutputStream(out, "zstd") as stream:
        stream.write(erased)
    return bytes(out.getvalue())


def _zip(content: bytes, eraser: Eraser) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        members = {info: packed.read(info) for info in packed.infolist()}
    shared = next((b for i, b in members.items() if i.filename.lower() == _SHARED), None)
    strings = _strings(shared.decode("utf-8")) if shared else []
    erased = {i: _member(i.filename, body, strings, eraser) for i, body in members.items()}
    _drop_unused_names(erased, eraser)
    names = {info: eraser.row(info.filename) for info in members}
    if erased == members and all(info.filename == name for info, name in names.items()):
        return content
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for info, body in erased.items():
            kept = zipfile.ZipInfo(names[info], info.date_time)
            kept.compress_type, kept.external_attr = info.compress_type, info.external_attr
            packed.writestr(kept, body)
    return out.getvalue()


def _member(name: str, body: bytes, strings: list[str], eraser: Eraser) -> bytes:
    """Erase one file of an archive; cells of a workbook are judged with the row they stand in."""
    if not re.fullmatch(r"xl/(worksheets/[^/]+|sharedstrings|comments\d*)\.xml", name.lower()):
        return erase_bytes(body, eraser)
    text = body.decode("utf-8")
    if name.startswith("xl/worksheets/"):
        text = _ROW.sub(lambda row: _sheet_row(row[0], strings, eraser), text)
    elif name.lower() == _SHARED:
        text = _ITEM.sub(lambda item: _shared_item(item[0], eraser), text)
    return eraser.text(text).encode("utf-8")


def _drop_unused_names(members: dict[zipfile.ZipInfo, bytes], eraser: Eraser) -> None:
    """Blank shared texts that held a doubtful value and that no cell points to any longer."""
    shared = next((i for i in members if i.filename.lower() == _SHARED), None)
    if shared is None or not eraser.doubtful:
        return
    sheets = [
        b.decode() for i, b in members.items() if i.filename.startswith("xl/worksheets/sheet")
    ]
    used = {
        int(cell[1])
        for sheet in sheets
        for cell in re.finditer(r'<c\b[^>]*\st="s"[^>]*>\s*<v>(\d+)</v>', sheet)
    }
    items = _ITEM.findall(text := members[shared].decode("utf-8"))
    doomed = {
        place: item
        for place, item in enumerate(items)
        if place not in used and eraser.has_doubtful(_joined(item))
    }
    if doomed:
        places = iter(range(len(items)))
        text = _ITEM.sub(lambda m: "<si><t></t></si>" if next(places) in doomed else m[0], text)
        members[shared] = text.encode("utf-8")


def _strings(shared: str) -> list[str]:
    return [_joined(item[0]) for item in _ITEM.finditer(shared)]


def _joined(xml: str) -> str:
    return unescape("".join(match[2] for match in _TEXT.finditer(xml)))


def _shared_item(item: str, eraser: Eraser) -> str:
    """Erase a shared text also where its value runs over several pieces of formatting."""
    whole = _joined(item)
    erased = eraser.text(whole)
    return item if erased == whole else f"<si><t>{escape(erased, quote=False)}</t></si>"


def _sheet_row(row: str, strings: list[str], eraser: Eraser) -> str:
    """Give the cells of an own row texts of their own where a shared one may mean somebody else."""
    if not eraser.doubtful or "<row" not in row:
        return row
    context = " | ".join(
        _cell_text(cell["a"], cell["b"], strings) for cell in _PLAIN_CELL.finditer(row)
    )
    if not eraser.has_doubtful(context) or not eraser.is_own(context):
        return row

    def rewritten(cell: re.Match[str]) -> str:
        text = _cell_text(cell["a"], cell["b"], strings)
        erased = eraser.row(text, context)
        if erased == text:
            return cell[0]
        kind = re.sub(r'\st="[^"]*"', "", cell["a"])
        return f'<c{kind} t="inlineStr"><is><t>{escape(erased, quote=False)}</t></is></c>'

    return _PLAIN_CELL.sub(rewritten, row)


def _cell_text(attributes: str, body: str, strings: list[str]) -> str:
    value = re.search(r"<v[^>]*>(.*?)</v>", body, re.DOTALL)
    if 't="s"' in attributes and value:
        return strings[int(value[1])]
    return _joined(body) or (unescape(value[1]) if value else "")
