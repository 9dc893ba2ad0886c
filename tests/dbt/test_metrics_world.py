"""Metrics of the company's own, from the rules workbook to the marts; every figure on paper."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tests.dbt.built import BuiltCompany
from tests.dbt.metrics_world import write_metrics_world

DAY = "2026-03-31"


@pytest.fixture(scope="module")
def world(built_company) -> BuiltCompany:
    return built_company(
        write_metrics_world,
        ["+mart_target_attainment", "+dim_metric", "+fct_activity"],
    )


def days(world: BuiltCompany, metric: str) -> list[tuple]:
    return world.query(
        DAY,
        "select event_on, person_id, value from intermediate.int_metric_day "
        f"where metric = '{metric}' order by 1, 2",
    )


def actual(world: BuiltCompany, metric: str, period: str, scope: str = "company") -> Decimal | None:
    rows = world.query(
        DAY,
        "select actual from mart_target_attainment where level = 'base' and scenario = 'base' "
        f"and metric = '{metric}' and period_label = '{period}' and scope_id = '{scope}' "
        "and scope_type in ('company', 'person')",
    )
    return rows[0][0] if rows else None


def test_a_line_met_once_counts_on_its_day_and_is_taken_back_on_the_day_of_the_reversal(
    world,
):
    assert days(world, "大院数") == [
        (date(2026, 2, 25), "P2", 1),  # 500,000 + 400,000 of C1
        (date(2026, 3, 2), "P1", 1),  # C2 stands at the line exactly
        (date(2026, 3, 10), "P2", -1),  # B is cancelled: from him who brought C1 over it
        (date(2026, 3, 20), "P1", 1),  # C1 again, with order E
    ]


def test_a_closed_month_keeps_what_it_had_and_the_reversal_stands_in_its_own(world):
    assert actual(world, "大院数", "2026-02") == 1
    assert actual(world, "大院数", "2026-03") == 1
    assert actual(world, "大院数", "2026-Q1") == 2


def test_different_customers_count_once_a_period_and_never_add_up(world):
    assert actual(world, "走访客户数", "2026-W10") == 2
    assert actual(world, "走访客户数", "2026-W11") == 1
    assert actual(world, "走访客户数", "2026-03") == 2
    assert actual(world, "走访客户数", "2026-03", "P1") == 1
    assert actual(world, "走访客户数", "2026-03", "P2") == 2


def test_different_customers_count_once_in_each_of_two_periods_that_begin_on_the_same_day(world):
    # C1 on the 2nd, 4th and 11th, C2 on the 4th.
    assert actual(world, "走访客户数", "三月头五天") == 2
    assert actual(world, "走访客户数", "三月上半月") == 2
    assert actual(world, "走访客户数", "三月上半月", "P2") == 2
    assert actual(world, "走访客户数", "三月头五天", "P2") == 1


def test_a_customer_reached_by_one_call_counts_on_the_first_day_for_one_person_and_never_again(
    world,
):
    # C3 on 5 March by two people: the first by name has it; C1 on the 11th. The second call changes nothing.
    assert days(world, "首电客户数") == [(date(2026, 3, 5), "P1", 1), (date(2026, 3, 11), "P2", 1)]
    assert actual(world, "首电客户数", "2026-03") == 2
    # Ten million contacts may stand behind such a metric: only those of the first day are carried on.
    assert world.query(
        DAY,
        "select object_id, event_on, count(*) from intermediate.int_formula_object "
        "where metric = '首电客户数' group by all order by 1",
    ) == [("C1", date(2026, 3, 11), 1), ("C3", date(2026, 3, 5), 2)]


def test_a_sum_of_trailing_months_lets_go_of_what_is_older(world):
    # At the end of February the 30 of the 3rd; at the end of March 100 USD at 7.0 and 50, no longer the 30.
    assert actual(world, "近一月报价额", "2026-02") == 30
    assert actual(world, "近一月报价额", "2026-03") == 750
    # On Sunday, 1 March the 30 still stand; a week later they are gone.
    assert actual(world, "近一月报价额", "2026-W09") == 30
    assert actual(world, "近一月报价额", "2026-W10") == 750


def test_a_condition_may_ask_for_a_column_of_the_companys_own(world):
    assert days(world, "院内拜访数") == [(date(2026, 3, 2), "P1", 1), (date(2026, 3, 4), "P1", 1)]


def test_a_quote_in_a_header_or_a_value_is_data(world):
    assert days(world, "怪名拜访数") == [(date(2026, 3, 2), "P1", 1)]


def test_amount_conditions_look_at_the_whole_order_and_a_cancellation_is_taken_back(world):
    assert days(world, "大单数") == [
        (date(2026, 2, 10), "P1", 1),
        (date(2026, 3, 2), "P1", 1),
        (date(2026, 3, 3), "P1", 1),
    ]


def test_money_of_a_formula_is_in_reporting_currency(world):
    assert days(world, "报价额") == [
        (date(2026, 2, 3), "P1", 30), (date(2026, 3, 2), "P1", 700), (date(2026, 3, 3), "P1", 50),
    ]  # fmt: skip


def test_a_ratio_is_a_ratio_of_sums(world):
    # March: 800,000 + 799,999.99 + 300,000 + 1,000 − 400,000 over 4 orders less 1.
    assert actual(world, "平均单额", "2026-03") == Decimal("500333.33")


def test_repurchase_looks_back_twelve_months_and_an_undone_order_never_counts(world):
    # By 31 March: C1 on 10 February and 20 March; C4's order of a year ago is out. 1 of 4.
    assert actual(world, "repurchase_rate", "2026-03") == Decimal("0.25")
    # By 28 February: C1 on the 10th and the 25th, C4 a year ago.
    assert actual(world, "repurchase_rate", "2026-02") == Decimal("0.50")


def test_a_wrong_row_disables_that_metric_and_what_needs_it_and_says_why(world):
    rows = world.query(
        DAY,
        "select metric, disabled_reason_zh, disabled_reason_en from dim_metric where not is_enabled",
    )
    reasons = {row[0]: row[1:] for row in rows}
    assert set(reasons) == {"写错的", "靠写错的"}
    zh, en = reasons["写错的"]
    assert "没有的列" in zh and "《指标》" in zh
    assert "没有的列" in en
    assert actual(world, "signed_amount", "2026-02") == Decimal("900000.00")


def test_the_dictionary_of_metrics_says_how_each_is_computed(world):
    [(formula, name)] = world.query(
        DAY, "select formula, metric_name_zh from dim_metric where metric = '大院数'"
    )
    assert (formula, name) == (
        "distinct(orders.account_id) by signed_on reaching 800000.0000 of amount", "大院数",
    )  # fmt: skip


def test_a_tier_is_stamped_as_it_stood_and_a_signing_never_grades_itself(world):
    # C1: 500,000 within six months makes A from 10 February on; before it, C.
    rows = world.query(
        DAY, "select order_id, tier from fct_booking where order_id in ('A', 'B', 'E')"
    )
    assert set(rows) == {("A", "C"), ("B", "A"), ("E", "A")}
    # C2 is A from 2 March; a visit on the 4th qualifies, a call to an A customer does not.
    rows = world.query(
        DAY,
        "select tier, kind, is_qualifying from fct_activity where customer_id = 'C2' or kind = 'call' and customer_id = 'C1'",
    )
    assert sorted(rows) == [("A", "call", False), ("A", "visit", True)]


def test_a_metric_is_reported_for_the_periods_that_its_sheet_names(world):
    rows = world.query(
        DAY,
        "select distinct found.metric, found.period_type, sheet.periods "
        "from mart_target_attainment as found join rules.metrics as sheet using (metric)",
    )
    assert [row for row in rows if f"|{row[1]}|" not in row[2]] == []
    assert {"week", "month", "quarter", "year"} <= {kind for _, kind, _ in rows}
