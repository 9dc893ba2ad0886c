"""The sum of deals that are won or not, counted and drawn."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.core.forecast.sums import (
    Distribution,
    Multiplier,
    exact_sum,
    possible_sums,
    scaled_chances,
    standard_error,
    with_new_business,
)
from tests.unit.core.forecast.forecast_world import ints

# Twenty-five deals of 1 to 24 and 71, which can come to any whole sum from 0 to 371: 372 states.
AMOUNTS = [*range(1, 25), 71]
CHANCES = [Fraction(k % 9 + 1, 10) for k in range(25)]

some_deals = st.lists(st.tuples(st.integers(0, 50), st.floats(0, 1)), min_size=0, max_size=8)


def slowly(amounts, chances):
    """Every sum with its chance, in fractions, deal by deal."""
    found = {0: Fraction(1)}
    for amount, chance in zip(amounts, chances, strict=True):
        after: dict[int, Fraction] = {}
        for value, weight in found.items():
            after[value] = after.get(value, Fraction(0)) + weight * (1 - chance)
            after[value + amount] = after.get(value + amount, Fraction(0)) + weight * chance
        found = after
    return found


def counted(amounts, chances):
    return exact_sum(ints(amounts), np.array([[float(c) for c in chances]]))


def test_two_deals_come_to_four_sums():
    found = counted([100, 200], [0.5, 0.25])
    assert list(found.values) == [0, 100, 200, 300]
    assert list(found.weights) == pytest.approx([0.375, 0.375, 0.125, 0.125])


def test_equal_sums_are_one_state():
    assert list(counted([100, 100], [0.5, 0.5]).weights) == pytest.approx([0.25, 0.5, 0.25])


def test_twenty_five_deals_have_372_states_and_are_counted_to_the_last_digit():
    assert possible_sums(ints(AMOUNTS)) == 372
    found, truth = counted(AMOUNTS, CHANCES), slowly(AMOUNTS, CHANCES)
    assert list(found.values) == sorted(truth)
    assert len(truth) == 372
    for need in (100, 150, 200, 250):
        exactly = float(sum(w for v, w in truth.items() if v >= need))
        assert found.at_least(need) == pytest.approx(exactly, abs=1e-12)


def test_draws_agree_with_counting_within_their_standard_error():
    generator = np.random.default_rng(1)
    wins = generator.random((200_000, 25)) < np.array([float(c) for c in CHANCES])
    exactly = counted(AMOUNTS, CHANCES).at_least(180)
    drawn = float((wins @ np.array(AMOUNTS) >= 180).mean())
    assert abs(drawn - exactly) < 4 * float(standard_error(np.array(exactly), 200_000))


def test_states_are_counted_by_choice_or_by_grid_whichever_is_less():
    assert possible_sums(ints([])) == 1
    assert possible_sums(ints([7, 11, 13])) == 8
    assert possible_sums(ints([100] * 60)) == 61
    assert possible_sums(ints([0, 0])) == 1


def test_quantiles_are_the_lowest_sums_not_exceeded_with_that_chance():
    found = Distribution(ints([0, 10, 20]), np.array([0.1, 0.6, 0.3]))
    assert [found.quantile(q) for q in (0.1, 0.11, 0.7, 0.71, 1.0)] == [0, 10, 10, 20, 20]


def test_each_past_period_is_equally_likely_to_come_again():
    found = with_new_business(counted([100], [0.5]), ints([0, 50]))
    assert list(found.values) == [0, 50, 100, 150]
    assert list(found.weights) == pytest.approx([0.25] * 4)
    assert with_new_business(counted([100], [0.5]), ints([-100, 0])).at_least(0) == pytest.approx(
        0.75
    )


def test_a_shared_multiplier_keeps_the_mean_and_thickens_both_tails():
    amounts, chances = ints([10] * 20), np.full(20, 0.4)
    alone = exact_sum(amounts, chances[None, :])
    shared = exact_sum(amounts, scaled_chances(chances, Multiplier(1.0, 0.3).points(9)))
    assert float(shared.values @ shared.weights) == pytest.approx(80, abs=0.5)
    assert shared.at_least(130) > 2 * alone.at_least(130)
    assert 1 - shared.at_least(40) > 2 * (1 - alone.at_least(40))


@pytest.mark.parametrize(("mean", "spread"), [(1.0, 0.3), (0.8, 0.1), (1.5, 0.2)])
def test_the_multipliers_points_have_its_mean_and_spread(mean, spread):
    points = Multiplier(mean, spread).points(1_000)
    assert points.mean() == pytest.approx(mean, abs=1e-3)
    assert points.std() == pytest.approx(spread, abs=2e-3)
    assert points.min() >= 0
    assert points.max() <= 2


def test_without_spread_there_is_one_multiplier():
    assert list(Multiplier(0.9, 0.0).points(3)) == [0.9, 0.9, 0.9]


def test_a_spread_that_no_multiplier_can_have_is_refused():
    with pytest.raises(ValueError, match=r"spread of 1\.2 is too wide"):
        Multiplier(1.0, 1.2).points(3)


def test_no_chance_is_scaled_above_one():
    assert scaled_chances(np.array([0.8, 0.2]), np.array([2.0])).tolist() == [[1.0, 0.4]]


@given(some_deals)
def test_chances_add_to_one_and_the_mean_is_that_of_the_deals(deals):
    amounts, chances = [a for a, _ in deals], [c for _, c in deals]
    found = counted(amounts, chances)
    assert found.weights.sum() == pytest.approx(1)
    expected = sum(a * c for a, c in deals)
    assert float(found.values @ found.weights) == pytest.approx(expected, abs=1e-6)


@given(some_deals, st.integers(0, 100))
def test_the_order_of_deals_does_not_matter(deals, need):
    back = deals[::-1]
    one = counted([a for a, _ in deals], [c for _, c in deals]).at_least(need)
    other = counted([a for a, _ in back], [c for _, c in back]).at_least(need)
    assert one == pytest.approx(other, abs=1e-12)
