"""A company whose year begins in April, worked out on paper: 3 people, 6 orders, every kind of target.

D is 2026-05-31. Monday to Friday are worked: April has 22 workdays, May 21, June 22; 43 of the
quarter's 65 are gone. FY2027 runs from 2026-04-01 to 2027-03-31. The scenario in force is A (× 1.1).

Orders (万元)    signed   who           cancelled
  O1  80.00      04-10    P1 (东一队)
  O2  30.00      04-20    P1            05-08
  O3 235.30      04-15    P2 (东一队)
  O4 170.00      04-16    P3 (南一队)
  O5 100.00      05-06    P1            05-20
  O6  50.00      05-13    P2
April: 华东 80 + 30 + 235.3 = 345.3, 华南 170. May: 华东 100 − 100 − 30 + 50 = 20, 华南 nothing.
C1 to C5 are new; C2 and C5 cancelled and are taken back: 3 new customers in the quarter so far.

Targets (万元)
  company FY2027            5,000 by 30/20/30/20: 1,500 / 1,000 / 1,500 / 1,000
  华东 FY2027-Q1            1,000, reserve 15 %; its April 300, so May and June share 700
  华南 2026-04                200
  甲 2026-04 and 05           100 each; 乙 2026-05 50, stretch 60
  company, collected, FY2027-Q1   25 % over 1,000 of a year before: 1,250; corrected on 20 May to 18 %: 1,180
  company, new customers by 2026-06-30     13, a milestone from 1 April: 13 × 43 ÷ 65 = 8.6 are due
Process: a person of 东一队 makes 5 calls a day, 乙 by name 3. 甲 made 84 calls in May.
"""

from __future__ import annotations

from pathlib import Path

from tests.unit.landing.rules_books import opened, template

COMPANY = """\
company: {name: 财年公司, timezone: Asia/Shanghai, currency: CNY, calendar: weekdays, fiscal_year_start_month: 4, languages: [zh, en]}
as_of: 2026-05-31
actuals: {signed_amount: orders}
sources:
  - {name: people, entity: people, kind: file, path: "inbox/people*.csv", preset: excel}
  - {name: customers, entity: accounts, kind: file, path: "inbox/customers*.csv", preset: excel}
  - {name: orders, entity: orders, kind: file, path: "inbox/orders*.csv", preset: excel}
  - {name: payments, entity: payments, kind: file, path: "inbox/payments*.csv", preset: excel}
  - {name: calls, entity: activities, kind: file, path: "inbox/calls*.csv", preset: excel}
  - {name: targets, entity: targets, kind: file, path: "inbox/targets*.csv", preset: excel}
  - {name: growth, entity: targets, kind: file, path: "inbox/growth*.csv", preset: excel}
  - {name: pasted, entity: targets, kind: file, path: "inbox/pasted*.xlsx", preset: excel}
  - {name: progress, entity: progress, kind: file, path: "inbox/progress*.csv", preset: excel}
  - {name: market, entity: market, kind: file, path: "inbox/market*.csv", preset: excel}
"""

PEOPLE = """\
人员编号,姓名,团队,大区
P1,甲,东一队,华东
P2,乙,东一队,华东
P3,丙,南一队,华南
"""

CUSTOMERS = """\
客户编号,客户名称,负责人编号
C0,老客户医院,P1
C1,东一医院,P1
C2,东二诊所,P1
C3,东三药房,P2
C4,南一医院,P3
C5,东五诊所,P1
"""

ORDERS = """\
订单编号,客户编号,签单人编号,签订日期,金额,订单状态,取消日期
O0,C0,P1,2025-04-15,10000000,已生效,
O1,C1,P1,2026-04-10,800000,已生效,
O2,C2,P1,2026-04-20,300000,已取消,2026-05-08
O3,C3,P2,2026-04-15,2353000,已生效,
O4,C4,P3,2026-04-16,1700000,已生效,
O5,C5,P1,2026-05-06,1000000,已取消,2026-05-20
O6,C3,P2,2026-05-13,500000,已生效,
"""

PAYMENTS = """\
回款编号,订单编号,回款日期,回款金额
B1,O0,2025-05-10,10000000
B2,O1,2026-05-11,800000
"""

TARGETS = """\
期间,开始日期,结束日期,指标,大区,人员,目标值,单位,目标级别,弹性比例,负责人编号
FY2027,,,签单额,,,5000,万元,,,
FY2027Q1,,,签单额,华东,,1000,万元,,15%,P1
2026-04,,,签单额,华东,,300,万元,,,
2026-04,,,签单额,华南,,200,万元,,,P3
2026-04,,,签单额,,甲,100,万元,,,
2026-05,,,签单额,,甲,100,万元,,,
2026-05,,,签单额,,乙,50,万元,,,
2026-05,,,签单额,,乙,60,万元,冲刺,,
,,2026-06-30,新签客户数,,,13,家,,,
"""

GROWTH = """\
期间,指标,目标值,目标方式,修改人,修改原因
FY2027Q1,回款额,{rate},同比增长,陈总,{why}
"""

# 1 % of 3,453,000 is 34,530: the first figure is exactly 1 % off, the second 1.5 %.
PROGRESS = """\
期间,范围,指标,填报日期,实际完成,未达成原因,调整计划,填报人
2026-04,华东,签单额,2026-05-04,3487530,,,甲
5月,华东,签单额,2026-05-29,203000,竞品价格战,加大拜访频次,甲
2026-05,东一对,签单额,2026-05-29,100000,,,甲
2026-04,华南,签单额,2026-05-04,1700000,大客户流失,,丙
"""

MARKET = """\
观察日期,类型,大区,变化率,对比基准
2026-05-12,需求,华东,-18%,2025Q4
2026-05-12,需求,华南,-15%,2025Q4
"""

FILES = {
    "people_20260531": PEOPLE,
    "customers_20260531": CUSTOMERS,
    "orders_20260531": ORDERS,
    "payments_20260531": PAYMENTS,
    "targets_20260405": TARGETS,
    "growth_20260405": GROWTH.format(rate="0.25", why="年初目标"),
    "growth_20260520": GROWTH.format(rate="0.18", why="渠道调整"),
    "progress_20260531": PROGRESS,
    "market_20260531": MARKET,
}


def write_fiscal_company(home: Path) -> Path:
    """Write the company folder."""
    inbox = home / "inbox"
    inbox.mkdir(parents=True)
    (home / "company.yml").write_text(COMPANY, encoding="utf-8")
    for name, text in (FILES | {"calls_20260531": _calls()}).items():
        (inbox / f"{name}.csv").write_text(text, encoding="utf-8")
    _write_rules(home / "rules.xlsx")
    return home


def _calls() -> str:
    """Write 84 calls of May, four on each of its 21 workdays."""
    rows = ["跟进编号,跟进人编号,跟进时间,跟进方式,跟进内容"]
    days = [day for day in range(1, 30) if (day - 1) % 7 in (0, 3, 4, 5, 6)]
    for day in days:
        rows += [
            f"A{day}-{n},P1,2026-05-{day:02d} 1{n}:00,电话,沟通了报价与付款方式" for n in range(4)
        ]
    return "\n".join(rows) + "\n"


def _write_rules(path: Path) -> None:
    book = opened(template())
    book["预案"]["B4"] = "A"
    page = book["过程指标"]
    for at, row in enumerate(
        [("电话数", "天", 5, "东一队", None), ("电话数", "天", 3, None, "乙")]
    ):
        for column, value in enumerate(row, start=1):
            page.cell(17 + at, column).value = value
    for column, value in enumerate((None, "华南", None, 0.12), start=1):
        book["弹性空间"].cell(12, column).value = value
    book.save(path)
