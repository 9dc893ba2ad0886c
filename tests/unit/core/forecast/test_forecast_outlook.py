"""The forecast of one day: ranges, the chance of the target, deciding deals, and what they rest on."""

from dataclasses import replace

import numpy as np
import pytest

from pipelines.core.forecast import draws
from pipelines.core.forecast.book import Book, Bookings
from pipelines.core.forecast.calls import make_calls, outcome_of
from pipelines.core.forecast.outlook import called_periods, outlooks, past_outcomes, top_swings
from pipelines.core.forecast.sums import STATES_LIMIT
from tests.unit.core.forecast.forecast_world import (
    book,
    bookings,
    four_alike,
    half_won,
    months,
    outcome,
    spans,
    stays,
)


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
    # The third month begins on day 60, 31 days after day 29.
    assert called_periods(book(), 29) == [0, 1, 2]
    assert called_periods(book(), 28) == [0, 1]


def test_booked_is_what_counts_from_the_first_day_of_the_period_to_today():
    entries = bookings([(-1, 0, 29, 3), (-1, 0, 30, 5), (-1, 0, 34, 7), (-1, 0, 35, 11)])
    [seen] = outlooks(replace(half_won(), bookings=entries), 34, [1], np.full((3, 1), 100.0), [])
    assert seen.booked.tolist() == [12]


def test_an_open_deal_books_of_its_amount_what_won_deals_booked_of_theirs():
    past = [outcome(10, 5, kind=1, ended_day=30)]
    [seen] = outlooks(half_won(), 34, [1], np.full((3, 1), 100.0), past)
    assert seen.amounts.tolist() == [90]


def test_at_most_three_deciding_deals_are_named():
    deals = spans([(deal, 0, 100, 30, 399) for deal in range(4)])
    whole = replace(half_won(), spans=deals)
    [seen] = outlooks(whole, 34, [1], np.full((3, 1), 300.0), [])
    assert len(top_swings(whole, seen, 0, 300.0)) == 3
