"""Pipedrive's change log, twice read (deals and stage changes), against the set's reference figures."""

from datetime import date

import pytest

from tests.real_data.companies import (
    assert_every_row_is_accounted_for,
    company,
    raw,
    reference,
)
from tests.shared_data import needs_shared_data

pytestmark = [*needs_shared_data, pytest.mark.slow]
SET = "pipedrive_enpal"
STAGES = {
    1: "pd_lead_generation", 2: "pd_qualified_lead", 3: "pd_needs_assessment", 4: "pd_proposal", 5: "pd_negotiation",
    6: "pd_closing", 7: "pd_onboarding", 8: "pd_follow_up", 9: "pd_renewal",
}  # fmt: skip
# What this account calls its calls.
KINDS = {"meeting": "call", "sc_2": "call", "follow_up": "call", "after_close_call": "care"}


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    log = {"path": raw(SET, "deal_changes.csv"), "preset": "pipedrive"}
    sources = [
        {"name": "deals", "entity": "opportunities", **log},
        {"name": "moves", "entity": "stage_events", **log},
        {"name": "contacts", "entity": "activities", "path": raw(SET, "activity.csv"), "preset": "pipedrive",
         "values": {"kind": KINDS}},
        {"name": "users", "entity": "people", "path": raw(SET, "users.csv"), "preset": "pipedrive"},
    ]  # fmt: skip
    done = company(tmp_path_factory.mktemp("pipedrive"), date(2025, 3, 12), sources)
    done.night()
    return done


def test_the_night_is_published_and_every_row_is_accounted_for(done):
    assert done.result.outcome == "published", done.result.reason_en
    assert_every_row_is_accounted_for(done, files=4)


def test_a_change_log_is_folded_into_one_row_per_deal(done):
    (totals,) = reference(SET)["totals"]
    counts = done.landing("deals").counts
    assert counts.read == totals["change_rows"] == 15406
    assert counts.landed == totals["deal_ids"] == 1995
    assert counts.skipped == 15406 - 1995
    assert done.build("select count(*) from landed.opportunities") == [(1995,)]


def test_stage_entries_and_deals_per_stage_equal_the_reference(done):
    found = done.build(
        "select to_stage, count(distinct opportunity_id), count(*) from landed.stage_events group by 1"
    )
    expected = {
        (STAGES[row["stage_id"]], row["deals"], row["entries"])
        for row in reference(SET)["deals_reaching_stage"]
    }
    lost = sum(row["n"] for row in reference(SET)["lost_reasons"])
    assert set(found) == expected | {("lost", 1995, lost)}


def test_first_entries_per_month_equal_the_reference(done):
    found = done.build(
        """
        select strftime(first_on, '%Y-%m') as month, to_stage, count(*)
        from (select opportunity_id, to_stage, min(changed_on) as first_on
              from landed.stage_events where to_stage <> 'lost' group by all)
        group by all
        """
    )
    expected = reference(SET)["funnel_monthly_first_entries"]
    assert set(found) == {(row["m"], STAGES[row["stage_id"]], row["deals"]) for row in expected}


def test_the_newest_owner_and_the_newest_reason_stand(done):
    (row,) = done.build(
        "select owner_id, stage, loss_reason, strftime(created_on, '%Y-%m-%d'), closed_on"
        " from landed.opportunities where opportunity_id = '881836'"
    )
    # Owner 1463 on 12 April 2024, then 1728; created on 9 April; lost for reason 5 on 16 July.
    assert row == ("1728", "lost", "5", "2024-04-09", date(2024, 7, 16))


def test_only_done_activities_count_and_the_others_are_said_to_be_elsewhere(done):
    expected = {}
    for row in reference(SET)["activities_by_type_done"]:
        if row["done"] == "True":
            expected[KINDS[row["type"]]] = expected.get(KINDS[row["type"]], 0) + row["n"]
    assert dict(done.build("select kind, count(*) from landed.activities group by 1")) == expected
    assert done.landing("contacts").counts.skipped == 582 + 566 + 577 + 564


def test_what_enters_a_stage_leaves_it_or_stands_there_at_every_scope(done):
    [(rows, counted)] = done.build(
        "select count(*), sum(abs(residual_count)) from marts.mart_funnel_flow"
    )
    assert rows > 1_000
    assert counted == 0


def test_recorded_moves_are_history_enough_for_rates(done):
    reasons = done.build(
        "select count(*) filter (reason = 'insufficient_history'), count(cohort_rate_90)"
        " from marts.mart_funnel_conversion where scope_type = 'company'"
    )
    [(without, with_rates)] = reasons
    assert without == 0
    assert with_rates > 0
