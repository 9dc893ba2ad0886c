"""Every business flag: the row that raises it, and the row next to it that does not."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from pipelines.core.rules.declaration import all_tables
from pipelines.operations.flags import declared_flags
from pipelines.operations.flags.raising import findings_of, outcome_of
from tests.unit.operations.flag_world import (
    ACTION,
    CASCADE,
    CLOSED,
    CONTROL,
    COVERAGE,
    FLAGS,
    FOLLOW_UP,
    FORECAST,
    LEAD,
    LOAD,
    ORPHAN,
    PERSONAL,
    PROGRESS,
    RECORDS,
    RECYCLE,
    STALLED,
    TARGET,
    TIER,
    D,
    built,
)

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
        [{"tier_move": "up"}, {"tier_since_on": date(2026, 3, 3)},
         {"tier_since_on": date(2026, 3, 11)}, {"state": "invalid"}],
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
         {"period_start": date(2026, 3, 11)}, {"scope_type": "product_line"}, {"scope_id": "unknown"}],
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
        [{"weeks_behind_streak": 1}, {"period_end": date(2026, 3, 9)}, {"lag_rate": 0.0}, {"lag_rate": -0.1}],
    ),
    "target_missing": (  # P1 owns a customer, a colleague has a target
        "mart_target_attainment", TARGET, {"scope_id": "P2"},
        [{"scope_id": "P1"}, {"target": None}, {"metric": "visit_count"}, {"is_in_force": False},
         {"period_end": date(2026, 3, 9)}],
    ),
    "over_assignment": (
        "mart_target_cascade", CASCADE, {},
        [{"band": "inside"}, {"is_in_force": False}, {"period_start": date(2026, 3, 11)},
         {"period_end": date(2026, 3, 9)}, {"product_line": "试剂"}, {"customer_type": "医院"}],
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
        [{"complete_count": 5}, {"week_start_on": date(2026, 3, 5)},
         {"week_start_on": date(2026, 2, 25)}],
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
        [{"is_reason_missing": False}, {"week_start_on": date(2026, 2, 24)}],
    ),
    "target_attained": (
        "mart_target_attainment", TARGET,
        {"attained_on": date(2026, 3, 9), "workdays_early": 16},
        [{"attained_on": None}, {"is_in_force": False}, {"period_end": date(2026, 2, 7)}],
    ),
}  # fmt: skip


# flag: what is still enough, on the last day and by the smallest figure
EDGES: list[tuple[str, dict[str, Any]]] = [
    ("tier_dropped", {"tier_since_on": D}),
    ("coverage_low", {"period_end": D}),
    ("coverage_low", {"period_start": D}),
    ("deviation_review", {"period_end": D}),
    ("deviation_review", {"period_end": date(2026, 2, 8)}),
    ("two_weeks_behind", {"period_end": D}),
    ("over_assignment", {"period_end": D}),
    ("over_assignment", {"period_start": D}),
    ("personal_sheet_only", {"personal_only_customer_count": 1}),
    ("first_response_late", {
        "is_responded": True, "respond_minutes": 61.0, "created_on": date(2026, 3, 4),
    }),
    ("followup_record_incomplete", {"week_start_on": date(2026, 2, 26)}),
    ("followup_record_incomplete", {"week_start_on": date(2026, 3, 4)}),
    ("progress_reason_missing", {"week_start_on": date(2026, 2, 25)}),
]  # fmt: skip


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


@pytest.mark.parametrize(("kind", "edge"), EDGES)
def test_a_flag_is_still_raised_on_its_last_day_and_by_its_smallest_figure(kind, edge):
    mart, row, raising, _ = CASES[kind]
    assert len(findings_of(built(mart, {**row, **raising, **edge}), FLAGS[kind], D)) == 1


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


def test_the_most_valuable_finding_stands_first_and_all_are_summed():
    rows = [
        {**FOLLOW_UP, "customer_id": customer, "open_amount": amount}
        for customer, amount in (("C1", Decimal("20.00")), ("C2", None), ("C3", Decimal("300.50")))
    ]
    con, flag = built("mart_followup_due", *rows), FLAGS["followup_overdue"]
    found = findings_of(con, flag, D)
    assert [one.scope_id for one in found] == ["C3", "C1", "C2"]
    assert outcome_of(con, flag, found).figures == {"rows": 3, "at_stake": "320.50"}


def test_an_empty_mart_makes_a_check_not_applicable_and_not_red():
    con = built("mart_followup_due", FOLLOW_UP)
    con.execute("delete from marts.mart_followup_due")
    flag = FLAGS["followup_overdue"]
    outcome = outcome_of(con, flag, findings_of(con, flag, D))
    assert (outcome.passed, outcome.is_applicable) == (True, False)


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
