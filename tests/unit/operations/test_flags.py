"""Every business flag: the row that raises it, and the row next to it that does not."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from pipelines.core.rules.declaration import all_tables
from pipelines.operations.flags import declared_flags
from pipelines.operations.flags.raising import findings_of, outcome_of

D = date(2026, 3, 10)  # a Tuesday; 11 March is a workday
FLAGS = {flag.kind: flag for flag in declared_flags()}

FOLLOW_UP = {
    "subject_type": "customer", "customer_id": "C1", "customer_name": "晨星医院", "person_id": "P1", "tier": "A",
    "status": "overdue", "due_on": date(2026, 3, 6), "last_contact_on": date(2026, 2, 27),
    "overdue_workdays": 2, "open_amount": Decimal("50000.00"),
    "next_step_on": date(2026, 3, 9), "is_next_step_missed": True, "next_step_overdue_workdays": 1,
}  # fmt: skip
TIER = {
    "customer_id": "C1", "customer_name": "晨星医院", "person_id": "P1", "tier": "B",
    "previous_tier": "A", "tier_move": "down", "tier_since_on": date(2026, 3, 4), "state": "active",
    "expected_amount": Decimal("50000.00"),
}  # fmt: skip
RECYCLE = {
    "customer_id": "C1", "customer_name": "晨星医院", "person_id": "P1", "tier": "C",
    "status": "candidate", "due_on": date(2025, 12, 1), "recycle_on": date(2026, 3, 10),
    "overdue_workdays": 66, "open_amount": Decimal("0.00"),
}  # fmt: skip
ORPHAN = {
    "person_id": "P9", "person_name": "李雷", "manager_id": "P1", "left_on": date(2026, 2, 27),
    "item_type": "customer", "item_id": "C1", "item_name": "晨星医院", "state": "active",
    "open_amount": Decimal("50000.00"), "days_without_owner": 11,
}  # fmt: skip
STALLED = {
    "opportunity_id": "O1", "opportunity_name": "影像采购", "person_id": "P1", "pipeline": "default",
    "stage": "quoting", "amount": Decimal("80000.00"), "stage_since_on": date(2026, 2, 2),
    "stage_workdays": 18, "allowed_workdays": 10, "is_stalled": True, "reasons": "over_allowed",
    "expected_close_on": date(2026, 4, 1), "overdue_close_days": 0, "p80_workdays": None,
    "last_contact_on": date(2026, 3, 9),
}  # fmt: skip
COVERAGE = {
    "period_type": "month", "period_label": "2026-03", "period_start": date(2026, 3, 1),
    "period_end": date(2026, 3, 31), "scope_type": "team", "scope_id": "T1", "scope_name": "华东一队",
    "coverage_ratio": 1.5, "required_coverage": 1.6, "residual_gap": Decimal("1000.00"),
}  # fmt: skip
TARGET = {
    "metric": "signed_amount", "level": "base", "scenario": "base", "period_type": "month",
    "period_label": "2026-03", "period_start": date(2026, 3, 1), "period_end": date(2026, 3, 31),
    "scope_type": "person", "scope_id": "P1", "scope_name": "李雷", "responsible_id": None,
    "is_given": True, "status": "normal", "lag_rate": 0.25, "deviation_rate": -0.25,
    "gap": Decimal("900.00"), "gap_to_date": Decimal("250.00"), "target": Decimal("1000.00"),
    "target_to_date": Decimal("350.00"), "actual": Decimal("100.00"), "needs_review": False,
    "required_run_rate": Decimal("56.25"), "weeks_behind_streak": 0, "attained_on": None,
    "workdays_early": None, "is_in_force": True, "needs_calibration": False,
    "market_move_rate": None,
}  # fmt: skip
PROGRESS = {
    "metric": "signed_amount", "period_label": "2026-03", "scope_type": "person", "scope_id": "P1",
    "scope_name": "李雷", "responsible_id": None, "week_start_on": date(2026, 3, 2),
    "week_label": "2026-W10", "lag_rate": 0.25, "is_reason_missing": True,
}  # fmt: skip
CASCADE = {
    "metric": "signed_amount", "level": "base", "scenario": "base", "product_line": "(all)",
    "customer_type": "(all)", "node_id": "N1", "node_name": "华东", "is_in_force": True,
    "period_type": "month", "period_label": "2026-03", "period_start": date(2026, 3, 1),
    "period_end": date(2026, 3, 31), "target": Decimal("1000.00"), "children_sum": Decimal("900.00"),
    "unallocated": Decimal("100.00"), "over_assignment": -0.1, "band": "under_assigned",
}  # fmt: skip
ACTION = {
    "kind": "proposed", "metric": "signed_amount", "period_label": "2026-Q1",
    "period_start": date(2026, 1, 1), "scope_type": "team", "scope_id": "T1",
    "scope_name": "华东一队", "owner_id": "P2", "residual_gap": Decimal("500.00"),
    "action": "增加线索来源", "action_en": "add sources of leads",
}  # fmt: skip
FORECAST = {
    "period_type": "month", "period_label": "2026-03", "scope_type": "person", "scope_id": "P1",
    "scope_name": "李雷", "is_probability_low": True, "attainment_probability": 0.2,
    "target": Decimal("1000.00"), "expected_amount": Decimal("400.00"),
}  # fmt: skip
PERSONAL = {
    "source": "private", "source_kind": "personal", "person_id": "P1", "owner_name": "李雷",
    "personal_only_customer_count": 2,
}  # fmt: skip
LEAD = {
    "lead_id": "L1", "person_id": "P1", "is_late": True, "is_valid": True, "is_responded": False,
    "created_on": date(2026, 3, 3), "respond_minutes": None, "waiting_minutes": 9000.0,
    "limit_minutes": 60.0, "steps_missed_count": 0, "missed_steps": None, "clock": "clock",
}  # fmt: skip
RECORDS = {
    "person_id": "P1", "person_name": "李雷", "week": "2026-W10", "week_start_on": date(2026, 3, 2),
    "record_count": 5, "complete_count": 4, "stop_phrase_count": 1,
}  # fmt: skip
CONTROL = {
    "person_id": "P1", "person_name": "李雷", "control_point": "evidence", "consecutive_fails": 2,
    "failing_since_at": datetime(2026, 3, 9, 2), "is_escalated": True,
}  # fmt: skip
LOAD = {
    "person_id": "P1", "person_name": "李雷", "customer_count": 60, "open_lead_count": 20,
    "load_ratio": 1.6, "is_workload_high": True,
}  # fmt: skip
CLOSED = {
    "period_label": "2026-02", "period_start": date(2026, 2, 1), "period_end": date(2026, 2, 28),
    "needs_review": True,
}  # fmt: skip

# flag: its mart, a row, what makes the row raise it, and changes that each keep it silent
CASES: dict[str, tuple[str, dict[str, Any], dict[str, Any], list[dict[str, Any]]]] = {
    "followup_due": (
        "mart_followup_due", FOLLOW_UP, {"status": "due_soon", "due_on": date(2026, 3, 11)},
        [{"due_on": date(2026, 3, 12)}, {"status": "ok"}, {"subject_type": "lead"},
         {"person_id": "P9"}],
    ),
    "followup_overdue": (
        "mart_followup_due", FOLLOW_UP, {"status": "overdue"},
        [{"status": "due_soon"}, {"status": "high_risk"}, {"status": "unknown"}, {"person_id": "P9"}],
    ),
    "followup_high_risk": (
        "mart_followup_due", FOLLOW_UP, {"status": "high_risk"},
        [{"status": "overdue"}, {"subject_type": "opportunity"}, {"person_id": "P9"}],
    ),
    "next_step_missed": (
        "mart_followup_due", FOLLOW_UP, {"next_step_overdue_workdays": 5},
        [{"next_step_overdue_workdays": 6}, {"is_next_step_missed": False},
         {"subject_type": "opportunity"}, {"person_id": "P9"}],
    ),
    "tier_dropped": (
        "mart_customer_tier", TIER, {},
        [{"tier_move": "up"}, {"tier_since_on": date(2026, 3, 3)}, {"state": "invalid"}],
    ),
    "recycle_candidate": (
        "mart_recycle_candidate", RECYCLE, {"status": "warning"}, [{"status": "protected"}],
    ),
    "leaver_orphan": ("mart_handover", ORPHAN, {}, [{"state": "invalid"}]),
    "opportunity_stalled": (
        "mart_stalled_opportunity", STALLED, {},
        [{"is_stalled": False}, {"reasons": "close_passed"}, {"person_id": "P9"}],
    ),
    "expected_close_passed": (
        "mart_stalled_opportunity", STALLED, {"overdue_close_days": 1},
        [{"overdue_close_days": 0}, {"person_id": "P9"}],
    ),
    "coverage_low": (
        "mart_pipeline_coverage", COVERAGE, {},
        [{"coverage_ratio": 1.6}, {"required_coverage": None}, {"period_end": date(2026, 3, 9)},
         {"scope_type": "product_line"}, {"scope_id": "unknown"}],
    ),
    "target_behind": (
        "mart_target_attainment", TARGET, {"status": "behind"},
        [{"status": "watch"}, {"level": "stretch"}, {"is_in_force": False}, {"period_type": "week"},
         {"period_end": date(2026, 3, 9)}, {"period_end": D}, {"scope_type": "tier"},
         {"scope_id": "unallocated"}],
    ),
    "deviation_review": (
        "mart_target_attainment", TARGET, CLOSED,
        [{"needs_review": False}, {"period_type": "quarter"}, {"period_end": date(2026, 2, 7)}],
    ),
    "two_weeks_behind": (
        "mart_target_attainment", TARGET, {"weeks_behind_streak": 2},
        [{"weeks_behind_streak": 1}, {"period_end": date(2026, 3, 9)}, {"lag_rate": -0.1}],
    ),
    "target_missing": (  # P1 owns a customer, a colleague has a target
        "mart_target_attainment", TARGET, {"scope_id": "P2"},
        [{"scope_id": "P1"}, {"target": None}, {"metric": "visit_count"}, {"is_in_force": False},
         {"period_end": date(2026, 3, 9)}],
    ),
    "over_assignment": (
        "mart_target_cascade", CASCADE, {},
        [{"band": "inside"}, {"is_in_force": False}, {"period_start": date(2026, 3, 11)}],
    ),
    "gap_without_action": (
        "mart_action_plan", ACTION, {},
        [{"kind": "task"}, {"residual_gap": Decimal("0.00")}, {"residual_gap": None}],
    ),
    "forecast_probability_low": (
        "mart_attainment_forecast", FORECAST, {},
        [{"is_probability_low": False}, {"scope_type": "tier"}, {"scope_id": "unallocated"}],
    ),
    "personal_sheet_only": (
        "mart_customer_coverage", PERSONAL, {},
        [{"personal_only_customer_count": 0}, {"source_kind": "crm"}],
    ),
    "first_response_late": (
        "mart_lead_response", LEAD, {},
        [{"is_late": False}, {"is_valid": False}, {"is_responded": True, "respond_minutes": 61.0}],
    ),
    "sop_step_missed": (
        "mart_lead_response", LEAD,
        {"steps_missed_count": 1, "missed_steps": "call", "created_on": date(2026, 3, 4)},
        [{"created_on": date(2026, 3, 3)}, {"steps_missed_count": 0}, {"is_valid": False}],
    ),
    "followup_record_incomplete": (
        "mart_followup_quality", RECORDS, {},
        [{"complete_count": 5}, {"week_start_on": date(2026, 3, 9)},
         {"week_start_on": date(2026, 2, 23)}],
    ),
    "control_point_fails": ("mart_process_compliance", CONTROL, {}, [{"is_escalated": False}]),
    "workload_high": ("mart_workload", LOAD, {}, [{"is_workload_high": False}]),
    "market_move": (
        "mart_target_attainment", TARGET,
        {"needs_calibration": True, "market_move_rate": -0.18, "scope_type": "region"},
        [{"needs_calibration": False}, {"scope_type": "person"}, {"target": Decimal(0)},
         {"period_end": date(2026, 3, 9)}, {"is_in_force": False}, {"metric": "visit_count"}],
    ),
    "progress_reason_missing": (
        "mart_target_progress", PROGRESS, {},
        [{"is_reason_missing": False}, {"week_start_on": date(2026, 2, 23)}],
    ),
    "target_attained": (
        "mart_target_attainment", TARGET,
        {"attained_on": date(2026, 3, 9), "workdays_early": 16},
        [{"attained_on": None}, {"is_in_force": False}, {"period_end": date(2026, 2, 7)}],
    ),
}  # fmt: skip


def built(mart: str, *rows: dict[str, Any]) -> duckdb.DuckDBPyConnection:
    """Return a build file in memory with what flags look at."""
    con = duckdb.connect()
    con.execute("create schema marts; create schema reference")
    con.register("given", pa.Table.from_pylist(list(rows)))
    con.execute(f"create table marts.{mart} as from given")
    con.execute(
        """
        create table reference.company as select '纸上公司' as company_name;
        create table marts.dim_date as select unnest([date '2026-03-10', date '2026-03-11',
            date '2026-03-12']) as date_day, true as is_workday;
        create table marts.dim_metric as select 'signed_amount' as metric, '签单额' as metric_name_zh,
            'Signed amount' as metric_name_en, 'money' as unit
            union all select 'visit_count', '拜访数', 'Visits', 'count';
        create table marts.dim_org as select 'O1' as org_id, '华东' as org_name, 'region' as kind,
            '华东' as region, null as team
            union all select 'O2', '上海一区', 'area', '华东', null
            union all select 'O3', '上海队', 'team', '华东', '上海队'
            union all select 'O0', '纸上公司', 'company', null, null;
        create table marts.dim_stage as select 'default' as pipeline, 'quoting' as stage,
            '报价中' as stage_name_zh, 'Quoting' as stage_name_en, 10 as allowed_workdays;
        create table marts.dim_person as select 'P1' as person_id, '李雷' as person_name,
            'P2' as manager_id, true as is_current, false as has_left
            union all select 'P2', '韩梅', null, true, false
            union all select 'P9', '王五', 'P2', false, true;
        create table if not exists marts.mart_customer_tier as
            select unnest(['P1', 'P9']) as person_id, 'active' as state;
        create table if not exists marts.fct_opportunity as
            select 'P9' as person_id, 'open' as outcome;
        """
    )
    return con


def test_every_declared_flag_has_its_cases_and_no_other():
    assert set(CASES) == set(FLAGS)


@pytest.mark.parametrize("kind", CASES)
def test_a_flag_is_raised_by_its_row_and_by_none_next_to_it(kind):
    mart, row, raising, silent = CASES[kind]
    flag = FLAGS[kind]
    assert flag.mart == mart
    found = findings_of(built(mart, {**row, **raising}), flag, D)
    assert len(found) == 1
    for change in silent:
        assert findings_of(built(mart, {**row, **raising, **change}), flag, D) == [], change


@pytest.mark.parametrize("kind", CASES)
def test_a_raised_flag_is_a_failed_check_of_severity_warn_with_figures_and_a_sample(kind):
    mart, row, raising, silent = CASES[kind]
    flag = FLAGS[kind]
    con = built(mart, {**row, **raising})
    outcome = outcome_of(con, flag, findings_of(con, flag, D))
    assert (outcome.passed, outcome.figures["rows"], len(outcome.sample)) == (False, 1, 1)
    assert not outcome.holds_the_night
    assert outcome.declaration.severity == "warn"
    clean = built(mart, {**row, **raising, **silent[0]})
    outcome = outcome_of(clean, flag, findings_of(clean, flag, D))
    assert (outcome.passed, outcome.figures["rows"], outcome.sample) == (True, 0, [])
    assert outcome.is_applicable


@pytest.mark.parametrize("kind", CASES)
def test_texts_quote_every_figure_that_they_name(kind):
    mart, row, raising, _ = CASES[kind]
    [found] = findings_of(built(mart, {**row, **raising}), FLAGS[kind], D)
    for text in (found.what_zh, found.what_en, found.do_zh, found.do_en):
        assert text
        assert "{" not in text
        assert "None" not in text


@pytest.mark.parametrize(
    ("row", "zh", "en"),
    [
        ({"reasons": "over_allowed"}, "（允许 10 个）", "(10 allowed)"),
        ({"reasons": "over_usual|close_passed", "allowed_workdays": None, "p80_workdays": 16},
         "（以往八成在 16 个内推进）", "(four of five went on within 16)"),
        ({"reasons": "over_allowed|no_contact"},
         "（允许 10 个；上次有效跟进 2026-03-09）", "(10 allowed; last counting contact 2026-03-09)"),
        ({"reasons": "no_contact", "last_contact_on": None},
         "（从未有效跟进）", "(no counting contact yet)"),
    ],
)  # fmt: skip
def test_a_stalled_deal_is_told_by_what_stalls_it(row: dict[str, Any], zh: str, en: str) -> None:
    # a column without a value in any row has no type of its own
    typed = {**STALLED, "opportunity_id": "O2", "p80_workdays": 9, "is_stalled": False}
    con = built("mart_stalled_opportunity", {**STALLED, **row}, typed)
    [found] = findings_of(con, FLAGS["opportunity_stalled"], D)
    assert found.what_zh == "商机 影像采购 在“报价中”停留 18 个工作日" + zh
    assert found.what_en == "Opportunity 影像采购 has been in Quoting for 18 workdays " + en


@pytest.mark.parametrize("kind", ["target_behind", "target_attained"])
def test_a_node_that_is_a_region_or_team_is_told_as_that_and_not_once_more(kind: str) -> None:
    reached = {"status": "behind", "attained_on": date(2026, 3, 9), "workdays_early": 16}
    line = {**TARGET, **reached, "responsible_id": "P2"}
    lines = [
        {**line, "scope_type": "region", "scope_id": "华东"},
        *({**line, "scope_type": "org", "scope_id": node} for node in ("O0", "O1", "O2", "O3")),
        {**line, "scope_type": "org", "scope_id": "O2", "responsible_id": None},
    ]
    found = findings_of(built("mart_target_attainment", *lines), FLAGS[kind], D)
    assert sorted((one.scope_type, one.scope_id) for one in found) == [
        ("org", "O2"),
        ("region", "华东"),
    ]


def test_weeks_behind_that_go_on_into_the_next_month_are_the_same_matter() -> None:
    february = {
        **TARGET, "weeks_behind_streak": 2, "period_label": "2026-02", "period_start": date(2026, 2, 1),
        "period_end": date(2026, 2, 28),
    }  # fmt: skip
    march = {**TARGET, "weeks_behind_streak": 3}
    con = built("mart_target_attainment", february, march)
    [before] = findings_of(con, FLAGS["two_weeks_behind"], date(2026, 2, 28))
    [after] = findings_of(con, FLAGS["two_weeks_behind"], date(2026, 3, 2))
    assert before.key == after.key == "two_weeks_behind/signed_amount/person/P1"


def test_a_month_that_closed_above_its_target_is_reviewed_and_puts_nothing_at_stake() -> None:
    above = {**TARGET, **CLOSED, "deviation_rate": 0.46, "gap": Decimal("-460.00")}
    [found] = findings_of(built("mart_target_attainment", above), FLAGS["deviation_review"], D)
    assert (found.figures["deviation_rate"], found.value_amount) == ("46.0 %", None)
    below = {**TARGET, **CLOSED}
    [found] = findings_of(built("mart_target_attainment", below), FLAGS["deviation_review"], D)
    assert found.value_amount == Decimal("900.00")


def test_a_market_move_says_how_far_and_weighs_what_it_may_cost() -> None:
    moved = {**TARGET, "needs_calibration": True, "market_move_rate": -0.18, "scope_type": "region"}
    [found] = findings_of(built("mart_target_attainment", moved), FLAGS["market_move"], D)
    assert found.what_zh == "李雷 市场变动 -18.0 %，超过限额：2026-03 签单额 目标 1,000"
    assert found.value_amount == Decimal("180.00")


def test_a_market_move_is_told_once_a_scope_and_not_of_every_metric_and_period() -> None:
    moved = {**TARGET, "needs_calibration": True, "market_move_rate": -0.18, "scope_type": "region"}
    quarter = {
        "period_type": "quarter",
        "period_label": "2026-Q1",
        "period_start": date(2026, 1, 1),
    }
    lines = [moved, {**moved, **quarter}, {**moved, "scope_id": "R2"}]
    found = findings_of(built("mart_target_attainment", *lines), FLAGS["market_move"], D)
    assert sorted(one.key for one in found) == [
        "market_move/region/P1/2026-Q1",
        "market_move/region/R2/2026-03",
    ]


YEAR = {
    "period_type": "year", "period_label": "2026", "period_start": date(2026, 1, 1),
    "period_end": date(2026, 12, 31),
}  # fmt: skip


@pytest.mark.parametrize("kind", ["target_behind", "target_attained"])
def test_a_longer_period_with_no_more_to_it_than_a_shorter_one_is_not_told_again(kind: str) -> None:
    """Only March has a target: that of the year is the same one."""
    reached = {"status": "behind", "attained_on": date(2026, 3, 9), "workdays_early": 16}
    month = {**TARGET, **reached}
    found = findings_of(built("mart_target_attainment", month, {**month, **YEAR}), FLAGS[kind], D)
    assert [one.figures["period_label"] for one in found] == ["2026-03"]
    more = {**month, **YEAR, "target": Decimal("2000.00")}
    found = findings_of(built("mart_target_attainment", month, more), FLAGS[kind], D)
    assert sorted(one.figures["period_label"] for one in found) == ["2026", "2026-03"]


def test_who_sells_and_has_no_target_is_told_whether_he_signed_or_not() -> None:
    """A colleague has a target; P1 owns a customer, P2 signed, P9 has left."""
    lines = [
        {**TARGET, "scope_type": "team", "scope_id": "T1"},
        {**TARGET, "scope_id": "P2", "target": None, "actual": Decimal("50.00")},
    ]
    found = findings_of(built("mart_target_attainment", *lines), FLAGS["target_missing"], D)
    assert sorted((one.scope_id, one.scope_name, one.owner_id, one.value_amount) for one in found) == [
        ("P1", "李雷", "P2", None),
        ("P2", "韩梅", None, Decimal("50.00")),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("minutes", "clock", "zh", "en"),
    [(90.0, "clock", "90 分钟", "90 minutes"), (600.0, "clock", "10 小时", "10 hours"),
     (646_007.0, "clock", "448 天", "448 days"), (6_000.0, "working", "100 小时", "100 hours")],
)  # fmt: skip
def test_a_wait_is_told_in_words_that_people_use(
    minutes: float, clock: str, zh: str, en: str
) -> None:
    lead = {**LEAD, "waiting_minutes": minutes, "clock": clock}
    [found] = findings_of(built("mart_lead_response", lead), FLAGS["first_response_late"], D)
    assert f"等待首次响应 {zh}，" in found.what_zh
    assert f"waited {en} " in found.what_en


def test_steps_of_the_sop_are_named_in_the_readers_language_and_own_steps_as_they_are() -> None:
    late = {
        "steps_missed_count": 3, "missed_steps": "welcome, second_followup, 参观展厅",
        "created_on": date(2026, 3, 4),
    }  # fmt: skip
    [found] = findings_of(
        built("mart_lead_response", {**LEAD, **late}), FLAGS["sop_step_missed"], D
    )
    assert found.what_zh.endswith("：欢迎、二次跟进、参观展厅")
    assert found.what_en.endswith(": Welcome, Second follow-up, 参观展厅")


def test_good_news_is_of_the_scenario_in_force_at_every_level():
    attained = {**TARGET, "attained_on": date(2026, 3, 9), "workdays_early": 16}
    lines = [
        {**attained, "scenario": "A"},
        {**attained, "scenario": "base", "is_in_force": False},
        {**attained, "scenario": "A", "level": "stretch", "is_in_force": False},
        {**attained, "scenario": "base", "level": "stretch", "is_in_force": False},
    ]
    found = findings_of(built("mart_target_attainment", *lines), FLAGS["target_attained"], D)
    assert sorted(one.key for one in found) == [
        "target_attained/signed_amount/base/month/2026-03/person/P1",
        "target_attained/signed_amount/stretch/month/2026-03/person/P1",
    ]


def test_an_empty_mart_makes_a_check_not_applicable_and_not_red():
    con = built("mart_followup_due", FOLLOW_UP)
    con.execute("delete from marts.mart_followup_due")
    flag = FLAGS["followup_overdue"]
    outcome = outcome_of(con, flag, findings_of(con, flag, D))
    assert (outcome.passed, outcome.is_applicable) == (True, False)


def test_a_message_in_both_languages_written_out():
    [found] = findings_of(built("mart_followup_due", FOLLOW_UP), FLAGS["followup_overdue"], D)
    assert found.key == "followup_overdue/C1"
    assert found.message_zh == "客户 晨星医院（A 级）跟进逾期 2 个工作日；今天联系并记录下一步"
    assert found.message_en == (
        "Customer 晨星医院 (tier A) is 2 workdays overdue for contact; "
        "contact it today and write down the next step"
    )
    assert (found.owner_id, found.value_amount, found.since_on) == (
        "P1",
        Decimal("50000.00"),
        date(2026, 3, 6),
    )


def test_a_name_from_a_file_cannot_become_a_link_or_a_mention():
    evil = {**FOLLOW_UP, "customer_name": "[免费](http://x) <@all>\n# 标题 {tier}"}
    [found] = findings_of(built("mart_followup_due", evil), FLAGS["followup_overdue"], D)
    assert "［免费］（http://x） ＜＠all＞ ＃ 标题 {tier}" in found.what_zh


def test_a_sample_names_nobody():
    con = built("mart_followup_due", FOLLOW_UP)
    flag = FLAGS["followup_overdue"]
    [row] = outcome_of(con, flag, findings_of(con, flag, D)).sample
    assert "晨星医院" not in str(row)
    assert row["scope_id"] == "C1"


def test_two_flags_never_share_a_check_or_a_kind():
    flags = declared_flags()
    assert len({flag.kind for flag in flags}) == len(flags)
    assert len({(flag.mart, flag.name) for flag in flags}) == len(flags)


def test_every_flag_can_be_switched_in_the_rules_workbook():
    [column] = [one for one in all_tables()["alerts"].columns if one.id == "flag"]
    assert set(FLAGS) <= {choice.id for choice in column.choices}
