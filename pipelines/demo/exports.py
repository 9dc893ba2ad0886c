"""Writing the opening export and the daily ones: snapshots whole, deltas where rows changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from pipelines.demo.faults import Faults
from pipelines.demo.files import Workbook, csv_line, text_of, write_csv
from pipelines.demo.headers import HEADERS
from pipelines.demo.world import AS_OF

Row = dict[str, Any]
Thing = tuple[Any, list[date], date | None]


@dataclass
class Feed:
    """One source of daily files.

    `things` are (object, the days on which its row changes, oldest first, the day it vanishes).
    """

    source: str
    entity: str
    stem: str
    load: str
    things: Sequence[Thing]
    row_of: Callable[[Any, date], Row]
    encoding: str = "utf-8-sig"
    day_format: str = "%Y-%m-%d"
    moment_format: str = "%Y-%m-%d %H:%M:%S"
    suffix: str = "csv"
    is_sent_when_changed: bool = False
    shown: dict[int, list[Any]] = field(default_factory=dict)
    lines: dict[int, str] = field(default_factory=dict)

    @property
    def columns(self) -> dict[str, str]:
        """Canonical column to the header written in the file."""
        return HEADERS[self.source]

    def days(self) -> dict[date, list[int]]:
        """Return which things change on which day, a vanishing included."""
        index: dict[date, list[int]] = {}
        for number, (_, changed, gone_on) in enumerate(self.things):
            for day in {*changed, gone_on or changed[0]}:
                index.setdefault(day, []).append(number)
        return index

    def rows_on(self, day: date, touched: Iterable[int]) -> list[int]:
        """Say which things a file of this day holds: all live ones, or those that were touched."""
        numbers = sorted(set(touched))
        for number in numbers:
            thing, _, gone_on = self.things[number]
            if gone_on and gone_on <= day:
                self.shown.pop(number, None)
            else:
                row = self.row_of(thing, day)
                self._keep(number, [row.get(column) for column in self.columns])
        return sorted(self.shown) if self.load == "snapshot" else numbers

    def _keep(self, number: int, values: list[Any]) -> None:
        """Keep a row as it will be written: typed cells for a workbook, text for a csv file."""
        if self.suffix == "xlsx":
            self.shown[number] = values
            return
        cells = [text_of(value, self.day_format, self.moment_format) for value in values]
        self.shown[number], self.lines[number] = cells, csv_line(cells)

    def path(self, inbox: Path, day: date) -> Path:
        """Return the file of a day."""
        return inbox / f"{self.stem}_{day:%Y%m%d}.{self.suffix}"


def write_exports(feeds: Sequence[Feed], opening: date, inbox: Path, faults: Faults) -> None:
    """Write the opening export and then one export a day, the last of the as-of day.

    A snapshot is written every day (or when something changed, as personnel sends its list), a delta on
    days on which something changed.
    """
    for feed in feeds:
        index = feed.days()
        before = [number for day, numbers in index.items() if day <= opening for number in numbers]
        for day in days_between(opening, AS_OF):
            touched = before if day == opening else index.get(day, [])
            if touched or (feed.load == "snapshot" and not feed.is_sent_when_changed):
                _write(feed, inbox, day, feed.rows_on(day, touched), faults)


def days_between(first: date, last: date) -> Iterator[date]:
    """Go through every day from one to another, both included."""
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)


def _write(feed: Feed, inbox: Path, day: date, numbers: list[int], faults: Faults) -> None:
    headers = list(feed.columns.values())
    extra = faults.rows_for(feed.source, day, headers, [feed.shown[n] for n in numbers])
    if feed.suffix == "xlsx":
        table = [headers, *(feed.shown[number] for number in numbers), *extra.after]
        with Workbook(feed.path(inbox, day)) as book:
            book.sheet("导出", table)
        return
    lines = [feed.lines[number] for number in numbers]
    lines = [*map(csv_line, extra.before), *lines, *map(csv_line, extra.after)]
    if extra.dropped is not None:
        at = headers.index(extra.dropped)
        kept = [feed.shown[number] for number in numbers]
        lines = [csv_line(cells[:at] + cells[at + 1 :]) for cells in kept]
        headers = headers[:at] + headers[at + 1 :]
    if extra.added is not None:
        headers = [*headers, extra.added]
        lines = [line + "," for line in lines]
    write_csv(feed.path(inbox, day), [csv_line(headers), *lines], feed.encoding)
