"""Alerts for tests: one rep, her manager and her director, and findings that are written in one line."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from pipelines.core.alerts.model import Alert, Finding, KindRule
from pipelines.core.alerts.people import Directory, Person
from pipelines.core.alerts.routing import Notice, notices, with_responsible, with_told
from pipelines.core.alerts.state import next_state, state_to_start_from

MONDAY = date(2026, 3, 2)  # a week without holidays
LADDER = KindRule(True, 0, 2, 5, 2)
RULES = {"followup_overdue": LADDER, "target_attained": LADDER}

PEOPLE = Directory(
    {
        "rep": Person("rep", "李雷", "lead", "/c/r/t/", "华东一队", "华东"),
        "rep2": Person("rep2", "韩梅", "lead", "/c/r/t/", "华东一队", "华东"),
        "lead": Person("lead", "王芳", "head", "/c/r/t/", "华东一队", "华东"),
        "head": Person("head", "陈总监", "boss", "/c/r/", None, "华东"),
        "boss": Person("boss", "赵总", None, "/c/", None, None),
        "gone": Person("gone", "钱七", "lead", "/c/r/t/", "华东一队", "华东", is_here=False),
    },
    {("company", "company"): "/", ("region", "华东"): "/c/r/", ("team", "华东一队"): "/c/r/t/"},
)


def finding(customer: str = "C1", owner: str | None = "rep", **changes: Any) -> Finding:
    values: dict[str, Any] = {
        "key": f"followup_overdue/{customer}", "kind": "followup_overdue", "severity": "medium",
        "scope_type": "customer", "scope_id": customer, "scope_name": f"客户{customer}", "owner_id": owner,
        "value_amount": Decimal("1000"), "since_on": MONDAY, "until_on": None, "figures": {},
        "what_zh": f"客户{customer} 逾期", "what_en": f"customer {customer} overdue", "do_zh": "今天联系",
        "do_en": "contact it today",
    }  # fmt: skip
    return Finding(**{**values, **changes})


def good_news(**changes: Any) -> Finding:
    return finding(
        "T1",
        **{
            "key": "target_attained/T1", "kind": "target_attained", "severity": "good",
            "scope_type": "person", "scope_id": "rep", "until_on": date(2026, 4, 30), **changes,
        },
    )  # fmt: skip


class Nights:
    """Nights one after the other, without a database; days off do not count as workdays."""

    def __init__(
        self, rules: dict[str, KindRule] | None = None, people: Directory = PEOPLE
    ) -> None:
        self.rules, self.people = rules or RULES, people
        self.before: dict[str, Alert] = {}
        self.state: dict[str, Alert] = {}
        self.day: date | None = None

    def run(self, day: date, *found: Finding) -> list[Notice]:
        """Run the night of a day, again if it is the same; return who is told what."""
        same_day = self.state if day == self.day else {}
        if day != self.day:
            self.before = self.state
        start = state_to_start_from(self.before, same_day)
        state = {
            key: with_responsible(alert, self.people)
            for key, alert in next_state(start, found, self.rules, day).items()
        }
        new = notices(state.values(), self.rules, self.people, day, lambda a: _workdays(a, day))
        self.state = {
            key: with_told(alert, [n for n in new if n.alert.key == key])
            for key, alert in state.items()
        }
        self.day = day
        return new


def told(new: list[Notice]) -> list[tuple[str, str]]:
    return [(n.recipient, "retracted" if n.is_retraction else n.role) for n in new]


def _workdays(a: date, b: date) -> int:
    days = [a + timedelta(days=i) for i in range(1, (b - a).days + 1)]
    return sum(day.weekday() < 5 for day in days)
