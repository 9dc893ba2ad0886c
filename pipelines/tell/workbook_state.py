"""The cover's sentence on the last night, and how it is changed without writing the workbook anew.

A held night leaves the marts as they are, so the workbook's figures stay too; only the sentence
changes. Its texts are the first that are written, and so the first in the file's table of texts.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from html import escape, unescape

from pipelines.tell.board.words import Words
from pipelines.tell.board.write import Hold

_TABLE = "xl/sharedStrings.xml"
_ENTRY = re.compile(r"<si><t(?: [^>]*)?>(.*?)</t></si>", re.DOTALL)
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_TITLES = {"held": "held_title", "failed": "failed_title", "behind": "stale_title_board"}


def state_texts(hold: Hold | None, languages: Sequence[str]) -> list[str]:
    """Return what the cover says of the last night, one text per language, never two alike.

    Args:
        hold: None where readers see the last night.
        languages: of the workbook.
    """
    said = []
    for language in languages:
        words = Words(language)
        if hold is None:
            said.append(f"● {words.published_state}")
        else:
            title = getattr(words, _TITLES[hold.state])
            said.append(f"⚠ {title} · {hold.attempted} · {hold.reason(language)}")
    return said


def workbook_with_state(
    content: bytes, hold: Hold | None, languages: Sequence[str]
) -> bytes | None:
    """Return the workbook with another sentence on its cover; None where it says so already.

    Args:
        content: a workbook that `write_workbook` wrote in these languages.
        hold: None where readers see the last night.
        languages: of the workbook.
    """
    wanted = iter(state_texts(hold, languages))
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        table = book.read(_TABLE).decode("utf-8")
        told = _ENTRY.sub(lambda _: _entry(next(wanted)), table, count=len(languages))
        if told == table:
            return None
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as changed:
            for item in book.infolist():
                changed.writestr(item, told if item.filename == _TABLE else book.read(item))
    return out.getvalue()


def shown_state(content: bytes, languages: Sequence[str]) -> list[str]:
    """Return what a workbook's cover says of the last night."""
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        found = _ENTRY.findall(book.read(_TABLE).decode("utf-8"))
    return [unescape(text) for text in found[: len(languages)]]


def _entry(text: str) -> str:
    return f"<si><t>{escape(_NOT_XML.sub('', text), quote=False)}</t></si>"
