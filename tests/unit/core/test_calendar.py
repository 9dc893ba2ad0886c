"""Where each day stands in its periods, worked out by hand on a wall calendar of 2026."""

from datetime import date, timedelta

import duckdb
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.core.calendar import CalendarError, build_calendar, count_workdays


def day_of(frame: pd.DataFrame, day: date) -> pd.Series:
    return frame.loc[frame["date_day"] == day].iloc[0]


@pytest.fixture(scope="module")
def china() -> pd.DataFrame:
    return build_calendar(date(2025, 12, 1), date(2027, 2, 28), calendar="CN")


def test_by_24_february_2026_33_of_59_workdays_of_the_quarter_are_gone(china):
    day = day_of(china, date(2026, 2, 24))
    assert (day["workday_of_quarter"], day["workdays_in_quarter"]) == (33, 59)


def test_by_24_february_2026_55_of_90_calendar_days_of_the_quarter_are_gone(china):
    day = day_of(china, date(2026, 2, 24))
    gone = (day["date_day"] - day["quarter_start_on"]).days + 1
    whole = (day["quarter_end_on"] - day["quarter_start_on"]).days + 1
    assert (gone, whole) == (55, 90)


def test_by_28_february_2026_37_of_59_workdays_are_gone(china):
    day = day_of(china, date(2026, 2, 28))
    assert (day["workday_of_quarter"], day["workdays_in_quarter"]) == (37, 59)
    assert day["workday_of_month"] == day["workdays_in_month"] == 16


def test_the_first_months_of_2026_have_21_16_and_22_workdays(china):
    months = china.drop_duplicates("month_label").set_index("month_label")["workdays_in_month"]
    assert months["2026-01":"2026-03"].tolist() == [21, 16, 22]


def test_week_8_of_2026_has_no_workday_and_stands(china):
    week = china[china["iso_week_label"] == "2026-W08"]
    assert len(week) == 7
    assert week["date_day"].iloc[0] == date(2026, 2, 16)
    assert not week["is_workday"].any()
    assert week["workdays_in_week"].tolist() == [0] * 7
    assert set(week["next_workday_on"]) == {date(2026, 2, 24)}
    assert set(week["previous_workday_on"]) == {date(2026, 2, 14)}


def test_iso_weeks_cross_the_new_year():
    frame = build_calendar(date(2025, 12, 28), date(2027, 1, 4), calendar="weekdays")
    labels = frame.set_index("date_day")["iso_week_label"]
    assert labels[date(2025, 12, 28)] == "2025-W52"
    assert labels[date(2025, 12, 29)] == labels[date(2026, 1, 4)] == "2026-W01"
    assert labels[date(2026, 12, 28)] == labels[date(2027, 1, 3)] == "2026-W53"
    assert labels[date(2027, 1, 4)] == "2027-W01"
    first = day_of(frame, date(2026, 1, 1))
    assert (first["week_start_on"], first["week_end_on"]) == (date(2025, 12, 29), date(2026, 1, 4))
    assert first["workdays_in_week"] == 5


def test_a_week_across_two_months_counts_whole_in_both(china):
    last, first = day_of(china, date(2026, 3, 31)), day_of(china, date(2026, 4, 1))
    assert last["week_label"] == first["week_label"] == "2026-W14"
    assert (last["workday_of_week"], first["workday_of_week"]) == (2, 3)
    assert (last["workday_of_month"], first["workday_of_month"]) == (22, 1)
    assert (last["month_label"], first["month_label"]) == ("2026-03", "2026-04")


def test_weeks_may_start_on_sunday_and_keep_their_iso_label_apart():
    frame = build_calendar(date(2026, 1, 3), date(2026, 1, 5), calendar="US", week_start=6)
    assert frame["week_start_on"].tolist() == [date(2025, 12, 28)] + [date(2026, 1, 4)] * 2
    assert frame["week_label"].tolist() == ["2025-W53", "2026-W01", "2026-W01"]
    assert frame["iso_week_label"].tolist() == ["2026-W01", "2026-W01", "2026-W02"]


def test_a_fiscal_year_from_april_is_named_by_the_year_in_which_it_ends():
    frame = build_calendar(
        date(2026, 2, 1), date(2026, 4, 30), calendar="weekdays", fiscal_year_start_month=4
    )
    march, april = day_of(frame, date(2026, 3, 31)), day_of(frame, date(2026, 4, 1))
    assert (march["year_label"], march["quarter_label"]) == ("FY2026", "FY2026-Q4")
    assert (march["year_start_on"], march["year_end_on"]) == (date(2025, 4, 1), date(2026, 3, 31))
    assert (march["quarter_start_on"], march["quarter_end_on"]) == (
        date(2026, 1, 1),
        date(2026, 3, 31),
    )
    assert (april["year_label"], april["quarter_label"]) == ("FY2027", "FY2027-Q1")
    assert (april["workday_of_year"], april["month_label"]) == (1, "2026-04")
    assert march["workday_of_year"] == march["workdays_in_year"] == 261


def test_a_fiscal_year_from_july_splits_at_midyear():
    frame = build_calendar(
        date(2026, 6, 30), date(2026, 12, 31), calendar="weekdays", fiscal_year_start_month=7
    )
    june, july = frame.iloc[0], frame.iloc[1]
    assert (june["quarter_label"], july["quarter_label"]) == ("FY2026-Q4", "FY2027-Q1")
    assert (july["year_start_on"], july["year_end_on"]) == (date(2026, 7, 1), date(2027, 6, 30))
    assert frame.iloc[-1]["quarter_label"] == "FY2027-Q2"


def test_calendar_years_and_quarters_carry_no_fiscal_mark(china):
    day = day_of(china, date(2026, 8, 15))
    assert (day["year_label"], day["quarter_label"], day["month_label"]) == (
        "2026",
        "2026-Q3",
        "2026-08",
    )
    assert (day["quarter_start_on"], day["quarter_end_on"]) == (date(2026, 7, 1), date(2026, 9, 30))
    assert day["days_in_month"] == 31


@pytest.mark.parametrize(
    ("settings_", "says"),
    [
        ({"calendar": "XX"}, "'XX' is no known calendar"),
        ({"calendar": "cn"}, "near: .*CN"),
        ({"calendar": "CN", "fiscal_year_start_month": 13}, "allowed are 1 to 12"),
        ({"calendar": "CN", "fiscal_year_start_month": 0}, "allowed are 1 to 12"),
        ({"calendar": "CN", "week_start": 7}, "allowed are 0"),
    ],
)
def test_a_setting_out_of_range_is_refused_with_what_is_allowed(settings_, says):
    with pytest.raises(CalendarError, match=says):
        build_calendar(date(2026, 1, 1), date(2026, 1, 2), **settings_)


def test_a_calendar_that_ends_before_it_starts_is_refused():
    with pytest.raises(CalendarError, match="before its first day 2026-01-02"):
        build_calendar(date(2026, 1, 2), date(2026, 1, 1), calendar="CN")


def test_fortnights_are_counted_from_monday_2024_01_01():
    frame = build_calendar(date(2023, 12, 31), date(2024, 1, 15), calendar="weekdays")
    starts = frame["fortnight_start_on"].tolist()
    expected = [date(2023, 12, 18)] + [date(2024, 1, 1)] * 14 + [date(2024, 1, 15)]
    assert starts == expected


def test_the_last_workday_of_february_2026_is_the_make_up_saturday(china):
    february = china[china["month_label"] == "2026-02"]
    last = february.loc[february["is_last_workday_of_month"], "date_day"]
    assert last.tolist() == [date(2026, 2, 28)]


def test_a_month_without_a_workday_has_no_last_workday():
    days = [date(2026, 2, 1) + timedelta(days=n) for n in range(28)]
    own = pd.DataFrame({"day_on": days, "is_workday": False, "name": "停业"})
    frame = build_calendar(days[0], days[-1], calendar="CN", overrides=own)
    assert frame["workdays_in_month"].tolist() == [0] * 28
    assert not frame["is_last_workday_of_month"].any()


def test_neighbouring_workdays_are_known_at_the_ends_of_the_frame():
    frame = build_calendar(date(2026, 2, 16), date(2026, 2, 22), calendar="CN")
    assert frame["previous_workday_on"].iloc[0] == date(2026, 2, 14)
    assert frame["next_workday_on"].iloc[-1] == date(2026, 2, 24)
    assert frame["workday_index"].tolist() == [0] * 7


def test_a_workday_is_no_neighbour_of_itself(china):
    friday = day_of(china, date(2026, 3, 6))
    assert friday["previous_workday_on"] == date(2026, 3, 5)
    assert friday["next_workday_on"] == date(2026, 3, 9)


def test_who_closes_for_a_month_beyond_the_year_still_knows_the_neighbours():
    def closed(first, last):
        days = pd.date_range(first, last, freq="D")
        return pd.DataFrame({"day_on": days, "is_workday": False, "name": "停业"})

    january = closed(date(2027, 1, 1), date(2027, 1, 31))
    eve = build_calendar(
        date(2026, 12, 31), date(2026, 12, 31), calendar="weekdays", overrides=january
    )
    assert eve["next_workday_on"].tolist() == [date(2027, 2, 1)]  # a Monday
    december = closed(date(2025, 12, 1), date(2025, 12, 31))
    new_year = build_calendar(
        date(2026, 1, 1), date(2026, 1, 1), calendar="weekdays", overrides=december
    )
    assert new_year["previous_workday_on"].tolist() == [date(2025, 11, 28)]  # a Friday


def test_where_no_workday_is_near_the_neighbour_is_null():
    first, last = date(2025, 1, 1), date(2028, 1, 1)
    days = pd.date_range(first, last, freq="D")
    own = pd.DataFrame({"day_on": days, "is_workday": False, "name": "停业"})
    frame = build_calendar(date(2026, 6, 1), date(2026, 6, 2), calendar="weekdays", overrides=own)
    assert frame["next_workday_on"].isna().all()
    assert frame["previous_workday_on"].isna().all()


def test_a_short_frame_still_knows_whole_periods():
    frame = build_calendar(date(2026, 2, 24), date(2026, 2, 24), calendar="CN")
    day = frame.iloc[0]
    assert (day["workday_of_quarter"], day["workdays_in_quarter"]) == (33, 59)
    assert day["workday_index"] == 1


def test_the_frame_reads_as_dates_and_nulls_in_duckdb(china):
    with duckdb.connect() as connection:
        connection.register("calendar_day", china)
        types = connection.sql("select typeof(date_day), typeof(next_workday_on) from calendar_day")
        assert set(types.fetchall()) == {("DATE", "DATE")}
        unnamed = connection.sql(
            "select count(*) from calendar_day where holiday_name is null and is_workday"
        )
        # 2025-12 to 2027-02 has six make-up workdays, the only named ones.
        assert unnamed.fetchall() == [(int(china["is_workday"].sum()) - 6,)]


@settings(max_examples=25, deadline=None)
@given(
    start=st.dates(date(2003, 1, 1), date(2028, 1, 1)),
    length=st.integers(0, 800),
    month=st.integers(1, 12),
    week_start=st.integers(0, 6),
    calendar=st.sampled_from(["CN", "US", "weekdays"]),
)
def test_the_laws_of_the_calendar_hold(start, length, month, week_start, calendar):
    frame = build_calendar(
        start,
        start + timedelta(days=length),
        calendar=calendar,
        fiscal_year_start_month=month,
        week_start=week_start,
    )
    assert frame["date_day"].is_unique
    assert len(frame) == length + 1
    assert frame["workday_index"].diff().dropna().isin([0, 1]).all()
    assert frame["workday_index"].iloc[-1] == frame["is_workday"].sum()
    months = frame.drop_duplicates("month_start_on")
    for coarse in ("quarter", "year"):
        whole = frame.groupby(f"{coarse}_start_on")["month_start_on"].nunique() == (
            3 if coarse == "quarter" else 12
        )
        sums = months.groupby(f"{coarse}_start_on")["workdays_in_month"].sum()[whole]
        stated = frame.groupby(f"{coarse}_start_on")[f"workdays_in_{coarse}"].first()[whole]
        assert sums.tolist() == stated.tolist()
    for period in ("week", "month", "quarter", "year"):
        assert (frame[f"workday_of_{period}"] <= frame[f"workdays_in_{period}"]).all()
        assert (frame[f"{period}_start_on"] <= frame["date_day"]).all()
        assert (frame["date_day"] <= frame[f"{period}_end_on"]).all()
        labels = frame.groupby(f"{period}_start_on")[f"{period}_label"].nunique()
        assert (labels == 1).all()
        assert frame[f"{period}_label"].nunique() == len(labels)
    iso = pd.to_datetime(frame["date_day"].astype("str")).dt.strftime("%G-W%V")
    assert frame["iso_week_label"].tolist() == iso.tolist()


@pytest.mark.parametrize(
    ("after", "up_to", "workdays"),
    [
        (date(2026, 2, 13), date(2026, 2, 24), 2),  # 14 February is a make-up Saturday
        (date(2026, 2, 14), date(2026, 2, 23), 0),  # Spring Festival
        (date(2025, 12, 31), date(2026, 1, 5), 2),  # 4 January is a make-up Sunday
        (date(2026, 2, 24), date(2026, 2, 24), 0),
        (date(2026, 2, 25), date(2026, 2, 24), 0),
    ],
)
def test_workdays_after_a_day_are_counted_up_to_and_including_another(
    after: date, up_to: date, workdays: int
) -> None:
    assert count_workdays(after, up_to, calendar="CN") == workdays
