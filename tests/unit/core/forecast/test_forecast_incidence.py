"""The chance of winning within some workdays, by age in stage."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.core.forecast.incidence import (
    NEVER,
    NO_HISTORY,
    POOLED,
    landmark_curves,
    risk_counts,
    spoken_ages,
    win_curves,
)
from tests.unit.core.forecast.forecast_world import ints, stays

# Ten deals that entered on day 0: four won on day 5, four lost on day 10, two open on day 20.
TEN = [(0, 5, 5, True)] * 4 + [(0, 10, 10, False)] * 4 + [(0, None, None, False)] * 2

a_stay = st.tuples(st.integers(0, 30), st.integers(1, 40), st.booleans(), st.booleans())


def one_stage(rows):
    """Stays in the only stage there is: leaving it is being won or lost."""
    return stays([(e, e + d if c else None, e + d if c else None, w) for e, d, c, w in rows])


def landmark_curve(found, age, today, horizon):
    """The chances of one age, and how many deals they rest on."""
    incidence, n_at_risk = landmark_curves(found, ints([age]), today, horizon)
    return SimpleNamespace(incidence=incidence[0], n_at_risk=n_at_risk[0])


def in_so_many_words(rows, age, today, horizon):
    """Aalen–Johansen after a landmark, deal by deal and day by day."""
    after = []
    for entered, days, is_decided, is_won in rows:
        ended = entered + days if is_decided and entered + days <= today else None
        if entered <= today - age and (ended is None or ended - entered > age):
            after.append(((ended or today) - entered - age, ended is not None, is_won))
    chances, standing, won = [], 1.0, 0.0
    for day in range(horizon + 1):
        at_risk = sum(days >= day for days, _, _ in after)
        ended = [is_won for days, is_decided, is_won in after if is_decided and days == day]
        if at_risk:
            won += standing * sum(ended) / at_risk
            standing *= 1 - len(ended) / at_risk
        chances.append(won)
    return chances


def test_four_of_ten_are_won_within_five_days_of_entering():
    curve = landmark_curve(stays(TEN).known_on(20), 0, 20, 12)
    assert list(curve.incidence) == pytest.approx([0, 0, 0, 0, 0, *[0.4] * 8])
    assert curve.n_at_risk == 10


def test_whoever_still_stands_there_at_six_days_is_not_won_any_more():
    curve = landmark_curve(stays(TEN).known_on(20), 6, 20, 12)
    assert curve.n_at_risk == 6
    assert curve.incidence[-1] == 0


def test_the_chance_is_what_the_incidence_still_rises_over_the_share_that_stays():
    # Won on days 2, 4, 6 and 8, lost on day 4: F(8) − F(4) = 0.2 + 0.2, Ŝ(4) = 0.4.
    rows = [(0, d, d, True) for d in (2, 4, 6, 8)] + [(0, 4, 4, False)]
    curve = landmark_curve(stays(rows).known_on(20), 4, 20, 4)
    assert curve.n_at_risk == 2
    assert curve.incidence[2] == pytest.approx(0.2 / 0.4)
    assert curve.incidence[4] == pytest.approx(0.4 / 0.4)


def test_a_win_counts_though_the_deal_went_on_to_other_stages_first():
    # Left the stage after 3 days and was won after 8; the other one is lost after 6.
    rows = [(0, 3, 8, True), (0, 2, 6, False)]
    curve = landmark_curve(stays(rows).known_on(20), 0, 20, 10)
    assert list(curve.incidence[[7, 8]]) == pytest.approx([0, 0.5])


def test_events_come_before_censorings_at_a_tie():
    rows = [(0, 10, 10, True), (0, None, None, False)]
    assert landmark_curve(stays(rows).known_on(10), 0, 10, 10).incidence[10] == pytest.approx(0.5)


def test_open_deals_leave_the_risk_set_when_they_were_last_seen():
    # Two entered on day 5 and are open on day 10: of the two at risk at 8 days one is won.
    rows = [(0, 8, 8, True), (0, None, None, False), (5, None, None, False), (5, None, None, False)]
    assert landmark_curve(stays(rows).known_on(10), 0, 10, 9).incidence[8] == pytest.approx(0.5)


def test_a_deal_found_open_later_is_not_at_risk_at_an_age_it_was_not_watched_at():
    found = stays([(0, 12, 12, True)] * 3, seen=ints([8, 8, 0]))
    assert landmark_curve(found.known_on(20), 5, 20, 9).n_at_risk == 1
    assert landmark_curve(found.known_on(20), 8, 20, 9).n_at_risk == 3


def test_nothing_that_came_later_is_known():
    known = stays([(0, 5, 9, True), (4, 6, 6, False)]).known_on(5)
    assert list(known.left) == [5, NEVER]
    assert list(known.ended) == [NEVER, NEVER]
    assert not known.won.any()
    assert len(stays([(6, None, None, False)]).known_on(5).stage) == 0


def test_an_old_deal_goes_by_the_highest_age_at_which_enough_deals_stood():
    # Twenty stood for 4 days, ten of them for 9.
    rows = [(0, 5, 5, True)] * 10 + [(0, 10, 10, True)] * 10
    counts = risk_counts(stays(rows).known_on(30), 30)
    assert list(counts) == [20] * 5 + [10] * 5
    assert list(spoken_ages(counts, ints([3, 4, 9, 200]), 20)) == [3, 4, 4, 4]
    assert list(spoken_ages(counts, ints([4, 9, 200]), 10)) == [4, 9, 9]
    assert list(spoken_ages(counts, ints([9, -1]), 21)) == [-1, -1]


def test_a_stage_with_too_few_deals_is_answered_by_all_stages_and_says_so():
    rows = [(0, 5, 5, True)] * 30
    history = stays(rows, stage=ints([0] * 25 + [1] * 5)).known_on(30)
    curves = win_curves(history, ints([0, 1]), ints([0, 0]), 30, 10)
    assert curves.reasons == (None, POOLED)
    assert list(curves.n_at_risk) == [25, 30]
    alone = win_curves(history.of_stage(1), ints([1]), ints([0]), 30, 10)
    assert alone.reasons == (NO_HISTORY,)
    assert not alone.incidence.any()


def test_twenty_deals_speak_for_their_stage_and_nineteen_do_not():
    rows = [(0, 5, 5, True)] * 39
    history = stays(rows, stage=ints([0] * 20 + [1] * 19)).known_on(30)
    curves = win_curves(history, ints([0, 1]), ints([0, 0]), 30, 10)
    assert curves.reasons == (None, POOLED)
    assert list(curves.n_at_risk) == [20, 39]


@given(
    st.lists(a_stay, min_size=1, max_size=40),
    st.sets(st.integers(0, 30), min_size=1),
    st.integers(0, 45),
)
def test_all_ages_at_once_say_what_each_says_in_so_many_words(rows, ages, today):
    ages = sorted(ages)
    incidence, _ = landmark_curves(one_stage(rows).known_on(today), ints(ages), today, 20)
    for row, age in zip(incidence, ages, strict=True):
        assert list(row) == pytest.approx(in_so_many_words(rows, age, today, 20))


@given(st.lists(a_stay, min_size=1, max_size=40), st.integers(0, 20))
def test_a_chance_is_between_nought_and_one_and_never_falls(rows, age):
    curve = landmark_curve(one_stage(rows).known_on(45), age, 45, 60).incidence
    assert curve[0] == 0
    assert (np.diff(curve) >= 0).all()
    assert curve[-1] <= 1 + 1e-12


@given(st.lists(a_stay, min_size=1, max_size=40), st.integers(0, 25))
def test_with_everything_followed_to_its_end_it_is_the_plain_share(rows, age):
    decided = [(e, d, True, w) for e, d, _, w in rows]
    standing = [(d, w) for _, d, _, w in decided if d > age]
    curve = landmark_curve(one_stage(decided).known_on(100), age, 100, 50).incidence
    for ahead in (1, 7, 50):
        won = sum(w and d - age <= ahead for d, w in standing)
        assert curve[ahead] == pytest.approx(won / len(standing) if standing else 0)


@given(st.lists(a_stay, min_size=1, max_size=40), st.integers(5, 40))
def test_what_happens_after_the_day_changes_nothing(rows, today):
    cut = [(e, d, c and e + d <= today, w and e + d <= today) for e, d, c, w in rows if e <= today]
    full = one_stage(rows).known_on(today)
    short = one_stage(cut).known_on(today)
    for age in (0, 3):
        assert np.array_equal(
            landmark_curve(full, age, today, 20).incidence,
            landmark_curve(short, age, today, 20).incidence,
        )
