"""The worked examples on targets, through the real job. Those of 2-rules and 8-definitions, and where:

- year 5,000 by 30/20/30/20; growth 1,000 → 1,250 → 1,180; milestones; progress; good news: the fiscal company
- quarter 3,000 with 1,500 done, 37 of 59 workdays; −20.3 %; a fortnight; a leaver: the small company
- all others on targets: here
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.examples_company import write_examples_company
from tests.nights import marts, night

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_examples_company(tmp_path_factory.mktemp("examples") / "company")
    result = night(folder)
    assert result.outcome == "published", (result.reason_en, result.checks_failed)
    return folder


def attainment(home: Path, columns: str, where: str) -> list[tuple[Any, ...]]:
    return marts(
        home,
        f"select {columns} from mart_target_attainment where scenario = 'base' and level = 'base' "
        f"and {where} order by all",
    )


def test_huadong_1500_is_600_and_500_and_400_with_nothing_over(home: Path) -> None:
    rows = marts(
        home,
        "select target, children_sum, unallocated, over_assignment, band from mart_target_cascade "
        "where node_name = '华东' and metric = 'signed_amount' and period_label = '2026-Q1' "
        "and scenario = 'base' and is_in_force",
    )
    assert rows == [(D("15000000.00"), D("15000000.00"), D("0.00"), 0.0, "inside")]


def test_five_people_of_equal_history_share_600_as_120_each(home: Path) -> None:
    rows = marts(
        home,
        "select node_id, target, origin from mart_target_cascade where parent_node_id = '上海' "
        "and metric = 'signed_amount' and period_label = '2026-Q1' and scenario = 'base' and is_in_force "
        "order by all",
    )
    assert rows == [(f"S{n}", D("1200000.00"), "history") for n in range(1, 6)]


def test_the_tool_sets_first_table_reads_110_and_96_7_and_110_and_75_percent(home: Path) -> None:
    rows = attainment(
        home,
        "metric, target, actual, round(attainment_rate, 3)",
        "scope_type = 'region' and scope_id = '华东' and period_label = '2026-Q1' and target > 0",
    )
    assert rows == [
        ("collected_amount", D("6000000.00"), D("5800000.00"), 0.967),
        ("new_customer_count", D("8.00"), D("6.00"), 0.75),
        ("signed_amount", D("15000000.00"), D("16500000.00"), 1.1),
        ("visit_count", D("20.00"), D("22.00"), 1.1),
    ]


def test_a_month_of_500_is_the_sum_of_its_days_and_a_week_that_of_its_own(home: Path) -> None:
    days = "from fct_target_day where metric = 'collected_amount' and region = '西区' and scenario = 'base'"
    assert marts(home, f"select sum(target), count(distinct target_on) {days}") == [
        (D("500.0000"), 22)
    ]
    weeks = attainment(
        home,
        "period_label, target",
        "metric = 'collected_amount' and scope_type = 'region' and scope_id = '西区' and period_type = 'week' "
        "and target > 0",
    )
    # W10 to W13 have five of the 22 workdays each: 113.636…, never 125; W14 has two. Each of the four
    # people's weeks is rounded by running sums, so that the unit's may be a cent a head off.
    assert [label for label, _ in weeks] == [f"2026-W{n}" for n in (10, 11, 12, 13, 14)]
    assert all(abs(target - D("113.636")) < D("0.04") for _, target in weeks[:4])
    assert sum(target for _, target in weeks) == D("500.00")


def test_twenty_customers_over_weights_8_6_6_3_are_7_5_5_3(home: Path) -> None:
    rows = attainment(
        home,
        "scope_id, target",
        "metric = 'new_customer_count' and scope_type = 'person' and scope_id like 'W%' "
        "and period_label = '2026-03' and target > 0",
    )
    assert rows == [("W1", D("7.00")), ("W2", D("5.00")), ("W3", D("5.00")), ("W4", D("3.00"))]


def test_counts_do_not_lie_on_the_first_days_of_their_month(home: Path) -> None:
    [(days, largest)] = marts(
        home,
        "select count(*), max(target) from fct_target_day where metric = 'new_customer_count' "
        "and person_id = 'W1' and scenario = 'base'",
    )
    assert days == 22
    assert largest < D("0.3182")  # 7 ÷ 22


def test_23_people_share_15_million_to_the_cent_at_every_level(home: Path) -> None:
    where = "metric = 'signed_amount' and scenario = 'base' and level = 'base'"
    by_person = attainment(
        home,
        "scope_id, target",
        "metric = 'signed_amount' and scope_type = 'person' and scope_id like 'B%' and period_label = '2026-Q1'",
    )
    assert len(by_person) == 23
    assert {target for _, target in by_person} == {D("652173.91"), D("652173.92")}
    assert sum(target for _, target in by_person) == D("15000000.00")
    assert marts(
        home, f"select sum(target) from fct_target_day where {where} and region = '北区'"
    ) == [(D("15000000.0000"),)]
    months = marts(
        home,
        "select month(target_on), person_id, sum(target) from fct_target_day "
        f"where {where} and region = '北区' group by all",
    )
    for month in (1, 2, 3):
        held = [value for number, _, value in months if number == month]
        assert len(held) == 23
        assert max(held) - min(held) <= D("0.02")


def test_300_of_500_in_the_last_5_of_20_workdays_is_a_rush_of_2_4(home: Path) -> None:
    rows = marts(
        home,
        "select deal_count, signed_amount, last_days_amount, round(rush_ratio, 9), rush_ratio_reason "
        "from mart_sales_rhythm where scope_type = 'region' and scope_id = '西区' and period_label = '2026-02'",
    )
    assert rows == [(10, D("5000000.00"), D("3000000.00"), 2.4, None)]


def test_1000_in_a_market_growing_20_percent_with_channels_5_percent_behind_proposes_1140(
    home: Path,
) -> None:
    rows = marts(
        home,
        "select last_year_actual, market_growth_rate, channel_maturity_rate, proposed_target, "
        "round(implied_growth_rate, 9) from mart_target_basis "
        "where scope_type = 'region' and scope_id = '西区' and metric = 'signed_amount'",
    )
    assert rows == [(D("10000000.00"), 0.2, -0.05, D("11400000.00"), 0.1)]


def test_a_new_region_has_no_history_to_propose_from(home: Path) -> None:
    rows = marts(
        home,
        "select proposed_target, plausibility, implied_growth_rate_reason from mart_target_basis "
        "where scope_type = 'region' and scope_id = '北区'",
    )
    assert rows == [(None, "no_history", "no_history")]


def test_a_teams_rate_is_a_ratio_of_sums(home: Path) -> None:
    people = attainment(
        home,
        "attainment_rate",
        "metric = 'signed_amount' and scope_type = 'person' and scope_id like 'S%' and period_label = '2026-Q1'",
    )
    [(team,)] = attainment(
        home, "attainment_rate", "metric = 'signed_amount' and scope_type = 'team' and scope_id = '上海' "
        "and period_label = '2026-Q1'",
    )  # fmt: skip
    assert sorted(rate for (rate,) in people) == [0, 0, 0, 0, 13.75]
    assert team == 2.75


def test_every_day_of_a_target_lies_in_its_period(home: Path) -> None:
    rows = marts(
        home,
        "select min(target_on), max(target_on) from fct_target_day where metric = 'signed_amount' "
        "and region = '西区' and scenario = 'base'",
    )
    assert rows == [(date(2026, 2, 2), date(2026, 2, 27))]


def test_product_line_and_customer_type_come_off_the_whole_and_stand_alone_where_there_is_none(
    home: Path,
) -> None:
    # 中区 was given 1,000, of it 600 for X and 300 for direct customers; 新区 50 for X and no whole.
    rows = marts(
        home,
        "select region, product_line, customer_type, sum(target) from fct_target_day "
        "where metric = 'signed_amount' and scenario = 'base' and region in ('中区', '新区') "
        "group by 1, 2, 3 order by 1, 4",
    )
    assert [(region, target) for region, *_, target in rows] == [
        ("中区", 100), ("中区", 300), ("中区", 600), ("新区", 50),
    ]  # fmt: skip
    assert [row[1:3] for row in rows] == [
        ("unallocated", "(all)"), ("(all)", "直营"), ("X", "(all)"), ("X", "(all)"),
    ]  # fmt: skip
    found = attainment(
        home,
        "scope_type, scope_id, target",
        "metric = 'signed_amount' and period_label = '2026-Q1' and (scope_id in ('中区', '新区', '中区|X', '新区|X', "
        "'M1', '直营') or scope_type = 'product_line' and scope_id = 'X') and scope_type <> 'org'",
    )
    assert found == [
        ("customer_type", "直营", D("300.00")),
        ("person", "M1", D("1000.00")),
        ("product_line", "X", D("650.00")),
        ("region", "中区", D("1000.00")),
        ("region", "新区", D("50.00")),
        ("region_product_line", "中区|X", D("600.00")),
        ("region_product_line", "新区|X", D("50.00")),
    ]
