"""Every expectation of landed data fails where it says that it does, on both ways of judging."""

from __future__ import annotations

import pytest
from landed_world import (
    AS_OF,
    ENTITIES,
    SHAPE,
    SUBJECTS,
    clean_rows,
    empty_world,
    load_cases,
    subject,
    subjects,
    violating_rows,
    world_of,
)

from pipelines.checks.expectation_runner import run_suites
from pipelines.checks.expectation_suites import declared_checks

CASES = [(entity, name) for entity in ENTITIES for name in load_cases(entity)["violations"]]
IN_A_FRAME, BY_COUNTS = 1_000_000, 0


@pytest.mark.parametrize("entity", ENTITIES)
def test_every_declared_check_has_a_case_in_which_it_fails(entity):
    declared = [check.name for check in declared_checks(subject(entity))]
    assert [SHAPE, *load_cases(entity)["violations"]] == declared


@pytest.mark.parametrize("most_rows", [IN_A_FRAME, BY_COUNTS])
@pytest.mark.parametrize("entity", ENTITIES)
def test_clean_rows_pass_every_check(entity, most_rows):
    con = world_of(entity, clean_rows(entity))
    outcomes = run_suites(con, subjects(entity), AS_OF, most_rows_in_a_frame=most_rows)
    assert [outcome.declaration for outcome in outcomes] == declared_checks(subject(entity))
    assert {o.declaration.name: o.figures for o in outcomes if not o.passed} == {}
    assert {o.declaration.name for o in outcomes if not o.is_applicable} == set()


@pytest.mark.parametrize(("entity", "name"), CASES)
def test_a_check_fails_for_the_reason_that_it_claims(entity, name):
    violation = load_cases(entity)["violations"][name]
    rows = violating_rows(entity, violation)
    con = world_of(entity, rows)
    framed, counted = (
        run_suites(con, subjects(entity), AS_OF, most_rows_in_a_frame=most)
        for most in (IN_A_FRAME, BY_COUNTS)
    )
    failed = {outcome.declaration.name: outcome for outcome in framed if not outcome.passed}
    assert set(failed) == {name, *violation.get("also", [])}
    outcome = failed[name]
    assert "reason" not in outcome.figures
    assert outcome.figures["violation_count"] == violation["violation_count"]
    assert len(outcome.sample) == min(5, violation["violation_count"])
    assert all(row["source_row"].startswith(f"{entity}.csv row ") for row in outcome.sample)
    assert framed == counted


@pytest.mark.parametrize("entity", ENTITIES)
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("add column surprise varchar", "unexpected: surprise"),
        ("drop column landed_at", "missing: landed_at"),
    ],
)
def test_a_table_with_other_columns_than_the_contract_holds_the_night(entity, change, reason):
    con = world_of(entity, clean_rows(entity))
    con.execute(f"alter table landed.{entity} {change}")
    outcomes = run_suites(con, subjects(entity), AS_OF)
    failed = {outcome.declaration.name: outcome for outcome in outcomes if not outcome.passed}
    assert set(failed) == {SHAPE}
    assert failed[SHAPE].figures == {"reason": reason}
    assert failed[SHAPE].holds_the_night


def test_entities_without_rows_are_not_applicable_and_pass():
    outcomes = run_suites(empty_world(), SUBJECTS, AS_OF)
    declared = [check for entity in ENTITIES for check in declared_checks(subject(entity))]
    assert [outcome.declaration for outcome in outcomes] == declared
    assert all(outcome.passed and not outcome.is_applicable for outcome in outcomes)


def test_every_suite_can_hold_the_night():
    for entity in ENTITIES:
        assert any(check.is_blocking for check in declared_checks(subject(entity))), entity


def test_two_runs_of_one_day_find_the_same():
    rows = violating_rows(
        "orders", load_cases("orders")["violations"]["few_order_lines_are_returns"]
    )
    con = world_of("orders", rows)
    assert run_suites(con, subjects("orders"), AS_OF) == run_suites(con, subjects("orders"), AS_OF)


def test_bounds_follow_the_day_of_the_night():
    con = world_of("people", [{"person_id": "P1", "name": "甲", "hired_on": AS_OF.replace(2027)}])
    name = "hiring_days_are_plausible"

    def passes(as_of):
        outcomes = run_suites(con, subjects("people"), as_of)
        return next(o.passed for o in outcomes if o.declaration.name == name)

    assert passes(AS_OF)
    assert not passes(AS_OF.replace(day=9))


def test_outcomes_stay_in_the_order_in_which_entities_are_asked_for():
    con = world_of("orders", clean_rows("orders"))
    backwards = run_suites(con, subjects("people", "orders"), AS_OF)
    forwards = run_suites(con, subjects("orders", "people"), AS_OF)
    assert backwards[5:] == forwards[:9]
    assert backwards[:5] == forwards[9:]
