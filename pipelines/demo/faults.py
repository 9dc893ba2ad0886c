"""Faults planted into the files: few per file, each one written down with file, row, column, value.

A fault never touches a fact of the ledger: bad rows have keys of their own (with `F` in them),
duplicates repeat a row, and rows of the same key lose to the real one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import yaml

from pipelines.demo.headers import HEADERS
from pipelines.demo.world import AS_OF, World

MOST_BAD = 20  # good rows to one bad one, at least: under 5 %
_LIST = Path(__file__).with_name("faults.yml")
_FEW_ROWS = ("crm_activities", "crm_stage_events")  # a day, in a tiny company
_EXPECTED = {
    "subtotal_row": "skipped",
    "exact_duplicate": "exact_duplicate",
    "same_key_other_content": "superseded",
}
ADDED_COLUMN, DROPPED_COLUMN = "项目备注", "客户偏好"


@dataclass
class Extra:
    """What a file gets beside its rows: rows before and after them, a column more or less."""

    before: list[list[str]] = field(default_factory=list)
    after: list[list[str]] = field(default_factory=list)
    added: str | None = None
    dropped: str | None = None


@dataclass(frozen=True)
class Planned:
    """A fault that waits for the first file of its source on or after a day."""

    source: str
    day: date
    kind: str
    expected: str
    change: dict[str, str] = field(default_factory=dict)
    column: str = ""
    is_first: bool = False


def _plan(opening: date, scale: str) -> list[Planned]:
    """Read the faults; those planned before the opening export wait for the first daily one."""
    entries = yaml.safe_load(_LIST.read_text(encoding="utf-8"))
    planned = []
    for entry in entries:
        back = entry.pop("days_back")
        if scale == "tiny" and entry["source"] in _FEW_ROWS and entry["kind"] not in _EXPECTED:
            back = "opening"
        day = opening if back == "opening" else AS_OF - timedelta(days=back)
        if back != "opening":
            day = max(day, opening + timedelta(days=1))
        expected = _EXPECTED.get(entry["kind"], "quarantined")
        planned.append(Planned(day=day, expected=expected, **entry))
    return planned


class Faults:
    """Hand each file its planted faults once, and keep the list of what was really planted."""

    def __init__(self, world: World, path_of: Callable[[str, date], str]) -> None:
        self.waiting = _plan(world.plan.opening, world.plan.scale)
        self.path_of = path_of
        self.found: list[dict[str, Any]] = []
        self.opening = world.plan.opening
        self.added_from = max(date(2026, 2, 3), self.opening + timedelta(days=2))
        self.dropped_on = max(date(2026, 2, 11), self.opening + timedelta(days=3))

    def rows_for(self, source: str, day: date, headers: list[str], rows: list[list[Any]]) -> Extra:
        """Return what a file gets; `rows` are its real rows, of which faulty ones are copies."""
        extra = Extra()
        if source == "crm_opportunities" and day >= self.added_from:
            extra.added = ADDED_COLUMN
        if source == "crm_accounts" and day == self.dropped_on:
            extra.dropped = DROPPED_COLUMN
            return extra
        due = [p for p in self.waiting if p.source == source and p.day <= day]
        bad = 0
        for number, planned in enumerate(due):
            is_bad = planned.expected == "quarantined"
            if len(rows) < 2 or (is_bad and (bad + 1) * MOST_BAD > len(rows)):
                continue  # waits for a file large enough
            bad += is_bad
            self.waiting.remove(planned)
            self._apply(planned, day, headers, rows[-1 - number % len(rows)], extra)
        self._write_down(source, day, extra, len(rows), due)
        return extra

    def _apply(
        self, planned: Planned, day: date, headers: list[str], template: list[Any], extra: Extra
    ) -> None:
        columns = list(HEADERS[planned.source])
        cells = list(template)
        if planned.kind == "subtotal_row":
            kept = columns.index("amount")  # of one row: a subtotal of one
            cells = [cell if at == kept else "" for at, cell in enumerate(cells)]
        for column, value in planned.change.items():
            cells[columns.index(column)] = value
        (extra.before if planned.is_first else extra.after).append(cells)
        at = columns.index(planned.column) if planned.column else None
        self.found.append(
            {
                "kind": planned.kind,
                "file": self.path_of(planned.source, day),
                "row": planned.is_first,  # replaced by the row number when the file is complete
                "column": headers[at] if at is not None else None,
                "value": cells[at] if at is not None else None,
                "expected": planned.expected,
            }
        )

    def _write_down(
        self, source: str, day: date, extra: Extra, rows: int, due: list[Planned]
    ) -> None:
        """Give the faults of this file their row numbers; the header is row 1."""
        file = self.path_of(source, day)
        before, after = 2, 2 + len(extra.before) + rows
        for entry in self.found:
            if entry["file"] == file and isinstance(entry["row"], bool) and due:
                if entry["row"]:
                    entry["row"], before = before, before + 1
                else:
                    entry["row"], after = after, after + 1
