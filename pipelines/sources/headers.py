"""Find the header in a grid of cells: titles above it, two levels, units in brackets."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from pipelines.sources.errors import Note

Grid = Sequence[Sequence[str | None]]
Merge = tuple[int, int, int, int]  # first row, first column, last row, last column, from 0

_LOOK_AT_ROWS = 100
_NUMBER = re.compile(r"[-+(]?[￥¥$€]?\s*[\d,，]*\.?\d+(?:[eE][-+]?\d+)?\)?\s*[%％万亿元]*$")
_DATE = re.compile(r"\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}|\d{1,2}/\d{1,2}/\d{2,4}|\d{1,2}:\d{2}")
# A year or a period is a label over a column, though it has digits.
_PERIOD = re.compile(
    r"(?:(?:19|20)\d{2}年?)?[-/ ]?"
    r"(?:Q[1-4]|第?[一二三四1-4]季度?|[上下]半年|\d{1,2}月(?:份)?|"
    r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*|W\d{1,2})?$",
    re.IGNORECASE,
)
_SUBLABEL = re.compile(
    r"目标|实际|完成|计划|预算|同比|环比|target|actual|plan|budget", re.IGNORECASE
)
_UNIT_WORDS = r"元|千元|万元|万|百万元|百万|千万元|千万|亿元|亿|千|RMB|CNY|￥|¥|%|％"
# ($K), (k€), (in thousands), ('000), (USD millions), (Mio. EUR): a scale, with or without its currency.
_CURRENCY = r"(?:US\$|[$€£¥￥₹]|[A-Z]{3}\b)"
_SCALE = r"(?:k|m|mm|mn|mio\.?|bn|t(?=\s?(?:€|EUR))|thousands?|millions?|billions?|['’]?000s?)"
_ENGLISH_UNIT = rf"(?:in\s+|of\s+)?(?:{_CURRENCY}\s*(?:in\s+)?)?(?P<scale>{_SCALE})(?:\s*(?:of\s+)?{_CURRENCY})?"
_UNIT = re.compile(
    rf"^(?P<name>.*?)\s*[(（\[【]\s*(?:单位\s*[::：]?\s*)?"
    rf"(?:(?P<unit>{_UNIT_WORDS})|{_ENGLISH_UNIT})\s*[)）\]】]\s*$",
    re.IGNORECASE,
)
_MARKS = re.compile(r"^[\s*＊]+|[\s*＊:：]+$")
# Arrows, stars, pictures and the invisible characters that belong to them.
_SIGNS = ("So", "Sm", "Mn", "Cf")
_REQUIRED = re.compile(
    r"\s*[(（\[【]\s*(?:必填项?|选填项?|非必填|必录|required|optional|mandatory)\s*[)）\]】]",
    re.IGNORECASE,
)
# Above a table a lone K or M may be anything, so there it stands beside its currency or in words.
_TITLE_UNIT = re.compile(
    r"单位\s*[::：]?\s*(?:人民币)?(?P<named>亿元|千万元|百万元|万元|千元|亿|千万|百万|万|元)"
    r"|[(（\[【]\s*(?P<own>亿元|千万元|百万元|万元|千元|亿|千万|百万|万|元)\s*[)）\]】]"
    r"|(?:US\$|[$€£¥￥₹])\s*(?:in\s+)?(?P<beside>k|m|mm|mn|bn|['’]?000s?|thousands?|millions?)(?![A-Za-z0-9])"
    r"|\b(?:USD|EUR|GBP|CNY|RMB|JPY|INR)\s*(?:in\s+)?(?P<coded>['’]000s?|thousands?|millions?)\b"
    r"|\bin\s+(?:(?:US\$|[$€£¥￥₹]|[A-Z]{3})\s*)?(?P<worded>thousands?|millions?|['’]000s?)(?![A-Za-z0-9])",
    re.IGNORECASE,
)
_FACTORS = {
    "千": 1_000,
    "万": 10_000,
    "百万": 1_000_000,
    "千万": 10_000_000,
    "亿": 100_000_000,
}
_ENGLISH_FACTORS = {"k": 1_000, "t": 1_000, "0": 1_000, "m": 1_000_000, "b": 1_000_000_000}


@dataclass(frozen=True)
class Header:
    """Where the header is and what it says; `first`/`last` count rows from 0, last included.

    `texts[i]` belongs to column i of the grid; '' where the column has no header.
    """

    first: int
    last: int
    texts: tuple[str, ...]


def header_unit(header: str) -> tuple[str, Decimal]:
    """Split a header into its name and its unit's factor: 目标值(万元) is 目标值, 10000.

    Without a unit of amount the factor is 1; `(%)` is 0.01. Other brackets stay in the name.
    """
    match = _UNIT.match(header.strip())
    if not match:
        return header.strip(), Decimal(1)
    return match["name"], _factor(match["unit"] or match["scale"])


def bare_header(header: str) -> str:
    """Take off what forms and reports put around a name.

    *客户名称（必填）, Stage ↑ of a sorted report and 💰金额 are 客户名称, Stage and 金额; % and # say something.
    """
    signs = "".join({ch for ch in header if unicodedata.category(ch) in _SIGNS})
    bare = _REQUIRED.sub("", _MARKS.sub("", header.strip(signs + " "))).strip(signs + " ")
    return _MARKS.sub("", bare).strip() or header.strip()


def unit_in_header(header: str) -> str | None:
    """Return the unit that a header of one or two levels names: 万元 of Q1(万元)/1月, K of Jan ($K)."""
    matches = (_UNIT.match(part.strip()) for part in header.split("/"))
    return next((match["unit"] or match["scale"] for match in matches if match), None)


def title_unit(title: str) -> tuple[str, Decimal] | None:
    """Return the unit that a title over a table names for its amounts, and its factor.

    `制表人：张三 单位：万元` is (万元, 10000), `FY2024 Quota ($K)` is ($K, 1000); None where none is named.
    """
    match = _TITLE_UNIT.search(title)
    if not match:
        return None
    unit = next(text for text in match.groups() if text)
    return (unit if match["named"] or match["own"] else match[0].strip()), _factor(unit)


def _factor(unit: str) -> Decimal:
    """Return by how much a unit of amount multiplies: 万元 by 10,000, K by 1,000, % by 0.01."""
    if unit in "%％":
        return Decimal("0.01")
    scale = _ENGLISH_FACTORS.get(unit.lstrip("'’")[0].lower())
    if scale is not None:
        return Decimal(scale)
    return Decimal(_FACTORS.get(unit.removesuffix("元"), 1))


def clean_header(text: str | None) -> str:
    """Make one line of a header cell: full-width letters and spaces narrowed, runs collapsed."""
    if not text:
        return ""
    narrow = "".join(
        unicodedata.normalize("NFKC", ch) if "\uff01" <= ch <= "\uff5e" and ch.isalnum() else ch
        for ch in text
        if unicodedata.category(ch) != "Cf"
    )
    return " ".join(narrow.split())


def is_label(text: str) -> bool:
    """Tell whether a cell could be a column's name: words or a period, not a figure."""
    text = text.strip()
    if _PERIOD.match(text) and text:
        return True
    return not (_NUMBER.match(text) or _DATE.match(text))


def find_header(grid: Grid, merges: Sequence[Merge] = ()) -> Header | None:
    """Find the header row: the first well-filled row whose cells are mostly words.

    Titles and remarks above have few cells; the header has at least 60 % as many as the second
    widest row from it on, and 40 % of the widest (one stray cell proves nothing). Two
    levels (Q1 over 1月 2月 3月) are joined with '/'.
    Returns None where no row has a cell.
    """
    rows = [[cell.strip() if cell else "" for cell in row] for row in grid[:_LOOK_AT_ROWS]]
    counts = [len(row) - row.count("") for row in rows]
    filled = [index for index, count in enumerate(counts) if count]
    if not filled:
        return None
    # One by one: the first row is the header of nearly every file, so the others are not looked at.
    candidates = (index for index in filled if _is_well_filled(counts[index:]))
    first = next(candidates)  # the last filled row is well filled, so there is one
    worded = (i for i in itertools.chain((first,), candidates) if _worded_share(rows[i]) >= 0.5)
    return _with_levels(rows, next(worded, first), merges)


def title_above(grid: Grid, header: Header) -> str:
    """Return the text above the header, one line: 2026年度销售目标(单位:万元)."""
    cells = (cell for row in grid[: header.first] for cell in row if cell)
    return " ".join(dict.fromkeys(clean_header(cell) for cell in cells)).strip()


def _is_well_filled(counts: list[int]) -> bool:
    """Tell whether the first of these rows has about as many cells as the table below it."""
    widest = sorted(counts)
    return counts[0] >= 0.6 * widest[max(len(widest) - 2, 0)] and counts[0] >= 0.4 * widest[-1]


def header_at(grid: Grid, row: int, merges: Sequence[Merge] = ()) -> Header | None:
    """Take a declared header row (from 0); it may be the upper one of two levels."""
    rows = [[(cell or "").strip() for cell in line] for line in grid]
    if row >= len(rows) or not any(rows[row]):
        return None
    return _with_levels(rows, row, merges, look_up=False)


def _worded_share(row: list[str]) -> float:
    cells = [cell for cell in row if cell]
    return sum(map(is_label, cells)) / len(cells)


def _with_levels(
    rows: list[list[str]], index: int, merges: Sequence[Merge], *, look_up: bool = True
) -> Header:
    for upper in (index, index - 1) if look_up else (index,):
        if upper >= 0 and _is_two_level(rows, upper, merges):
            return Header(upper, upper + 1, _joined(rows, upper, merges))
    return Header(index, index, tuple(map(clean_header, rows[index])))


def _is_two_level(rows: list[list[str]], upper: int, merges: Sequence[Merge]) -> bool:
    """Tell whether row `upper` names groups of the columns that the row below names."""
    if upper + 1 >= len(rows):
        return False
    over, under = rows[upper], rows[upper + 1]
    under = under + [""] * (len(over) - len(under))
    cells = [cell for cell in under if cell]
    if sum(1 for cell in over if cell) < 2 or len(cells) < 2 or not all(map(is_label, cells)):
        return False
    if merges:
        spans = [(left, right) for top, left, _, right in merges if top == upper and right > left]
        return any(sum(1 for c in under[a : b + 1] if c) > 1 for a, b in spans)
    # Without merge information only period or target/actual words under gaps are believed.
    under_gaps = [
        cell for at, cell in enumerate(under) if cell and (at >= len(over) or not over[at])
    ]
    return bool(under_gaps) and all(_PERIOD.match(c) or _SUBLABEL.search(c) for c in cells)


def _joined(rows: list[list[str]], upper: int, merges: Sequence[Merge]) -> tuple[str, ...]:
    width = max(len(rows[upper]), len(rows[upper + 1]))
    over = rows[upper] + [""] * (width - len(rows[upper]))
    under = rows[upper + 1] + [""] * (width - len(rows[upper + 1]))
    spans = [(m[1], m[3]) for m in merges if m[0] == upper]
    texts, group = [], ""
    for at in range(width):
        if over[at]:
            group = over[at]
        elif spans and not any(left <= at <= right for left, right in spans):
            group = ""
        above, below = clean_header(group if under[at] else over[at]), clean_header(under[at])
        texts.append(f"{above}/{below}" if above and below else above or below)
    return tuple(texts)


def unique_headers(texts: Sequence[str]) -> tuple[tuple[str, ...], list[Note]]:
    """Make headers unique and non-empty, with a note for each that had to be changed."""
    seen: set[str] = set()
    names, notes = [], []
    for position, text in enumerate(texts, start=1):
        name = text or f"column_{position}"
        number = 2
        while name in seen:
            name = f"{text or f'column_{position}'}_{number}"
            number += 1
        if text and name != text:
            zh = f"表头“{text}”重复，第 {position} 列读作“{name}”"
            en = f"header “{text}” occurs twice; column {position} is read as “{name}”"
            notes.append(Note("duplicate_header", zh, en))
        seen.add(name)
        names.append(name)
    return tuple(names), notes
