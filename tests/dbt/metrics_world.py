"""A company with metrics of its own, small enough to be worked out on paper.

People: P1 (一队), P2 (二队). Rates: USD 7.0. D is 2026-03-31.

Orders: signed  amount      who  customer
  A     02-10   500,000     P1   C1
  B     02-25   400,000     P2   C1, cancelled on 10 March: C1 is over 800,000 for two weeks
  C     03-02   800,000     P1   C2: exactly at the line
  D     03-03   799,999.99  P1   C3
  E     03-20   300,000     P1   C1: at 800,000 again
  F     2025-03-10  1,000   P2   C4, and 03-12 another: two days within 12 months from 12 March
                                 (10 March 2025 is out by 31 March 2026, in by 9 March)

Visits to C1 on 2, 4 and 11 March and to C2 on 4 March; two of the four in the hospital, one of
those two with a note that would end a string in SQL. Calls to C1 on 11 March (P2), to C3 on 5 March (P2, and P1
at noon) and once more on 6 March (P2).
Quotes: CNY 30 on 3 February, USD 100 on 2 March, CNY 50 on 3 March.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.architecture.recipes import metric_row
from tests.dbt.built import deliver, write_company
from tests.dbt.ledger_world import ENTITIES as LEDGER
from tests.dbt.ledger_world import ORDER, order
from tests.rules_sheets import write_rules

ACTIVITY = ("activity_id", "person_id", "occurred_at", "kind", "account_id", "content")
OWN = (*ACTIVITY, "地点", '备注\'s "列"')
ENTITIES = {
    "people": LEDGER["people"],
    "accounts": LEDGER["accounts"],
    "opportunities": (
        "snapshot",
        ("opportunity_id", "account_id", "owner_id", "stage", "amount", "currency", "created_at"),
    ),
    "orders": LEDGER["orders"],
    "fx_rates": LEDGER["fx_rates"],
    "quotes": LEDGER["quotes"],
    "activities": ("delta", ACTIVITY),
}
NOTE = "it's'); drop table x"
# Two that begin on the same day.
CUSTOM_PERIODS = """\
custom_periods:
  - {label: 三月头五天, start: 2026-03-01, end: 2026-03-05}
  - {label: 三月上半月, start: 2026-03-01, end: 2026-03-15}
"""


def metric(key: str, aggregate: str, **other: Any) -> dict[str, Any]:
    """Write one row of the metrics sheet."""
    row = {"指标编号": key, "指标名称": key, "计算方式": "公式", "汇总方式": aggregate, "单位": "数量",
           "周期": "周、月、季度、年", "方向": "越高越好"}  # fmt: skip
    return row | other


METRICS = [
    metric("大院数", "去重计数", 数据对象="订单", 日期列="签订日期", 数值列="客户编号", 累计达到="80万", 累计列="金额"),
    metric("走访客户数", "去重计数", 数据对象="跟进记录", 日期列="跟进时间", 数值列="客户编号", 条件="跟进方式 = 上门拜访",
           周期="周、月、季度、年、自定义"),
    metric_row(),  # 院内拜访数, as docs/recipes.md writes it
    metric("首电客户数", "去重计数", 数据对象="跟进记录", 日期列="跟进时间", 数值列="客户编号", 条件="kind = call", 累计达到="1"),
    metric("怪名拜访数", "计数", 数据对象="跟进记录", 日期列="跟进时间", 条件="备注's \"列\" = it's')，drop table x"),
    metric("大单数", "计数", 数据对象="订单", 日期列="签订日期", 条件="金额 ≥ 50万; region = 华东"),
    metric("报价额", "求和", 数据对象="报价", 日期列="报价日期", 数值列="报价金额", 单位="金额"),
    metric("近一月报价额", "求和", 数据对象="报价", 日期列="报价日期", 数值列="报价金额", 单位="金额", 滚动月数=1),
    metric("平均单额", "两指标之比", 分子指标="签单额", 分母指标="订单数", 单位="金额"),
    metric("写错的", "求和", 数据对象="订单", 日期列="没有的列", 数值列="金额", 单位="金额"),
    metric("靠写错的", "两指标之比", 分子指标="写错的", 分母指标="订单数", 单位="金额"),
]  # fmt: skip


def write_metrics_world(home: Path) -> Path:
    """Write the company, each file delivered once, and its rules workbook."""
    write_company(home, ENTITIES, "orders")
    with (home / "company.yml").open("a", encoding="utf-8") as settings:
        settings.write(CUSTOM_PERIODS)
    write_rules(home / "rules.xlsx", {"指标": METRICS})
    day = "2026-03-31"
    deliver(home, "people", day, ENTITIES["people"][1],
            [("P1", "李雷", "一队", "华东"), ("P2", "韩梅", "二队", "华东")])  # fmt: skip
    accounts = [(f"C{n}", f"医院{n}", "P1", "华东") for n in range(1, 5)]
    deliver(home, "accounts", day, ENTITIES["accounts"][1], accounts)
    deals = [
        ("O1", "C1", "P1", "报价中", "100", "USD", "2026-03-01"),
        ("O2", "C1", "P1", "报价中", "50", "CNY", "2026-03-01"),
    ]
    deliver(home, "opportunities", day, ENTITIES["opportunities"][1], deals)
    deliver(home, "fx_rates", day, ENTITIES["fx_rates"][1], [("USD", "2026-01-01", "7.0")])
    quotes = [("Q1", "O1", "2026-03-02", "100", "P1"), ("Q2", "O2", "2026-03-03", "50", "P1"),
              ("Q3", "O2", "2026-02-03", "30", "P1")]  # fmt: skip
    deliver(home, "quotes", day, ENTITIES["quotes"][1], quotes)
    orders = [
        order("A", "2026-02-10", "500000"),
        order("B", "2026-02-25", "400000", person_id="P2", cancelled_on="2026-03-10"),
        order("C", "2026-03-02", "800000", account_id="C2"),
        order("D", "2026-03-03", "799999.99", account_id="C3"),
        order("E", "2026-03-20", "300000"),
        order("F", "2025-03-10", "1000", person_id="P2", account_id="C4"),
        order("G", "2026-03-12", "1000", person_id="P2", account_id="C4"),
    ]
    deliver(home, "orders", day, ORDER, orders)
    visits = [
        ("V1", "P1", "2026-03-02 10:00", "visit", "C1", "谈招标安排与预算", "院内", '"it\'s\')，drop table x"'),
        ("V2", "P1", "2026-03-04 10:00", "visit", "C1", "谈招标安排与预算", "门诊", None),
        ("V3", "P2", "2026-03-04 11:00", "visit", "C2", "谈招标安排与预算", "路上", None),
        ("V4", "P2", "2026-03-11 11:00", "visit", "C1", "谈招标安排与预算", None, None),
        ("V5", "P2", "2026-03-11 12:00", "call", "C1", "谈招标安排与预算", "院内", None),
        ("V6", "P2", "2026-03-05 11:00", "call", "C3", "谈招标安排与预算", None, None),
        ("V7", "P1", "2026-03-05 12:00", "call", "C3", "谈招标安排与预算", None, None),
        ("V8", "P2", "2026-03-06 12:00", "call", "C3", "谈招标安排与预算", None, None),
    ]  # fmt: skip
    header = (*ACTIVITY, "地点", '"备注\'s ""列"""')
    deliver(home, "activities", day, header, visits)
    return home
