"""A company for targets, worked out on paper: 4 people, 16 orders, one quarter.

D is 2026-02-28: 37 of the quarter's 59 workdays are gone (21 in January, 16 in February).
2026: P1 9 orders, P3 4, P4 2 of 1,000,000 each: 15,000,000. Last February P4 signed 1,000,000.

Targets (元):
  company 2026-Q1            30,000,000, given twice under two names of the metric
  company 2026-Q1 stretch    33,000,000
  华东 2026-Q1               20,000,000, from 9 February 21,000,000 (26 workdays are gone by then)
  华南 2026-02               25 % over last February's 1,000,000: 1,250,000
  P2 2026-02                  1,600,000; he leaves on 13 February, after 10 of its 16 workdays
  王五 2026-02                  100,000; nobody knows him
  company 2026-02-02 to 13          10 orders
"""

from __future__ import annotations

from pathlib import Path

import xlsxwriter

COMPANY = """\
company: {name: 目标公司, timezone: Asia/Shanghai, currency: CNY, calendar: CN, languages: [zh, en]}
as_of: 2026-02-28
actuals: {signed_amount: orders}
sources:
  - {name: people, entity: people, kind: file, path: "inbox/people*.csv", preset: excel}
  - {name: orders, entity: orders, kind: file, path: "inbox/orders*.csv", preset: excel, required: true}
  - {name: targets, entity: targets, kind: file, path: "inbox/targets*.csv", preset: excel}
  - {name: targets_wide, entity: targets, kind: file, path: "inbox/团队目标*.xlsx", preset: excel}
"""

PEOPLE = """\
人员编号,姓名,团队,大区,离职日期
P1,甲,上海队,华东,
P2,乙,上海队,华东,2026-02-13
P3,丙,杭州队,华东,
P4,丁,广州队,华南,
"""

TARGETS = """\
期间,开始日期,结束日期,指标,大区,人员,目标值,单位,目标方式,目标级别,生效日期,修改人,修改原因
2026Q1,,,签单额,,,3000,万元,,,,,
2026Q1,,,营收,,,3000,万元,,,,,
2026Q1,,,签单额,,,3300,万元,,冲刺,,,
2026Q1,,,签单额,华东,,2000,万元,,,,,
2026Q1,,,签单额,华东,,2100,万元,,,2026-02-09,陈总,市场好于预期
2026-02,,,签单额,华南,,0.25,,同比增长,,,,
2026-02,,,签单额,,乙,160,万元,,,,,
2月,,,签单额,,王五,10,万元,,,,,
,2026-02-02,2026-02-13,订单数,,,10,单,,,,,
"""


def orders() -> str:
    """Write sixteen orders of a million each."""
    rows = [
        "订单编号,客户编号,签单人编号,签订日期,金额,订单状态",
        "O00,C1,P4,2025-02-10,1000000,已生效",
    ]
    who = ["P1"] * 9 + ["P3"] * 4 + ["P4"] * 2
    days = ["2026-01-12"] * 7 + ["2026-02-10"] * 2 + ["2026-01-20"] * 4 + ["2026-02-25"] * 2
    rows += [
        f"O{n:02d},C1,{p},{d},1000000,已生效"
        for n, (p, d) in enumerate(zip(who, days, strict=True), 1)
    ]
    return "\n".join(rows) + "\n"


def write_targets_company(home: Path) -> Path:
    """Write the company folder."""
    inbox = home / "inbox"
    inbox.mkdir(parents=True)
    (home / "company.yml").write_text(COMPANY, encoding="utf-8")
    for name, text in (("people", PEOPLE), ("orders", orders()), ("targets", TARGETS)):
        (inbox / f"{name}_20260228.csv").write_text(text, encoding="utf-8")
    with xlsxwriter.Workbook(str(inbox / "团队目标_20260228.xlsx")) as book:
        sheet = book.add_worksheet("2026年")
        rows = [
            ["2026年团队拜访目标（指标：拜访数）"],
            ["团队", "2月", "3月"],
            ["广州队", 32, 22],
            ["合计", 32, 22],
        ]
        for at, row in enumerate(rows):
            for column, value in enumerate(row):
                sheet.write(at, column, value)
    return home
