"""Words of a message: values made harmless, figures readable, texts cut to a channel's bytes."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

# What a robot would read as a link, a mention, emphasis or a tag becomes its full-width twin.
_HARMLESS = str.maketrans("<>[]()*`#@|\\", "＜＞［］（）＊｀＃＠｜＼")
_LONGEST_NAME = 60
_JOINER = "\u200d"


def plain(text: str) -> str:
    """Return a text from a file as words only: one line, no control characters, no markup.

    Law: plain(plain(x)) = plain(x).
    """
    words = "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in text)
    words = " ".join(words.split()).translate(_HARMLESS)
    return words if len(words) <= _LONGEST_NAME else words[: _LONGEST_NAME - 1].rstrip() + "…"


def money(amount: Decimal, currency: str, language: str) -> str:
    """Return an amount with its currency: 123.5 万 in Chinese, CNY 1,234,567 in English."""
    sign = "" if (language, currency) == ("zh", "CNY") else f"{currency} "
    return f"{sign}{grouped_amount(amount, language)}"


def grouped_amount(amount: Decimal, language: str) -> str:
    """Return an amount as people say it: 123.5 万 in Chinese, 1,234,567 in English."""
    if language == "zh":
        for unit, name in ((Decimal(10) ** 8, "亿"), (Decimal(10) ** 4, "万")):
            if abs(amount) >= unit:
                return f"{_rounded(amount / unit, '0.1'):,} {name}"
    return f"{_rounded(amount, '1') + 0:,}"  # + 0: minus nothing is nothing


def figure(name: str, value: object) -> str:
    """Return one figure in words: a rate as per cent, a number without needless digits.

    Args:
        name: as in the declaration; `…_rate` is a rate.
        value: text, number, day, or None for nothing known.
    """
    if value is None:
        return "–"
    if isinstance(value, bool | date):
        return str(value)
    if isinstance(value, int | float | Decimal):
        number = Decimal(str(value))
        if name.endswith("_rate"):
            return f"{_rounded(number * 100, '0.1')} %"
        return f"{_rounded(number, '0.01').normalize():,f}"
    return plain(str(value))


def cut(text: str, limit: int) -> str:
    """Return a text of at most `limit` UTF-8 bytes, cut between characters as a reader sees them.

    Law: the result is a prefix of the text, or of it with an ellipsis at the end.
    """
    content = text.encode("utf-8")
    if len(content) <= limit:
        return text
    mark = "…"
    kept = content[: max(0, limit - len(mark.encode()))].decode("utf-8", errors="ignore")
    # an emoji of several code points is kept whole or not at all
    while kept and (_continues(text[len(kept)]) or kept[-1] == _JOINER):
        kept = kept[:-1]
    return kept + mark if limit >= len(mark.encode()) else ""


def fit(head: str, lines: Sequence[str], tails: Sequence[str], limit: int | None) -> str:
    """Return head, as many lines as fit, and the tail that says how many were left out.

    Args:
        head: first line; never left out, but cut where it alone is too long.
        lines: most important first.
        tails: the last line by number of lines left out: tails[n] for n of them; "" for none.
        limit: UTF-8 bytes; None for no limit.

    Law: at most `limit` bytes; every line is whole or counted in the tail.
    """
    sizes = [_size(line) + 1 for line in lines]
    total = _size(head) + sum(sizes)
    for left_out in range(len(lines) + 1):
        tail = tails[left_out]
        if limit is None or total + (_size(tail) + 1 if tail else 0) <= limit:
            shown = lines[: len(lines) - left_out]
            return "\n".join(part for part in (head, *shown, tail) if part)
        total -= sizes[len(lines) - left_out - 1] if left_out < len(lines) else 0
    return cut("\n".join(part for part in (head, tails[len(lines)]) if part), limit or 0)


def _size(text: str) -> int:
    return len(text.encode("utf-8"))


def _rounded(number: Decimal, step: str) -> Decimal:
    return number.quantize(Decimal(step), rounding=ROUND_HALF_UP)


def _continues(character: str) -> bool:
    """Whether a character belongs to the one before it: accents, variants, skin tones, joiners."""
    return (
        bool(unicodedata.combining(character))
        or character == _JOINER
        or unicodedata.category(character) in ("Mn", "Me", "Mc")
        or "\U0001f3fb" <= character <= "\U0001f3ff"
    )
