"""Numbers as people write them: 50万, ２０％, ￥1,500.00, 7天."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

UNITS = {
    "": Decimal(1),
    "千": Decimal(1_000),
    "万": Decimal(10_000),
    "百万": Decimal(1_000_000),
    "千万": Decimal(10_000_000),
    "亿": Decimal(100_000_000),
}
_PLAIN = re.compile(r"[+-]?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?")
_MONEY = re.compile(r"[¥$]?(?P<number>[^千百万亿元]+?)(?P<unit>百万|千万|[千万亿])?元?")
_HOURS = re.compile(
    r"(?P<number>[\d.,]+)(?P<unit>个?工作小时|个?小时|hours?|hrs?|h|天|日|days?|d|)"
)


def plain_text(value: str) -> str:
    """Turn full-width characters into plain ones and drop the spaces around."""
    return unicodedata.normalize("NFKC", value).strip()


def _squeezed(value: str) -> str:
    return "".join(plain_text(value).split())


def written_number(value: object) -> Decimal | None:
    """Read a number from a cell; None where it is none. Thousands separators are understood."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        number = Decimal(repr(value))
        return number if number.is_finite() else None
    text = _squeezed(str(value)).replace("−", "-")
    return Decimal(text.replace(",", "")) if _PLAIN.fullmatch(text) else None


def written_rate(value: object) -> Decimal | None:
    """Read a share as 0 to 1 from 0.2, 20% or ２０％; None where it is none."""
    if not isinstance(value, str):
        return written_number(value)
    text = _squeezed(value)
    if not text.endswith("%"):
        return written_number(text)
    number = written_number(text[:-1])
    return None if number is None else number / 100


def written_money(value: object) -> Decimal | None:
    """Read an amount in full units of the reporting currency: 50万 is 500,000."""
    if not isinstance(value, str):
        return written_number(value)
    found = _MONEY.fullmatch(_squeezed(value))
    if found is None:
        return None
    number = written_number(found["number"])
    return None if number is None else number * UNITS[found["unit"] or ""]


def written_hours(value: object) -> Decimal | None:
    """Read a span of time in hours: 1h, 24小时, 7天 (168), 7 d, or a bare number of hours."""
    if not isinstance(value, str):
        return written_number(value)
    found = _HOURS.fullmatch(_squeezed(value).casefold())
    number = None if found is None else written_number(found["number"])
    if found is None or number is None:
        return None
    return number * 24 if found["unit"][:1] in {"天", "日", "d"} else number
