"""Read a board as a reader does: every figure with the cell of the mart that it says it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import parse_qsl

import duckdb

VOID = frozenset(["meta", "link", "br", "img", "input", "hr"])


@dataclass(frozen=True)
class Figure:
    """One figure on a page."""

    page: str
    mart: str
    key: tuple[tuple[str, str], ...]
    column: str
    value: str
    shown: str


@dataclass
class _Reader(HTMLParser):
    page: str
    figures: list[Figure] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)
    tags: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    _open: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    titles: list[tuple[dict[str, str], str]] = field(default_factory=list)
    _said: list[str] | None = None

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        self.tags.append((tag, named))
        self.addresses += [named[name] for name in ("href", "src") if name in named]
        if tag not in VOID:
            self._open.append((tag, named))
        if "data-c" in named:
            self._said = []

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        if self._said is not None:
            self._said.append(data)
        if self._open and self._open[-1][0] == "title" and "data-of" in (at := self._open[-2][1]):
            self.titles.append((at, data))

    def handle_endtag(self, tag: str) -> None:
        opened, named = self._open.pop()
        assert opened == tag, f"{self.page}: </{tag}> closes <{opened}>"
        if "data-c" in named:
            place = named if "data-of" in named else self._place()
            self.figures.append(
                Figure(
                    self.page, place["data-of"], tuple(parse_qsl(place["data-key"], True)),
                    named["data-c"], named["data-v"], "".join(self._said or []).strip(),
                )
            )  # fmt: skip
            self._said = None

    def _place(self) -> dict[str, str]:
        return next(named for _, named in reversed(self._open) if "data-of" in named)


def read_page(board: Path, page: str) -> _Reader:
    """Read one page; tags must close in order."""
    reader = _Reader(page)
    reader.feed((board / page).read_text(encoding="utf-8"))
    reader.close()
    assert not reader._open, f"{page}: never closed: {reader._open}"
    return reader


def all_pages(board: Path) -> list[str]:
    """Every page, relative to the board."""
    return sorted(path.relative_to(board).as_posix() for path in board.glob("**/*.html"))


def figures_of(board: Path) -> Iterator[Figure]:
    """Every figure of every page."""
    for page in all_pages(board):
        yield from read_page(board, page).figures


def cells_of(con: duckdb.DuckDBPyConnection, mart: str, key: tuple[str, ...]) -> dict[
    tuple[str, ...], dict[str, str]
]:  # fmt: skip
    """Every row of a mart as text, by its key as text."""
    cursor = con.execute(f"select * from marts.{mart}")
    names = [column[0] for column in cursor.description or ()]
    rows = (dict(zip(names, map(as_text, row), strict=True)) for row in cursor.fetchall())
    return {tuple(row[name] for name in key): row for row in rows}


def as_text(value: object) -> str:
    """A value as a page writes it into data-v."""
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else repr(value) if isinstance(value, float) else str(value)


def wrong_figures(con: duckdb.DuckDBPyConnection, board: Path) -> list[str]:
    """Name every figure that is not what its mart holds."""
    known: dict[tuple[str, tuple[str, ...]], dict[tuple[str, ...], dict[str, str]]] = {}
    wrong = []
    for figure in figures_of(board):
        names = tuple(name for name, _ in figure.key)
        if (figure.mart, names) not in known:
            known[figure.mart, names] = cells_of(con, figure.mart, names)
        row = known[figure.mart, names].get(tuple(value for _, value in figure.key))
        if row is None or row[figure.column] != figure.value:
            wrong.append(f"{figure}: the mart has {row and row[figure.column]}")
    return wrong


_SCALES = {"": Decimal(1), "%": Decimal("0.01"), "万": Decimal(10_000), "亿": Decimal(100_000_000),
           "倍": Decimal(1), "×": Decimal(1)}  # fmt: skip
_READ = re.compile(r"(-|− |\+ )?([\d,]+(?:\.(\d+))?)\s*([%万亿倍×]?)")
_TITLE = re.compile(r"(?:实际|Actual) (.+) · (?:目标|Target) (.+)$")


def is_read_as(shown: str, value: str) -> bool:
    """Whether a reader of `shown` would think of `value`, to half of the last digit that is shown."""
    try:
        held = Decimal(value)
    except InvalidOperation:
        # a date is shown as it is, a missing value as a dash; words are judged by their own tests
        return shown == (value or "–") or not any(letter.isdigit() for letter in value + shown)
    read = _READ.fullmatch(shown)
    if read is None:
        return False
    scale = _SCALES[read[4]]
    # a step of the waterfall: what is missing is taken off the target, what makes up for it is put on
    sign = -1 if read[1] in ("-", "+ ") else 1
    said = Decimal(read[2].replace(",", "")) * scale * sign
    half_digit = scale * Decimal(10) ** -len(read[3] or "") / 2
    return abs(said - held) <= half_digit * Decimal("1.000001")


def misread_figures(board: Path) -> list[Figure]:
    """Every figure whose text says something else than the value that it carries."""
    return [one for one in figures_of(board) if not is_read_as(one.shown, one.value)]


def months_of(board: Path, page: str) -> Iterator[tuple[dict[str, str], str, str]]:
    """Every month of a page's columns: the row it stands for, and its actual and target as a pointer reads them."""
    for place, said in read_page(board, page).titles:
        if read := _TITLE.search(said):
            yield place, read[1], read[2]


def wrong_months(con: duckdb.DuckDBPyConnection, board: Path) -> tuple[list[str], int]:
    """Name every month whose pointer text is not its mart's row; and how many there are."""
    wrong, count = [], 0
    known: dict[tuple[str, tuple[str, ...]], dict[tuple[str, ...], dict[str, str]]] = {}
    for page in all_pages(board):
        for place, actual, target in months_of(board, page):
            key = parse_qsl(place["data-key"], True)
            names = tuple(name for name, _ in key)
            cells = known.setdefault((place["data-of"], names), {}) or cells_of(
                con, place["data-of"], names
            )
            known[place["data-of"], names] = cells
            row = cells[tuple(value for _, value in key)]
            count += 1
            if not is_read_as(actual, row["actual"]) or not is_read_as(target, row["target"]):
                wrong.append(f"{page} {dict(key)}: {actual} and {target}, the mart has {row}")
    return wrong, count
