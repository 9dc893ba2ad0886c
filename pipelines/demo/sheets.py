"""People's own workbooks: private customer lists, progress, market moves, tasks, and rules of their own."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from pipelines.demo import headers, names
from pipelines.demo.company import sellers
from pipelines.demo.files import Workbook
from pipelines.demo.ledger import bookings, month_of
from pipelines.demo.world import AS_OF, World

REPORTED = {"2026-01": date(2026, 2, 3), "2026-02": date(2026, 3, 3)}


def _write(path: Path, columns: dict[str, str], rows: list[dict[str, Any]], sheet: str) -> None:
    with Workbook(path) as book:
        table = [[row.get(column) for column in columns] for row in rows]
        book.sheet(sheet, [list(columns.values()), *table])


def write_personal(world: World, inbox: Path) -> list[dict[str, Any]]:
    """Write three reps' private lists: a few customers the CRM knows, more that it does not."""
    rng = world.dice("personal")
    reps = [p for p in sellers(world, AS_OF) if p.role == "rep"]
    found = []
    for at, person in enumerate(rng.sample(reps, 3 if world.plan.scale == "full" else 1)):
        owned = [
            a for a in world.accounts if a.owners[-1][1] == person.person_id and not a.is_planted
        ]
        owned = [a for a in owned if a.account_id not in world.planted["styled_phones"]]
        known = rng.sample(owned, min(4, len(owned)))
        rows = [
            _private(
                f"ZB{at + 1}{n:03d}",
                a.name,
                a.fields["phone"],
                person.person_id,
                a.fields["industry"],
            )
            for n, a in enumerate(known)
        ]
        region = world.region_of(person.person_id, AS_OF)
        strangers = [
            f"{rng.choice(names.CITIES[region])}{names.SURNAMES[at * 9 + n]}记康复诊所"
            for n in range(7)
        ]
        rows += [
            _private(
                f"ZB{at + 1}9{n:02d}",
                name,
                names.mobile(90_000 + at * 10 + n),
                person.person_id,
                "诊所",
            )
            for n, name in enumerate(strangers)
        ]
        path = inbox / f"personal/客户_{person.name}_20260306.xlsx"
        _write(path, headers.PERSONAL, rows, "我的客户")
        found.append(
            {
                "file": f"inbox/personal/{path.name}",
                "person_id": person.person_id,
                "rows": len(rows),
                "known_account_ids": [a.account_id for a in known],
                "only_here": [row["account_id"] for row in rows[len(known) :]],
            }
        )
    return found


def _private(number: str, name: str, phone: str, owner: str, industry: str) -> dict[str, Any]:
    return {
        "account_id": number,
        "name": name,
        "industry": industry,
        "phone": f"{phone[:3]} {phone[3:7]} {phone[7:]}",
        "owner_id": owner,
        "state": "正常",
    }


def write_progress(world: World, path: Path) -> list[dict[str, Any]]:
    """Write what regions typed for January and February; one figure is 3 % too high."""
    actual: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for entry in bookings(world):
        if entry.on <= REPORTED.get(month_of(entry.on), AS_OF):
            actual[(entry.region, month_of(entry.on))] += entry.amount
    reasons = ["竞品价格战", "客户决策延迟", "大客户流失", ""]
    rows, wrong = [], []
    for at, region in enumerate(dict.fromkeys(team.region for team in world.teams)):
        for period, reported_on in REPORTED.items():
            is_wrong = at == 0 and period == "2026-02"
            typed = actual[(region, period)] * (Decimal("1.03") if is_wrong else 1)
            row = {
                "period": period,
                "scope": region,
                "metric": "签单额",
                "reported_on": reported_on,
                "typed_actual": typed.quantize(Decimal("0.01")),
                "reason": reasons[at % 4],
                "plan": "加大拜访频次" if reasons[at % 4] else "",
                "reported_by": sellers(world, reported_on, region)[0].name,
            }
            rows.append(row)
            if is_wrong:
                wrong.append(
                    {
                        "period": period,
                        "scope": region,
                        "typed": row["typed_actual"],
                        "as_reported": actual[(region, period)],
                    }
                )
    _write(path, headers.PROGRESS, rows, "目标进度表")
    return wrong


def write_market(path: Path) -> list[dict[str, Any]]:
    """Write five market moves, one of them beyond 15 %."""
    moves = [
        (date(2025, 9, 15), "demand", "华东", "", 0.06, "2025Q2"),
        (date(2025, 12, 10), "material price", "", "检验试剂", 0.05, "2025Q3"),
        (date(2026, 1, 20), "competitor price", "", "信息系统", -0.22, "2025Q4"),
        (date(2026, 2, 11), "policy", "华北", "影像设备", 0.08, "2025Q4"),
        (date(2026, 3, 5), "demand", "西南", "", -0.12, "2025Q4"),
    ]
    rows: list[dict[str, Any]] = [dict(zip(headers.MARKET, move, strict=True)) for move in moves]
    _write(path, headers.MARKET, rows, "市场变化")
    return [row for row in rows if abs(row["change_rate"]) > 0.15]


def write_tasks(world: World, path: Path) -> list[dict[str, Any]]:
    """Write the action plan: done, open and overdue tasks."""
    people = [p.name for p in sellers(world, AS_OF)]
    middle, done_on = people[len(people) // 2], date(2026, 2, 26)
    tasks = [
        ("西南增加两场科室推广会", people[-1], date(2026, 2, 27), done_on, "客户太少"),
        ("深圳队谈判策略复盘", middle, date(2026, 3, 6), None, "转化率低"),
        ("信息系统高配套餐报价", people[0], date(2026, 3, 20), None, "客单价低"),
        ("逾期应收电话催款", people[1], date(2026, 3, 3), None, "回款慢"),
        ("流失大客户高层拜访", people[2], date(2026, 3, 31), None, "大客户流失"),
    ]
    rows = [
        {
            "task_id": f"T{number:03d}",
            "title": title,
            "assignee": who,
            "due_on": due,
            "completed_on": done,
            "status": "已完成" if done else "进行中",
            "cause": cause,
        }
        for number, (title, who, due, done, cause) in enumerate(tasks, start=1)
    ]
    _write(path, headers.TASKS, rows, "行动计划")
    return rows


_COUNTED = ("电话数", "拜访数", "报价数", "有效线索数", "阶段推进数")


def write_rules(world: World, path: Path) -> None:
    """Write the rules that this company set for itself; every other sheet stands at its default.

    What people do is counted by week, without a target here. Thirty new contacts a week are a call
    centre's: whoever sells equipment to hospitals makes two a month. Heads of regions sell nothing
    themselves, so the rows name teams.
    """
    process: list[list[Any]] = [["指标", "周期", "目标值", "团队", "人员"]]
    process += [[name, "周", None, None, None] for name in _COUNTED]
    process += [["新增有效联系数", "月", 2, team.name, None] for team in world.teams]
    scores: list[list[Any]] = [
        ["指标", "权重", "目标值"],
        ["拜访数", "20%", 4],
        ["赢单率", "30%", 0.25],
        ["回款周期", "20%", 60],
        ["客户满意度", "30%", 4.5],
    ]
    with Workbook(path) as book:
        book.sheet("过程指标", process)
        book.sheet("考核", scores)
