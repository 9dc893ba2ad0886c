"""Follow-up records, leads, quotes and surveys: what people did around the deals."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from typing import Any

from pipelines.demo import names
from pipelines.demo.company import sellers
from pipelines.demo.customers import at_work
from pipelines.demo.deals import VOLUME_FROM, VOLUME_REGION
from pipelines.demo.world import (
    AS_OF,
    HISTORY_FROM,
    PRODUCT_LINES,
    STAGES,
    Account,
    Activity,
    Deal,
    Lead,
    World,
)

_ROUNDS = "问候客户，了解近期的使用情况和采购计划"
KINDS = {
    "visit": "上门拜访",
    "video": "视频会议",
    "call": "电话",
    "message": "微信/短信",
    "email": "邮件",
    "material": "资料发送",
    "trial": "试听/试用",
    "care": "回访",
    "needs_report": "客户需求分析报告",
    "other": "其他",
}
_MIX = [22, 6, 30, 20, 7, 6, 3, 4, 1.5, 0.5]
_LEAD_SOURCES = ["官网", "展会", "转介绍", "电话营销"]
_OFFICE = {
    "华东": (31.23, 121.47),
    "华南": (23.13, 113.26),
    "华北": (39.90, 116.40),
    "西南": (30.57, 104.07),
}


def build_activities(world: World) -> None:
    """Record contacts every few workdays while a deal is open, and care visits in between."""
    rng = world.dice("activities")
    for deal in world.deals:
        _contacts_of(world, rng, deal)
    plain = [account for account in world.accounts if not account.is_planted]
    days = world.calendar.between(HISTORY_FROM, AS_OF)
    for _ in range(world.plan.care_contacts):
        account, day = rng.choice(plain), rng.choice(days)
        moment = at_work(rng, day)
        owner = account.owner_at(moment)
        if account.created_at < moment and world.people[owner].serves_on(day):
            add_contact(world, rng, owner, moment, account)


def keep_in_touch(world: World) -> None:
    """Call on most customers in the last workdays; what is left is a list that somebody can work off."""
    rng = world.dice("rounds")
    twins = {
        account_id
        for group in world.planted["duplicate_customers"]
        for account_id in group["account_ids"]
    }
    for account in world.accounts:
        is_strategic = account.fields["is_strategic"] == "是"
        day = world.calendar.plus(AS_OF, -rng.randrange(1, 5 if is_strategic else 15))
        moment, next_day = at_work(rng, day), rng.randrange(1, 8)
        owner = account.owner_at(moment)
        if (
            rng.random() < 0.06 or account.is_planted or account.account_id in twins
            or account.created_at > moment or not world.people[owner].serves_on(AS_OF)
        ):  # fmt: skip
            continue
        kind = "video" if is_strategic else "message"
        contact = add_contact(world, rng, owner, moment, account, kind=kind, content=_ROUNDS)
        contact.extra["next_step"] = rng.choice(names.NEXT_STEPS)
        contact.extra["next_step_on"] = world.calendar.plus(AS_OF, next_day)


def _contacts_of(world: World, rng: random.Random, deal: Deal) -> None:
    cal = world.calendar
    last = deal.events[-1].changed_at.date()
    is_open = deal.events[-1].to_stage in STAGES
    until = min(AS_OF, cal.plus(last, 12)) if is_open else last
    day = deal.created_at.date()
    while day <= until:
        moment = at_work(rng, day)
        owner = deal.account.owner_at(moment)
        if moment > deal.created_at and world.people[owner].serves_on(day):
            add_contact(world, rng, owner, moment, deal.account, deal=deal)
        day = cal.plus(day, rng.choice((2, 3, 4, 5, 6, 8)))


def add_contact(
    world: World,
    rng: random.Random,
    person_id: str,
    moment: datetime,
    account: Account,
    *,
    deal: Deal | None = None,
    kind: str = "",
    content: str = "",
) -> Activity:
    """Add one follow-up record, entered the same day, or the next workday in one case of eight."""
    kind = kind or rng.choices(list(KINDS), _MIX)[0]
    delay = timedelta(minutes=rng.randrange(3, 200))
    entered = moment + delay
    if rng.random() < 0.12:
        entered = at_work(rng, world.calendar.plus(moment.date(), rng.choice((1, 1, 2))))
    if not content:
        content = rng.choice(names.STOP_PHRASES if rng.random() < 0.05 else names.CONTENTS)
    extra: dict[str, Any] = {"feedback": rng.choice(names.FEEDBACKS)}
    if rng.random() < 0.7:
        extra["next_step"] = rng.choice(names.NEXT_STEPS)
        extra["next_step_on"] = world.calendar.plus(moment.date(), rng.randrange(2, 9))
    if kind == "visit":
        lat, lon = _OFFICE[account.region]
        extra["open_questions_asked"] = rng.choice((5, 6, 7, 8)) if rng.random() < 0.97 else 3
        extra["attachment"] = f"visit_{moment:%Y%m%d%H%M}.jpg"
        extra["checkin_at"] = moment - timedelta(minutes=3)
        extra["checkin_lat"] = f"{lat + rng.uniform(-0.2, 0.2):.6f}"
        extra["checkin_lon"] = f"{lon + rng.uniform(-0.2, 0.2):.6f}"
    elif kind in ("video", "call"):
        extra["open_questions_asked"] = _questions(moment)
    activity = Activity(person_id, moment, entered, kind, content, account.account_id, extra=extra)
    if deal is not None:
        activity.opportunity_id = deal.opportunity_id
    world.activities.append(activity)
    return activity


def _questions(moment: datetime) -> int:
    """Ask five to eight open questions on the telephone; only visits are badly done by chance."""
    return 5 + moment.minute % 4


def number_activities(world: World) -> None:
    """Number the records in the order of entry; what is entered after the history is no record."""
    world.activities = [a for a in world.activities if a.entered_at.date() <= AS_OF]
    world.activities.sort(key=lambda a: (a.entered_at, a.person_id, a.account_id, a.occurred_at))
    for number, activity in enumerate(world.activities):
        activity.activity_id = f"A{1000001 + number}"


def build_leads(world: World) -> None:
    """Make leads, some of which became the opportunities; every answer is a contact as well."""
    rng = world.dice("leads")
    for deal in world.deals:
        is_from_lead = deal.fields["lead_source"] in _LEAD_SOURCES and rng.random() < 0.28
        owner = deal.events[0].changed_by
        if is_from_lead and not deal.is_undated:
            before = world.calendar.plus(deal.created_at.date(), -rng.randrange(1, 9))
            if before > world.people[owner].hired_on:
                _add_lead(world, rng, before, owner=owner, region=deal.fields["region"], deal=deal)
    days = world.calendar.between(HISTORY_FROM, AS_OF)
    made = 0
    while made < world.plan.loose_leads:
        day = rng.choice(days)
        owner = rng.choice(sellers(world, day)).person_id
        region = world.region_of(owner, day)
        if region == VOLUME_REGION and day >= VOLUME_FROM and rng.random() > 0.3:
            continue
        made += 1
        _add_lead(world, rng, day, owner=owner, region=region)


def number_leads(world: World) -> None:
    """Number the leads by creation and point their contacts at them."""
    world.leads.sort(key=lambda lead: (lead.created_at, lead.fields["phone"]))
    for number, lead in enumerate(world.leads):
        lead.lead_id = f"L{500001 + number}"
        answer = lead.fields.pop("answer", None)
        if answer:
            answer.lead_id = lead.lead_id


def _add_lead(
    world: World,
    rng: random.Random,
    day: date,
    *,
    owner: str,
    region: str,
    deal: Deal | None = None,
) -> Lead:
    created = at_work(rng, day)
    number = len(world.leads)
    company = deal.account.name if deal else _stranger(rng, region)
    fields = {
        "name": names.person_name(rng),
        "company": company,
        "phone": names.mobile(40_000 + number),
        "wechat_id": f"wx{number:05d}" if rng.random() < 0.4 else "",
        "lead_source": deal.fields["lead_source"] if deal else rng.choice(_LEAD_SOURCES),
        "product_line": deal.product_line if deal else rng.choice(PRODUCT_LINES),
        "is_valid": "是" if deal or rng.random() < 0.6 else rng.choice(("否", "")),
    }
    lead = Lead(created, region, owner, fields, deal=deal)
    world.leads.append(lead)
    if deal or rng.random() < 0.95:
        lead.assigned_at = created + timedelta(minutes=rng.randrange(2, 25))
    if lead.assigned_at and (deal or rng.random() < 0.93):
        minutes = rng.randrange(4, 30) if rng.random() < 0.8 else rng.randrange(45, 90)
        answer_lead(world, lead, lead.assigned_at + timedelta(minutes=minutes))
    if deal:
        lead.converted_at = deal.created_at
    return lead


def answer_lead(world: World, lead: Lead, moment: datetime) -> None:
    """Answer a lead by telephone; the record of the call has the very same time."""
    lead.first_response_at = moment
    call = Activity(
        lead.owner_id,
        moment,
        moment + timedelta(minutes=5),
        "call",
        "首次电话联系，了解需求和预算情况",
        extra={"open_questions_asked": _questions(moment)},
    )
    lead.fields["answer"] = call
    world.activities.append(call)


def _stranger(rng: random.Random, region: str) -> str:
    city = rng.choice(names.CITIES[region])
    return f"{city}{rng.choice(names.SURNAMES)}氏{rng.choice(names.WORDS)}诊所"


def _given_up_on(lead: Lead) -> date:
    """Return the Friday, three weeks later at the earliest, on which an answered lead is closed."""
    day = lead.created_at.date() + timedelta(days=21)
    return day + timedelta(days=(4 - day.weekday()) % 7)


def lead_row(lead: Lead, day: date) -> dict[str, Any]:
    """Return a lead as an export of a day shows it."""

    def known(moment: datetime | None) -> datetime | None:
        return moment if moment and moment.date() <= day else None

    row = dict(lead.fields) | {
        "lead_id": lead.lead_id,
        "created_at": lead.created_at,
        "region": lead.region,
        "owner_id": lead.owner_id,
        "assigned_at": known(lead.assigned_at),
        "first_response_at": known(lead.first_response_at),
        "status": "Working" if known(lead.first_response_at) else "New",
    }
    if not lead.deal and lead.first_response_at and day >= _given_up_on(lead):
        row["status"] = "Closed"
    if lead.deal and known(lead.converted_at):
        row["converted_account_id"] = lead.deal.account.account_id
        row["converted_opportunity_id"] = lead.deal.opportunity_id
        row["status"] = "Converted"
    if row["is_valid"] == "否":
        row["status"] = "Unqualified"
    return row


def build_quotes(world: World) -> None:
    """Issue a quote when a deal enters quoting, and often a second one in negotiation."""
    rng = world.dice("quotes")
    for deal in world.deals:
        for event in deal.events:
            is_due = event.to_stage == STAGES[2] or (
                event.to_stage == STAGES[3] and rng.random() < 0.4
            )
            if not is_due:
                continue
            day = event.changed_at.date()
            world.quotes.append(
                {
                    "opportunity_id": deal.opportunity_id,
                    "issued_on": day,
                    "amount": deal.state_on(day)["amount"],
                    "person_id": event.changed_by,
                }
            )
    world.quotes.sort(key=lambda quote: (quote["issued_on"], quote["opportunity_id"]))
    for number, quote in enumerate(world.quotes):
        quote["quote_id"] = f"Q{700001 + number}"


def build_satisfaction(world: World) -> None:
    """Survey some buyers in the second month of every quarter."""
    rng = world.dice("satisfaction")
    for number in range(9):
        day = world.calendar.on_or_after(date(2024 + number // 4, number % 4 * 3 + 2, 25))
        buyers = {o.account.account_id for o in world.orders if o.signed_on < day}
        for account_id in rng.sample(sorted(buyers), min(len(buyers), world.plan.accounts // 30)):
            score = rng.choice(("3.5", "4.0", "4.2", "4.5", "4.7", "4.8", "5.0"))
            world.satisfaction.append(
                {"account_id": account_id, "surveyed_on": day, "score": score, "scale": 5}
            )
