"""Targets of 2026: a wide sheet in 万元 as managers draw it, a long one for the rest."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from pipelines.demo.company import COMPANY_NAME, sellers
from pipelines.demo.files import Workbook
from pipelines.demo.headers import TARGETS
from pipelines.demo.ledger import bookings
from pipelines.demo.world import Person, World

YEAR = 2026
GROWTH = 1.05
SET_ON = date(2026, 1, 5)
REVISED_ON = date(2026, 2, 9)
_OVER = {"华东": Decimal("1.05"), "西南": Decimal("0.96")}  # children's sum ÷ region
_LEVELS: dict[str, Decimal] = {
    "base": Decimal(1),
    "stretch": Decimal("1.1"),
    "challenge": Decimal("1.2"),
}

Months = dict[int, int]


def plan_targets(world: World) -> None:
    """Set the month targets of every team (万元): last year and 5 % more, by workdays."""
    last_year = _last_year(world)
    workdays = {m: len(_month_days(world, m)) for m in range(1, 13)}
    plan: dict[str, Months] = {}
    for team in world.teams:
        year = float(last_year[team.name]) * GROWTH / 10_000
        plan[team.name] = {
            m: max(1, round(year * n / sum(workdays.values()))) for m, n in workdays.items()
        }
    world.planted["team_month_targets"] = plan
    staying = [p for p in sellers(world, date(2026, 3, 10)) if p.role == "rep"]
    newcomers = [world.people[person_id] for person_id in world.planted["newcomers"]]
    chosen = world.dice("targets").sample(staying, 2 if world.plan.scale == "full" else 1)
    world.planted["people_without_targets"] = [*newcomers, *chosen]


def _last_year(world: World) -> dict[str, Decimal]:
    """Return what today's teams sold last year: three fifths their own, the rest equal per head."""
    own: dict[str, Decimal] = defaultdict(Decimal)
    for entry in bookings(world):
        team = world.team_of(entry.person_id, SET_ON)
        if entry.on.year == YEAR - 1 and team:
            own[team.name] += entry.amount
    heads = {t.name: len(sellers(world, SET_ON, team=t.name)) for t in world.teams}
    a_head = sum(own.values(), Decimal(0)) / sum(heads.values())
    return {name: (own[name] * 3 + a_head * count * 2) / 5 for name, count in heads.items()}


def _month_days(world: World, month: int) -> list[date]:
    following = date(YEAR + month // 12, month % 12 + 1, 1)
    days = world.calendar.between(date(YEAR, month, 1), following)
    return [day for day in days if day < following]


def write_wide(world: World, path: Path) -> None:
    """Write the wide sheet: title, quarters over months, regions over teams, 合计 rows."""
    plan = world.planted["team_month_targets"]
    title = f"{YEAR}年度销售目标（指标：签单额，单位：万元）"
    rows: list[list[Any]] = [[], [], ["", "", *(f"{m}月" for m in range(1, 13))]]
    merges = [(0, 0, 0, 13, title), (1, 0, 2, 0, "大区"), (1, 1, 2, 1, "团队")]
    merges += [(1, 2 + 3 * q, 1, 4 + 3 * q, f"Q{q + 1}") for q in range(4)]
    for region in dict.fromkeys(team.region for team in world.teams):
        teams = [team.name for team in world.teams if team.region == region]
        first = len(rows)
        rows += [[region, name, *plan[name].values()] for name in teams]
        rows.append(["", f"{region}合计", *_sums(plan, teams)])
        if len(teams) > 1:
            merges.append((first, 0, first + len(teams) - 1, 0, region))
            for row in rows[first : first + len(teams)]:
                row[0] = ""
    rows.append(["合计", "", *_sums(plan, list(plan))])
    rows += [[], ["注：2月含春节，工作日较少；华南大区2月9日修订见《销售目标_明细》。"]]
    with Workbook(path) as book:
        book.sheet(f"{YEAR}年", rows, merges)


def _sums(plan: dict[str, Months], teams: list[str]) -> list[int]:
    return [sum(plan[name][m] for name in teams) for m in range(1, 13)]


def write_long(world: World, path: Path) -> list[dict[str, Any]]:
    """Write the long sheet and return its rows."""
    rows = [
        *_last_years_rows(world),
        *_signed_rows(world),
        *_person_rows(world),
        *_other_rows(world),
        *_revisions(world),
    ]
    with Workbook(path) as book:
        table = [[row.get(column) for column in TARGETS] for row in rows]
        book.sheet("目标明细", [list(TARGETS.values()), *table])
    return rows


def _row(period: str, metric: str, value: Any, **others: Any) -> dict[str, Any]:
    row = {"period": period, "metric": metric, "value": value, "value_kind": "amount"}
    return row | {"unit": "元", "level": "base"} | others


def region_quarters(world: World) -> dict[str, list[int]]:
    """Return the quarter targets of every region in CNY, as the company gave them."""
    plan = world.planted["team_month_targets"]
    given: dict[str, list[int]] = {}
    for region in dict.fromkeys(team.region for team in world.teams):
        months = _sums(plan, [team.name for team in world.teams if team.region == region])
        sums = [sum(months[3 * q : 3 * q + 3]) for q in range(4)]
        share = _OVER.get(region, Decimal(1))
        given[region] = [
            int((Decimal(s * 10_000) / share / 100).to_integral_value()) * 100 for s in sums
        ]
    return given


def _signed_rows(world: World) -> list[dict[str, Any]]:
    """Give the company's year and quarters (what its regions were given) and the regions' quarters."""
    given = region_quarters(world)
    rows = []
    for level, factor in _LEVELS.items():
        quarters = [sum(int(own[q] * factor) for own in given.values()) for q in range(4)]
        rows.append(_row(str(YEAR), "签单额", sum(quarters), node=COMPANY_NAME, level=level))
        rows += [
            _row(f"{YEAR}Q{q}", "签单额", value, node=COMPANY_NAME, level=level)
            for q, value in enumerate(quarters, start=1)
        ]
    heads = {
        world.region_of(p.person_id, date(2026, 1, 1)): p
        for p in world.people.values()
        if p.role == "region_manager"
    }
    for region, quarters in given.items():
        head = heads[region].person_id if region in heads else ""
        for q, value in enumerate(quarters, start=1):
            for level, factor in _LEVELS.items():
                amount = int(value * factor)
                written: Any = f"{amount / 10_000:,.2f}万" if level == "challenge" else amount
                rows.append(
                    _row(
                        f"{YEAR}Q{q}",
                        "签单额",
                        written,
                        region=region,
                        level=level,
                        reserve_rate=0.1,
                        responsible_id=head,
                    )
                )
    return rows


def _last_years_rows(world: World) -> list[dict[str, Any]]:
    """Return last year's quarter targets of the regions: what came then, more or less a tenth."""
    rng = world.dice("last year's targets")
    came: dict[tuple[str, int], Decimal] = defaultdict(Decimal)
    for entry in bookings(world):
        if entry.on.year == YEAR - 1:
            came[(entry.region, (entry.on.month + 2) // 3)] += entry.amount
    return [
        _row(
            f"{YEAR - 1}Q{q}", "签单额", round(float(v) * rng.uniform(0.9, 1.15), -4), region=region
        )
        for (region, q), v in sorted(came.items())
    ]


def people_with_targets(world: World) -> list[Person]:
    """List who was given targets in January: all who sold then, but those left out on purpose."""
    left_out = world.planted["people_without_targets"]
    return [p for p in sellers(world, SET_ON) if p not in left_out]


def _person_rows(world: World) -> list[dict[str, Any]]:
    """Share each team's quarter equally, and set calls and visits per month."""
    plan = world.planted["team_month_targets"]
    people = people_with_targets(world)
    # One team has not shared out its second half yet: a split is proposed.
    teams = [team for p in people if (team := world.team_of(p.person_id, SET_ON))]
    unsplit = max(world.teams, key=lambda team: (teams.count(team), team.name))
    world.planted["unsplit_quarters"] = {unsplit.name: [f"{YEAR}-Q3", f"{YEAR}-Q4"]}
    rows = []
    for person in people:
        team = world.team_of(person.person_id, SET_ON)
        if team is None:
            continue
        mates = [p for p in people if world.team_of(p.person_id, SET_ON) == team]
        for q in range(2 if team == unsplit else 4):
            months = [plan[team.name][m] for m in range(3 * q + 1, 3 * q + 4)]
            share = sum(months) * 10_000 // len(mates) // 1000 * 1000
            rows.append(_row(f"{YEAR}Q{q + 1}", "签单额", share, person=person.name))
        for month in (1, 2, 3):
            days = len(_month_days(world, month))
            for metric, a_day in (("call_count", Decimal("0.5")), ("visit_count", Decimal("0.3"))):
                value = int(days * a_day)
                rows.append(
                    _row(f"{YEAR}-{month:02d}", metric, value, person=person.name, unit="次")
                )
    return rows


def _other_rows(world: World) -> list[dict[str, Any]]:
    rows = []
    for region, quarters in region_quarters(world).items():
        for q, value in enumerate(quarters, start=1):
            period = f"{YEAR}Q{q}"
            rows.append(_row(period, "回款额", value * 9 // 10 // 1000 * 1000, region=region))
            rows.append(
                _row(period, "order_count", max(1, value // 250_000), region=region, unit="单")
            )
            rows.append(
                _row(period, "新签客户数", max(1, value // 600_000), region=region, unit="家")
            )
    return rows


def _revisions(world: World) -> list[dict[str, Any]]:
    """Take a tenth off one team's February and March, and as much off its region's quarter."""
    plan = world.planted["team_month_targets"]
    team = next(t for t in world.teams if t.region == "华南")
    why = {
        "effective_from": REVISED_ON,
        "changed_by": next(iter(world.people.values())).name,
        "reason": "春节后经销商去库存，下调2、3月目标",
    }
    rows, less, changes = [], 0, []
    for month in (2, 3):
        before = plan[team.name][month] * 10_000
        after = before * 9 // 10
        less += before - after
        rows.append(_row(f"{YEAR}-{month:02d}", "签单额", after, team=team.name, **why))
        changes.append(
            {"team": team.name, "period": f"{YEAR}-{month:02d}", "before": before, "after": after}
        )
    before = region_quarters(world)["华南"][0]
    rows.append(_row(f"{YEAR}Q1", "签单额", before - less, region="华南", **why))
    changes.append(
        {"region": "华南", "period": f"{YEAR}Q1", "before": before, "after": before - less}
    )
    world.planted["target_revisions"] = [{**c, "effective_from": REVISED_ON} for c in changes]
    return rows
