"""Faults planted into the files: few per file, each one written down with file, row, column, value.

A fault never touches a fact of the ledger: bad rows have keys of their own (with `F` in them),
duplicates repeat a row, and rows of the same key lose to the real one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from pipelines.demo.headers import HEADERS
from pipelines.demo.world import AS_OF, World

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
    change: dict[str, str]
    column: str = ""
    is_first: bool = False


def _plan(opening: date) -> list[Planned]:
    """List the faults; days before the opening export wait for the first daily one."""

    def at(days_back: int) -> date:
        return max(AS_OF - timedelta(days=days_back), opening + timedelta(days=1))

    out, bad, same = "crm_opportunities", "quarantined", "exact_duplicate"
    return [
        Planned("erp_orders", at(33), "bad_amount", bad, {"order_id": "SOF0001", "amount": "12.3.4"}, "amount"),
        Planned("erp_orders", at(33), "subtotal_row", "skipped", {"order_id": "合计"}, "order_id"),
        Planned("erp_orders", at(19), "missing_key", bad, {"order_id": ""}, "order_id"),
        Planned("erp_orders", at(4), "bad_date", bad, {"order_id": "SOF0002", "signed_on": "2026-02-30"}, "signed_on"),
        Planned("erp_orders", at(0), "bad_amount", bad, {"order_id": "SOF0003", "amount": "12.3.4"}, "amount"),
        Planned("erp_payments", at(20), "bad_date", bad, {"payment_id": "RCF001", "received_on": "下周三"}, "received_on"),
        Planned("erp_payments", at(6), "exact_duplicate", same, {}),
        Planned("erp_payments", at(5), "same_key_other_content", "superseded", {"amount": "1.00"}, "amount", True),
        Planned("erp_receivables", at(30), "subtotal_row", "skipped", {"order_id": "合计", "due_on": ""}, "order_id"),
        Planned("erp_receivables", at(25), "bad_amount", bad, {"order_id": "SOF0004", "amount": "待定"}, "amount"),
        Planned(out, at(49), "unknown_stage", bad, {"opportunity_id": "OPF001", "stage": "神秘阶段"}, "stage"),
        Planned(out, at(48), "unknown_stage", bad, {"opportunity_id": "OPF001", "stage": "神秘阶段"}, "stage"),
        Planned(out, at(28), "bad_amount", bad, {"opportunity_id": "OPF002", "amount": "三十万左右"}, "amount"),
        Planned(out, at(21), "exact_duplicate", same, {}),
        Planned(out, at(12), "same_key_other_content", "superseded", {"amount": "777700", "updated_at": "2023-12-29 09:00:00"}, "amount"),
        Planned(out, at(7), "missing_key", bad, {"opportunity_id": ""}, "opportunity_id"),
        Planned(out, at(0), "exact_duplicate", same, {}),
        Planned(out, at(0), "unknown_stage", bad, {"opportunity_id": "OPF003", "stage": "再看看"}, "stage"),
        Planned("crm_accounts", at(40), "missing_required", bad, {"account_id": "CF0001", "name": ""}, "name"),
        Planned("crm_accounts", at(2), "exact_duplicate", same, {}),
        Planned("crm_activities", at(35), "unknown_kind", bad, {"activity_id": "AF00001", "kind": "打球"}, "kind"),
        Planned("crm_activities", at(13), "bad_date", bad, {"activity_id": "AF00002", "occurred_at": "2026/2/31 25:61"}, "occurred_at"),
        Planned("crm_activities", at(8), "exact_duplicate", same, {}),
        Planned("crm_stage_events", at(15), "missing_key", bad, {"opportunity_id": ""}, "opportunity_id"),
        Planned("hub_leads", at(14), "bad_date", bad, {"lead_id": "LF0001", "created_at": "yesterday"}, "created_at"),
        Planned("crm_quotes", at(9), "bad_date", bad, {"quote_id": "QF0001", "issued_on": "待定"}, "issued_on"),
        Planned("erp_credit_splits", at(27), "bad_share", bad, {"order_id": "SOF0005", "share": "一半"}, "share"),
    ]  # fmt: skip


class Faults:
    """Hand each file its planted faults once, and keep the list of what was really planted."""

    def __init__(self, world: World, path_of: Callable[[str, date], str]) -> None:
        self.waiting = _plan(world.plan.opening)
        self.path_of = path_of
        self.found: list[dict[str, Any]] = []
        self.opening = world.plan.opening
        self.added_from = max(date(2026, 2, 3), self.opening + timedelta(days=2))
        self.dropped_on = max(date(2026, 2, 11), self.opening + timedelta(days=3))

    def rows_for(self, source: str, day: date, headers: list[str], rows: list[list[str]]) -> Extra:
        """Return what a file gets; `rows` are its real rows, of which faulty ones are copies."""
        extra = Extra()
        if source == "crm_opportunities" and day >= self.added_from:
            extra.added = ADDED_COLUMN
        if source == "crm_accounts" and day == self.dropped_on:
            extra.dropped = DROPPED_COLUMN
            return extra
        due = [p for p in self.waiting if p.source == source and p.day <= day and day > self.opening]
        for number, planned in enumerate(due):
            if len(rows) < 2:
                break
            self.waiting.remove(planned)
            self._apply(planned, day, headers, rows[-1 - number % len(rows)], extra)
        self._write_down(source, day, extra, len(rows), due)
        return extra

    def _apply(
        self, planned: Planned, day: date, headers: list[str], template: list[str], extra: Extra
    ) -> None:
        columns = list(HEADERS[planned.source])
        cells = list(template)
        if planned.kind == "subtotal_row":
            kept = columns.index("amount")
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
