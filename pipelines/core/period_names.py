"""Reading a period as people write it: 2026, 2026Q4, 2026年1月, 10月, 第3季度, 2026-W41, 上半年."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta

_YEAR = r"(?:(?P<fy>FY)?(?P<year>(?:19|20)\d{2})(?:年度?|财年)?[-/._]?)"
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_NUMERALS = {"一": 1, "二": 2, "三": 3, "四": 4, "上": 1, "下": 2}
_PATTERNS = {
    "year": rf"(?:{_YEAR}(?:全年)?|全年度?)",
    "quarter": rf"{_YEAR}?(?:Q(?P<q>[1-4])|第?(?P<qz>[一二三四1-4])季度?)",
    "half": rf"{_YEAR}?(?:H(?P<h>[12])|(?P<hz>[上下])半年(?:度)?)",
    "month": rf"{_YEAR}?(?P<m>1[0-2]|0?[1-9])月(?:份)?",
    "month_digits": (
        r"(?P<year>(?:19|20)\d{2})[-/.]?(?P<m>1[0-2]|0[1-9]|[1-9])(?:[-/.]0?1(?:00:00:00)?)?"
    ),
    "month_name": (
        rf"(?:{_YEAR}?(?P<mn>{'|'.join(_MONTHS)})[a-z]*\.?|"
        rf"(?P<mn2>{'|'.join(_MONTHS)})[a-z]*[-/.]?(?P<year2>(?:19|20)\d{{2}}))"
    ),
    "week": rf"{_YEAR}?(?:W(?P<w>[0-5]?\d)|第?(?P<wz>[0-5]?\d)周)",
}
# Spellings with the year behind or short, and their usual form: Q1 2024, Jan-24, 1H24, FY24, 24年1月, 01/2024, 2024M01.
_YEAR_BEHIND = r"(?P<fy>FY)?['’]?(?P<year>(?:19|20)\d{2}|\d{2})"
_USUAL = [
    (re.compile(text, re.IGNORECASE), usual)
    for text, usual in (
        (
            rf"^(?P<unit>Q[1-4]|H[12]|(?:{'|'.join(_MONTHS)})[a-z]*\.?)[-/.,_]?{_YEAR_BEHIND}$",
            "{year}{unit}",
        ),
        (rf"^(?P<number>[1-4])(?P<unit>[QH])[-/.,_]?{_YEAR_BEHIND}$", "{year}{unit}{number}"),
        (r"^(?P<number>1[0-2]|0?[1-9])[-/.](?P<year>(?:19|20)\d{2})$", "{year}-{number}"),
        (r"^(?P<year>\d{2})(?P<unit>(?:年度?|财年).*|Q[1-4]|H[12])$", "{year}{unit}"),
        (r"^FY['’]?(?P<year>\d{2})(?P<unit>\D.*)?$", "FY{year}{unit}"),
        (r"^(?P<year>(?:19|20)\d{2})?[-/.]?[MP](?P<number>1[0-2]|0?[1-9])$", "{year}{number}月"),
        (r"^(?P<year>(?:19|20)\d{2})年(?P<number>1[0-2]|0?[1-9])月0?1日$", "{year}{number}月"),
        (r"^(?P<year>(?:19|20)\d{2})(?P<number>1[0-2]|0[1-9])01$", "{year}{number}月"),
    )
]
_MONTH_NUMERALS = re.compile(r"(?<![一二三四五六七八九十第])(十[一二]?|[一二三四五六七八九])(?=月)")
_NUMERAL_DIGITS = {
    text: str(i) for i, text in enumerate([*"一二三四五六七八九十", "十一", "十二"], 1)
}
_COMPILED = {kind: re.compile(text + "$", re.IGNORECASE) for kind, text in _PATTERNS.items()}
_ANY_YEAR = re.compile(r"(?<!\d)(?P<year>(?:19|20)\d{2})(?!\d)")


@dataclass(frozen=True)
class NamedPeriod:
    """A period with its first and last day.

    `period_type` is week, month, quarter, year or custom.
    """

    period_type: str
    start_on: date
    end_on: date
    label: str


def year_in(text: str) -> int | None:
    """Find the year that a title, sheet or file name speaks of: 2026年度销售目标 is 2026."""
    found = _ANY_YEAR.search(unicodedata.normalize("NFKC", text))
    return int(found["year"]) if found else None


def read_period(
    text: str,
    *,
    year: int | None = None,
    fiscal_year_start_month: int = 1,
    week_start: int = 0,
) -> NamedPeriod | None:
    """Read one period as a person writes it; None where the text is no period.

    Args:
        text: 2026, 2026Q4, 2026-10, 2026年1月, 10月, 第3季度, 2026-W41, 上半年, Jan 2026, Q1 2026, Jan-26, FY26,
            26年一月, 1H26; year and month of two cells joined by `|`.
        year: the year meant where the text names none: of the sheet, its title or its file.
        fiscal_year_start_month: years and quarters are fiscal unless it is 1; months and weeks of
            the calendar, whichever year names them.
        week_start: 0 Monday to 6 Sunday; week 1 holds the fourth of January.

    Returns:
        The period with the label that the calendar gives it: 2026-Q4, FY2026-Q1, 2026-02, 2026-W08.
    """
    compact = _usual(re.sub(r"\s+", "", unicodedata.normalize("NFKC", text or "")))
    for kind, pattern in _COMPILED.items():
        match = pattern.match(compact)
        if match:
            return _named(kind, match.groupdict(), year, fiscal_year_start_month, week_start)
    return None


def _usual(text: str) -> str:
    """Return a period in its usual spelling: Jan-24 is 2024Jan, 24年一月 is 2024年1月; other texts as they are."""
    text = text.replace("|", "-")
    text = _MONTH_NUMERALS.sub(lambda found: _NUMERAL_DIGITS[found[0]], text)
    for pattern, usual in _USUAL:
        found = pattern.match(text)
        if found:
            parts = {name: part or "" for name, part in found.groupdict().items()}
            short = parts["year"]
            parts["year"] = f"20{short}" if len(short) == 2 else short
            return parts.get("fy", "") + usual.format(**parts)
    return text


def _named(
    kind: str, parts: dict[str, str | None], year: int | None, fiscal: int, week_start: int
) -> NamedPeriod | None:
    written = parts.get("year") or parts.get("year2")
    named_year = int(written) if written else year
    if named_year is None:
        return None
    if kind == "week":
        return _week(named_year, int(parts["w"] or parts["wz"] or 0), week_start)
    if kind.startswith("month"):
        return _month(named_year, _month_number(parts))
    prefix = "FY" if fiscal != 1 else ""
    first = _first_of_year(named_year, fiscal)
    if kind == "year":
        return NamedPeriod("year", first, _end(first, 12), f"{prefix}{named_year}")
    if kind == "half":
        number = _number(parts["h"] or parts["hz"])
        start = _shifted(first, 6 * (number - 1))
        return NamedPeriod("custom", start, _end(start, 6), f"{prefix}{named_year}-H{number}")
    number = _number(parts["q"] or parts["qz"])
    start = _shifted(first, 3 * (number - 1))
    return NamedPeriod("quarter", start, _end(start, 3), f"{prefix}{named_year}-Q{number}")


def _number(text: str | None) -> int:
    return _NUMERALS.get(text or "") or int(text or 0)


def _month_number(parts: dict[str, str | None]) -> int:
    if parts.get("m"):
        return int(parts["m"] or 0)
    return _MONTHS.index(str(parts.get("mn") or parts.get("mn2")).lower()) + 1


def _month(year: int, month: int) -> NamedPeriod:
    start = date(year, month, 1)
    return NamedPeriod("month", start, _end(start, 1), f"{year:04d}-{month:02d}")


def _week(year: int, number: int, week_start: int) -> NamedPeriod | None:
    first = _week_one(year, week_start)
    start = first + timedelta(days=7 * (number - 1))
    if not number or start >= _week_one(year + 1, week_start):
        return None
    return NamedPeriod("week", start, start + timedelta(days=6), f"{year:04d}-W{number:02d}")


def _week_one(year: int, week_start: int) -> date:
    fourth = date(year, 1, 4)
    return fourth - timedelta(days=(fourth.weekday() - week_start) % 7)


def _first_of_year(year: int, fiscal: int) -> date:
    return date(year if fiscal == 1 else year - 1, fiscal, 1)


def _shifted(first: date, months: int) -> date:
    total = first.year * 12 + first.month - 1 + months
    return date(total // 12, total % 12 + 1, 1)


def _end(start: date, months: int) -> date:
    return _shifted(start, months) - timedelta(days=1)
