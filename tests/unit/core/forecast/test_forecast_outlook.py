"""The forecast of one day: business not yet created, what win rates share, ranges, deciding deals."""

from dataclasses import replace

import numpy as np
import pytest

from pipelines.core.forecast import draws
from pipelines.core.forecast.book import Book, Bookings
from pipelines.core.forecast.calls import (
    Outcome,
    fit_multiplier,
    make_calls,
    outcome_of,
    realised_rate,
)
from pipelines.core.forecast.incidence import NO_HISTORY
from pipelines.core.forecast.new_business import ROLLING, growth, new_business
from pipelines.core.forecast.outlook import called_periods, outlooks, past_outcomes, top_swings
from pipelines.core.forecast.sums import STATES_LIMIT
from tests.unit.core.forecast.forecast_world import book, bookings, ints, months, spans, stays

# Thirty deals entered on day 0, half of them won on day 10, the others lost on day 20.
HALF = [(0, 10, 10, True)] * 15 + [(0, 20, 20, False)] * 15


def outcome(expected, won, *, kind=0, ended_day=50):
    return Outcome(kind, ended_day, expected, 5.0, 10.0, won, 100.0 * won, 90.0 * won)


def four_alike() -> Book:
    """Months of 30 days. In each: 5 booked on the 6th, 7 on the 21st, −3 on the 29th without a deal,
    and 11 on the 26th by a deal that stood open on the 10th."""
    rows, open_deals = [], []
    for number in range(4):
        start = 30 * number
        rows += [(-1, 0, start + 5, 5), (-1, 0, start + 20, 7), (-1, 0, start + 28, -3)]
        rows.append((number, 0, start + 25, 11))
        open_deals.append((number, 0, 11, start + 8, start + 25))
    return book(bookings=bookings(rows), spans=spans(open_deals))


def test_what_came_from_elsewhere_after_the_tenth_is_seven_less_three():
    found = new_business(four_alike(), 4, 129)
    assert found.samples.tolist() == [[4.0]] * 4
    assert found.reason is None


def test_before_a_period_begins_the_days_until_then_do_not_count():
    # Ten days before the fifth month only two months have ended: stretches of 10 + 30 days speak. The
    # newest looks at day 69 and counts days 80 to 109: 7 − 3 + 5; the deal stood open on day 69.
    found = new_business(four_alike(), 4, 109)
    assert found.reason == ROLLING
    assert found.samples[0].tolist() == [9.0]


def test_with_fewer_than_four_past_periods_earlier_stretches_speak_and_say_so():
    rows = [(-1, 0, day, 1) for day in range(60)]
    found = new_business(book(bookings=bookings(rows)), 2, 69)
    # Twenty days are left: days 50 to 69, of which ten are booked, then 30 to 49 and 10 to 29.
    assert found.reason == ROLLING
    assert found.samples.tolist() == [[10.0], [20.0], [20.0]]


def test_without_any_history_nothing_is_expected_from_elsewhere_and_it_says_so():
    found = new_business(book(), 0, 3)
    assert found.samples.shape == (0, 1)
    assert found.reason == NO_HISTORY


def test_only_what_was_known_on_the_day_is_past():
    late = Bookings(
        ints([-1] * 4), ints([0] * 4), ints([20, 50, 80, 110]), ints([300] * 4), ints([7] * 4)
    )
    found = new_business(book(bookings=late), 4, 129)
    assert not found.samples.any()


def test_twice_as_many_deals_as_then_double_what_is_still_to_come():
    # One deal every second day for 200 days, then one a day: half-years of 120 days each.
    arrivals = [*range(0, 200, 2), *range(200, 400)]
    rows = [(number, 0, 1, day, day + 1) for number, day in enumerate(arrivals)]
    whole = book(spans=spans(rows), periods=months(13))
    assert growth(whole, 150, 399) == pytest.approx(2.0)
    assert growth(whole, 399, 399) == 1.0
    # Day 100 has no half-year behind it.
    assert growth(whole, 100, 399) == 1.0


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


def half_won() -> Book:
    """One open deal of 100 that entered its stage on day 30, beside the thirty of before."""
    return book(stays=stays(HALF), spans=spans([(0, 0, 100, 30, 399)]), periods=months(3))


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


@pytest.mark.parametrize("states", [0, STATES_LIMIT])
def test_a_deal_of_half_a_chance_reaches_the_target_half_the_time(states):
    [seen] = outlooks(half_won(), 34, [1], np.full((3, 1), 100.0), [], states=states)
    assert seen.is_exact.tolist() == [states > 0]
    assert seen.probability[0] == pytest.approx(0.5, abs=1e-4 if states else 0.05)
    assert seen.range[0, [0, 2]].tolist() == [0.0, 100.0]
    assert seen.expected_open.tolist() == [50.0]


def test_a_target_that_only_one_deal_can_reach_swings_with_it_alone():
    whole = half_won()
    [seen] = outlooks(whole, 34, [1], np.full((3, 1), 100.0), [])
    assert top_swings(whole, seen, 0, 100.0) == [(0, 1.0)]


def test_a_reached_target_is_certain_only_without_reversals():
    already = replace(
        four_alike(), bookings=bookings([(-1, 0, day, 10) for day in range(120, 129)])
    )
    [sure] = outlooks(already, 129, [4], np.full((5, 1), 90.0), [], states=STATES_LIMIT)
    assert sure.probability.tolist() == [1.0]
    taken_back = [(-1, 0, 30 * m + 20, -20) for m in range(4)]
    risky = replace(
        already, bookings=bookings([*taken_back, *[(-1, 0, day, 10) for day in range(120, 129)]])
    )
    [unsure] = outlooks(risky, 129, [4], np.full((5, 1), 90.0), [], states=STATES_LIMIT)
    assert unsure.probability.tolist() == [0.0]


def test_without_a_target_there_is_a_range_and_no_probability():
    targets = np.array([[np.nan], [0.0], [100.0]])
    running, _ = outlooks(half_won(), 34, [1, 2], targets, [])
    assert np.isnan(running.probability).all()
    assert running.range.shape == (1, 3)


def random_book(seed: int) -> Book:
    generator = np.random.default_rng(seed)
    size = 300
    entered = generator.integers(0, 300, size)
    stay = generator.integers(1, 60, size)
    left = entered + stay
    won = generator.random(size) < 0.4
    deals = np.arange(size)
    leaf = generator.integers(0, 4, size)
    amount = generator.integers(1, 50, size) * 100
    rows = list(zip(deals, leaf, amount, entered, left, strict=True))
    sold = [(int(d), int(lf), int(b), int(a)) for d, lf, a, _, b in rows if won[d] and b < 399]
    scopes = np.concatenate((np.ones((4, 1)), np.eye(4)), axis=1)
    return book(
        stays=stays([(int(e), int(x), int(x), bool(w)) for e, x, w in zip(entered, left, won, strict=True)]),
        spans=spans([tuple(int(v) for v in row) for row in rows]),
        bookings=bookings(sold),
        periods=months(13),
        scopes=scopes,
    )  # fmt: skip


def test_the_same_day_gives_the_same_figures():
    one, other = (
        list(outlooks(random_book(1), 250, [8, 9], np.full((13, 5), 9_000.0), [])) for _ in range(2)
    )
    for a, b in zip(one, other, strict=True):
        assert np.array_equal(a.range, b.range)
        assert np.array_equal(a.probability, b.probability)


def test_what_came_after_the_day_is_not_in_its_call():
    whole = random_book(2)
    day = 250
    deals, booked = whole.spans, whole.bookings
    seen = deals.first_day <= day
    past = booked.day <= day
    cut = replace(
        whole,
        stays=whole.stays.known_on(day + 1),
        spans=type(deals)(
            deals.deal[seen], deals.leaf[seen], deals.stage[seen], deals.entered[seen], deals.amount[seen],
            deals.first_day[seen], np.where(deals.before_day[seen] > day, 399, deals.before_day[seen]),
            deals.expected_day[seen], deals.default_chance[seen],
        ),
        bookings=Bookings(*(column[past] for column in (
            booked.deal, booked.leaf, booked.day, booked.known_day, booked.amount))),
    )  # fmt: skip
    targets = np.full((13, 5), 9_000.0)
    for full, short in zip(
        outlooks(whole, day, [8, 9], targets, past_outcomes(whole, [100, 150], day)),
        outlooks(cut, day, [8, 9], targets, past_outcomes(cut, [100, 150], day)),
        strict=True,
    ):
        assert np.array_equal(full.range, short.range)
        assert np.array_equal(full.probability, short.probability)
        assert np.array_equal(full.booked, short.booked)


def test_booked_won_and_new_are_together_what_the_period_came_to():
    whole = random_book(3)
    [call] = make_calls(whole, 250, [8])
    came = outcome_of(whole, call)
    first, last = 240, 269
    booked = whole.bookings
    so_far = booked.amount[booked.between(first - 1, 250, 400)].sum()
    in_all = booked.amount[booked.between(first - 1, last, 400)].sum()
    later = booked.between(250, last, 400)
    elsewhere = booked.amount[later & ~np.isin(booked.deal, call.deals.deal)].sum()
    assert so_far + came.booked_amount + elsewhere == in_all


def test_a_sum_over_people_is_the_draw_of_the_whole(monkeypatch):
    # Also where the deals are drawn block by block.
    monkeypatch.setattr(draws, "BLOCK", 7)
    [seen] = outlooks(random_book(4), 250, [8], np.full((13, 5), 9_000.0), [])
    assert np.array_equal(seen.drawn.total[0], seen.drawn.total[1:].sum(axis=0))
    by_hand = seen.amounts @ seen.drawn.wins
    samples = seen.new.samples[:, 0]
    assert np.isin(seen.drawn.total[0] - by_hand, samples).all()


def test_counting_and_drawing_agree():
    targets = np.full((13, 5), 9_000.0)
    [drawn] = outlooks(random_book(5), 255, [8], targets, [])
    [counted] = outlooks(random_book(5), 255, [8], targets, [], states=10**9)
    assert counted.is_exact.any()
    assert np.abs(drawn.probability - counted.probability)[counted.is_exact].max() < 0.07


def test_running_periods_and_those_that_begin_within_a_month_are_called():
    assert called_periods(book(), 35) == [1, 2]
    assert called_periods(book(), 29) == [0, 1, 2]
