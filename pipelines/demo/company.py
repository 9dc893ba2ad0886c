"""People and organisation: four regions, their teams, who came, moved and left."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from pipelines.demo.names import person_name
from pipelines.demo.world import AS_OF, Person, Team, World

COMPANY_NAME = "澄衡医疗"
ROOT_ORG = "O0000"
_TEAMS = {
    "full": {
        "华东": {"上海队": 3, "杭州队": 3},
        "华南": {"广州队": 2, "深圳队": 3},
        "华北": {"北京队": 2, "济南队": 2},
        "西南": {"成都队": 2, "重庆队": 1},
    },
    "tiny": {"华东": {"上海队": 2}, "华南": {"深圳队": 2}},
}
_NO_LEAD = "济南队"  # its lead's seat has been vacant from the start
# (team, which rep, last workday, are the customers handed over?)
_LEAVERS = {
    "full": [
        ("杭州队", 2, date(2024, 12, 31), True),
        ("北京队", 1, date(2025, 8, 29), True),
        ("上海队", 2, date(2026, 1, 23), False),
        ("济南队", 1, date(2026, 2, 27), False),
    ],
    "tiny": [("上海队", 1, date(2026, 3, 4), False)],
}
# (team, which rep, first day in the new team, new team)
_MOVES = {
    "full": [
        ("上海队", 1, date(2025, 7, 1), "杭州队"),
        ("广州队", 1, date(2025, 10, 9), "深圳队"),
        ("成都队", 1, date(2026, 2, 2), "重庆队"),
    ],
    "tiny": [("深圳队", 1, date(2026, 3, 3), "上海队")],
}
_NEWCOMERS = {
    "full": [
        ("上海队", date(2026, 1, 5)),
        ("北京队", date(2026, 1, 12)),
        ("成都队", date(2026, 3, 2)),
    ],
    "tiny": [("深圳队", date(2026, 3, 2))],
}


def build_people(world: World) -> None:
    """Fill teams and people, and note leavers, moves and newcomers among what was planted."""
    rng = world.dice("people")
    taken: set[str] = set()

    def hire(role: str, org: str, hired: date) -> Person:
        name = person_name(rng)
        while name in taken:
            name = person_name(rng)
        taken.add(name)
        person = Person(f"U{1001 + len(world.people)}", name, role, hired, [(hired, org)])
        world.people[person.person_id] = person
        return person

    def long_ago() -> date:
        return world.calendar.on_or_after(date(2023, 2, 1)) - timedelta(days=rng.randrange(0, 1800))

    hire("director", ROOT_ORG, date(2018, 3, 1))
    reps: dict[str, list[Person]] = {}
    for number, (region, teams) in enumerate(_TEAMS[world.plan.scale].items(), start=1):
        if world.plan.scale == "full":
            hire("region_manager", f"O{number}000", long_ago())
        for which, (name, count) in enumerate(teams.items(), start=1):
            team = Team(name, region, f"O{number}{which:03d}")
            world.teams.append(team)
            if name != _NO_LEAD:
                hire("lead", team.org_id, long_ago())
            reps[name] = [hire("rep", team.org_id, long_ago()) for _ in range(count)]
    org = {team.name: team.org_id for team in world.teams}
    for name, hired in _NEWCOMERS[world.plan.scale]:
        reps[name].append(hire("newcomer", org[name], hired))
    _plant_changes(world, reps, org)


def _plant_changes(world: World, reps: dict[str, list[Person]], org: dict[str, str]) -> None:
    """Write leavers and moves into the people, and what they are into the plan."""
    leavers: list[dict[str, Any]] = []
    for team, which, last_day, handed_over in _LEAVERS[world.plan.scale]:
        person = reps[team][which]
        person.left_on = last_day
        leavers.append(
            {
                "person_id": person.person_id,
                "team": team,
                "left_on": last_day,
                "is_handed_over": handed_over,
            }
        )
    moves: list[dict[str, Any]] = []
    for team, which, since, to_team in _MOVES[world.plan.scale]:
        person = reps[team][which]
        person.posts.append((since, org[to_team]))
        moves.append(
            {"person_id": person.person_id, "from": team, "to": to_team, "valid_from": since}
        )
    world.planted["leavers"] = leavers
    world.planted["team_moves"] = moves
    world.planted["newcomers"] = [
        p.person_id for p in world.people.values() if p.role == "newcomer"
    ]
    world.planted["vacant_seats"] = [
        {"team": entry["team"], "role": "rep", "vacant_from": entry["left_on"] + timedelta(days=1)}
        for entry in leavers
        if not entry["is_handed_over"]
    ]
    if _NO_LEAD in org:
        world.planted["vacant_seats"].append(
            {"team": _NO_LEAD, "role": "lead", "vacant_from": date(2024, 1, 1)}
        )


def sellers(world: World, day: date, region: str = "", team: str = "") -> list[Person]:
    """List who sells on a day, in a region or a team if one is named."""
    found = []
    for person in world.people.values():
        if person.role in ("director", "region_manager") or not person.serves_on(day):
            continue
        post = world.team_of(person.person_id, day)
        if post and region in ("", post.region) and team in ("", post.name):
            found.append(person)
    return found


def manager_of(world: World, person: Person, day: date) -> str:
    """Return the person id of the manager on a day, empty for the director."""
    if person.role == "director":
        return ""
    org = person.org_on(day)
    bosses = [("lead", org), ("region_manager", org[:2] + "000"), ("director", ROOT_ORG)]
    above = {"lead": 1, "region_manager": 2}.get(person.role, 0)
    for role, node in bosses[above:]:
        for boss in world.people.values():
            if boss.role == role and boss.posts[0][1] == node and boss.serves_on(day):
                return boss.person_id
    return ""


def people_rows(world: World, day: date) -> list[dict[str, Any]]:
    """Return the people snapshot of a day. Grain: one row per person hired by then."""
    rows = []
    for person in world.people.values():
        if person.hired_on > day:
            continue
        team = world.team_of(person.person_id, day)
        account = f"{person.person_id.lower()}@chengheng.example"
        rows.append(
            {
                "person_id": person.person_id,
                "name": person.name,
                "team": team.name if team else "",
                "region": world.region_of(person.person_id, day),
                "manager_id": manager_of(world, person, day),
                "hired_on": person.hired_on,
                "left_on": person.left_on if person.left_on and person.left_on <= day else None,
                "email": account,
                "wecom_id": f"wc_{person.person_id.lower()}",
            }
        )
    return rows


def org_rows(world: World) -> list[dict[str, Any]]:
    """Return the organisation. Grain: one row per node."""
    since = date(2020, 1, 1)
    rows = [_org(ROOT_ORG, COMPANY_NAME, "", "company", since)]
    for region in dict.fromkeys(team.region for team in world.teams):
        teams = [team for team in world.teams if team.region == region]
        node = teams[0].org_id[:2] + "000"
        rows.append(_org(node, region, ROOT_ORG, "region", since))
        rows += [_org(team.org_id, team.name, node, "team", since) for team in teams]
    return rows


def _org(org_id: str, name: str, parent: str, kind: str, since: date) -> dict[str, Any]:
    return {"org_id": org_id, "name": name, "parent_id": parent, "kind": kind, "valid_from": since}


def assignment_rows(world: World, day: date) -> list[tuple[date, dict[str, Any]]]:
    """Return every post held, with the day on which its row last changed by a given day."""
    rows = []
    for person in world.people.values():
        for at, (since, org) in enumerate(person.posts):
            if since > day:
                continue
            following = person.posts[at + 1][0] if at + 1 < len(person.posts) else None
            until = following - timedelta(days=1) if following else person.left_on
            changed = following if following else person.left_on
            is_known = changed is not None and changed <= day
            row = {
                "person_id": person.person_id,
                "org_id": org,
                "valid_from": since,
                "valid_to": until if is_known else None,
            }
            rows.append((changed if is_known and changed else since, row))
    return rows


def hand_over(world: World) -> None:
    """Give the customers of those who left in time to a colleague of the team, the next workday."""
    rng = world.dice("handover")
    for leaver in world.planted["leavers"]:
        if not leaver["is_handed_over"] or leaver["left_on"] > AS_OF:
            continue
        day = world.calendar.plus(leaver["left_on"], 1)
        heirs = sellers(world, day, team=leaver["team"])
        moment = datetime.combine(day, time(9, 30))
        for account in world.accounts:
            if account.owners[-1][1] == leaver["person_id"] and account.created_at < moment:
                account.owners.append((moment, rng.choice(heirs).person_id))


def hand_over_some(world: World) -> None:
    """Hand single customers to a colleague of the region now and then, some while exports run."""
    rng = world.dice("single handovers")
    before = world.calendar.between(date(2024, 6, 3), world.plan.opening)
    during = world.calendar.between(world.plan.opening, AS_OF)[2:-2]
    count = max(2, world.plan.accounts // 75)
    noted = []
    for number, account in enumerate(rng.sample(world.accounts, 2 * count)):
        day = rng.choice(during if number % 2 else before)
        moment = datetime.combine(day, time(10, 15))
        owner = account.owners[-1][1]
        others = [p for p in sellers(world, day, account.region) if p.person_id != owner]
        if len(account.owners) > 1 or account.created_at >= moment or not others:
            continue
        if not world.people[owner].serves_on(day):
            continue
        account.owners.append((moment, rng.choice(others).person_id))
        if day > world.plan.opening:
            noted.append(
                {
                    "account_id": account.account_id,
                    "on": day,
                    "from": owner,
                    "to": account.owners[-1][1],
                }
            )
    world.planted["account_handovers"] = noted
