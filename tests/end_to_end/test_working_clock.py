"""Working minutes, counted by hand: nine hours a workday, 540 minutes."""

from datetime import date, time, timedelta

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.core.calendar import CalendarError, build_calendar
from tests.end_to_end.working_clock import working_minutes

CHINA = build_calendar(date(2026, 1, 1), date(2026, 12, 31), calendar="CN")


def minutes(start: str, end: str, **hours: time) -> float:
    pair = pd.Series(pd.to_datetime([start])), pd.Series(pd.to_datetime([end]))
    return working_minutes(CHINA, *pair, **hours).iloc[0]


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2026-03-10 10:00", "2026-03-10 11:30", 90),
        ("2026-03-10 17:30", "2026-03-11 09:45", 30 + 45),  # over a night
        ("2026-03-10 22:00", "2026-03-11 09:10", 10),  # arrived at night
        ("2026-03-10 07:00", "2026-03-10 09:10", 10),  # before opening
        ("2026-03-10 18:00", "2026-03-10 23:59", 0),  # after closing
        ("2026-03-13 17:00", "2026-03-16 10:00", 60 + 60),  # over a weekend
        ("2026-03-14 10:00", "2026-03-14 16:00", 0),  # an ordinary Saturday
        ("2026-02-28 10:00", "2026-02-28 11:30", 90),  # a make-up Saturday
        ("2026-02-27 17:00", "2026-03-02 10:00", 60 + 540 + 60),  # Friday, make-up day, Monday
        ("2026-02-14 17:30", "2026-02-24 09:30", 30 + 30),  # over Spring Festival
        ("2026-02-13 17:00", "2026-02-24 09:30", 60 + 540 + 30),  # and the make-up day before it
        ("2026-02-16 08:00", "2026-02-20 20:00", 0),  # inside Spring Festival
        ("2026-03-09 09:00", "2026-03-13 18:00", 5 * 540),  # a whole week
        ("2026-03-10 10:00:30", "2026-03-10 10:01:00", 0.5),
        ("2026-03-10 11:30", "2026-03-10 10:00", -90),  # swapped times show
    ],
)
def test_the_clock_counts_working_hours_only(start, end, expected):
    assert minutes(start, end) == expected


def test_the_hours_are_a_setting():
    hours = {"opens_at": time(8, 30), "closes_at": time(17, 30)}
    assert minutes("2026-03-10 08:00", "2026-03-10 09:00", **hours) == 30
    assert minutes("2026-03-10 17:00", "2026-03-11 09:00", **hours) == 30 + 30


def test_a_missing_moment_gives_null_and_the_index_stays():
    index = ["a", "b", "c"]
    start = pd.Series(pd.to_datetime(["2026-03-10 10:00", None, "2026-03-10 10:00"]), index=index)
    end = pd.Series(pd.to_datetime(["2026-03-10 10:05", "2026-03-10 10:00", None]), index=index)
    result = working_minutes(CHINA, start, end)
    assert result.index.tolist() == index
    assert result["a"] == 5
    assert result.isna().tolist() == [False, True, True]
    assert str(result.dtype) == "Float64"


def test_no_rows_give_no_rows():
    empty = pd.Series([], dtype="datetime64[us]")
    assert working_minutes(CHINA, empty, empty).empty


def test_a_moment_with_a_time_zone_is_refused():
    start = pd.Series(pd.to_datetime(["2026-03-10 10:00"], utc=True), name="created_at")
    with pytest.raises(CalendarError, match=r"'created_at' is datetime64.*naive local"):
        working_minutes(CHINA, start, start)


def test_text_is_refused():
    text = pd.Series(["2026-03-10 10:00"], name="created_at")
    with pytest.raises(CalendarError, match="'created_at' is str"):
        working_minutes(CHINA, text, text)


@pytest.mark.parametrize("moment", ["2025-12-31 23:59", "2027-01-01 00:00"])
def test_a_moment_outside_the_calendar_is_refused(moment):
    with pytest.raises(CalendarError, match=f"{moment}:00 lies outside the calendar"):
        minutes("2026-03-10 10:00", moment)


def test_rows_must_match():
    start = pd.Series(pd.to_datetime(["2026-03-10"]), index=[0])
    end = pd.Series(pd.to_datetime(["2026-03-10"]), index=[1])
    with pytest.raises(CalendarError, match="indexes differ"):
        working_minutes(CHINA, start, end)


def test_hours_that_end_before_they_begin_are_refused():
    with pytest.raises(CalendarError, match="they end at 09:00:00"):
        minutes("2026-03-10", "2026-03-10", opens_at=time(9), closes_at=time(9))


MOMENTS = st.integers(0, 365 * 86_400 - 1).map(
    lambda s: pd.Timestamp(2026, 1, 1) + timedelta(seconds=s)
)


@given(a=MOMENTS, b=MOMENTS, c=MOMENTS)
def test_the_clock_adds_up_and_never_runs_faster_than_time(a, b, c):
    starts, ends = pd.Series([a, b, a]), pd.Series([b, c, c])
    result = working_minutes(CHINA, starts, ends)
    assert result[0] + result[1] == pytest.approx(result[2])
    assert (result.abs() <= (ends - starts).dt.total_seconds().abs() / 60 + 1e-9).all()
