"""Sharing out in order: the laws that make every level sum exactly.

The worked examples of the rules go through the whole cascade: cascade/test_cascade_examples.py.
"""

from decimal import Decimal
from fractions import Fraction

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.core.allocation import difference_sorted
from pipelines.core.exact import decimal_column

AMOUNTS = st.integers(-(10**12), 10**12)
WEIGHTS = st.lists(st.integers(0, 10**6), min_size=1, max_size=40)
GROUPS = st.lists(st.tuples(AMOUNTS, WEIGHTS), min_size=1, max_size=8)


def share(*groups: tuple[int, list[int]]) -> tuple[list[int], list[bool]]:
    """Share totals out, each over the weights beside it."""
    totals = [total for total, weights in groups for _ in weights]
    starts = [place == 0 for _, weights in groups for place in range(len(weights))]
    weights = [weight for _, group in groups for weight in group]
    kind = np.int64 if max(weights, default=0) < 2**62 else object
    shares, is_equal = difference_sorted(
        np.array(totals, dtype=np.int64), np.array(weights, dtype=kind), np.array(starts)
    )
    return shares.tolist(), is_equal.tolist()


def test_500_over_22_workdays_is_rounded_as_it_adds_up():
    # 500.00 / 22 = 22.7272…: cumulated 22.73, 45.45, 68.18, 90.91, 113.64
    shares, _ = share((50_000, [1] * 22))
    assert shares[:5] == [2273, 2272, 2273, 2273, 2273]
    assert sum(shares) == 50_000


def test_a_day_off_gets_nothing_and_the_days_around_it_share_on():
    assert share((100, [1, 0, 0, 1, 1])) == ([33, 0, 0, 34, 33], [False] * 5)


def test_a_month_without_a_workday_falls_back_to_its_calendar_days_and_says_so():
    shares, is_equal = share((28_000, [0] * 28), (700, [4]))
    assert shares == [1000] * 28 + [700]
    assert is_equal == [True] * 28 + [False]


def test_a_seat_that_owes_is_shared_as_exactly_as_one_that_gets():
    assert share((-5, [1, 1]), (5, [1, 1]))[0] == [-3, -2, 3, 2]


def test_nothing_among_nobody_is_nothing():
    assert share() == ([], [])


def exact_shares(total: int, weights: list[int]) -> list[Fraction]:
    used = weights if sum(weights) else [1] * len(weights)
    return [Fraction(total * weight, sum(used)) for weight in used]


@settings(deadline=None)
@given(total=AMOUNTS, weights=WEIGHTS)
def test_every_prefix_is_the_rounded_share_of_that_prefix(total, weights):
    shares, _ = share((total, weights))
    exact = exact_shares(total, weights)
    assert sum(shares) == total
    for count in range(1, len(weights) + 1):
        part = sum(exact[:count])
        half_up = (abs(part) + Fraction(1, 2)).__floor__() * (1 if part >= 0 else -1)
        assert sum(shares[:count]) == half_up
    for got, ideal in zip(shares, exact, strict=True):
        assert got * total >= 0, "no share has the other sign"
        assert abs(got - ideal) <= 1
        assert got == 0 or ideal != 0, "a weight of 0 gets nothing"


@settings(deadline=None)
@given(total=st.integers(0, 10**9), people=st.integers(1, 60))
def test_equal_weights_get_equal_shares_within_one_minor_unit(total, people):
    shares, _ = share((total, [1] * people))
    assert max(shares) - min(shares) <= 1


@settings(max_examples=50, deadline=None)
@given(groups=GROUPS, scale=st.sampled_from([1, 10**5]))
def test_many_groups_at_once_equal_one_after_another(groups, scale):
    scaled = [(total * scale, weights) for total, weights in groups]
    one_by_one = [share(group) for group in scaled]
    assert share(*scaled) == (
        [one for shares, _ in one_by_one for one in shares],
        [one for _, is_equal in one_by_one for one in is_equal],
    )


@pytest.mark.parametrize("large", [10**12, 2**62])
def test_amounts_whose_products_outgrow_64_bits_stay_exact(large):
    total = 9_007_199_254_740_993
    shares, _ = share((total, [large, 1, large]))
    assert sum(shares) == total
    assert shares[0] == (2 * total * large + 2 * large + 1) // (2 * (2 * large + 1))


def test_shares_are_exact_decimals_in_duckdb():
    units = np.array([-3, 2**62, 0], dtype=np.int64)
    frame = pd.DataFrame({"amount": decimal_column(units, 2, pd.RangeIndex(3))})
    with duckdb.connect() as connection:
        connection.register("shares", frame)
        rows = connection.sql("select amount, typeof(amount) from shares").fetchall()
    assert [value for value, _ in rows] == [
        Decimal("-0.03"), Decimal("46116860184273879.04"), Decimal("0.00"),
    ]  # fmt: skip
    assert {kind for _, kind in rows} == {"DECIMAL(19,2)"}
