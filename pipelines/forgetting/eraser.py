"""Find a person's values however they are spelled, and put names without meaning in their place."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import quote

_GAP = "[\\s\u3000\u00a0().（）-]*"
_SPACE = "[ \u3000\u00a0]?"
_LETTER = "A-Za-z0-9"


@dataclass(frozen=True)
class Eraser:
    """What is to disappear, and what stands there afterwards.

    Attributes:
        sure: value → what replaces it, wherever it stands: it can mean nobody else.
        doubtful: the same for values that others bear too (a common name): replaced only in rows
            that also hold one of `ids` or a sure value.
        ids: the records' own ids; they stay, and tell which rows are theirs.
        longer: other names that contain one of these values; they stay as they are.
    """

    sure: Mapping[str, str]
    doubtful: Mapping[str, str] = field(default_factory=dict)
    ids: frozenset[str] = frozenset()
    longer: frozenset[str] = frozenset()

    def text(self, text: str) -> str:
        """Return a text without any sure value."""
        return _replaced(text, *self._sure)

    def row(self, text: str, context: str | None = None) -> str:
        """Return a text without sure values, and without doubtful ones if its row is theirs.

        Args:
            text: one line or cell.
            context: the whole row, where the text is one cell of it.
        """
        if self.doubtful and self.has_doubtful(text) and self.is_own(context or text):
            text = _replaced(text, *self._doubtful)
        return self.text(text)

    def lines(self, text: str) -> str:
        """Return a text of many lines, each judged as a row."""
        if self.doubtful and self.has_doubtful(text):
            text = "".join(self.row(line) for line in text.splitlines(keepends=True))
        return self.text(text)

    def is_own(self, row: str) -> bool:
        """Say whether a row is about whom is to be forgotten."""
        return bool(self._own.search(row)) or self.holds(row)

    def has_doubtful(self, text: str) -> bool:
        """Say whether a text holds a value that may mean somebody else."""
        return any(value in text for value in self.doubtful)

    def holds(self, text: str) -> bool:
        """Say whether a sure value is in a text, in any spelling."""
        pattern, _ = self._sure
        return any(match.lastgroup for match in pattern.finditer(text))

    def same_length(self, content: bytes) -> bytes:
        """Return binary content in which no value stands; what replaces it takes as many bytes."""
        for value, token in {**self.doubtful, **self.sure}.items():
            for encoding in ("utf-8", "gb18030", "utf-16-le"):
                old = value.encode(encoding)
                width = 2 if encoding == "utf-16-le" else 1
                filler = (token * len(old))[: len(old) // width].encode(encoding)
                content = content.replace(old, filler)
        return content

    @cached_property
    def _sure(self) -> tuple[re.Pattern[str], Mapping[str, str]]:
        return _compiled(self.sure, self.longer)

    @cached_property
    def _doubtful(self) -> tuple[re.Pattern[str], Mapping[str, str]]:
        return _compiled(self.doubtful, self.longer)

    @cached_property
    def _own(self) -> re.Pattern[str]:
        ids = "|".join(sorted(map(re.escape, self.ids), key=len, reverse=True))
        return re.compile(f"(?<![{_LETTER}_-])(?:{ids or '(?!)'})(?![{_LETTER}_-])")


def masked(value: str) -> str:
    """Return a value as marts show it: `13****78` (dbt_project/macros/masked.sql)."""
    return "****" if len(value) <= 4 else f"{value[:2]}****{value[-2:]}"


def digits_of(value: str) -> str:
    """Return a phone's digits without +86; empty if it is no phone."""
    plain = unicodedata.normalize("NFKC", value)
    if re.search(f"[^0-9+\\s{_GAP[1:-2]}]", plain):
        return ""
    digits = re.sub(r"\D", "", plain)
    return digits[2:] if len(digits) == 13 and digits.startswith("86") else digits


def _compiled(
    values: Mapping[str, str], longer: Iterable[str]
) -> tuple[re.Pattern[str], Mapping[str, str]]:
    ordered = sorted(values, key=len, reverse=True)
    kept = [_spelled(name) for name in sorted(longer, key=len, reverse=True)]
    named = [f"(?P<v{place}>{_spelled(value)})" for place, value in enumerate(ordered)]
    pattern = re.compile("|".join(kept + named) or "(?!)", re.IGNORECASE)
    return pattern, {f"v{place}": values[value] for place, value in enumerate(ordered)}


def _replaced(text: str, pattern: re.Pattern[str], tokens: Mapping[str, str]) -> str:
    return pattern.sub(lambda match: tokens[match.lastgroup] if match.lastgroup else match[0], text)


def _spelled(value: str) -> str:
    """Return a pattern for a value: wide or narrow, spaced, escaped as in JSON or in an address."""
    digits = digits_of(value)
    if len(digits) >= 7:
        return f"(?<!\\d){_GAP.join(map(_character, digits))}(?!\\d)"
    spelled = _SPACE.join(map(_character, re.sub(r"[\s\u3000]", "", value)))
    if not value.isascii():
        return f"{spelled}|{re.escape(quote(value))}"
    return f"(?<![{_LETTER}]){spelled}(?![{_LETTER}])"


def _character(character: str) -> str:
    narrow = unicodedata.normalize("NFKC", character)
    wide = chr(ord(narrow) + 0xFEE0) if len(narrow) == 1 and "!" <= narrow <= "~" else character
    ways = [re.escape(way) for way in dict.fromkeys((character, narrow, wide))]
    if not character.isascii():
        escaped = json.dumps(character)[1:-1]
        ways += [re.escape(escaped), re.escape(escaped.replace("\\", "\\\\"))]
    return ways[0] if len(ways) == 1 else f"(?:{'|'.join(ways)})"
