"""Targets of a company on paper go through the real job; every figure was worked out by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.targets_company import write_targets_company
from tests.nights import marts, night

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_targets_company(tmp_path_factory.mktemp("targets") / "company")
    result = night(folder)
    assert result.outcome == "published", (result.reason_en, result.checks_failed)
    return folder


def attainment(home: Path, columns: str, where: str) -> list[tuple[Any, ...]]:
    return marts(
        home,
        f"select {columns} from mart_target_attainment where scenario = 'base' and {where} order by all",
    )


SIGNED = "metric = 'signed_amount' and level = 'base'"
Q1 = f"{SIGNED} and period_label = '2026-Q1'"


def test_half_of_the_quarter_is_done_where_1881_of_3000_were_due(home: Path) -> None:
    rows = attainment(
        home,
        "target, actual, gap, attainment_rate, target_to_date, round(lag_rate, 4), status, "
        "workdays_elapsed, workdays_remaining, run_rate, required_run_rate",
        f"{Q1} and scope_type = 'company'",
    )
    assert rows == [
        (D("30000000.00"), D("15000000.00"), D("15000000.00"), 0.5, D("18813559.32"), 0.2027, "behind",
         37, 22, D("405405.41"), D("681818.18"))
    ]  # fmt: skip


def test_equal_rows_under_two_names_of_a_metric_never_add_up(home: Path) -> None:
    [(target,)] = marts(
        home,
        "select sum(target) from fct_target_day where metric = 'signed_amount' and level = 'base' "
        "and scenario = 'base'",
    )
    assert target == 30_000_000


def test_levels_and_scenarios_stand_side_by_side(home: Path) -> None:
    rows = marts(
        home,
        "select level, scenario, target from mart_target_attainment where metric = 'signed_amount' "
        "and period_label = '2026-Q1' and scope_type = 'company' order by all",
    )
    assert rows == [
        ("base", "A", D("33000000.00")),
        ("base", "B", D("30000000.00")),
        ("base", "C", D("28500000.00")),
        ("base", "base", D("30000000.00")),
        ("stretch", "base", D("33000000.00")),
    ]


def test_the_revised_region_has_its_new_total_and_keeps_january(home: Path) -> None:
    rows = attainment(
        home, "period_label, target", f"{SIGNED} and scope_type = 'region' and scope_id = '华东' "
        "and period_label in ('2026-Q1', '2026-01')",
    )  # fmt: skip
    assert rows == [("2026-01", D("7118644.07")), ("2026-Q1", D("21000000.00"))]


def test_the_revision_names_before_after_who_and_why(home: Path) -> None:
    rows = marts(
        home,
        "select change_kind, scope_id, before_target, after_target, changed_by, reason, effective_on, "
        "is_accepted, round(as_was_attainment_rate, 3), round(as_is_attainment_rate, 3) "
        "from mart_target_revision where scope_id = '华东'",
    )
    assert rows == [
        ("revision", "华东", D("20000000.00"), D("21000000.00"), "陈总", "市场好于预期", date(2026, 2, 9),
         True, 0.65, 0.619)
    ]  # fmt: skip


def test_growth_of_25_percent_over_a_million_is_1250000(home: Path) -> None:
    rows = attainment(
        home, "target, actual, prior_year_actual, yoy_rate",
        f"{SIGNED} and scope_type = 'region' and scope_id = '华南' and period_label = '2026-02'",
    )  # fmt: skip
    assert rows == [(D("1250000.00"), D("2000000.00"), D("1000000.00"), 1.0)]


def test_the_leavers_target_ends_with_his_last_day(home: Path) -> None:
    rows = attainment(home, "target", f"{SIGNED} and scope_id = 'P2' and period_label = '2026-02'")
    assert rows == [(D("1000000.00"),)]


def test_a_name_nobody_knows_keeps_its_figure_and_is_said(home: Path) -> None:
    rows = attainment(
        home, "target", f"{SIGNED} and scope_id = '王五' and period_label = '2026-02'"
    )
    assert rows == [(D("100000.00"),)]


def test_the_company_is_its_regions_and_its_seat_in_every_period(home: Path) -> None:
    rows = marts(
        home,
        """
        select period_type, period_start,
            sum(case when scope_type = 'company' then target end) as whole,
            sum(case when scope_type = 'region' then target end) as parts,
            sum(case when scope_type = 'person' then target end) as people
        from mart_target_attainment
        where metric = 'signed_amount' and level = 'base' and scenario = 'base'
        group by all having whole is not null
        """,
    )
    assert len(rows) > 10
    # Each scope is rounded once; a whole may differ from its rounded parts by a cent a part.
    assert all(
        abs(whole - parts) <= D("0.05") and abs(whole - people) <= D("0.05")
        for *_, whole, parts, people in rows
    )


def test_ten_orders_in_a_custom_fortnight_stand_as_a_period_of_their_own(home: Path) -> None:
    rows = attainment(
        home, "period_start, period_end, target, actual, attainment_rate, status",
        "metric = 'order_count' and level = 'base' and period_type = 'custom' and scope_type = 'company'",
    )  # fmt: skip
    assert rows == [(date(2026, 2, 2), date(2026, 2, 13), D("10.00"), D("2.00"), 0.2, "behind")]


def test_the_cascade_shows_a_custom_fortnight_down_to_its_units(home: Path) -> None:
    where = (
        "metric = 'order_count' and period_type = 'custom' and scenario = 'base' and is_in_force"
    )
    top = marts(
        home,
        "select period_start, period_end, target, given_target, origin, children_sum + unallocated "
        f"from mart_target_cascade where {where} and parent_node_id is null and node_kind = 'unit'",
    )
    assert top == [
        (date(2026, 2, 2), date(2026, 2, 13), D("10.00"), D("10.00"), "given", D("10.00"))
    ]
    [(held, shown)] = marts(
        home,
        f"select (select sum(target) from mart_target_cascade where {where} and parent_node_id = 'company'), "
        f"(select children_sum from mart_target_cascade where {where} and node_id = 'company')",
    )
    assert held == shown


def test_a_wide_sheet_of_visits_reaches_the_team(home: Path) -> None:
    rows = attainment(
        home, "period_label, target", "metric = 'visit_count' and scope_type = 'team' and scope_id = '广州队' "
        "and level = 'base' and period_type = 'month' and target is not null",
    )  # fmt: skip
    assert rows == [("2026-02", D("32.00")), ("2026-03", D("22.00"))]


def test_the_cascade_says_where_each_figure_came_from(home: Path) -> None:
    rows = marts(
        home,
        "select node_name, origin, target, given_target from mart_target_cascade where metric = 'signed_amount' "
        "and level = 'base' and scenario = 'base' and period_label = '2026-Q1' and is_in_force "
        "and node_kind = 'unit' and parent_node_id in ('company') order by node_name",
    )
    assert ("华东", "given", D("21000000.00"), D("21000000.00")) in rows


def test_every_attainment_with_a_target_names_its_version(home: Path) -> None:
    assert attainment(home, "distinct target_version", f"{Q1} and target is not null") == [
        ("v1 2026-02-28",)
    ]
