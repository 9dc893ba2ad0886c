"""Targets of a company with a fiscal year go through the real job; every figure was worked out by hand."""

from __future__ import annotations

import shutil
from datetime import date
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tests.end_to_end.fiscal_company import TARGETS, write_fiscal_company
from tests.nights import marts, night

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_fiscal_company(tmp_path_factory.mktemp("fiscal") / "company")
    result = night(folder)
    assert result.outcome == "published", (result.reason_en, result.checks_failed)
    return folder


@pytest.fixture(scope="module")
def pasted(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same company a night later: the manager put the proposed split into the inbox as it was."""
    folder = tmp_path_factory.mktemp("pasted") / "company"
    shutil.copytree(home, folder, symlinks=True)
    proposal = folder / "published" / "review" / "target_suggestion.xlsx"
    shutil.copy(proposal, folder / "inbox" / "pasted_20260601.xlsx")
    result = night(folder, "2026-06-01")
    assert result.outcome == "published", (result.reason_en, result.checks_failed)
    return folder


@pytest.fixture(scope="module")
def decided(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A night later: proposed season weights are in the rules workbook, a target row is out of its sheet."""
    folder = tmp_path_factory.mktemp("decided") / "company"
    shutil.copytree(home, folder, symlinks=True)
    review = folder / "published" / "review" / "season_proposal.xlsx"
    proposal = openpyxl.load_workbook(review).active
    assert proposal is not None
    _, *rows = [tuple(cell.value for cell in row) for row in proposal.iter_rows()]
    book = openpyxl.load_workbook(folder / "rules.xlsx")
    page = book["季节权重"]
    below = page.max_row + 1
    for at, row in enumerate(row for row in rows if row[0] == "签单额" and row[1] == "季度"):
        for column, value in enumerate(row, start=1):
            page.cell(below + at, column).value = value
    book.save(folder / "rules.xlsx")
    rest = "".join(line for line in TARGETS.splitlines(keepends=True) if "华南" not in line)
    (folder / "inbox" / "targets_20260601.csv").write_text(rest, encoding="utf-8")
    result = night(folder, "2026-06-01")
    assert result.outcome == "published", (result.reason_en, result.checks_failed)
    return folder


def attainment(home: Path, columns: str, where: str) -> list[tuple[Any, ...]]:
    return marts(home, f"select {columns} from mart_target_attainment where {where} order by all")


SIGNED = "metric = 'signed_amount' and level = 'base' and scenario = 'base'"


def test_a_fiscal_year_of_5000_by_30_20_30_20_gives_its_quarters(home: Path) -> None:
    rows = attainment(
        home,
        "period_label, period_start, target",
        f"{SIGNED} and scope_type = 'company' and target is not null "
        "and period_type in ('quarter', 'year') and period_label like 'FY2027%'",
    )
    assert rows == [
        ("FY2027", date(2026, 4, 1), D("50000000.00")),
        ("FY2027-Q1", date(2026, 4, 1), D("15000000.00")),
        ("FY2027-Q2", date(2026, 7, 1), D("10000000.00")),
        ("FY2027-Q3", date(2026, 10, 1), D("15000000.00")),
        ("FY2027-Q4", date(2027, 1, 1), D("10000000.00")),
    ]


def test_a_finer_given_month_leaves_the_rest_of_the_quarter_to_the_other_months(home: Path) -> None:
    rows = attainment(
        home,
        "period_label, target",
        f"{SIGNED} and scope_type = 'region' and scope_id = '华东' "
        "and period_label in ('2026-04', '2026-05', '2026-06', 'FY2027-Q1')",
    )
    # 7,000,000 over the 21 workdays of May and the 22 of June
    assert rows == [
        ("2026-04", D("3000000.00")),
        ("2026-05", D("3418604.65")),
        ("2026-06", D("3581395.35")),
        ("FY2027-Q1", D("10000000.00")),
    ]


def test_a_deviation_of_exactly_15_percent_needs_no_review_and_one_of_15_1_does(home: Path) -> None:
    rows = attainment(
        home,
        "scope_id, target, actual, round(deviation_rate, 6), needs_review",
        f"{SIGNED} and scope_type = 'region' and scope_id in ('华东', '华南') and period_label = '2026-04'",
    )
    assert rows == [
        ("华东", D("3000000.00"), D("3453000.00"), 0.151, True),
        ("华南", D("2000000.00"), D("1700000.00"), -0.15, False),
    ]


def test_a_market_move_beyond_15_percent_asks_for_calibration_and_one_of_15_does_not(
    home: Path,
) -> None:
    rows = attainment(
        home,
        "scope_id, period_label, needs_calibration",
        f"{SIGNED} and scope_type in ('company', 'region') and scope_id in ('company', '华东', '华南') "
        "and period_label in ('2026-04', '2026-05')",
    )
    # 华东 alone moved: the company as a whole did not
    assert rows == [
        ("company", "2026-04", False),
        ("company", "2026-05", False),
        ("华东", "2026-04", False),
        ("华东", "2026-05", True),
        ("华南", "2026-04", False),
        ("华南", "2026-05", False),
    ]


def test_the_floor_is_the_target_less_its_reserve_the_rows_own_then_the_scopes(home: Path) -> None:
    rows = attainment(
        home,
        "scope_type, scope_id, reserve_rate, floor_target, responsible_id",
        f"{SIGNED} and period_label = 'FY2027-Q1' and scope_id in ('华东', '华南', 'company') "
        "and scope_type <> 'org'",
    )
    assert rows == [
        ("company", "company", 0.1, D("13500000.00"), None),
        ("region", "华东", 0.15, D("8500000.00"), "P1"),
        ("region", "华南", 0.12, D("4332307.69"), None),
    ]


def test_who_answers_for_a_quarter_answers_for_its_months_and_not_for_the_year(home: Path) -> None:
    rows = attainment(
        home,
        "scope_id, period_label, responsible_id",
        f"{SIGNED} and scope_type = 'region' and scope_id in ('华东', '华南') "
        "and period_label in ('2026-04', '2026-05', 'FY2027')",
    )
    assert rows == [
        ("华东", "2026-04", "P1"),
        ("华东", "2026-05", "P1"),
        ("华东", "FY2027", None),
        ("华南", "2026-04", "P3"),
        ("华南", "2026-05", None),
        ("华南", "FY2027", None),
    ]


def test_growth_of_25_percent_over_1000_is_1250_and_corrected_to_18_percent_1180(
    home: Path,
) -> None:
    where = "metric = 'collected_amount' and scenario = 'base' and period_label = 'FY2027-Q1'"
    rows = marts(
        home,
        "select target_version, target from mart_target_cascade "
        f"where {where} and node_id = 'company' order by all",
    )
    assert rows == [
        ("v1 2026-04-05", D("12500000.00")),
        ("v2 2026-05-20", D("11800000.00")),
    ]
    [now] = attainment(
        home, "target, actual, target_version", f"{where} and scope_type = 'company'"
    )
    assert now == (D("11800000.00"), D("800000.00"), "v2 2026-05-20")
    changes = marts(
        home,
        "select change_kind, before_target, after_target, changed_by, recorded_on, reason "
        "from mart_target_revision where metric = 'collected_amount'",
    )
    assert changes == [
        ("correction", D("12500000.00"), D("11800000.00"), "陈总", date(2026, 5, 20), "渠道调整")
    ]


def test_a_milestone_is_paced_by_workdays_from_the_start_of_the_fiscal_year(home: Path) -> None:
    rows = attainment(
        home,
        "period_start, period_end, target, actual, target_to_date, gap_to_date, status, attained_on",
        "metric = 'new_customer_count' and scenario = 'base' and scope_type = 'company' and target > 0",
    )
    assert rows == [
        (date(2026, 4, 1), date(2026, 6, 30), D("13.00"), D("3.00"), D("8.60"), D("5.60"), "behind", None)
    ]  # fmt: skip
    assert marts(
        home, "select count(*) from fct_target_day where metric = 'new_customer_count'"
    ) == [(0,)]


def test_good_news_is_told_per_line_and_a_reversal_takes_it_back(home: Path) -> None:
    rows = attainment(
        home,
        "scope_id, period_label, level, base_line_on, attained_on, workdays_early",
        "metric = 'signed_amount' and scenario = 'base' and scope_type = 'person' and target > 0 "
        "and scope_id in ('P1', 'P2') and period_label in ('2026-04', '2026-05')",
    )
    assert rows == [
        ("P1", "2026-04", "base", date(2026, 4, 10), date(2026, 4, 20), 8),
        ("P1", "2026-05", "base", None, None, None),
        ("P2", "2026-05", "base", date(2026, 5, 13), date(2026, 5, 13), 12),
        ("P2", "2026-05", "stretch", date(2026, 5, 13), None, None),
    ]


def test_calls_a_day_are_a_target_of_the_team_and_the_row_by_name_wins(home: Path) -> None:
    rows = attainment(
        home,
        "period_label, scope_id, target, actual, attainment_rate",
        "metric = 'call_count' and is_in_force and scope_type in ('person', 'team') "
        "and period_label in ('2026-04', '2026-W19', '2026-05')",
    )
    assert rows == [
        ("2026-05", "P1", D("105.00"), D("84.00"), 0.8),
        ("2026-05", "P2", D("63.00"), D("0.00"), 0.0),
        ("2026-05", "东一队", D("168.00"), D("84.00"), 0.5),
        ("2026-W19", "P1", D("25.00"), D("20.00"), 0.8),
        ("2026-W19", "P2", D("15.00"), D("0.00"), 0.0),
        ("2026-W19", "东一队", D("40.00"), D("20.00"), 0.5),
    ]


def test_reports_without_a_scenario_use_the_one_in_force_and_the_plan_where_it_has_none(
    home: Path,
) -> None:
    rows = marts(
        home,
        "select metric, scope_id, period_label, target from mart_gap where scope_type in ('company', 'region') "
        "and scope_id in ('company', '华东') and (metric, period_label) in "
        "(('signed_amount', 'FY2027-Q1'), ('call_count', '2026-05')) order by all",
    )
    assert rows == [
        ("call_count", "company", "2026-05", D("168.00")),
        ("call_count", "华东", "2026-05", D("168.00")),
        ("signed_amount", "company", "FY2027-Q1", D("16500000.00")),
        ("signed_amount", "华东", "FY2027-Q1", D("11000000.00")),
    ]
    boards = marts(
        home,
        "select person_id, target from mart_leaderboard "
        "where metric = 'signed_amount' and period_label = '2026-05' order by all",
    )
    # P3 has all of 华南: of 16,500,000 by running workdays May has 10,915,384.62 − 5,584,615.38, less
    # the 3,760,465.12 of 华东
    assert boards == [("P1", D("1100000.00")), ("P2", D("550000.00")), ("P3", D("1570304.12"))]


def test_a_typed_figure_one_percent_off_is_shown_and_more_is_said_and_neither_counts(
    home: Path,
) -> None:
    rows = marts(
        home,
        "select period_label, scope_type, scope_id, typed_actual, computed_actual, is_typed_off, reason, cause "
        "from mart_target_progress where reported_on is not null and problem is null order by all",
    )
    assert rows == [
        ("2026-04", "region", "华东", D("3487530.00"), D("3453000.00"), False, None, None),
        (
            "2026-04",
            "region",
            "华南",
            D("1700000.00"),
            D("1700000.00"),
            False,
            "大客户流失",
            "loss",
        ),
        ("2026-05", "region", "华东", D("203000.00"), D("200000.00"), True, "竞品价格战", "price"),
    ]
    [(actual,)] = attainment(
        home, "actual", f"{SIGNED} and scope_type = 'region' and scope_id = '华东' and period_label = '2026-05'"
    )  # fmt: skip
    assert actual == 200_000


def test_a_scope_that_nobody_knows_is_named_with_the_nearest(home: Path) -> None:
    [(problem, zh)] = marts(
        home, "select problem, problem_zh from mart_target_progress where problem is not null"
    )
    assert problem == "unknown_scope"
    assert "progress_20260531.csv row 4" in zh
    assert "最接近的是“东一队”" in zh


def test_who_ends_the_week_behind_without_a_word_is_asked_for_a_reason(home: Path) -> None:
    rows = marts(
        home,
        "select scope_id, week_label, lag_rate, is_reason_missing from mart_target_progress "
        "where is_behind and week_label = '2026-W22' order by all",
    )
    # May of 华东 × 1.1 is 3,760,465.12, all of it due on the 29th; 200,000 is 5.3 % of it
    assert [(s, w, round(lag, 3), missing) for s, w, lag, missing in rows] == [
        ("华东", "2026-W22", 0.947, False),
        ("华南", "2026-W22", 1.0, True),
    ]


def test_what_somebody_should_act_on_is_flagged_with_its_rows(home: Path) -> None:
    failed = {
        name for (name,) in marts(home, "select check_name from mart_data_quality where not passed")
    }
    assert failed >= {
        "children_stay_within_the_elastic_band",
        "no_closed_month_deviates",
        "no_lag_is_left_without_a_reason",
        "no_market_move_asks_for_calibration",
        "no_target_is_behind",
        "typed_actuals_are_close_to_the_computed",
    }


def test_history_proposes_season_weights_beside_those_in_force(home: Path) -> None:
    rows = marts(
        home,
        "select position, years_used, first_year, proposed_weight_rate, weight_rate "
        "from mart_season_proposal where metric = 'signed_amount' and position_kind = 'quarter' order by 1",
    )
    # FY2026 had one order, in its first quarter
    assert rows == [
        (1, 1, "FY2026", D("1.000000"), D("0.300000")),
        (2, 1, "FY2026", D("0.000000"), D("0.200000")),
        (3, 1, "FY2026", D("0.000000"), D("0.300000")),
        (4, 1, "FY2026", D("0.000000"), D("0.200000")),
    ]


def test_a_proposed_split_sums_to_its_parent(home: Path) -> None:
    rows = marts(
        home,
        "select parent_node_name, parent_target, sum(proposed_target) from mart_target_suggestion "
        "where period_label = 'FY2027-Q2' group by all",
    )
    assert rows == [("东一队", D("10000000.00"), D("10000000.00"))]
    page = openpyxl.load_workbook(home / "published" / "review" / "target_suggestion.xlsx").active
    assert page is not None
    assert [cell.value for cell in page[1]] == ["期间", "指标", "人员", "目标值", "修改原因"]


def test_a_split_pasted_back_is_everybodys_target_and_sums_to_the_parent(
    home: Path, pasted: Path
) -> None:
    proposed = marts(
        home,
        "select person_id, period_label, proposed_target from mart_target_suggestion order by all",
    )
    taken = attainment(
        pasted,
        "scope_id, period_label, target",
        f"{SIGNED} and scope_type = 'person' and is_given and target > 0 and period_type = 'quarter'",
    )
    assert taken == proposed
    team = marts(
        pasted,
        "select target, children_sum, unallocated from mart_target_cascade where is_in_force "
        f"and {SIGNED} and node_name = '东一队' and period_label = 'FY2027-Q2'",
    )
    assert team == [(D("10000000.00"), D("10000000.00"), D("0.00"))]


def test_season_weights_pasted_into_the_workbook_spread_the_next_nights_year(
    decided: Path,
) -> None:
    # All of FY2026 was signed in its first quarter.
    rows = attainment(
        decided,
        "period_label, target",
        f"{SIGNED} and scope_type = 'company' and period_type = 'quarter' and target > 0 "
        "and period_label like 'FY2027%'",
    )
    assert rows == [("FY2027-Q1", D("50000000.00"))]
    weights = marts(
        decided,
        "select position, proposed_weight_rate, weight_rate from mart_season_proposal "
        "where metric = 'signed_amount' and position_kind = 'quarter' order by 1",
    )
    assert [(proposed, in_force) for _, proposed, in_force in weights] == [
        (D("1.000000"), D("1.000000")), *[(D("0.000000"), D("0.000000"))] * 3,
    ]  # fmt: skip


def test_a_row_deleted_from_the_sheet_is_a_change_of_its_day_and_the_version_before_still_knows_it(
    decided: Path,
) -> None:
    changes = marts(
        decided,
        "select scope_type, scope_id, period_label, before_target, after_target, change_amount, recorded_on, "
        "effective_on, changed_by, as_was_attainment_rate, as_is_attainment_rate, is_accepted, source "
        "from mart_target_revision where change_kind = 'removal'",
    )
    assert changes == [
        ("region", "华南", "2026-04", D("2000000.00"), None, None, date(2026, 6, 1),
         date(2026, 4, 1), None, 0.85, None, True, "targets")
    ]  # fmt: skip
    versions = marts(
        decided,
        "select target_version, is_in_force, given_target from mart_target_cascade where node_name = '华南' "
        f"and {SIGNED} and period_label = '2026-04' order by target_version",
    )
    assert versions == [
        ("v1 2026-04-05", False, D("2000000.00")),
        ("v2 2026-06-01", True, None),
    ]
