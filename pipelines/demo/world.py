"""What the invented company consists of: plain records, held in one `World`.

Everything here is the generator's own ledger. Files are rendered from it and the truth is counted
from it, so that the two can be compared with whatever a pipeline makes of the files.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from pipelines.demo.calendar import Workdays

AS_OF = date(2026, 3, 10)
HISTORY_FROM = date(2024, 1, 2)
STAGES = ["初步接触", "需求确认", "报价中", "谈判中", "签约待付款"]
WON, LOST = "赢单", "输单"
PRODUCT_LINES = ["影像设备", "信息系统", "检验试剂"]
UNKNOWN_OWNER = "U9999"
CADENCE = {"A": 5, "B": 10, "C": 22}


@dataclass(frozen=True)
class Plan:
    """How large the company is and when its exports were made; whose prices are `price_level` times the demo's."""

    scale: str
    opening: date
    accounts: int
    opportunities: int
    direct_orders: int
    loose_leads: int
    care_contacts: int
    undated: int
    price_level: int = 1


PLANS = {
    "full": Plan("full", date(2026, 1, 9), 1000, 2000, 30, 750, 2800, 8),
    "tiny": Plan("tiny", date(2026, 2, 28), 60, 120, 3, 40, 150, 2),
}


def dice(seed: int, topic: str) -> random.Random:
    """Return the random numbers of one topic, so that topics do not disturb each other."""
    return random.Random(f"{seed}:{topic}")


@dataclass
class Team:
    """A team of one region."""

    name: str
    region: str
    org_id: str


@dataclass
class Person:
    """A person with every post held: (from, org_id), oldest first."""

    person_id: str
    name: str
    role: str
    hired_on: date
    posts: list[tuple[date, str]]
    left_on: date | None = None

    def org_on(self, day: date) -> str:
        """Return the org unit that the person sits in on a day."""
        held = [org for since, org in self.posts if since <= day]
        return held[-1] if held else self.posts[0][1]

    def serves_on(self, day: date) -> bool:
        """Say whether the person works here on a day."""
        return self.hired_on <= day and (self.left_on is None or day <= self.left_on)


@dataclass
class Account:
    """A customer of the CRM, with its owners and edits in time order."""

    account_id: str
    name: str
    created_at: datetime
    region: str
    fields: dict[str, Any]
    owners: list[tuple[datetime, str]]
    edits: list[tuple[datetime, dict[str, Any]]] = field(default_factory=list)
    is_planted: bool = False

    def owner_at(self, moment: datetime) -> str:
        """Return the owner at a moment (the first one before there was any)."""
        held = [who for since, who in self.owners if since <= moment]
        return held[-1] if held else self.owners[0][1]


@dataclass
class StageEvent:
    """One stage change; `cause` is the generator's own knowledge and stands in no file."""

    changed_at: datetime
    from_stage: str
    to_stage: str
    changed_by: str
    cause: str = "move"


@dataclass
class Deal:
    """An opportunity: its stage events and every other change, in time order."""

    opportunity_id: str
    account: Account
    created_at: datetime
    product_line: str
    currency: str
    fields: dict[str, Any]
    events: list[StageEvent] = field(default_factory=list)
    changes: list[tuple[datetime, dict[str, Any]]] = field(default_factory=list)
    is_undated: bool = False
    deleted_on: date | None = None

    def state_on(self, day: date) -> dict[str, Any]:
        """Fold the changes up to the end of a day."""
        state: dict[str, Any] = {}
        for at, change in self.changes:
            if at.date() > day:
                break
            state.update(change)
            state["updated_at"] = at
        return state


@dataclass
class Order:
    """A signed order with its lines (product line, amount, cost) and later changes."""

    account: Account
    person_id: str
    signed_on: date
    currency: str
    lines: list[tuple[str, Decimal, Decimal]]
    deal: Deal | None = None
    region: str = ""
    order_id: str = ""
    status: str = "有效"
    cancelled_on: date | None = None
    hides_cancel_date: bool = False
    entered_on: date | None = None
    amount_changes: list[tuple[date, int, Decimal]] = field(default_factory=list)
    shares: list[tuple[str, Decimal]] = field(default_factory=list)
    instalments: list[tuple[date, Decimal]] = field(default_factory=list)

    @property
    def first_seen_on(self) -> date:
        """The first day on which an export can hold the order."""
        return self.entered_on or self.signed_on

    @property
    def amount(self) -> Decimal:
        """The amount as signed, before any later change."""
        return sum((amount for _, amount, _ in self.lines), Decimal(0))

    def line_amount_on(self, line: int, day: date) -> Decimal:
        """Return the amount of a line (from 0) as an export of that day shows it."""
        amount = self.lines[line][1]
        for since, which, changed in self.amount_changes:
            if which == line and since <= day:
                amount = changed
        return amount


@dataclass
class Payment:
    """Money received for an order, in the order's currency."""

    order: Order
    received_on: date
    amount: Decimal
    due_on: date
    payment_id: str = ""


@dataclass
class Activity:
    """One follow-up record; it is in the export of the day that it was entered."""

    person_id: str
    occurred_at: datetime
    entered_at: datetime
    kind: str
    content: str
    account_id: str = ""
    opportunity_id: str = ""
    lead_id: str = ""
    extra: dict[str, Any] = field(default_factory=dict)
    activity_id: str = ""


@dataclass
class Lead:
    """A lead; each moment stays empty in exports made before it."""

    created_at: datetime
    region: str
    owner_id: str
    fields: dict[str, Any]
    assigned_at: datetime | None = None
    first_response_at: datetime | None = None
    converted_at: datetime | None = None
    deal: Deal | None = None
    lead_id: str = ""


@dataclass
class World:
    """The whole company, and beside it what was planted on purpose."""

    seed: int
    plan: Plan
    calendar: Workdays
    teams: list[Team] = field(default_factory=list)
    people: dict[str, Person] = field(default_factory=dict)
    accounts: list[Account] = field(default_factory=list)
    contacts: list[tuple[date, dict[str, Any]]] = field(default_factory=list)
    deals: list[Deal] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    activities: list[Activity] = field(default_factory=list)
    leads: list[Lead] = field(default_factory=list)
    quotes: list[dict[str, Any]] = field(default_factory=list)
    satisfaction: list[dict[str, Any]] = field(default_factory=list)
    rates: dict[tuple[str, date], Decimal] = field(default_factory=dict)
    planted: dict[str, Any] = field(default_factory=dict)

    def dice(self, topic: str) -> random.Random:
        """Return this company's random numbers for a topic."""
        return dice(self.seed, topic)

    def team_of(self, person_id: str, day: date) -> Team | None:
        """Return the team of a person on a day; None for managers above teams, and the unknown."""
        person = self.people.get(person_id)
        org = person.org_on(day) if person else ""
        return next((team for team in self.teams if team.org_id == org), None)

    def region_of(self, person_id: str, day: date) -> str:
        """Return the region of a person on a day, empty for the head office."""
        person = self.people.get(person_id)
        org = person.org_on(day) if person else ""
        return next((t.region for t in self.teams if org in (t.org_id, t.org_id[:2] + "000")), "")

    def rate(self, currency: str, day: date) -> Decimal | None:
        """Return CNY for one unit, the newest rate on or before the day; None without any."""
        if currency == "CNY":
            return Decimal(1)
        return self.rates.get((currency, day.replace(day=1)))
