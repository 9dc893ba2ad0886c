"""What one hostile file is, how it is delivered, and what must become of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

HEADER = "订单编号,签订日期,金额,客户编号\n"


@dataclass(frozen=True)
class Refused:
    """The file as a whole is refused: what both messages must say, and how the landing is marked."""

    en: tuple[str, ...]
    zh: tuple[str, ...]
    status: str = "unreadable"


@dataclass(frozen=True)
class Lands:
    """The file lands: rows that stand, rows in quarantine as (row, column, value, rule), and notes.

    `keys` are the order ids that stand, `cells` are (order id, column, value) that came through
    unharmed; `note` are words of a note in English and Chinese.
    """

    landed: int
    bad: tuple[tuple[int, str, str | None, str], ...] = ()
    keys: tuple[str, ...] = ()
    cells: tuple[tuple[str, str, str], ...] = ()
    note: tuple[str, str] | None = None


@dataclass(frozen=True)
class Hostile:
    """One hostile delivery: the file's name, its bytes, what company.yml says, the end."""

    case: str
    name: str
    make: Callable[[], bytes]
    end: Refused | Lands
    source: Mapping[str, Any] = field(default_factory=dict)


def rows(*lines: str, header: str = HEADER) -> Callable[[], bytes]:
    """Make a CSV in UTF-8 of whole lines."""
    return (header + "".join(f"{line}\n" for line in lines)).encode


def text(content: str, encoding: str = "utf-8") -> Callable[[], bytes]:
    """Make a text file."""
    return lambda: content.encode(encoding)


def raw(content: bytes) -> Callable[[], bytes]:
    """Make a file of these bytes."""
    return lambda: content


def good(case: str) -> bytes:
    """Return the file that was delivered the day before: three orders of this case."""
    lines = "".join(f"{case}-G{n},2026-02-0{n},{n}00,C{n}\n" for n in (1, 2, 3))
    return (HEADER + lines).encode()
