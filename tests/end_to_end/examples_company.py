"""A company in which the worked examples of the specification happen. D is 2026-03-31.

Monday to Friday are worked: January 22 days, February 20, March 22. 华东 has 上海 (5 people of equal
history), 杭州 and 南京; 西区 has 甲队 (4 people with written shares 8/6/6/3); 北区 has 北队 (23 people
without history).

华东 in the first quarter: six orders of 275 万元 with six new customers, 1,650 of 1,500 万元; 580 of 600
collected; 22 of 20 visits; 6 of 8 new customers.
西区 in February: 500 万元 in ten deals, 300 of them in the last five of its 20 workdays; 1,000 a year before.
"""

from __future__ import annotations

from pathlib import Path

from tests.unit.landing.rules_books import opened, template

COMPANY = """\
company: {name: 例子公司, timezone: Asia/Shanghai, currency: CNY, calendar: weekdays, languages: [zh, en]}
as_of: 2026-03-31
actuals: {signed_amount: orders}
sources:
"""
ENTITIES = (
    "people",
    "person_assignments",
    "accounts",
    "orders",
    "payments",
    "activities",
    "targets",
)
SOURCE = '  - {{name: {0}, entity: {0}, kind: file, path: "inbox/{0}_*.csv", preset: excel}}\n'

TREE = [
    ("华东", None, "大区", None),
    ("上海", "华东", "团队", None),
    ("杭州", "华东", "团队", None),
    ("南京", "华东", "团队", None),
    ("西区", None, "大区", -0.05),
    ("甲队", "西区", "团队", None),
    ("北区", None, "大区", None),
    ("北队", "北区", "团队", None),
    ("中区", None, "大区", None),
    ("中队", "中区", "团队", None),
    ("新区", None, "大区", None),
    ("新队", "新区", "团队", None),
]
SHARES = {"W1": 0.3478, "W2": 0.2609, "W3": 0.2609, "W4": 0.1304}  # 8/6/6/3 of 23
TEAMS = {
    "上海": [f"S{n}" for n in range(1, 6)],
    "杭州": ["H1"],
    "南京": ["N1"],
    "甲队": list(SHARES),
    "北队": [f"B{n:02d}" for n in range(1, 24)],
    "中队": ["M1"],
    "新队": ["E1"],
}

TARGETS = """\
期间,指标,大区,团队,目标值,单位,产品线,客户类型
2026Q1,签单额,华东,,1500,万元,,
2026Q1,签单额,,上海,600,万元,,
2026Q1,签单额,,杭州,500,万元,,
2026Q1,签单额,,南京,400,万元,,
2026Q1,回款额,华东,,600,万元,,
2026Q1,拜访数,华东,,20,次,,
2026Q1,新签客户数,华东,,8,家,,
2026-03,回款额,西区,,500,元,,
2026-03,新签客户数,,甲队,20,家,,
2026Q1,签单额,北区,,15000000.00,元,,
2026-02,签单额,西区,,1100,万元,,
2026Q1,签单额,中区,,1000,元,,
2026Q1,签单额,中区,,600,元,X,
2026Q1,签单额,中区,,300,元,,直营
2026Q1,签单额,新区,,50,元,X,
"""


def write_examples_company(home: Path) -> Path:
    """Write the company folder."""
    inbox = home / "inbox"
    inbox.mkdir(parents=True)
    sources = "".join(SOURCE.format(entity) for entity in ENTITIES)
    (home / "company.yml").write_text(COMPANY + sources, encoding="utf-8")
    people = [person for members in TEAMS.values() for person in members]
    placed = [f"{person},{team}" for team, members in TEAMS.items() for person in members]
    files = {
        "people": ["人员编号,姓名", *(f"{person},{person}" for person in people)],
        "person_assignments": ["人员编号,组织编号", *placed],
        "accounts": ["客户编号,客户名称", *(f"C{n},客户{n}" for n in range(8))],
        "orders": ["订单编号,客户编号,签单人编号,签订日期,金额,订单状态", *_orders()],
        "payments": ["回款编号,订单编号,回款日期,回款金额", "B1,E1,2026-02-10,5800000"],
        "activities": [
            "跟进编号,跟进人编号,跟进时间,跟进方式,跟进内容",
            *(f"A{n},S1,2026-01-{n:02d} 10:00,上门拜访,与采购确认了招标安排" for n in range(5, 27)),
        ],
    }
    for name, lines in files.items():
        (inbox / f"{name}_20260331.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (inbox / "targets_20260105.csv").write_text(TARGETS, encoding="utf-8")
    _write_rules(home / "rules.xlsx")
    return home


def _orders() -> list[str]:
    """Write last year's orders, six new customers of 华东, and ten deals of 西区 in February."""
    orders = [(f"H{n}", "C0", f"S{n}", "2025-06-10", 1_000_000) for n in range(1, 6)]
    orders.append(("HW", "C7", "W1", "2025-02-18", 10_000_000))
    orders += [(f"E{n}", f"C{n}", "S1", f"2026-01-{12 + n}", 2_750_000) for n in range(1, 7)]
    days = ["2026-02-05"] * 4 + ["2026-02-24"] * 6
    orders += [(f"W{n}", "C7", "W2", day, 500_000) for n, day in enumerate(days)]
    return [",".join(map(str, order)) + ",已生效" for order in orders]


def _write_rules(path: Path) -> None:
    book = opened(template())
    book["分解权重"]["B8"] = "按份额"
    for at, (member, share) in enumerate(SHARES.items()):
        for column, value in enumerate((None, "人员", "甲队", member, share), start=1):
            book["分解权重"].cell(15 + at, column).value = value
    for at, row in enumerate(TREE):
        for column, cell in enumerate(row, start=1):
            book["组织"].cell(4 + at, column).value = cell
    book.save(path)
