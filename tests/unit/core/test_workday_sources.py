"""Who says that a day is worked: the State Council, a holiday package, the company."""

from datetime import date

import chinese_calendar
import pandas as pd
import pytest

from pipelines.core.calendar import CalendarError, build_calendar, count_workdays
from pipelines.core.workday_sources import chinese_calendar_years


def day_of(frame: pd.DataFrame, day: date) -> pd.Series:
    return frame.loc[frame["date_day"] == day].iloc[0]


@pytest.fixture(scope="module")
def china() -> pd.DataFrame:
    return build_calendar(date(2025, 12, 1), date(2027, 2, 28), calendar="CN")


def test_make_up_saturdays_and_sundays_are_workdays(china):
    made_up = [(1, 4), (2, 14), (2, 28), (5, 9), (9, 20), (10, 10)]
    days = [day_of(china, date(2026, month, day)) for month, day in made_up]
    assert all(day["is_workday"] for day in days)
    assert [day["holiday_name"] for day in days] == [
        "元旦调休",
        "春节调休",
        "春节调休",
        "劳动节调休",
        "国庆节调休",
        "国庆节调休",
    ]


def test_every_covered_chinese_day_agrees_with_the_maintained_package():
    frame = build_calendar(date(2004, 1, 1), date(2026, 12, 31), calendar="CN")
    expected = [chinese_calendar.is_workday(day) for day in frame["date_day"]]
    assert frame["is_workday"].tolist() == expected
    assert set(frame["calendar_source"]) == {"chinese_calendar"}


def test_2026_is_covered_and_2027_is_provisional(china):
    known, guessed = day_of(china, date(2026, 12, 31)), day_of(china, date(2027, 1, 1))
    assert (known["calendar_source"], bool(known["is_provisional"])) == ("chinese_calendar", False)
    assert (guessed["calendar_source"], bool(guessed["is_provisional"])) == ("holidays", True)
    assert not guessed["is_workday"]


def test_the_years_covered_are_read_from_the_packages_data(monkeypatch):
    assert 2026 in chinese_calendar_years()
    assert 2027 not in chinese_calendar_years()
    new_year = {date(2027, 1, 1): chinese_calendar.Holiday.new_years_day.value}
    announced = {**chinese_calendar.holidays, **new_year}
    monkeypatch.setattr(chinese_calendar, "holidays", announced)
    assert 2027 not in chinese_calendar_years(), "one day does not make a year"
    festival = chinese_calendar.Holiday.spring_festival.value
    national = chinese_calendar.Holiday.national_day.value
    begun = {**announced, date(2027, 2, 8): festival}
    monkeypatch.setattr(chinese_calendar, "holidays", begun)
    assert 2027 not in chinese_calendar_years(), "nor does Spring Festival alone"
    whole = {**begun, date(2027, 10, 1): national}
    monkeypatch.setattr(chinese_calendar, "holidays", whole)
    assert 2027 in chinese_calendar_years()
    frame = build_calendar(date(2027, 2, 8), date(2027, 2, 9), calendar="CN")
    assert frame["is_provisional"].tolist() == [False, False]
    assert frame["is_workday"].tolist() == [False, True]


def test_beyond_all_packages_monday_to_friday_is_provisional():
    frame = build_calendar(date(2150, 1, 1), date(2150, 1, 7), calendar="CN")  # a Thursday first
    assert set(frame["calendar_source"]) == {"weekdays"}
    assert frame["is_provisional"].all()
    assert frame["is_workday"].tolist() == [True, True, False, False, True, True, True]
    early = build_calendar(date(1980, 12, 25), date(1980, 12, 25), calendar="DE")
    assert (early["calendar_source"][0], bool(early["is_provisional"][0])) == ("weekdays", True)


def test_the_american_calendar_knows_martin_luther_king_day():
    frame = build_calendar(date(2026, 1, 16), date(2026, 1, 20), calendar="US")
    assert frame["is_workday"].tolist() == [True, False, False, False, True]
    monday = day_of(frame, date(2026, 1, 19))
    assert monday["holiday_name"] == "Martin Luther King Jr. Day"
    assert monday["calendar_source"] == "holidays"
    assert not frame["is_provisional"].any()


def test_holiday_names_do_not_depend_on_the_machines_language(china):
    assert day_of(china, date(2027, 1, 1))["holiday_name"] == "元旦"
    german = build_calendar(date(2026, 10, 3), date(2026, 10, 3), calendar="DE")
    assert german["holiday_name"].tolist() == ["Tag der Deutschen Einheit"]


def test_countries_that_rest_on_friday_work_on_sunday():
    frame = build_calendar(date(2026, 11, 1), date(2026, 11, 7), calendar="SA")  # Sunday first
    assert frame["is_workday"].tolist() == [True] * 5 + [False, False]


def test_the_weekdays_calendar_is_monday_to_friday_and_sure():
    frame = build_calendar(date(2026, 2, 16), date(2026, 2, 22), calendar="weekdays")
    assert frame["is_workday"].tolist() == [True] * 5 + [False] * 2
    assert set(frame["calendar_source"]) == {"weekdays"}
    assert not frame["is_provisional"].any()
    assert frame["holiday_name"].isna().all()


def test_company_days_win_over_the_public_calendar():
    own = pd.DataFrame(
        {
            "day_on": [date(2026, 2, 18), date(2026, 3, 2), date(2030, 1, 1)],
            "is_workday": [True, False, False],
            "name": ["值班", "公司周年", "远期"],
        }
    )
    frame = build_calendar(date(2026, 2, 1), date(2026, 3, 31), calendar="CN", overrides=own)
    duty, anniversary = day_of(frame, date(2026, 2, 18)), day_of(frame, date(2026, 3, 2))
    assert duty["is_workday"]
    assert duty["workdays_in_week"] == 1
    assert (duty["calendar_source"], duty["holiday_name"]) == ("company", "值班")
    assert not anniversary["is_workday"]
    assert anniversary["workdays_in_month"] == 21
    assert (frame["calendar_source"] == "company").sum() == 2


def test_a_company_day_off_in_a_provisional_year_is_decided():
    own = pd.DataFrame({"day_on": ["2027-03-01"], "is_workday": [False], "name": [None]})
    frame = build_calendar(date(2027, 3, 1), date(2027, 3, 2), calendar="CN", overrides=own)
    assert frame["is_provisional"].tolist() == [False, True]
    assert frame["holiday_name"].isna().all()


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        ({"day_on": ["soon"], "is_workday": [True], "name": ["x"]}, "'soon' is not a date"),
        ({"day_on": [None], "is_workday": [True], "name": ["x"]}, "entry 1, day_on"),
        ({"day_on": ["2026-01-01"], "is_workday": ["yes"], "name": ["x"]}, "'yes' is neither"),
        ({"day_on": ["2026-01-01"], "is_workday": [None], "name": ["x"]}, "is_workday"),
        ({"day_on": ["2026-01-01"], "is_workday": [True]}, "column name is missing"),
        (
            {"day_on": ["2026-01-01"] * 2, "is_workday": [True, False], "name": ["x", "y"]},
            r"entries \[1, 2\], day_on: 2026-01-01 stands more than once",
        ),
    ],
)
def test_a_wrong_company_day_names_sheet_entry_and_value(cells, says):
    with pytest.raises(CalendarError, match=says) as caught:
        build_calendar(
            date(2026, 1, 1), date(2026, 1, 2), calendar="CN", overrides=pd.DataFrame(cells)
        )
    assert "sheet calendar 日历" in str(caught.value)


def test_a_day_typed_as_a_bare_number_is_that_day_and_not_1970():
    own = pd.DataFrame({"day_on": [20260105], "is_workday": [False], "name": ["盘点"]})
    frame = build_calendar(date(2026, 1, 5), date(2026, 1, 6), calendar="CN", overrides=own)
    assert frame["is_workday"].tolist() == [False, True]


def test_a_company_day_counts_for_that_company_alone() -> None:
    own = pd.DataFrame({"day_on": ["2026-02-24"], "is_workday": [False], "name": ["司庆"]})
    span = (date(2026, 2, 23), date(2026, 2, 24))
    assert count_workdays(*span, calendar="CN", overrides=own) == 0
    assert count_workdays(*span, calendar="CN") == 1
