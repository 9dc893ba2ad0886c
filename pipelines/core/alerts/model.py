"""What an alert consists of: what a night found, the rule of its kind, what is known since."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

GOOD = "good"
# From the most to the least urgent; good news comes last in a digest.
SEVERITIES = ("high", "medium", "low", GOOD)
ROLES = ("owner", "manager", "director")


@dataclass(frozen=True)
class Finding:
    """One row that a business flag raised on day D.

    Attributes:
        key: names the same matter on every night: the kind and what it is about.
        kind: the flag, as on the sheet alerts of the rules workbook.
        severity: one of SEVERITIES.
        scope_type: customer, opportunity, person, team, region, company, org and others.
        scope_id: id of that scope.
        scope_name: its name, as people know it.
        owner_id: who has to act; None where nobody is named.
        value_amount: what is at stake, in reporting currency; None where it is no money.
        since_on: since when; None where it cannot be said.
        until_on: good news only: after this day its absence says nothing.
        figures: what the message quotes, already in words a person reads.
        what_zh: what it is about, in Chinese.
        what_en: the same in English.
        do_zh: what to do, in Chinese.
        do_en: the same in English.
    """

    key: str
    kind: str
    severity: str
    scope_type: str
    scope_id: str
    scope_name: str
    owner_id: str | None
    value_amount: Decimal | None
    since_on: date | None
    until_on: date | None
    figures: Mapping[str, str]
    what_zh: str
    what_en: str
    do_zh: str
    do_en: str

    @property
    def is_good_news(self) -> bool:
        """Good news is told once and taken back if it turns out not to hold."""
        return self.severity == GOOD

    @property
    def message_zh(self) -> str:
        """What it is about and what to do, in Chinese."""
        return f"{self.what_zh}；{self.do_zh}"

    @property
    def message_en(self) -> str:
        """What it is about and what to do, in English."""
        return f"{self.what_en}; {self.do_en}"


@dataclass(frozen=True)
class KindRule:
    """What the rules workbook says of one kind of alert.

    Attributes:
        is_on: whether it is sent at all.
        owner_after_workdays: workdays from the first night to telling the owner; None: never.
        manager_after_workdays: the same for the owner's manager.
        director_after_workdays: the same for the manager's manager.
        cleared_after_nights: clean nights in a row after which it is over.
    """

    is_on: bool
    owner_after_workdays: int | None
    manager_after_workdays: int | None
    director_after_workdays: int | None
    cleared_after_nights: int

    def after_workdays(self, role: str) -> int | None:
        """Return when a role is told."""
        return {
            "owner": self.owner_after_workdays,
            "manager": self.manager_after_workdays,
            "director": self.director_after_workdays,
        }[role]


@dataclass(frozen=True)
class Alert:
    """One matter from the night it first fired to the night it was cleared.

    Attributes:
        finding: as it was last found.
        first_fired_on: D of the first night of this occurrence.
        last_fired_on: D of the last night that found it.
        clean_nights: nights in a row that did not find it.
        cleared_on: D of the night that ended it; None while it lasts.
        is_retracted: good news that was told and did not hold.
        told: role by person who was told of this occurrence.
        responsible_id: who has to act, as of the last night; None: nobody can be named.
        manager_id: that person's manager.
    """

    finding: Finding
    first_fired_on: date
    last_fired_on: date
    clean_nights: int = 0
    cleared_on: date | None = None
    is_retracted: bool = False
    told: Mapping[str, str] = field(default_factory=dict)
    responsible_id: str | None = None
    manager_id: str | None = None

    @property
    def key(self) -> str:
        """The finding's key."""
        return self.finding.key

    @property
    def is_open(self) -> bool:
        """Whether it still lasts."""
        return self.cleared_on is None

    @property
    def escalation(self) -> str | None:
        """The highest role that was told, None while nobody was."""
        told = set(self.told.values())
        return next((role for role in reversed(ROLES) if role in told), None)
