"""The specification's worked examples on targets: each as a test of the rule and through the real job."""

from __future__ import annotations

import pytest

from tests.architecture.named_tests import stands

CASCADE = "unit/core/cascade/test_cascade_examples.py"
SPREAD = "unit/core/test_allocation.py"
LINES = "unit/core/cascade/test_line_figures.py"
TARGET_UNITS = "intermediate/targets/_targets__unit_tests.yml"
EXAMPLES = "end_to_end/test_targets_worked_examples.py"
SMALL = "end_to_end/test_targets_small_company.py"
FISCAL = "end_to_end/test_targets_fiscal_company.py"

# Example → tests of the rule, then the small company folder whose night shows it.
WORKED: dict[str, tuple[tuple[str, str], ...]] = {
    "year 5,000 by 30/20/30/20": (
        (CASCADE, "test_a_year_of_5000_by_30_20_30_20_gives_the_quarters"),
        (FISCAL, "test_a_fiscal_year_of_5000_by_30_20_30_20_gives_its_quarters"),
    ),
    "华东 1,500 = 600 + 500 + 400; 上海 120 each": (
        (CASCADE, "test_shanghai_splits_600_over_five_people_of_equal_history_as_120_each"),
        (EXAMPLES, "test_huadong_1500_is_600_and_500_and_400_with_nothing_over"),
        (EXAMPLES, "test_five_people_of_equal_history_share_600_as_120_each"),
    ),
    "table 1 of the tool set: 110, 96.7, 110, 75 %": (
        (EXAMPLES, "test_the_tool_sets_first_table_reads_110_and_96_7_and_110_and_75_percent"),
    ),
    "quarter 3,000, 1,500 done, 37 of 59 workdays: 1,881.4, −20.3 %": (
        (SMALL, "test_half_of_the_quarter_is_done_where_1881_of_3000_were_due"),
    ),
    "month 500 is its days, a week its own": (
        (SPREAD, "test_500_over_22_workdays_is_rounded_as_it_adds_up"),
        (CASCADE, "test_a_month_of_500_is_the_sum_of_its_days_and_its_weeks"),
        (EXAMPLES, "test_a_month_of_500_is_the_sum_of_its_days_and_a_week_that_of_its_own"),
    ),
    "20 customers over 8/6/6/3": (
        (CASCADE, "test_twenty_customers_over_8_6_6_3_give_7_5_5_3"),
        (EXAMPLES, "test_twenty_customers_over_weights_8_6_6_3_are_7_5_5_3"),
    ),
    "23 people share 15,000,000.00 to the cent": (
        (
            CASCADE,
            "test_23_people_share_a_quarter_of_15_million_equally_to_the_cent_at_every_level",
        ),
        (EXAMPLES, "test_23_people_share_15_million_to_the_cent_at_every_level"),
    ),
    "five equal people have months equal within one minor unit": (
        (CASCADE, "test_five_equal_people_have_months_equal_within_one_minor_unit"),
    ),
    "deviation of exactly 15 % needs no review": (
        (FISCAL, "test_a_deviation_of_exactly_15_percent_needs_no_review_and_one_of_15_1_does"),
    ),
    "weeks behind: no workday, first fifth, month ends": (
        (
            TARGET_UNITS,
            "a_skipped_week_neither_extends_nor_breaks_the_streak_and_a_month_end_does_not_reset_it",
        ),
    ),
    "growth 1,000 at 25 % = 1,250, revised to 18 % = 1,180": (
        (LINES, "test_growth_of_25_percent_on_1000_is_1250_and_of_18_percent_1180"),
        (FISCAL, "test_growth_of_25_percent_over_1000_is_1250_and_corrected_to_18_percent_1180"),
    ),
    "progress: more than 1 % off warns and replaces nothing": (
        (
            FISCAL,
            "test_a_typed_figure_one_percent_off_is_shown_and_more_is_said_and_neither_counts",
        ),
    ),
    "behind without a reason by the end of the week": (
        (FISCAL, "test_who_ends_the_week_behind_without_a_word_is_asked_for_a_reason"),
    ),
    "rush 300 of 500 in 5 of 20 is 2.4": (
        (EXAMPLES, "test_300_of_500_in_the_last_5_of_20_workdays_is_a_rush_of_2_4"),
    ),
    "basis 1,000 × 1.20 × 0.95 = 1,140, no_history for a new region": (
        (
            EXAMPLES,
            "test_1000_in_a_market_growing_20_percent_with_channels_5_percent_behind_proposes_1140",
        ),
        (EXAMPLES, "test_a_new_region_has_no_history_to_propose_from"),
    ),
    "good news is told once, a reversal retracts it": (
        (FISCAL, "test_good_news_is_told_per_line_and_a_reversal_takes_it_back"),
    ),
    "milestones are paced by workdays outside the cascade": (
        (LINES, "test_start_and_end_make_a_custom_period_and_an_end_alone_a_milestone"),
        (FISCAL, "test_a_milestone_is_paced_by_workdays_from_the_start_of_the_fiscal_year"),
    ),
    "floor = target × (1 − reserve)": (
        (FISCAL, "test_the_floor_is_the_target_less_its_reserve_the_rows_own_then_the_scopes"),
    ),
    "lower is better: 3 of 50 against 5 % is 83.3 %": (
        (TARGET_UNITS, "lower_is_better_turns_every_comparison_round_and_nothing_lost_is_no_rate"),
    ),
    "a deleted row is a change, and the version before knows it": (
        (
            "marts/targets/_targets__unit_tests.yml",
            "a_row_deleted_from_its_sheet_is_a_change_on_the_day_it_was_missing_from",
        ),
        (
            FISCAL,
            "test_a_row_deleted_from_the_sheet_is_a_change_of_its_day_and_the_version_before_still_knows_it",
        ),
    ),
    "proposals pasted back": (
        (FISCAL, "test_a_split_pasted_back_is_everybodys_target_and_sums_to_the_parent"),
        (FISCAL, "test_season_weights_pasted_into_the_workbook_spread_the_next_nights_year"),
    ),
}


@pytest.mark.parametrize("example", WORKED)
def test_every_worked_example_has_its_tests(example: str) -> None:
    assert [name for file, name in WORKED[example] if not stands(file, name)] == []
