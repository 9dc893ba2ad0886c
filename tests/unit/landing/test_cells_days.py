"""What a cell of text means as a day or a moment: one by one, and laws over many of them."""

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.landing.asked_cells import ask


@pytest.mark.parametrize(
    "text",
    [
        "2024/3/5",
        "2024-03-05",
        "2024.3.5",
        "2024年3月5日",
        "2024 年 3 月 5 日",
        "20240305",
        "45356",
        "45356.5",
        "2024-03-05 16:30:00",
        "2024/3/5 16:30",
        "2024年3月5日 10:30",
        "2024-03-05T16:00:00Z",
        "２０２４－０３－０５",
        " 2024-3-5 ",
        "5-Mar-2024",
        "5-Mar-24",
        "5 Mar 24",
        "5 March 2024",
        "Mar 5, 2024",
    ],
)
def test_a_date_is_read_in_every_unambiguous_spelling(text):
    assert ask("cell_date(t)", text) == dt.date(2024, 3, 5)


@pytest.mark.parametrize(
    ("text", "order", "day"),
    [
        ("3/5/24", "mdy", dt.date(2024, 3, 5)),
        ("3/5/24", "dmy", dt.date(2024, 5, 3)),
        ("3/5/2024", "mdy", dt.date(2024, 3, 5)),
        ("3/5/2024", "dmy", dt.date(2024, 5, 3)),
        ("20-10-16", "dmy", dt.date(2016, 10, 20)),
        ("20-10-16", "ymd", dt.date(2020, 10, 16)),
        ("24/3/5", "ymd", dt.date(2024, 3, 5)),
        ("10/20/2016 12:00", "mdy", dt.date(2016, 10, 20)),
        ("2024/3/5", "mdy", dt.date(2024, 3, 5)),
        ("31/12/99", "dmy", dt.date(1999, 12, 31)),
        ("1/2/70", "dmy", dt.date(1970, 2, 1)),
        ("1/2/69", "dmy", dt.date(2069, 2, 1)),
    ],
)
def test_a_declared_order_decides_between_day_and_month(text, order, day):
    assert ask(f"cell_date(t, '{order}')", text) == day
    assert ask(f"cell_date_is_ambiguous(t, '{order}')", text) is False


@pytest.mark.parametrize("text", ["3/5/24", "3/5/2024", "13/5/2024", "20-10-16"])
def test_without_an_order_day_and_month_are_not_guessed(text):
    assert ask("cell_date(t)", text) is None
    assert ask("cell_date_is_ambiguous(t)", text) is True


@pytest.mark.parametrize(
    "text",
    [
        "2024-02-30",
        "20240230",
        "2024/13/1",
        "2024-00-05",
        "2023年2月29日",
        "hello",
        "2024-03-05 hello",
        "infinity",
        "epoch",
        "12345678",
        "2024-03",
        "9月",
        "0024-03-05",
        "123456",
    ],
)
def test_an_impossible_date_is_null(text):
    assert ask("cell_date(t)", text) is None


@pytest.mark.parametrize(
    ("text", "order"), [("31/2/2024", "dmy"), ("13/5/2024", "mdy"), ("3/5/4", "mdy")]
)
def test_an_impossible_ordered_date_is_null(text, order):
    assert ask(f"cell_date(t, '{order}')", text) is None


def test_days_before_1900_are_read_where_the_year_stands_first():
    assert ask("cell_date(t)", "1850-01-01") == dt.date(1850, 1, 1)


def test_a_serial_counts_from_the_workbooks_own_system():
    assert ask("cell_date(t)", "45356") == dt.date(2024, 3, 5)
    assert ask("cell_date(t, '', true)", "43894") == dt.date(2024, 3, 5)


def test_a_day_with_an_offset_is_the_day_in_the_companys_zone():
    # 16:00 UTC is midnight in Shanghai: the next day
    assert ask("cell_date(t, tz := 'Asia/Shanghai')", "2024-03-05T16:00:00Z") == dt.date(2024, 3, 6)
    assert ask("cell_date(t, tz := 'Asia/Shanghai')", "2024-03-05 16:00") == dt.date(2024, 3, 5)


@pytest.mark.parametrize("text", ["1709654400", "1709654400000"])
def test_a_count_of_seconds_or_milliseconds_is_a_day_only_in_a_known_zone(text):
    # 2024-03-05 16:00 UTC: midnight in Shanghai
    assert ask("cell_date(t, tz := 'Asia/Shanghai')", text) == dt.date(2024, 3, 6)
    assert ask("cell_date(t, tz := 'UTC')", text) == dt.date(2024, 3, 5)
    assert ask("cell_date(t)", text) is None


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2024-03-05T16:00:00Z", "2024-03-05 16:00:00"),
        ("2024-03-05T16:00:00+08:00", "2024-03-05 08:00:00"),
        ("2024-03-05T16:00:00+0800", "2024-03-05 08:00:00"),
        ("2024-03-05T16:00:00.5-05", "2024-03-05 21:00:00.500000"),
        ("2024-03-05 16:00:00", "2024-03-05 08:00:00"),
        ("2024-03-05 16:00", "2024-03-05 08:00:00"),
        ("2024/3/5 16:30", "2024-03-05 08:30:00"),
        ("2024/3/5 9:05:07", "2024-03-05 01:05:07"),
        ("2024年3月5日 下午3:05", "2024-03-05 07:05:00"),
        ("2024年3月5日10时30分", "2024-03-05 02:30:00"),
        ("2024年3月5日 10:30:15.5", "2024-03-05 02:30:15.500000"),
        # the midnight with which the 5th ends in Shanghai
        ("2024-03-05 24:00", "2024-03-05 16:00:00"),
        ("2024-03-05", "2024-03-04 16:00:00"),
        ("45356", "2024-03-04 16:00:00"),
        ("45356.6875", "2024-03-05 08:30:00"),
        ("1709654400000", "2024-03-05 16:00:00"),
        ("1709654400", "2024-03-05 16:00:00"),
        ("2014-09-12 11:15:07.263000000", "2014-09-12 03:15:07.263000"),
    ],
)
def test_a_moment_becomes_utc(text, utc):
    assert str(ask("cell_timestamp(t, '', 'Asia/Shanghai')", text)) == utc


@pytest.mark.parametrize(
    "text",
    [
        "2024-03-05 25:00",
        "2024-03-05 24:30",
        "2024-03-05 24:00:01",
        "2024-03-05 10:60",
        "2024-03-05 10:59:60",
        "2024-02-30 10:00",
        "下午",
        "10:30",
        "2024-02-30T10:00:00Z",
    ],
)
def test_an_impossible_moment_is_null(text):
    assert ask("cell_timestamp(t, '', 'Asia/Shanghai')", text) is None


def test_twelve_am_is_midnight_and_twelve_pm_is_noon():
    ask_us = "cell_timestamp(t, 'mdy', 'UTC')"
    assert ask(ask_us, "3/5/24 12:00 AM") == dt.datetime(2024, 3, 5)
    assert ask(ask_us, "3/5/24 12:00 PM") == dt.datetime(2024, 3, 5, 12)
    assert ask(ask_us, "3/5/24 4:05 PM") == dt.datetime(2024, 3, 5, 16, 5)


def test_a_clock_change_keeps_the_instant():
    # New York springs forward at 02:00 on 10 March 2024
    ask_ny = "cell_timestamp(t, '', 'America/New_York')"
    assert ask(ask_ny, "2024-03-10 01:59:59") == dt.datetime(2024, 3, 10, 6, 59, 59)
    assert ask(ask_ny, "2024-03-10 03:00:00") == dt.datetime(2024, 3, 10, 7)


@pytest.mark.parametrize(
    ("text", "has_time"),
    [
        ("2024-03-05", False),
        ("2024-03-05 00:00", True),
        ("45356", False),
        ("45356.5", True),
        ("45356.0", False),
        ("1709654400000", True),
        ("10点", True),
        (None, False),
    ],
)
def test_a_time_of_day_is_noticed(text, has_time):
    assert ask("cell_has_time(t)", text) is has_time


@pytest.mark.parametrize(
    "text",
    ["2024年3月5日 星期二", "2024年3月5日星期二", "2024-03-05（周二）", "2024/3/5 周二 9:05", "Tue, 5 Mar 2024",
     "Tuesday, March 5, 2024", "20240305093000", "202403050930", "Tue, 05 Mar 2024 09:30:00"],
)  # fmt: skip
def test_a_weekday_or_a_time_glued_on_does_not_hide_the_day(text):
    assert ask("cell_date(t)", text) == dt.date(2024, 3, 5)


@pytest.mark.parametrize(
    ("text", "clock"),
    [("20240305093015", (9, 30, 15)), ("202403050930", (9, 30, 0)), ("2024年3月5日 星期二 09:30", (9, 30, 0)),
     ("2024-03-05 周二 下午3:05", (15, 5, 0))],
)  # fmt: skip
def test_a_moment_glued_together_or_with_its_weekday_is_read(text, clock):
    assert ask("cell_timestamp(t)", text) == dt.datetime(2024, 3, 5, *clock)


@pytest.mark.parametrize("text", ["20240305250000", "20241332093000", "20240305096000"])
def test_an_impossible_glued_moment_is_null(text):
    assert ask("cell_timestamp(t)", text) is None


@pytest.mark.parametrize(
    "text",
    ["0000-00-00", "0000-00-00 00:00:00", "00000000", "0001-01-01T00:00:00", "9999-12-31", "9999/12/31", "31.12.9999",
     "99991231", "9999-12-31 23:59:59", "01/01/0001 00:00:00", "1900/1/0", "1900-01-00 00:00:00", "/", "无", "暂无", "N/A"],
)  # fmt: skip
def test_a_day_that_means_none_is_nothing(text):
    assert ask("cell_given_day(t)", text) is None


@pytest.mark.parametrize("text", ["2024-03-05", "1999-12-31", "1900-01-01", "2000-01-01 00:00:00.0000", "9999", "nothing"])  # fmt: skip
def test_a_day_that_means_itself_is_kept(text):
    assert ask("cell_given_day(t)", text) == text


@given(st.dates(dt.date(1930, 1, 1), dt.date(2169, 12, 31)))
@settings(max_examples=150, deadline=None)
def test_every_day_comes_back_from_each_spelling(day):
    serial = (day - dt.date(1899, 12, 30)).days
    for text in (
        day.isoformat(),
        f"{day.year}/{day.month}/{day.day}",
        f"{day.year}年{day.month}月{day.day}日",
        f"{day:%Y%m%d}",
        str(serial),
    ):
        assert ask("cell_date(t)", text) == day
    assert ask("cell_date(t, 'dmy')", f"{day.day}/{day.month}/{day.year}") == day
    assert ask("cell_date(t, 'mdy')", f"{day.month}-{day.day}-{day.year}") == day
    since_1904 = (day - dt.date(1904, 1, 1)).days
    if since_1904 >= 10_000:  # fewer than five digits are no serial
        assert ask("cell_date(t, '', true)", str(since_1904)) == day


@given(st.datetimes(dt.datetime(1950, 1, 1), dt.datetime(2100, 1, 1)), st.integers(-11, 13))
@settings(max_examples=150, deadline=None)
def test_every_moment_comes_back_through_any_offset(utc, hours):
    utc = utc.replace(microsecond=0)
    local = utc.replace(tzinfo=dt.UTC).astimezone(dt.timezone(dt.timedelta(hours=hours)))
    assert ask("cell_timestamp(t, '', 'Asia/Tokyo')", local.isoformat()) == utc
