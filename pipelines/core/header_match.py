"""How much a header looks like a known spelling of a column: words alone, no values."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from rapidfuzz import fuzz

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_BRACKETS = re.compile(r"[(（\[【][^()（）\[\]【】]*[)）\]】]")
_MARKS = re.compile(r"[_\-./:：#*?？$]+")
_PREFIX = re.compile(r"^(?:property|custom|col|字段)\s+(?:hs\s+)?")
# Half of a fuzzy likeness proves nothing between short words.
_FUZZY_FROM = 84.0
_FUZZY_WEIGHT = 0.85


def plain_header(header: str) -> str:
    """Reduce a header to its words: CloseDate, close_date and Close Date (UTC) are all close date."""
    text = unicodedata.normalize("NFKC", header)
    text = _BRACKETS.sub(" ", text)
    text = _CAMEL.sub(" ", text)
    text = " ".join(_MARKS.sub(" ", text).split()).casefold()
    return _PREFIX.sub("", text) or text


def likeness(header: str, spellings: Mapping[str, float]) -> float:
    """Score a header against the spellings of one column.

    Args:
        header: a plain header.
        spellings: plain spelling → how much it says by itself (`id` says less than `order id`).

    Returns:
        0 to 1: the best spelling's weight where it is the same, less where it is only alike.
    """
    if header in spellings:
        return spellings[header]
    best = 0.0
    for spelling, weight in spellings.items():
        if len(spelling) < 4 and spelling.isascii():
            continue
        score = fuzz.token_sort_ratio(header, spelling)
        if score >= _FUZZY_FROM:
            best = max(best, weight * _FUZZY_WEIGHT * score / 100)
    return best
