"""The company's calendar paces its targets: the same quarter in China and in the United States.

D is Tuesday 24 February 2026.
China: 33 of the quarter's 59 workdays are gone; ISO week 8 (16 to 22 February) has none.
United States: without 1 January, 19 January and 16 February, 36 of 61 are gone (20 in January, 16 in
February; March has 22 and February 19).
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from pipelines.checks.targets import judge_calendar
from tests.dbt.built import BuiltCompany, deliver, write_company
from tests.dbt.ledger_world import ENTITIES, ORDER, order

DAY = "2026-02-24"
TARGET = ("period", "metric", "value")
PARTS = {name: ENTITIES[name] for name in ("people", "accounts", "orders")} | {
    "targets": ("snapshot", TARGET)
}


def write_paced(home: Path, calendar: str, targets: list[tuple[str, str, str]]) -> Path:
    write_company(home, PARTS, "orders")
    config = home / "company.yml"
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace("calendar: CN", f"calendar: {calendar}"), encoding="utf-8")
    deliver(home, "people", DAY, PARTS["people"][1], [("P1", "李雷", "一队", "华东")])
    deliver(home, "accounts", DAY, PARTS["accounts"][1], [("C1", "晨星", "P1", "华东")])
    deliver(home, "orders", DAY, ORDER, [order("A", "2026-01-12", "1800000")])
    deliver(home, "targets", DAY, TARGET, targets)
    return home


def write_china(home: Path) -> Path:
    return write_paced(home, "CN", [("2026Q1", "签单额", "5900000")])


def write_america(home: Path) -> Path:
    rows = [("2026Q1", "signed_amount", "6100000"), ("2027Q1", "signed_amount", "6000000")]
    return write_paced(home, "US", rows)


def write_china_ahead(home: Path) -> Path:
    return write_paced(home, "CN", [("2027Q1", "签单额", "5900000")])


@pytest.fixture(scope="module")
def china(built_company) -> BuiltCompany:
    return built_company(write_china, ["+mart_target_attainment", "+dim_date"])


@pytest.fixture(scope="module")
def america(built_company) -> BuiltCompany:
    return built_company(write_america, ["+mart_target_attainment"])


def quarter(company: BuiltCompany) -> tuple:
    [row] = company.query(
        DAY,
        "select workdays_elapsed, workdays_remaining, target_to_date, round(pace_rate, 4) "
        "from mart_target_attainment where metric = 'signed_amount' and level = 'base' "
        "and scenario = 'base' and scope_type = 'company' and period_label = '2026-Q1'",
    )
    return row


def test_on_24_february_33_of_59_chinese_workdays_are_gone_not_61_percent_of_the_days(china):
    # By calendar days 55 of 90 would be due, 3,605,555.56, and the company behind by half.
    assert quarter(china) == (33, 26, Decimal("3300000.00"), 0.5455)


def test_an_american_calendar_paces_an_american_company(america):
    assert quarter(america) == (36, 25, Decimal("3600000.00"), 0.5)


def test_a_week_without_a_workday_has_no_target_and_no_light(china):
    rows = china.query(
        DAY,
        "select target, actual, attainment_rate, status, weeks_behind_streak "
        "from mart_target_attainment where metric = 'signed_amount' and level = 'base' "
        "and scenario = 'base' and scope_type = 'company' and period_label = '2026-W08'",
    )
    assert all(row[2] is None and row[3] not in ("behind", "watch") for row in rows)
    [(workdays,)] = china.query(
        DAY, "select count(*) filter (is_workday) from dim_date where week_label = '2026-W08'"
    )
    assert workdays == 0
    judged = china.query(
        DAY,
        "select count(*) from intermediate.int_week_behind where week_start_on = date '2026-02-16'",
    )
    assert judged == [(0,)]


def test_next_years_target_is_provisional_in_china_and_decided_in_the_united_states(
    built_company, china, america
):
    import duckdb

    ahead = built_company(write_china_ahead, ["+mart_target_attainment"])
    found = {}
    for name, company in (("china", china), ("ahead", ahead), ("america", america)):
        with duckdb.connect(str(company.at(DAY)), read_only=True) as con:
            outcome = judge_calendar(con)
        found[name] = (outcome.passed, [row["year"] for row in outcome.sample])
    assert found == {"china": (True, []), "ahead": (False, [2027]), "america": (True, [])}


def test_the_frame_of_days_says_which_are_guessed(china):
    rows = china.query(
        DAY,
        "select year(date_day), bool_or(is_provisional) from dim_date "
        "where date_day >= date '2026-01-01' group by 1 order by 1",
    )
    assert rows == [(2026, False), (2027, True), (2028, True)]
