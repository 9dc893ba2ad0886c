"""What was open on a day and how likely each deal was won; what past calls teach about win rates."""

from dataclasses import replace

import pytest

from pipelines.core.forecast.calls import fit_multiplier, make_calls, realised_rate
from pipelines.core.forecast.incidence import NO_HISTORY
from tests.unit.core.forecast.forecast_world import book, half_won, months, outcome, spans


def test_the_multiplier_is_fitted_by_moments_and_drawn_towards_the_prior():
    # Ten expected in each of two periods, fourteen and six came: (14 + 5) ÷ (10 + 5) and 11 ÷ 15, with
    # the prior (1.2667 + 0.7333 + 3) ÷ (2 + 3) = 1. Of 4² independent deals explain 5: 11 ÷ (100 − 10) =
    # 0.1222 in each; the prior is 0.15² in three more.
    fitted = fit_multiplier([outcome(10, 14), outcome(10, 6, ended_day=51)], 0, 60)
    assert fitted.mean == pytest.approx(1)
    assert fitted.spread == pytest.approx(((2 * 0.12222 + 3 * 0.0225) / 5) ** 0.5, abs=1e-4)


def test_calls_on_one_period_are_one_observation():
    # Thirteen weekly calls weigh like one: (25 ÷ 15 + 3) ÷ (1 + 3).
    weekly = [outcome(10, 20)] * 13
    assert fit_multiplier(weekly, 0, 60).mean == pytest.approx(1.1667, abs=1e-4)


def test_a_company_of_few_deals_is_hardly_moved_by_one_win_more():
    assert fit_multiplier([outcome(0.1, 1)], 0, 60).mean == pytest.approx((6 / 5.1 + 3) / 4)


def test_past_periods_that_varied_less_than_independent_deals_leave_no_spread():
    steady = [outcome(10, 10), outcome(10, 10, ended_day=51)]
    assert fit_multiplier(steady, 0, 60).spread == 0


def test_without_history_win_rates_are_right_and_swing_by_the_prior():
    assumed = fit_multiplier([], 0, 60)
    assert (assumed.mean, assumed.spread) == (1.0, pytest.approx(0.15))


def test_only_periods_of_the_kind_that_had_ended_teach():
    past = [outcome(10, 0, kind=1), outcome(10, 0, ended_day=60)]
    assert fit_multiplier(past, 0, 60).mean == 1
    assert fit_multiplier(past, 1, 60).mean == pytest.approx((5 / 15 + 3) / 4)


def test_a_won_deal_books_what_won_deals_booked_of_their_amount():
    assert realised_rate([outcome(10, 5)], 60) == pytest.approx(0.9)
    assert realised_rate([], 60) == 1.0


def test_a_deal_is_won_in_the_days_left_with_the_chance_of_those_that_stood_as_long():
    # On day 34 it stands 4 days; half of the thirty that did were won 6 days later.
    [call] = make_calls(half_won(), 34, [1])
    assert call.chance_until.tolist() == pytest.approx([0.5])
    # Of a month that begins after the win would have come, nothing is left.
    [later] = make_calls(half_won(), 34, [2])
    assert later.chances.tolist() == pytest.approx([0.0])


def test_without_history_the_workbook_speaks_in_the_period_of_the_expected_close():
    bare = book(spans=spans([(0, 0, 100, 30, 399)], expected=55), periods=months(3))
    this_month, next_month = make_calls(bare, 34, [1, 2])
    assert this_month.reasons == (NO_HISTORY,)
    assert this_month.chance_until.tolist() == [0.25]
    assert next_month.chance_until.tolist() == [0.0]


@pytest.mark.parametrize(
    ("booked", "rate"), [(30.0, 0.5), (50.0, 0.5), (120.0, 1.2), (150.0, 1.5), (300.0, 1.5)]
)
def test_no_won_deal_is_taken_for_less_than_half_or_more_than_one_and_a_half(booked, rate):
    past = [replace(outcome(10, 1), won_amount=100.0, booked_amount=booked)]
    assert realised_rate(past, 60) == pytest.approx(rate)


def test_what_win_rates_share_has_its_limits():
    # 100 came of 10: (105 ÷ 15 + 3) ÷ 4 would be 2.5, and the spread over 4.
    wild = fit_multiplier([outcome(10, 100)], 0, 60)
    assert (wild.mean, wild.spread) == (1.75, 0.35)


def test_only_the_eight_newest_periods_teach():
    steady = [outcome(10, 10, ended_day=50 + n) for n in range(8)]
    assert fit_multiplier([outcome(10, 0, ended_day=49), *steady], 0, 60).mean == pytest.approx(1)
    # As one of eight: (5 ÷ 15 + 7 + 3) ÷ 11.
    assert fit_multiplier([outcome(10, 0, ended_day=49), *steady[:7]], 0, 60).mean == pytest.approx(
        0.9394, abs=1e-4
    )


@pytest.mark.parametrize(("expected", "chance"), [(34, 0), (35, 0.25), (59, 0.25), (60, 0)])
def test_a_deal_due_after_today_and_within_the_month_counts_and_no_other(expected, chance):
    """The evening of day 34, in a month of the days 30 to 59."""
    bare = book(spans=spans([(0, 0, 100, 30, 399)], expected=expected), periods=months(3))
    [call] = make_calls(bare, 34, [1])
    assert call.chance_until.tolist() == [chance]
