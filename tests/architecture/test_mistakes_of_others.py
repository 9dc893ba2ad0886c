"""Mistakes seen in the best public projects: each has a hand-worked test, and this is the table of them."""

from __future__ import annotations

import pytest

from tests.architecture.named_tests import stands

CASES = "dbt/test_funnel_cases.py"

# Mistake → file and test that would fail if it were made here.
MISTAKES: dict[str, tuple[str, str]] = {
    "a manager's win rate of 150 %": (
        CASES, "test_a_team_rate_is_a_ratio_of_sums_and_who_won_everything_is_at_one",
    ),
    "a rep who won everything shown at 0 %": (
        CASES, "test_a_team_rate_is_a_ratio_of_sums_and_who_won_everything_is_at_one",
    ),
    "negative days to close": (CASES, "test_days_to_close_are_never_negative"),
    "probability 0–100 not divided": (CASES, "test_a_probability_of_60_is_read_as_0_60"),
    "lost → reopened → won counted as lost for ever": (
        CASES, "test_lost_then_reopened_then_won_is_won",
    ),
    "re-entered stages lost": (CASES, "test_a_step_back_is_kept_as_a_visit_and_unreaches_nothing"),
    "'0 days' for both skipped and not reached": (
        CASES, "test_a_skipped_stage_counts_as_passed_only_when_imputed_and_has_no_days",
    ),
    "two equal target rows collapsed by UNION": (
        "unit/core/cascade/test_cascade_examples.py",
        "test_shanghai_splits_600_over_five_people_of_equal_history_as_120_each",
    ),
    "a second scenario doubling the targets": (
        "end_to_end/test_targets_small_company.py", "test_levels_and_scenarios_stand_side_by_side",
    ),
    "calendar-day pacing around Spring Festival": (
        "end_to_end/test_targets_small_company.py",
        "test_half_of_the_quarter_is_done_where_1881_of_3000_were_due",
    ),
    "won amount dated by creation": (
        CASES, "test_a_win_counts_when_it_closed_not_when_it_was_created",
    ),
    "staleness reset by any edit or import": (CASES, "test_an_edit_resets_no_clock"),
    "a transfer resetting a deal to stage one read as a regression": (
        CASES, "test_a_transfer_that_resets_the_stage_is_marked_and_is_no_step_back",
    ),
    "never-contacted customers recyclable at once": (
        "marts/customers/_customers__unit_tests.yml",
        "an_upgrade_shortens_a_downgrade_keeps_the_old_date_once_and_a_new_owner_has_grace",
    ),
    "past deals re-rated at today's exchange rate": (
        CASES, "test_a_win_keeps_the_rate_of_its_day_and_one_without_rate_leaves_both_sides",
    ),
    "credit given in full to each of several owners": (
        "dbt/test_ledger_world.py",
        "test_shares_divide_bookings_and_changes_and_each_person_counts_in_his_own_team",
    ),
    "daily history dropping unchanged open deals": (
        CASES, "test_a_deal_that_never_changes_stays_in_stock",
    ),
    "unconverted wins left in the denominator": (
        CASES, "test_a_win_keeps_the_rate_of_its_day_and_one_without_rate_leaves_both_sides",
    ),
    "Kaplan–Meier with losses as censored": (
        "intermediate/funnel/_funnel__unit_tests.yml", "losses_are_no_censorings",
    ),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_every_mistake_has_its_test(mistake: str) -> None:
    assert stands(*MISTAKES[mistake])


@pytest.mark.parametrize("file", [CASES, "intermediate/funnel/_funnel__unit_tests.yml"])
def test_a_test_that_is_gone_or_renamed_is_missed(file: str) -> None:
    assert not stands(file, "test_days_to_close_are_never")
    assert not stands(file, "losses_are_no")
