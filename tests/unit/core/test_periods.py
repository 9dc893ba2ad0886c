"""Counting in workdays: due dates, elapsed workdays and the list of periods."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.core.calendar import CalendarError, build_calendar
from pipelines.core.periods import build_periods, workdays_between

FIRST, LAST = date(2026, 1, 1), date(2026, 12, 31)
CHINA = build_calendar(FIRST, LAST, calendar="CN")
DAYS = st.integers(0, 364).map(lambda n: FIRST + timedelta(days=n))


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (date(2026, 2, 14), date(2026, 2, 24), 1),
        (date(2026, 2, 13), date(2026, 2, 24), 2),
        (date(2026, 2, 16), date(2026, 2, 22), 0),
        (date(2026, 2, 24), date(2026, 2, 13), -2),
        (date(2026, 3, 2), date(2026, 3, 2), 0),
        (date(2026, 3, 6), date(2026, 3, 9), 1),
        (date(2026, 1, 1), date(2026, 1, 5), 2),  # the 4th is a make-up Sunday
        (date(2026, 12, 30), date(2026, 12, 31), 1),
    ],
)
def test_the_first_day_is_not_counted_and_the_last_one_is(a, b, expected):
    assert workdays_between(CHINA, a, b) == expected


def test_days_outside_the_calendar_are_refused_and_say_its_reach():
    reach = "2026-01-01 to 2026-12-31"
    with pytest.raises(CalendarError, match=f"2027-01-01 lies outside the calendar of {reach}"):
        workdays_between(CHINA, FIRST, date(2027, 1, 1))


@given(a=DAYS, b=DAYS, c=DAYS)
def test_counts_add_up(a, b, c):
    assert workdays_between(CHINA, a, b) + workdays_between(CHINA, b, c) == workdays_between(
        CHINA, a, c
    )


def test_every_period_stands_once_with_its_workdays():
    periods = build_periods(CHINA)
    assert not periods.duplicated(["period_type", "period_start"]).any()
    counts = periods.groupby("period_type")["period_start"].count()
    assert counts.to_dict() == {"week": 53, "month": 12, "quarter": 4, "year": 1}
    by_label = periods.set_index("period_label")
    assert by_label.loc["2026-W08", "workdays"] == 0
    assert by_label.loc["2026-02", "workdays"] == 16
    assert by_label.loc["2026-Q1", "workdays"] == 59
    assert by_label.loc["2026-Q1", "period_end"] == date(2026, 3, 31)
    assert by_label.loc["2026-W53", "period_end"] == date(2027, 1, 3)


def test_custom_periods_count_both_their_ends():
    sprint = ("开门红", date(2026, 2, 14), date(2026, 2, 28))
    rest = ("春节", date(2026, 2, 15), date(2026, 2, 23))
    periods = build_periods(CHINA, [sprint, rest])
    custom = periods[periods["period_type"] == "custom"]
    assert custom["period_label"].tolist() == ["开门红", "春节"]
    assert custom["workdays"].tolist() == [6, 0]
    assert custom["period_start"].tolist() == [date(2026, 2, 14), date(2026, 2, 15)]
    assert str(periods["period_start"].dtype) == "date32[day][pyarrow]"


def test_a_custom_period_may_be_the_calendars_first_day():
    new_year = build_calendar(date(2026, 1, 4), date(2026, 1, 5), calendar="CN")
    periods = build_periods(new_year, [("首日", date(2026, 1, 4), date(2026, 1, 4))])
    assert periods["workdays"].iloc[-1] == 1


@pytest.mark.parametrize(
    ("custom", "says"),
    [
        ([("s", date(2026, 3, 2), date(2026, 3, 1))], "ends on 2026-03-01, before it starts"),
        ([("s", FIRST, FIRST), ("s", LAST, LAST)], "needs a label of its own"),
        ([(" ", FIRST, FIRST)], "needs a label of its own"),
        ([("s", FIRST, date(2027, 1, 1))], "2027-01-01 lies outside the calendar"),
    ],
)
def test_a_wrong_custom_period_is_refused(custom, says):
    with pytest.raises(CalendarError, match=says):
        build_periods(CHINA, custom)
