"""Sharing out: the worked examples of the rules, and the laws that make every level sum exactly."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.core.allocation import (
    AllocationError,
    allocate_groups,
    difference_rounded_cumulative,
    largest_remainder,
)
from pipelines.core.calendar import build_calendar
from pipelines.core.exact import minor_units_of_column

CENT = Decimal("0.01")
QUARTER = build_calendar(date(2026, 1, 1), date(2026, 3, 31), calendar="CN")

AMOUNTS = st.integers(-(10**12), 10**12)
WEIGHTS = st.lists(
    st.one_of(
        st.integers(0, 1000),
        st.decimals(0, 1000, places=6, allow_nan=False, allow_infinity=False),
        st.floats(0, 1000, allow_nan=False).map(lambda x: round(x, 4)),
    ),
    min_size=1,
    max_size=40,
)


def numbers(*texts: str) -> tuple[Decimal, ...]:
    return tuple(Decimal(text) for text in texts)


def exact_shares(total: int, weights: list) -> list[Fraction]:
    exact = [Fraction(str(weight)) for weight in weights]
    if not sum(exact):
        exact = [Fraction(1)] * len(exact)
    return [total * weight / sum(exact) for weight in exact]


# --- worked examples of the rules ---------------------------------------------------------------


def test_a_year_of_5000_by_30_20_30_20():
    year = difference_rounded_cumulative(5000, [30, 20, 30, 20], 2)
    assert year.amounts == numbers("1500", "1000", "1500", "1000")
    assert not year.is_fallback
    rates = [Decimal("0.3"), Decimal("0.2"), Decimal("0.3"), Decimal("0.2")]
    assert difference_rounded_cumulative(5000, rates, 2).amounts == year.amounts
    assert difference_rounded_cumulative(5000.0, [0.3, 0.2, 0.3, 0.2], 2).amounts == year.amounts


def test_20_customers_over_8_6_6_3_are_7_5_5_3():
    assert largest_remainder(20, [8, 6, 6, 3]) == ((7, 5, 5, 3), False)


def test_five_people_of_equal_history_get_120_each():
    assert difference_rounded_cumulative(600, [1] * 5, 2).amounts == numbers(*["120"] * 5)


def test_a_month_of_500_is_the_sum_of_its_days_and_a_week_of_its_days():
    march = QUARTER[QUARTER["month_label"] == "2026-03"].assign(target=500)
    days = allocate_groups(
        march.assign(weight=march["is_workday"].astype(int)),
        "target",
        "weight",
        ["month_label"],
        ["date_day"],
        decimals=2,
    )
    assert days["allocated"].sum() == Decimal("500.00")
    assert (days.loc[~days["is_workday"], "allocated"] == 0).all()
    worked = days[days["is_workday"]]
    # 500 / 22 = 22.7272…: cumulated 22.73, 45.45, 68.18, 90.91, 113.64
    first_week = worked["allocated"].tolist()[:5]
    assert first_week == list(numbers("22.73", "22.72", "22.73", "22.73", "22.73"))
    weeks = worked.groupby("week_label")["allocated"].sum()
    assert weeks["2026-W10"] == Decimal("113.64")  # not 500 / 4 = 125
    assert sum(weeks) == Decimal("500.00")


def cascade(people: int, total: str) -> pd.DataFrame:
    """Quarter to months by workdays, month to people equally, a person's month to days."""
    months = QUARTER.groupby("month_label", as_index=False)["is_workday"].sum()
    months = months.assign(target=Decimal(total), quarter="2026-Q1")
    months = allocate_groups(
        months, "target", "is_workday", ["quarter"], ["month_label"], decimals=2
    )[["month_label", "allocated"]].rename(columns={"allocated": "month_target"})
    shares = months.merge(pd.DataFrame({"person": range(people), "share": 1}), how="cross")
    shares = allocate_groups(
        shares, "month_target", "share", ["month_label"], ["person"], decimals=2
    )
    shares = shares.rename(columns={"allocated": "person_target"}).drop(columns="is_fallback")
    days = shares.merge(QUARTER[["month_label", "date_day", "is_workday"]], on="month_label")
    days["weight"] = days["is_workday"].astype(int)
    return allocate_groups(
        days, "person_target", "weight", ["month_label", "person"], ["date_day"], decimals=2
    )


def widest_month_spread_cents(atoms: pd.DataFrame) -> int:
    cents = atoms.assign(cents=minor_units_of_column(atoms["allocated"], 2))
    months = cents.groupby(["month_label", "person"])["cents"].sum().groupby("month_label")
    return int((months.max() - months.min()).max())


def test_23_people_share_15_million_by_day_to_the_cent_at_every_level():
    atoms = cascade(23, "15000000.00")
    assert len(atoms) == 23 * 90
    assert atoms["allocated"].sum() == Decimal("15000000.00")
    # 15,000,000 × 21/59 = 5,338,983.05; × 37/59 = 9,406,779.66: by 16 and 22 workdays what is left
    months = atoms.groupby("month_label")["allocated"].sum().tolist()
    assert months == list(numbers("5338983.05", "4067796.61", "5593220.34"))
    people = atoms.groupby(["month_label", "person"])
    assert (people["allocated"].sum() == people["person_target"].first()).all()
    assert widest_month_spread_cents(atoms) <= 1
    assert (atoms.loc[~atoms["is_workday"], "allocated"] == 0).all()
    assert (atoms.loc[atoms["is_workday"], "allocated"] > 0).all()


@pytest.mark.parametrize("total", ["100.00", "999999.97", "0.04", "3000.01"])
def test_five_equal_people_get_months_equal_within_one_minor_unit(total):
    atoms = cascade(5, total)
    assert widest_month_spread_cents(atoms) <= 1
    assert atoms["allocated"].sum() == Decimal(total)


def test_a_month_without_a_workday_falls_back_to_its_calendar_days_and_says_so():
    february = difference_rounded_cumulative(280, [0] * 28, 2)
    assert february.amounts == numbers(*["10"] * 28)
    assert february.is_fallback
    assert largest_remainder(5, [0, 0, 0]) == ((2, 2, 1), True)
    frame = pd.DataFrame({"m": ["a", "a", "b"], "d": [1, 2, 1], "t": [3, 3, 7], "w": [0, 0, 4]})
    result = allocate_groups(frame, "t", "w", ["m"], ["d"], decimals=1)
    assert result["allocated"].tolist() == list(numbers("1.5", "1.5", "7"))
    assert result["is_fallback"].tolist() == [True, True, False]


def test_counts_by_day_are_fractional_with_six_decimals():
    days = difference_rounded_cumulative(20, [1] * 22, 6)
    assert days.amounts[:2] == numbers("0.909091", "0.909091")
    assert sum(days.amounts) == 20


def test_a_seat_that_owes_is_shared_as_exactly_as_one_that_gets():
    assert difference_rounded_cumulative("-0.05", [1, 1], 2).amounts == numbers("-0.03", "-0.02")
    assert difference_rounded_cumulative("0.05", [1, 1], 2).amounts == numbers("0.03", "0.02")
    assert largest_remainder(-20, [8, 6, 6, 3]).amounts == (-7, -5, -5, -3)


# --- refusals -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("total", "weights", "says"),
    [
        ("0.005", [1], "more than 2 decimals; round it"),
        (0.1 + 0.2, [1], "more than 2 decimals"),
        ("much", [1], "'much' is not a number"),
        (float("nan"), [1], "is not finite"),
        (None, [1], "total: None is not a number"),
        (True, [1], "True is not a number"),
        (10**17, [1], "too large for 2 decimals"),
        (1, [1, -1], "weight 2: -1 is negative"),
        (1, [1, float("inf")], "weight 2: inf is not finite"),
        (1, [], "nobody to share among"),
    ],
)
def test_what_cannot_be_shared_is_refused(total, weights, says):
    with pytest.raises(AllocationError, match=says):
        difference_rounded_cumulative(total, weights, 2)


def test_nothing_among_nobody_is_nothing():
    assert difference_rounded_cumulative(0, [], 2) == ((), False)
    assert largest_remainder(0, []) == ((), False)
    with pytest.raises(AllocationError, match="nobody"):
        largest_remainder(1, [])


FRAME = pd.DataFrame({"g": ["x", "x", "y"], "o": [1, 2, 1], "t": [1, 1, 2], "w": [1, 1, 1]})


@pytest.mark.parametrize(
    ("column", "values", "says"),
    [
        ("t", [1, 2, 2], "column t: more than one total in group g=x"),
        ("o", [1, 1, 1], "columns o: two rows of a group are tied at g=x, o=1"),
        ("w", [1, -2, 1], "column w, row 1: -2 is negative"),
        ("w", [1, 1, None], "column w, row 2: nan is not finite"),
        ("t", [1, 1, 0.005], "column t, row 2: 0.005 has more than 2 decimals"),
    ],
)
def test_a_wrong_column_is_refused_with_its_place(column, values, says):
    with pytest.raises(AllocationError, match=says):
        allocate_groups(FRAME.assign(**{column: values}), "t", "w", ["g"], ["o"], decimals=2)


def test_no_rows_give_no_rows_with_the_columns():
    result = allocate_groups(FRAME.iloc[:0], "t", "w", ["g"], ["o"], decimals=2)
    assert result.empty
    assert result.columns.tolist() == ["g", "o", "t", "w", "allocated", "is_fallback"]


def test_rows_keep_their_order_and_index_and_a_missing_group_is_a_group():
    frame = pd.DataFrame(
        {"g": [None, "x", None, "x"], "o": [2, 2, 1, 1], "t": [5, 1, 5, 1], "w": [1, 3, 4, 1]},
        index=[9, 7, 5, 3],
    )
    result = allocate_groups(frame, "t", "w", ["g"], ["o"], decimals=2)
    assert result.index.tolist() == [9, 7, 5, 3]
    assert result["allocated"].tolist() == list(numbers("1", "0.75", "4", "0.25"))


def test_without_group_columns_all_rows_share_one_total():
    result = allocate_groups(FRAME.assign(t=1, o=[3, 2, 1]), "t", "w", [], ["o"], decimals=2)
    assert result["allocated"].tolist() == list(numbers("0.33", "0.34", "0.33"))


def test_shares_are_exact_decimals_in_duckdb():
    frame = pd.DataFrame({"o": [1, 2, 3], "t": "-0.10", "w": 1})
    result = allocate_groups(frame, "t", "w", [], ["o"], decimals=2)
    with duckdb.connect() as connection:
        connection.register("shares", result)
        rows = connection.sql("select allocated, typeof(allocated) from shares").fetchall()
    assert [value for value, _ in rows] == list(numbers("-0.03", "-0.04", "-0.03"))
    assert {kind for _, kind in rows} == {"DECIMAL(19,2)"}


# --- laws ---------------------------------------------------------------------------------------


@settings(deadline=None)
@given(total=AMOUNTS, weights=WEIGHTS)
def test_largest_remainder_sums_exactly_within_one_and_keeps_the_sign(total, weights):
    shares, _ = largest_remainder(total, weights)
    assert sum(shares) == total
    for share, exact in zip(shares, exact_shares(total, weights), strict=True):
        assert abs(share - exact) < 1
        assert share * total >= 0


@settings(deadline=None)
@given(total=AMOUNTS, weights=WEIGHTS, decimals=st.integers(0, 6))
def test_every_prefix_is_the_rounded_share_of_that_prefix(total, weights, decimals):
    amount = Decimal(total).scaleb(-decimals)
    amounts, _ = difference_rounded_cumulative(amount, weights, decimals)
    exact = exact_shares(total, weights)
    assert sum(amounts) == amount
    for count in range(1, len(weights) + 1):
        part = sum(exact[:count])
        half_up = (abs(part) + Fraction(1, 2)).__floor__() * (1 if part >= 0 else -1)
        assert sum(amounts[:count]).scaleb(decimals) == half_up
    for share, ideal in zip(amounts, exact, strict=True):
        assert share * total >= 0, "no share has the other sign"
        assert abs(Fraction(share.scaleb(decimals)) - ideal) <= 1
        assert share == 0 or ideal != 0, "a weight of 0 gets nothing"


@settings(deadline=None)
@given(total=st.integers(0, 10**9), people=st.integers(1, 60))
def test_equal_weights_get_equal_shares_within_one_minor_unit(total, people):
    amounts, _ = difference_rounded_cumulative(Decimal(total).scaleb(-2), [1] * people, 2)
    assert max(amounts) - min(amounts) <= CENT


@settings(max_examples=50, deadline=None)
@given(
    groups=st.lists(st.tuples(AMOUNTS, WEIGHTS), min_size=1, max_size=8),
    seed=st.integers(0, 1000),
    scale=st.sampled_from([1, 10**5]),
)
def test_many_groups_at_once_equal_one_after_another(groups, seed, scale):
    rows = [
        (number, position, Decimal(total * scale).scaleb(-2), Decimal(str(weight)))
        for number, (total, weights) in enumerate(groups)
        for position, weight in enumerate(weights)
    ]
    frame = pd.DataFrame(rows, columns=["g", "o", "t", "w"])
    shuffled = frame.iloc[np.random.default_rng(seed).permutation(len(frame))]
    result = allocate_groups(shuffled, "t", "w", ["g"], ["o"], decimals=2).sort_values(["g", "o"])
    one_by_one = [
        difference_rounded_cumulative(Decimal(total * scale).scaleb(-2), weights, 2)
        for total, weights in groups
    ]
    assert result["allocated"].tolist() == [a for part in one_by_one for a in part.amounts]
    assert result.groupby("g")["is_fallback"].first().tolist() == [
        p.is_fallback for p in one_by_one
    ]


def test_amounts_whose_products_outgrow_64_bits_stay_exact():
    total, weights = Decimal("90071992547409.93"), [Decimal("0.333333333333"), Decimal("0.1"), 1]
    frame = pd.DataFrame({"o": [1, 2, 3], "t": [total] * 3, "w": weights})
    shares = allocate_groups(frame, "t", "w", [], ["o"], decimals=2)["allocated"].tolist()
    assert sum(shares) == total
    weight_sum = Fraction("1.433333333333")
    first = Fraction(total) * Fraction("0.333333333333") / weight_sum
    rounded = (Decimal(first.numerator) / Decimal(first.denominator)).quantize(CENT, ROUND_HALF_UP)
    assert shares[0] == rounded
