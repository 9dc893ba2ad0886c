"""A company with orders alone: why March is missing money, worked out on paper.

K1 buys for 100 in each of November, December, January and February, K2 for 100 in November only.
In reach (bought in the twelve months before): both, in every month. So in the four closed months
8 were in reach, 5 bought, 500 came: C0 = 0.625, A0 = 100. The target of March is 1,000, so N0 = 16.
In March K1 buys for 60: N1 = 2, C1 = 0.5, A1 = 60. Of the gap of 940
volume     14    × ((62.5 + 30) ÷ 3 + (37.5 + 50) ÷ 6)        = 635.83
conversion 0.125 × ((1,600 + 120) ÷ 3 + (960 + 200) ÷ 6)      =  95.83
deal size  40    × ((10 + 1) ÷ 3 + (8 + 1.25) ÷ 6)            = 208.33; the cent left goes to volume.
30 of February's 100 were first delivered on 31 March; one order was paid 150 of its 100.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.dbt.built import BuiltCompany, deliver, write_company
from tests.dbt.ledger_world import ENTITIES, ORDER, order

DAY = "2026-03-31"
TARGET = ("period", "metric", "value")
TASK = ("task_id", "title", "assignee", "due_on", "status", "cause")
PERSON = ("person_id", "name", "team", "region", "manager_id")
PARTS = {name: ENTITIES[name] for name in ("accounts", "orders", "payments")} | {
    "people": ("snapshot", PERSON),
    "targets": ("snapshot", TARGET),
    "tasks": ("snapshot", TASK),
}
EARLY = [
    order("N1", "2025-11-10", "100", account_id="C1"),
    order("N2", "2025-11-12", "100", account_id="C2"),
    order("D1", "2025-12-10", "100", account_id="C1"),
]
UP_TO_FEBRUARY = [
    *EARLY,
    order("J1", "2026-01-12", "100", account_id="C1"),
    order("F1", "2026-02-10", "70", account_id="C1"),
]
UP_TO_MARCH = [
    *UP_TO_FEBRUARY,
    order("F2", "2026-02-27", "30", account_id="C1"),
    order("M1", "2026-03-16", "60", account_id="C1"),
]


def write_orders_alone(home: Path) -> Path:
    write_company(home, PARTS, "orders")
    for day, orders in (
        ("2026-01-05", EARLY), ("2026-03-02", UP_TO_FEBRUARY), (DAY, UP_TO_MARCH),
    ):  # fmt: skip
        deliver(home, "orders", day, ORDER, orders)
    first = "2026-01-05"
    people = [("P1", "李雷", "一队", "华东", "P9"), ("P9", "韩梅", None, None, None)]
    deliver(home, "people", first, PERSON, people)
    accounts = [("C1", "晨星", "P1", "华东"), ("C2", "远山", "P1", "华东")]
    deliver(home, "accounts", first, PARTS["accounts"][1], accounts)
    deliver(home, "payments", DAY, PARTS["payments"][1], [("Z1", "N1", "2025-12-01", "150")])
    deliver(home, "targets", first, TARGET, [("2026-03", "签单额", "1000")])
    tasks = [
        ("T1", "华东多跑两场展会", "李雷", "2026-03-20", "open", "volume"),
        ("T2", "大客户回访", "李雷", "2026-04-20", "open", "大客户流失"),
    ]
    deliver(home, "tasks", DAY, TASK, tasks)
    return home


@pytest.fixture(scope="module")
def world(built_company) -> BuiltCompany:
    return built_company(
        write_orders_alone,
        [
            "+mart_action_plan",
            "+mart_actuals_check",
            "+mart_restatement",
            "+mart_gap_cause_segment",
        ],
    )


MARCH = "period_label = '2026-03' and scope_type = 'company' and metric = 'signed_amount'"


def test_a_company_without_opportunities_counts_its_customers(world: BuiltCompany) -> None:
    rows = world.query(
        DAY,
        "select factor, round(plan_value, 3), round(fact_value, 3), contribution, driver_basis, "
        f"derived_plan from mart_gap_cause where {MARCH} order by factor_no",
    )
    assert rows == [
        ("volume", 16.0, 2.0, Decimal("635.84"), "customer", True),
        ("conversion", 0.625, 0.5, Decimal("95.83"), "customer", True),
        ("deal_size", 100.0, 60.0, Decimal("208.33"), "customer", True),
    ]


def test_what_closes_it_is_worked_out_at_the_rates_of_the_plan(world: BuiltCompany) -> None:
    # 940 ÷ 62.5 = 15.04 customers; 2 × 0.625 deals of 800 are 1,000; 2 × 100 can never be.
    rows = world.query(
        DAY,
        "select gap, main_cause, main_cause_share, customers_needed, deal_size_needed, "
        f"conversion_needed, conversion_needed_reason from mart_gap where {MARCH}",
    )
    assert rows == [
        (Decimal("940.00"), "volume", 0.676, 16, Decimal("800.00"), None, "unreachable")
    ]


def test_the_sentence_says_it_in_both_languages(world: BuiltCompany) -> None:
    [(zh, en)] = world.query(DAY, f"select sentence_zh, sentence_en from mart_gap where {MARCH}")
    assert zh == (
        "账本公司 2026-03 签单额：目标 1,000.00元，截至 2026-03-31 实际 60.00元，还差 940.00元，"
        "其中应已完成 940.00元，自 2026-03 起落后。主要原因：客户不足（占 67.6%）。"
        "任一即可补上：再增加 16 个客户；户均购买做到 800.00元。行动：增加线索来源。"
    )
    assert en == (
        "账本公司, 2026-03, Signed amount: target 1,000.00 CNY, actual 60.00 CNY by 2026-03-31; "
        "missing 940.00 CNY, of which due by now 940.00 CNY, behind since 2026-03. "
        "Mainly too few customers (67.6%). Any one of these closes it: 16 more customers; "
        "purchases per customer of 800.00 CNY. Action: More lead sources."
    )


def test_a_task_stands_where_its_title_says_and_a_typed_reason_is_a_cause(
    world: BuiltCompany,
) -> None:
    rows = world.query(
        DAY,
        "select action_id, cause, scope_type, scope_id, scope_source, status, overdue_days "
        "from mart_action_plan where kind = 'task' order by action_id",
    )
    assert rows == [
        ("T1", "volume", "region", "华东", "title", "overdue", 11),
        ("T2", "loss", "person", "P1", "assignee", "open", 0),
    ]


def test_what_nobody_is_named_for_is_proposed_to_who_leads_the_unit(world: BuiltCompany) -> None:
    rows = world.query(
        DAY,
        "select scope_type, scope_id, owner_id from mart_action_plan where kind = 'proposed' "
        "and metric = 'signed_amount' order by scope_type",
    )
    assert {scope: owner for _, scope, owner in rows} == {
        "company": "P9",
        "一队": "P1",
        "影像": "P9",
    }


def test_money_booked_late_into_a_closed_month_is_a_restatement(world: BuiltCompany) -> None:
    rows = world.query(
        DAY,
        "select period_label, restated_on, before_value, after_value, subject_ids "
        "from mart_restatement where metric = 'signed_amount' and period_type = 'month' "
        "and scope_type = 'company'",
    )
    assert rows == [
        ("2026-02", date(2026, 3, 31), Decimal("70.00"), Decimal("100.00"), "F2"),
    ]  # fmt: skip


def test_more_paid_than_ordered_is_said(world: BuiltCompany) -> None:
    rows = world.query(DAY, "select problem, order_id, difference_amount from mart_actuals_check")
    assert rows == [("paid_above_order", "N1", Decimal("50.00"))]
