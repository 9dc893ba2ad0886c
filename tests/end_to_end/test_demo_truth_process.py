"""Process: every late answer, stop phrase and failed control point of the demo company, and no other."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pandas as pd
import pytest

from pipelines.core.calendar import build_calendar
from tests.end_to_end.conftest import DemoNight
from tests.end_to_end.working_clock import working_minutes

pytestmark = pytest.mark.slow


def test_leads_answered_after_an_hour_or_never_are_late_and_no_others(
    demo_night: DemoNight,
) -> None:
    told = demo_night.truth["leads"]
    rows = demo_night.marts(
        "select lead_id, is_late, is_responded, is_assigned from mart_lead_response"
    )
    assert {key for key, late, answered, _ in rows if late and answered} == set(
        told["answered_late"]
    )
    assert {key for key, *_, answered, _ in rows if not answered} == set(told["unanswered"])
    # Whoever came in within the last hour of D could still be in time; nobody did.
    assert {key for key, late, *_ in rows if late} == set(told["answered_late"]) | set(
        told["unanswered"]
    )
    assert {key for key, *_, assigned in rows if not assigned} == set(told["unassigned"])


def test_planted_leads_waited_the_minutes_told_by_either_clock(demo_night: DemoNight) -> None:
    rows = demo_night.marts(
        "select lead_id, assign_minutes, respond_clock_minutes, respond_working_minutes "
        "from mart_lead_response"
    )
    found = {key: times for key, *times in rows}
    for entry in demo_night.truth["late_leads"]:
        minutes = entry["respond_minutes"]
        assert found[entry["lead_id"]] == [entry["assign_minutes"], minutes, minutes]


def test_working_minutes_are_those_that_a_clock_of_its_own_counts_for_every_lead(
    demo_night: DemoNight,
) -> None:
    rows = demo_night.marts(
        "select created_at, first_response_at, respond_working_minutes from mart_lead_response "
        "where is_responded"
    )
    frame = pd.DataFrame(rows, columns=["asked", "answered", "minutes"])
    local = frame[["asked", "answered"]].apply(
        lambda column: (
            pd.to_datetime(column)
            .dt.tz_localize("UTC")
            .dt.tz_convert("Asia/Shanghai")
            .dt.tz_localize(None)
        )
    )
    days = build_calendar(date(2023, 1, 1), date(2026, 12, 31), calendar="CN")
    expected = working_minutes(days, local["asked"], local["answered"])
    assert len(frame) > 1000
    assert (expected - frame["minutes"]).abs().max() < 0.001


def test_valid_and_answered_leads_of_every_week_are_those_of_the_truth(
    demo_night: DemoNight,
) -> None:
    rows = demo_night.marts(
        "select week, sum(lead_count), sum(assigned_count), sum(responded_count) "
        "from mart_lead_response_week where week >= '2026-W02' and lead_count > 0 group by 1"
    )
    told = demo_night.truth["leads"]["weeks_2026"]
    for week, leads, assigned, responded in rows:
        counts = told[week]
        assert (leads, assigned, responded) == (
            counts["leads"], counts.get("assigned", 0), counts.get("responded", 0),
        ), week  # fmt: skip
    assert {week for week, *_ in rows} == {week for week in told if week >= "2026-W02"}


def test_stop_phrases_are_counted_by_person(demo_night: DemoNight) -> None:
    rows = demo_night.marts(
        "select person_id, sum(stop_phrase_count) from mart_followup_quality group by 1 having sum(stop_phrase_count) > 0"
    )
    assert dict(rows) == demo_night.truth["activities"]["stop_phrases_by_person"]


def test_records_entered_after_24_hours_are_as_many_as_planted(demo_night: DemoNight) -> None:
    [(late,)] = demo_night.marts(
        "select sum(timed_count) - sum(within_24_hours_count) from mart_followup_quality"
    )
    assert late == demo_night.truth["activities"]["entered_after_24_hours"]


def test_only_the_people_told_end_on_failed_control_points(demo_night: DemoNight) -> None:
    told = {e["person_id"]: e["fails_in_a_row"] for e in demo_night.truth["failed_controls"]}
    rows = demo_night.marts(
        "select distinct person_id, consecutive_fails, light, is_escalated from mart_process_compliance"
    )
    assert {person: fails for person, fails, *_ in rows if fails} == told
    assert {person for person, *_, escalated in rows if escalated} == {
        person for person, fails in told.items() if fails >= 2
    }
    assert Counter(light for *_, light, _ in rows if light != "green") == Counter(
        "red" if fails >= 2 else "yellow" for fails in told.values()
    )


def test_calls_and_visits_of_a_person_and_month_are_those_of_the_process_marts(
    demo_night: DemoNight,
) -> None:
    told: Counter[str] = Counter()
    for months in demo_night.truth["activities"]["person_2026"].values():
        for counts in months.values():
            told.update(counts)
    [(calls, visits)] = demo_night.marts(
        """
        select
            sum(actual) filter (metric = 'call_count'), sum(actual) filter (metric = 'visit_count')
        from mart_process_kpi
        where week_start_on >= date '2026-01-05'
        """
    )
    [(first_calls, first_visits)] = demo_night.marts(
        """
        select count(*) filter (kind = 'call'), count(*) filter (kind = 'visit') from fct_activity
        where occurred_on between date '2026-01-01' and date '2026-01-04'
        """
    )
    assert (calls + first_calls, visits + first_visits) == (told["call"], told["visit"])


def test_leavers_and_newcomers_are_counted_in_their_team_and_month(demo_night: DemoNight) -> None:
    rows = demo_night.marts(
        "select team, month, left_count from mart_team_capacity where left_count > 0"
    )
    told = Counter((e["team"], e["left_on"][:7]) for e in demo_night.truth["leavers"])
    assert {(team, month): left for team, month, left in rows} == dict(told)
    [(joined,)] = demo_night.marts(
        "select sum(joined_count) from mart_team_capacity where month >= '2026-01'"
    )
    assert joined == len(demo_night.truth["newcomers"])


def test_people_without_a_target_are_told_so_in_their_brief_and_heads_of_regions_have_none(
    demo_night: DemoNight,
) -> None:
    rows = demo_night.marts(
        "select person_id from mart_daily_brief where target_reason = 'no_target'"
    )
    found = {person for (person,) in rows}
    heads = {
        person
        for (person,) in demo_night.marts("select distinct manager_id from mart_daily_brief")
        if person
    }
    told = set(demo_night.truth["people_without_targets"])
    assert told <= found
    assert found - told <= heads


def test_fill_rates_are_those_of_the_landed_columns(demo_night: DemoNight) -> None:
    [(records, filled)] = demo_night.marts(
        "select record_count, filled_count from mart_adoption_field "
        "where source = 'crm_activities' and field = 'attachment'"
    )
    [(landed, attached)] = demo_night.build(
        "select count(*), count(attachment) from landed.activities where source = 'crm_activities'"
    )
    assert (records, filled) == (landed, attached)
    assert 0 < filled < records


def test_the_first_response_of_a_month_is_the_mean_of_its_answered_leads(
    demo_night: DemoNight,
) -> None:
    found = demo_night.marts(
        "select period_label, round(actual, 2) from mart_target_attainment where is_in_force "
        "and metric = 'first_response_minutes' and scope_type = 'company' and period_type = 'month' "
        "and actual is not null order by 1"
    )
    told = demo_night.marts(
        "select strftime(created_on, '%Y-%m'), round(cast(sum(respond_minutes) as decimal(18, 4)) / count(*), 2) "
        "from mart_lead_response where is_responded group by 1 order by 1"
    )
    assert len(found) > 12
    assert [(month, float(minutes)) for month, minutes in found] == [
        (month, float(minutes)) for month, minutes in told
    ]
