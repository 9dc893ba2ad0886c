"""Customers and their contacts, with owners, edits, and some customers entered twice."""

from __future__ import annotations

import random
from datetime import date, datetime, time, timedelta
from typing import Any

from pipelines.demo import names
from pipelines.demo.company import sellers
from pipelines.demo.world import AS_OF, HISTORY_FROM, Account, World

LEAD_SOURCES = ["官网", "展会", "转介绍", "电话营销", "老客户"]
_PREFERENCES = ["重视售后", "价格敏感", "偏好进口", "偏好国产", "决策周期长"]
_PHONE_STYLES = ["{} {} {}", "+86 {}-{}-{}", "86{}{}{}"]
_DEMANDS = ["明确", "待确认", "无"]
_TIMES = [(9, 5), (9, 40), (10, 20), (11, 10), (13, 45), (14, 30), (15, 20), (16, 5), (17, 15)]


def at_work(rng: random.Random, day: date) -> datetime:
    """Return some minute of the working hours of a day."""
    hour, minute = rng.choice(_TIMES)
    return datetime.combine(day, time(hour, minute)) + timedelta(minutes=rng.randrange(0, 35))


def build_customers(world: World) -> None:
    """Make the customers: half from before the recorded history, the rest spread over it."""
    rng = world.dice("customers")
    titles = _titles(world, rng)
    workdays = world.calendar.between(HISTORY_FROM, AS_OF)
    for number in range(world.plan.accounts):
        if number < world.plan.accounts * 0.55:
            day = world.calendar.on_or_after(HISTORY_FROM - timedelta(days=rng.randrange(2, 400)))
        else:
            day = workdays[int(rng.random() * len(workdays) * 0.985)]
        owner = rng.choice(sellers(world, day) or sellers(world, HISTORY_FROM))
        region = world.region_of(owner.person_id, day)
        title, industry = next(t for t in titles[region])
        titles[region].pop(0)
        world.accounts.append(
            Account(
                account_id="",
                name=title,
                created_at=at_work(rng, day),
                region=region,
                fields=_fields(rng, number, industry),
                owners=[],
            )
        )
        world.accounts[-1].owners.append((world.accounts[-1].created_at, owner.person_id))
    world.accounts.sort(key=lambda account: (account.created_at, account.name))
    styled: dict[str, dict[str, str]] = {}
    for number, account in enumerate(world.accounts):
        account.account_id = f"C{100001 + number}"
        phone = names.mobile(number)
        if number % 97 == 5:
            written = _PHONE_STYLES[number // 97 % 3].format(phone[:3], phone[3:7], phone[7:])
            styled[account.account_id] = {"digits": phone, "written": written}
            phone = written
        account.fields["phone"] = phone
    world.planted["styled_phones"] = styled


def _titles(world: World, rng: random.Random) -> dict[str, list[tuple[str, str]]]:
    """Return shuffled (name, industry) of each region; no name twice."""
    titles = {}
    for region in dict.fromkeys(team.region for team in world.teams):
        every = [
            (city + word + suffix, industry)
            for city in names.CITIES[region]
            for word in names.WORDS
            for suffix, industry in names.KINDS
        ]
        rng.shuffle(every)
        titles[region] = every
    return titles


def _fields(rng: random.Random, number: int, industry: str) -> dict[str, Any]:
    return {
        "industry": industry,
        "size": rng.choice(["大型", "中型", "中型", "小型", "小型"]),
        "customer_type": "经销" if industry == "经销商" else "直销",
        "lead_source": rng.choice(LEAD_SOURCES),
        "is_strategic": "是" if rng.random() < 0.015 else "否",
        "typed_tier": rng.choice(["", "", "A", "B", "C", "C"]),
        "state": "正常",
        "demand_status": rng.choice(_DEMANDS),
        "preference": rng.choice(_PREFERENCES),
        "email": "",
        "credit_code": names.credit_code(number) if rng.random() < 0.6 else "",
    }


def build_edits(world: World) -> None:
    """Let a dozen customers a day be edited, some paused or invalid, a few handed to colleagues."""
    rng = world.dice("edits")
    plain = [account for account in world.accounts if not account.is_planted]
    a_day = max(1, round(len(plain) * 0.008))
    for day in world.calendar.between(world.plan.opening, AS_OF):
        for account in rng.sample(plain, a_day):
            change = {"preference": rng.choice(_PREFERENCES), "demand_status": rng.choice(_DEMANDS)}
            if account.created_at.date() < day:
                account.edits.append((at_work(rng, day), change))
    quiet = [a for a in plain if not a.fields.get("has_deals") and a.fields["is_strategic"] == "否"]
    for account in rng.sample(quiet, min(len(quiet), world.plan.accounts // 40)):
        account.fields["state"] = rng.choice(["暂缓", "无效"])
    for account in plain:
        account.fields.pop("has_deals", None)
        account.edits.sort(key=lambda edit: edit[0])


def account_row(account: Account, day: date) -> dict[str, Any]:
    """Return a customer as an export of a day shows it."""
    row: dict[str, Any] = {
        "account_id": account.account_id,
        "name": account.name,
        "region": account.region,
    }
    row |= {key: value for key, value in account.fields.items() if key != "has_deals"}
    for at, change in account.edits:
        if at.date() <= day:
            row |= change
    row["owner_id"] = account.owner_at(datetime.combine(day, time.max))
    row["created_at"] = account.created_at
    return row


def build_contacts(world: World) -> None:
    """Give every customer one or two contacts."""
    rng = world.dice("contacts")
    number = 0
    for account in world.accounts:
        for which in range(rng.choice((1, 1, 2))):
            number += 1
            row = {
                "contact_id": f"P{200000 + number}",
                "account_id": account.account_id,
                "name": names.person_name(rng),
                "title": rng.choice(names.TITLES),
                "phone": names.mobile(20_000 + number),
                "email": f"p{number}@customer.example" if rng.random() < 0.5 else "",
                "is_primary": "是" if which == 0 else "否",
            }
            world.contacts.append((account.created_at.date(), row))


def _spellings(name: str, code: str, phone: str) -> list[tuple[str, str, str, str]]:
    """Return (name, credit code, phone, why) of one more record of the same customer."""
    short = name.replace("股份有限公司", "有限公司").replace("有限公司", "")
    return [
        (name.replace("有限公司", "(有限公司)"), code, "", "credit_code"),
        (name[:2] + "\u3000" + name[2:], "", names.full_width(phone), "normalised_name"),
        (f"{name} ", "", f"+86 {phone[:3]}-{phone[3:7]}-{phone[7:]}", "phone"),
        (f"{name[:2]}市{short[2:]}有限责任公司", code, "", "credit_code"),
        (f"{name[:2]}市{short[2:]}公司", "", "", "candidate"),
    ]


def plant_duplicates(world: World) -> None:
    """Enter some customers a second time, in another spelling, under the same or another owner."""
    rng = world.dice("duplicates")
    firms = [a for a in world.accounts if a.name.endswith("有限公司") and a.created_at.year < 2025]
    styled = world.planted["styled_phones"]
    firms = [a for a in firms if not a.is_planted and a.account_id not in styled]
    groups = []
    number = len(world.accounts)
    for which, account in enumerate(rng.sample(firms, 15 if world.plan.scale == "full" else 3)):
        phone = account.fields["phone"]
        account.fields["credit_code"] = names.credit_code(50_000 + which)
        options = _spellings(account.name, account.fields["credit_code"], phone)
        name, code, written, why = options[which % len(options)]
        day = world.calendar.on_or_after(date(2025, 3, 3) + timedelta(days=which * 17))
        day = min(day, world.calendar.on_or_before(world.plan.opening))
        region = [p for p in sellers(world, day, account.region) if p.left_on is None]
        owner = rng.choice(region).person_id
        made = at_work(rng, day)
        twin = Account(
            account_id=f"C{100001 + number + which}",
            name=name,
            created_at=made,
            region=account.region,
            fields=account.fields
            | {"credit_code": code, "phone": written, "is_strategic": "否", "typed_tier": ""},
            owners=[(made, owner)],
            is_planted=True,
        )
        world.accounts.append(twin)
        groups.append({"account_ids": [account.account_id, twin.account_id], "matched_by": why})
    world.planted["duplicate_customers"] = groups
