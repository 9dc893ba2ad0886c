"""A target that changes while its period runs: gone days keep theirs, the rest is spread again."""

from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.core.allocation import AllocationError, difference_rounded_cumulative
from pipelines.core.revision import revise_from, revise_groups

TEN_DAYS = [1, 1, 1, 1, 1, 0, 0, 1, 1, 1]  # a weekend on days 6 and 7
OLD = [10, 10, 10, 10, 10, 0, 0, 10, 10, 10]  # 80 in all


def numbers(*values: object) -> tuple[Decimal, ...]:
    return tuple(Decimal(str(value)) for value in values)


def test_days_gone_keep_theirs_and_the_rest_goes_over_the_days_left():
    # 110 - 3 × 10 = 80 over five workdays: 16 each
    revised = revise_from(OLD, TEN_DAYS, 3, 110, 2)
    assert revised.amounts == numbers(10, 10, 10, 16, 16, 0, 0, 16, 16, 16)
    assert not revised.is_fallback


def test_a_lower_target_takes_from_the_days_left_only():
    # 45 - 30 = 15 over five workdays: 3 each
    assert revise_from(OLD, TEN_DAYS, 3, 45, 2).amounts[3:] == numbers(3, 3, 0, 0, 3, 3, 3)


def test_effective_from_the_first_day_spreads_the_whole_period_again():
    assert revise_from(OLD, TEN_DAYS, 0, 160, 2).amounts[0] == 20


def test_a_total_equal_to_what_the_gone_days_hold_leaves_zeros():
    assert revise_from(OLD, TEN_DAYS, 3, 30, 2).amounts[3:] == numbers(*[0] * 7)


def test_days_that_would_become_negative_are_refused_with_the_figures():
    with pytest.raises(AllocationError, match=r"negative_days.*hold 30\.00, which leaves -0\.01"):
        revise_from(OLD, TEN_DAYS, 3, "29.99", 2)


def test_a_rest_without_a_day_to_take_it_is_refused():
    with pytest.raises(AllocationError, match="no_days_left"):
        revise_from(OLD, TEN_DAYS, 10, 81, 2)
    with pytest.raises(AllocationError, match="no_days_left"):
        revise_from(OLD, TEN_DAYS, 10, 79, 2)
    assert revise_from(OLD, TEN_DAYS, 10, 80, 2).amounts == numbers(*OLD)


def test_days_left_without_a_workday_share_equally_and_say_so():
    revised = revise_from([10, 0, 0], [1, 0, 0], 1, 15, 2)
    assert revised == (numbers(10, "2.50", "2.50"), True)


def test_days_and_weights_must_match():
    with pytest.raises(AllocationError, match="3 days, 2 weights"):
        revise_from([1, 1, 1], [1, 1], 0, 3, 2)
    with pytest.raises(AllocationError, match="effective at 4"):
        revise_from([1, 1, 1], [1, 1, 1], 4, 3, 2)


def frame_of(groups: dict[str, tuple[object, int]]) -> pd.DataFrame:
    """One group per name: its new total and the position of its effective day."""
    return pd.concat(
        pd.DataFrame(
            {
                "person": person,
                "day": range(10),
                "old": OLD,
                "weight": TEN_DAYS,
                "new_total": new_total,
                "is_left": [position >= first for position in range(10)],
            }
        )
        for person, (new_total, first) in groups.items()
    ).reset_index(drop=True)


def revise(frame: pd.DataFrame) -> pd.DataFrame:
    return revise_groups(
        frame,
        allocated_col="old",
        new_total_col="new_total",
        weight_col="weight",
        is_revised_col="is_left",
        group_cols=["person"],
        order_cols=["day"],
        decimals=2,
    )


def test_many_revisions_at_once_report_the_ones_that_cannot_be_and_leave_them_alone():
    frame = frame_of({"raised": (110, 3), "too_low": (29, 3), "too_late": (81, 10)})
    result = revise(frame.sample(frac=1, random_state=7)).sort_index()
    by_person = dict(list(result.groupby("person")))
    assert by_person["raised"]["revised"].tolist() == list(
        numbers(10, 10, 10, 16, 16, 0, 0, 16, 16, 16)
    )
    assert by_person["raised"]["revision_error"].isna().all()
    assert set(by_person["too_low"]["revision_error"]) == {"negative_days"}
    assert by_person["too_low"]["revised"].tolist() == list(numbers(*OLD))
    assert set(by_person["too_late"]["revision_error"]) == {"no_days_left"}
    assert by_person["too_late"]["revised"].tolist() == list(numbers(*OLD))


def test_two_new_totals_in_one_group_are_refused():
    frame = frame_of({"a": (100, 3)})
    frame.loc[0, "new_total"] = 99  # on a day gone, where it would otherwise go unseen
    with pytest.raises(AllocationError, match="column new_total: more than one total"):
        revise(frame)


def test_an_empty_mark_is_refused():
    frame = frame_of({"a": (100, 3)}).astype({"is_left": "object"})
    frame.loc[4, "is_left"] = None
    with pytest.raises(AllocationError, match="column is_left: a cell is empty"):
        revise(frame)


def test_no_revisions_are_no_rows():
    result = revise(frame_of({"a": (100, 3)}).iloc[:0])
    assert result.empty
    assert {"revised", "is_fallback", "revision_error"} <= set(result.columns)


@settings(deadline=None)  # a busy machine is no defect
@given(
    total=st.integers(0, 10**9),
    new_total=st.integers(0, 10**9),
    weights=st.lists(st.integers(0, 3), min_size=1, max_size=31),
    data=st.data(),
)
def test_all_days_sum_to_the_new_target_or_it_is_refused(total, new_total, weights, data):
    first = data.draw(st.integers(0, len(weights)))
    old, new = Decimal(total).scaleb(-2), Decimal(new_total).scaleb(-2)
    days = difference_rounded_cumulative(old, weights, 2).amounts
    rest = new - sum(days[:first])
    if rest < 0 or (rest > 0 and first == len(weights)):
        with pytest.raises(AllocationError):
            revise_from(days, weights, first, new, 2)
        return
    revised, _ = revise_from(days, weights, first, new, 2)
    assert sum(revised) == new
    assert revised[:first] == days[:first]
    assert min(revised) >= 0
    frame = pd.DataFrame({"p": 1, "d": range(len(days)), "old": days, "w": weights, "new": new})
    bulk = revise_groups(
        frame.assign(left=frame["d"] >= first),
        allocated_col="old",
        new_total_col="new",
        weight_col="w",
        is_revised_col="left",
        group_cols=["p"],
        order_cols=["d"],
        decimals=2,
    )
    assert bulk["revised"].tolist() == list(revised)
