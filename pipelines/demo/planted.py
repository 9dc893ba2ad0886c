"""What is planted exactly: follow-ups, collisions, late answers and failed control points."""

from __future__ import annotations

import random
from datetime import date, datetime, time, timedelta
from typing import Any

from pipelines.demo.activity import add_contact, answer_lead
from pipelines.demo.company import manager_of, sellers
from pipelines.demo.customers import at_work
from pipelines.demo.world import AS_OF, CADENCE, Account, Activity, Lead, Person, World

# status expected, and by tier: workdays since the last qualifying contact
_ELAPSED = {
    "ok": {"A": 2, "B": 4, "C": 10},
    "due_soon": {"A": 5, "B": 9, "C": 20},
    "overdue": {"A": 7, "B": 14, "C": 30},
    "high_risk": {"A": 13, "B": 25, "C": 50},
}
_GOOD = {"A": "visit", "B": "call", "C": "email"}
_LESSER = {"A": "call", "B": "email", "C": "care"}
_LATE_MINUTES = [65, 95, 150, 240, 301]


def choose_followups(world: World) -> None:
    """Choose quiet customers of owners who stay, and set tier and case of each."""
    rng = world.dice("followups")
    born_by = world.calendar.plus(AS_OF, -120)
    stable = [
        account
        for account in world.accounts
        if account.created_at.date() < born_by
        and len(account.owners) == 1
        and world.people[account.owners[0][1]].left_on is None
        and len(world.people[account.owners[0][1]].posts) == 1
    ]
    rng.shuffle(stable)
    copies = 3 if world.plan.scale == "full" else 1
    entries: list[dict[str, Any]] = []
    for tier in CADENCE:
        cases = [(status, "plain") for status in _ELAPSED]
        cases += [("high_risk", "lesser_kind"), ("overdue", "stop_phrase")]
        if world.plan.scale == "tiny":
            cases = cases[2:]
        for status, case in cases * copies:
            entries.append(_entry(world, stable.pop(), tier, status, case, done=entries))
    for elapsed in (12, 30, 60)[: 3 if copies > 1 else 1]:
        entries.append(_never_contacted(world, rng, stable.pop(), elapsed, entries))
    world.planted["followups"] = entries


def _entry(
    world: World,
    account: Account,
    tier: str,
    status: str,
    case: str,
    *,
    done: list[dict[str, Any]],
) -> dict[str, Any]:
    account.is_planted = True
    first_day = date(2025, 9, 22)  # orders that make tier B, all within six months of the as-of day
    account.fields["is_strategic"] = "是" if tier == "A" else "否"
    account.fields["typed_tier"] = tier
    elapsed = _ELAPSED[status][tier]
    last = world.calendar.plus(AS_OF, -elapsed)
    return {
        "account": account,
        "tier": tier,
        "status": status,
        "case": case,
        "last_contact_on": last,
        "due_on": world.calendar.plus(last, CADENCE[tier]),
        "overdue_workdays": max(0, elapsed - CADENCE[tier]),
        "order_on": world.calendar.on_or_after(first_day + timedelta(days=2 * len(done))),
    }


def _never_contacted(
    world: World, rng: random.Random, account: Account, elapsed: int, done: list[dict[str, Any]]
) -> dict[str, Any]:
    status = "ok" if elapsed == 12 else "overdue" if elapsed == 30 else "high_risk"
    entry = _entry(world, account, "C", status, "never_contacted", done=done)
    born = world.calendar.plus(AS_OF, -elapsed)
    account.created_at = at_work(rng, born)
    account.owners = [(account.created_at, account.owners[0][1])]
    entry["last_contact_on"] = None
    entry["due_on"] = world.calendar.plus(born, CADENCE["C"])
    entry["overdue_workdays"] = max(0, elapsed - CADENCE["C"])
    return entry


def plant_followups(world: World) -> None:
    """Write the contacts of the chosen customers: the last good one, and what must not count."""
    rng = world.dice("planted contacts")
    for entry in world.planted["followups"]:
        last = entry["last_contact_on"]
        if last is None:
            continue
        account, tier = entry["account"], entry["tier"]
        earlier = world.calendar.plus(last, -CADENCE[tier])
        for day in (earlier, last):
            if account.created_at.date() < day:
                _contact(world, rng, account, day, kind=_GOOD[tier])
        recent = world.calendar.plus(AS_OF, -1)
        if entry["case"] == "lesser_kind":
            _contact(world, rng, account, recent, kind=_LESSER[tier])
        elif entry["case"] == "stop_phrase":
            _contact(world, rng, account, recent, kind=_GOOD[tier], content="已联系")


def _contact(
    world: World, rng: random.Random, account: Account, day: date, *, kind: str, content: str = ""
) -> None:
    owner = account.owners[-1][1]
    words = content or "与客户沟通了采购计划和下一步安排"
    moment = datetime.combine(day, time(10, rng.randrange(0, 50)))
    activity = add_contact(world, rng, owner, moment, account, kind=kind, content=words)
    activity.entered_at = moment + timedelta(minutes=20)


def plant_collisions(world: World) -> None:
    """Let a colleague work on the same customer, or on its second record, within 14 days."""
    rng = world.dice("collisions")
    by_id = {account.account_id: account for account in world.accounts}
    pairs = []
    for group in world.planted["duplicate_customers"][:4]:
        first, twin = (by_id[account_id] for account_id in group["account_ids"])
        pairs.append(_collide(world, rng, first, twin, twin.owners[-1][1]))
    plain = [a for a in world.accounts if not a.is_planted and a.created_at.year < 2026]
    for account in rng.sample(plain, 4 if world.plan.scale == "full" else 1):
        owner = account.owners[-1][1]
        others = [
            p for p in sellers(world, AS_OF, account.region) if not _work_together(world, owner, p)
        ]
        if others:
            other = rng.choice(others).person_id
            pairs.append(_collide(world, rng, account, account, other))
    world.planted["collisions"] = [pair for pair in pairs if pair]


def _work_together(world: World, owner: str, other: Person) -> bool:
    """Say whether two are one person, or one leads the other and may well call too."""
    boss, own_boss = manager_of(world, other, AS_OF), manager_of(world, world.people[owner], AS_OF)
    return owner in (other.person_id, boss) or own_boss == other.person_id


def _collide(
    world: World, rng: random.Random, account: Account, other: Account, intruder: str
) -> dict[str, Any] | None:
    owner = account.owners[-1][1]
    days = [world.calendar.plus(AS_OF, -back) for back in (6, 4)]
    is_one_team = _work_together(world, owner, world.people[intruder])
    if is_one_team or not world.people[owner].serves_on(days[1]):
        return None
    for who, where, day in ((owner, account, days[0]), (intruder, other, days[1])):
        moment = datetime.combine(day, time(14, rng.randrange(0, 50)))
        words = "与采购负责人讨论了设备更新的需求和预算"
        activity = add_contact(world, rng, who, moment, where, kind="call", content=words)
        activity.entered_at = moment + timedelta(minutes=30)
    return {
        "account_ids": sorted({account.account_id, other.account_id}),
        "person_ids": sorted((owner, intruder)),
        "contacts_on": days,
    }


def plant_late_answers(world: World) -> None:
    """Answer some leads late by a known number of minutes, all within one working day."""
    rng = world.dice("late leads")
    day = world.calendar.plus(AS_OF, -3)
    late = []
    for number, minutes in enumerate([*_LATE_MINUTES, 0]):
        owner = rng.choice(sellers(world, day)).person_id
        created = datetime.combine(day, time(9, 10 + number))
        fields = {
            "name": "张先生",
            "company": f"迟复测试诊所{number + 1}号",
            "phone": f"1660000{number:04d}",
            "lead_source": "官网",
            "product_line": "检验试剂",
            "is_valid": "是",
        }
        lead = Lead(created, world.region_of(owner, day), owner, fields)
        lead.assigned_at = created + timedelta(minutes=10)
        if minutes:
            answer_lead(world, lead, created + timedelta(minutes=minutes))
        world.leads.append(lead)
        late.append({"lead": lead, "minutes": minutes or None, "assign_minutes": 10})
    world.planted["late_leads"] = late


def plant_double_leads(world: World) -> None:
    """Let some people ask a second time two days later: one person, two leads, one telephone."""
    rng = world.dice("double leads")
    single = [lead for lead in world.leads if lead.deal is None and lead.assigned_at]
    pairs = []
    for lead in rng.sample(single, min(len(single), 6)):
        day = world.calendar.plus(lead.created_at.date(), 2)
        if day >= AS_OF:
            continue
        again = Lead(at_work(rng, day), lead.region, lead.owner_id, dict(lead.fields))
        again.fields.pop("answer", None)
        again.assigned_at = again.created_at + timedelta(minutes=8)
        world.leads.append(again)
        pairs.append((lead, again))
    world.planted["double_leads"] = pairs


def plant_failed_controls(world: World) -> None:
    """Let some people's last records fail: too few open questions, nothing attached to visits."""
    rng = world.dice("controls")
    fails = []
    for person in world.people.values():
        for activity in _checked(world, person.person_id)[-1:]:  # nobody else ends on a failed one
            _answer(activity, 6)
    wanted = {"full": [1, 2, 2, 3], "tiny": [1, 2]}[world.plan.scale]
    staying = [p for p in sellers(world, AS_OF) if p.role == "rep"]
    for person, count in zip(rng.sample(staying, len(wanted)), wanted, strict=True):
        records = _checked(world, person.person_id)
        for activity in records[-count:]:
            _answer(activity, 2)
        for activity in records[-count - 2 : -count]:
            _answer(activity, 6)
        failed = records[-count:]
        fails.append({"person_id": person.person_id, "fails_in_a_row": count, "records": failed})
    world.planted["failed_controls"] = fails


def _answer(activity: Activity, questions: int) -> None:
    activity.extra["open_questions_asked"] = questions
    if activity.kind == "visit":
        activity.extra["attachment"] = "visit.jpg" if questions >= 5 else ""


def _checked(world: World, person_id: str) -> list[Activity]:
    """List a person's visits, video meetings and calls that are in an export, in order of time."""
    records = [
        activity
        for activity in world.activities
        if activity.person_id == person_id
        and activity.kind in ("visit", "video", "call")
        and activity.entered_at.date() <= AS_OF
    ]
    return sorted(records, key=lambda a: (a.occurred_at, a.entered_at, a.account_id))
