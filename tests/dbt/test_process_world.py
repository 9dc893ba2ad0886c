"""Control points of the company's own on every kind of record, and fill rates, from files to marts.

P1 and P2. Checked on paper: calls by an own column of at least 3 (A1 has 3, A2 has 2, A3 none); contents
that name 预算 and 决策人; leads with a phone; opportunities of 5万 and more; orders of 华东 or 华南; customers whose
industry contains 医院. Each just right and just wrong.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.dbt.built import BuiltCompany, deliver, write_company
from tests.rules_sheets import write_rules

DAY = "2026-03-31"
ENTITIES = {
    "people": ("snapshot", ("person_id", "name", "team", "region")),
    "accounts": ("snapshot", ("account_id", "name", "owner_id", "industry", "created_at")),
    "leads": ("delta", ("lead_id", "created_at", "owner_id", "phone")),
    "opportunities": (
        "snapshot",
        ("opportunity_id", "account_id", "owner_id", "stage", "amount", "created_at"),
    ),
    "orders": (
        "snapshot",
        ("order_id", "account_id", "person_id", "signed_on", "amount", "region"),
    ),
    "activities": (
        "delta",
        ("activity_id", "person_id", "occurred_at", "kind", "account_id", "content"),
    ),
    "audit_scores": ("snapshot", ("record_id", "auditor", "score", "month")),
}


def point(
    name: str, entity: str, column: str, test: str, value: str | None, kind: str, scope: str = ""
) -> dict[str, str | None]:
    return {"控制点": name, "对象": entity, "检查列": column, "条件": test, "标准": value, "性质": kind,
            "适用范围": scope or None}  # fmt: skip


POINTS = [
    point("提问", "跟进记录", "提问数", "不低于", "3", "框架", "kind = care"),
    point("谈到", "跟进记录", "content", "全部包含", "预算、决策人", "弹性", "kind = care"),
    point("有电话", "线索", "phone", "已填写", None, "框架"),
    point("够大", "商机", "amount", "不低于", "5万", "弹性"),
    point("本区", "订单", "region", "属于", "华东、华南", "弹性"),
    point("是医院", "客户", "industry", "包含", "医院", "弹性"),
]


def write_process_world(home: Path) -> Path:
    """Write the company, each file delivered once, and its rules workbook."""
    write_company(home, ENTITIES, "orders")
    write_rules(home / "rules.xlsx", {"关键控制点": POINTS})
    rows = {
        "people": [("P1", "李雷", "一队", "华东"), ("P2", "韩梅", "一队", "华东")],
        "accounts": [
            ("C1", "晨光", "P1", "民营医院", "2026-01-05"),
            ("C2", "远山", "P1", "诊所", "2026-01-05"),
        ],
        "leads": [
            ("L1", "2026-03-02 10:00", "P2", "13800000001"),
            ("L2", "2026-03-03 10:00", "P2", None),
        ],
        "opportunities": [
            ("O1", "C1", "P1", "报价中", "50000", "2026-03-02"),
            ("O2", "C1", "P1", "报价中", "49999.99", "2026-03-02"),
        ],
        "orders": [
            ("S1", "C1", "P1", "2026-03-05", "100", "华南"),
            ("S2", "C1", "P1", "2026-03-06", "100", "华北"),
        ],
        "audit_scores": [("A2", "甲", "3", "2026-03")],
    }
    for entity, lines in rows.items():
        deliver(home, entity, DAY, ENTITIES[entity][1], lines)
    contacts = [
        ("A1", "P1", "2026-03-02 10:00", "care", "C1", "谈预算和决策人的安排", "3"),
        ("A2", "P1", "2026-03-03 10:00", "care", "C1", "谈预算的安排与时间", "2"),
        ("A3", "P1", "2026-03-04 10:00", "care", "C1", "谈了决策人及预算", None),
        ("A4", "P1", "2026-03-05 10:00", "other", "C1", "不检查这一种记录", None),
    ]
    deliver(home, "activities", DAY, (*ENTITIES["activities"][1], "提问数"), contacts)
    return home


@pytest.fixture(scope="module")
def world(built_company) -> BuiltCompany:
    return built_company(
        write_process_world, ["+mart_process_compliance", "mart_adoption_field", "+dim_person"]
    )


def test_each_kind_of_record_is_checked_by_each_kind_of_test(world: BuiltCompany) -> None:
    rows = world.query(
        DAY,
        "select control_point, record_id, is_passed from intermediate.int_control_check order by all",
    )
    assert rows == [
        ("够大", "O1", True), ("够大", "O2", False),
        ("提问", "A1", True), ("提问", "A2", False), ("提问", "A3", False),
        ("是医院", "C1", True), ("是医院", "C2", False),
        ("有电话", "L1", True), ("有电话", "L2", False),
        ("本区", "S1", True), ("本区", "S2", False),
        ("谈到", "A1", True), ("谈到", "A2", False), ("谈到", "A3", True),
    ]  # fmt: skip


def test_two_fails_in_a_row_escalate_one_is_yellow_and_elastic_points_have_no_light(
    world: BuiltCompany,
) -> None:
    rows = world.query(
        DAY,
        "select person_id, control_point, pass_rate, consecutive_fails, light, is_escalated "
        "from mart_process_compliance where control_point in ('提问', '有电话', '谈到') order by 1, 2",
    )
    assert rows == [
        ("P1", "提问", pytest.approx(1 / 3), 2, "red", True),
        ("P1", "谈到", pytest.approx(2 / 3), None, None, False),
        ("P2", "有电话", 0.5, 1, "yellow", False),
    ]


def test_an_audit_finds_its_record_among_those_drawn(world: BuiltCompany) -> None:
    rows = world.query(
        DAY,
        "select record_id, is_audited, score from mart_audit_sample where entity = 'leads' "
        "order by 1",
    )
    assert rows == [("L1", False, None), ("L2", False, None)]
    [(drawn, audited)] = world.query(
        DAY,
        "select count(*), count(*) filter (is_audited) from mart_audit_sample "
        "where person_id = 'P1' and month = '2026-03'",
    )
    assert drawn == 2
    assert audited == len(
        world.query(
            DAY,
            "select 1 from mart_audit_sample where record_id = 'A2' and month = '2026-03'",
        )
    )


def test_fill_rates_of_delivered_columns_and_none_of_absent_entities(world: BuiltCompany) -> None:
    rows = world.query(
        DAY,
        "select field, record_count, filled_count, fill_rate, is_never_filled, is_rarely_filled "
        "from mart_adoption_field where entity = 'leads' and field in ('lead_id', 'phone', 'company') "
        "order by 1",
    )
    assert rows == [
        ("company", 2, 0, 0.0, True, True),
        ("lead_id", 2, 2, 1.0, False, False),
        ("phone", 2, 1, 0.5, False, False),
    ]
    entities = world.query(DAY, "select distinct entity from mart_adoption_field order by 1")
    assert [entity for (entity,) in entities] == sorted(ENTITIES)
