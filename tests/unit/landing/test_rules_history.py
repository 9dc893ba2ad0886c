"""Process targets that change over time: each holds from the day on which its workbook arrived."""

from datetime import UTC, date, datetime
from decimal import Decimal

from pipelines.landing.rules import parse_rules_workbook
from pipelines.landing.rules_history import process_target_versions
from tests.unit.landing.rules_books import cell_of, template, with_cells


def reading(data, day, hour=1):
    return parse_rules_workbook(data, "rules.xlsx", datetime(2026, 1, day, hour, tzinfo=UTC))


def held(*readings):
    in_force = readings[-1] if readings else None
    table = process_target_versions(readings, in_force, "Asia/Shanghai")
    return {
        (row["target"], row["valid_from"], row["valid_to"])
        for row in table.to_pylist()
        if row["metric"] == "effective_contact_count"
    }


def contacts(value):
    cell = cell_of("过程指标", "新增有效联系数", "目标值")
    return with_cells({("过程指标", cell): value})


def test_the_shipped_defaults_hold_for_ever_where_no_workbook_arrived():
    assert held() == {(Decimal("30.000000"), None, None)}


def test_a_workbook_that_leaves_the_sheet_alone_is_no_new_version():
    assert held(reading(template(), 5), reading(with_cells({}), 9)) == {
        (Decimal("30.000000"), None, None)
    }


def test_a_changed_target_holds_from_the_local_day_of_its_arrival():
    # 22:00 UTC on the 8th is the morning of the 9th in Shanghai
    assert held(reading(template(), 5), reading(contacts(20), 8, hour=22)) == {
        (Decimal("30.000000"), None, date(2026, 1, 8)),
        (Decimal("20.000000"), date(2026, 1, 9), None),
    }
