"""How far an incremental pull has come: no row is lost, whatever its cursor says."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.core.cursor import (
    CursorUnusable,
    begin_from,
    decode_cursor,
    encode_cursor,
    furthest,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
PULLED_AT = datetime(2026, 3, 9, 18, 15, tzinfo=UTC)  # 02:15 on the 10th in Shanghai
HOUR = timedelta(hours=1)


def reached(*values, before=None):
    return furthest(before, values, PULLED_AT, SHANGHAI)


def test_the_greatest_value_is_reached():
    assert reached(datetime(2026, 3, 8), datetime(2026, 3, 9), datetime(2026, 3, 7)) == datetime(
        2026, 3, 9
    )
    assert reached(3, 12, 7) == 12
    assert reached("2026-03-08 10:00:00", "2026-03-08 09:00:00") == "2026-03-08 10:00:00"


def test_a_value_of_the_year_2999_is_never_reached():
    real = datetime(2026, 3, 9, 10)
    assert reached(real, datetime(2999, 1, 1)) == real
    assert reached("2026-03-09", "2999-01-01") == "2026-03-09"
    assert reached(date(2026, 3, 9), date(2999, 1, 1)) == date(2026, 3, 9)


def test_now_is_judged_in_the_zone_of_the_time():
    assert reached(datetime(2026, 3, 10, 2, 15)) == datetime(2026, 3, 10, 2, 15)
    assert reached(datetime(2026, 3, 10, 2, 15, 1)) is None
    beijing = timezone(timedelta(hours=8))
    assert reached(datetime(2026, 3, 10, 2, 15, 1, tzinfo=beijing)) is None
    assert reached("2026-03-10T02:15:00+08:00") == "2026-03-10T02:15:00+08:00"
    assert reached(date(2026, 3, 10)) == date(2026, 3, 10)
    assert reached(date(2026, 3, 11)) is None


def test_nothing_new_keeps_what_was_reached():
    assert reached(before=12) == 12
    assert reached(None, None, before=12) == 12
    assert reached(5, before=12) == 12
    assert reached(float("nan"), before=12) == 12


@pytest.mark.parametrize(
    "values",
    [
        (1, "a"),
        (True,),
        (b"x",),
        (datetime(2026, 1, 1), date(2026, 1, 1)),
        (datetime(2026, 1, 1), datetime(2026, 1, 1, tzinfo=UTC)),
    ],
)
def test_values_without_one_order_are_refused(values):
    with pytest.raises(CursorUnusable):
        reached(*values)


def test_the_next_pull_reaches_back_by_the_overlap():
    assert begin_from(datetime(2026, 3, 9, 10), HOUR) == datetime(2026, 3, 9, 9)
    assert begin_from("2026-03-09 10:00:00", HOUR) == "2026-03-09 09:00:00"
    assert begin_from("2026-03-09T10:00:00.5+08:00", HOUR) == "2026-03-09T09:00:00"
    assert begin_from(date(2026, 3, 9), HOUR) == date(2026, 3, 8)
    assert begin_from(date(2026, 3, 9), timedelta(0)) == date(2026, 3, 9)
    assert begin_from(17, HOUR) == 17
    assert begin_from("2026-03-09", HOUR) == "2026-03-09"
    assert begin_from("A-17", HOUR) == "A-17"
    assert begin_from(datetime(1, 1, 1), HOUR) == datetime(1, 1, 1)


@given(
    st.one_of(
        st.integers(), st.text(), st.decimals(allow_nan=False), st.floats(allow_nan=False),
        st.dates(), st.datetimes(), st.datetimes(timezones=st.just(UTC)),
    )
)  # fmt: skip
def test_a_value_comes_back_from_its_text_as_it_was(value):
    back = decode_cursor(encode_cursor(value))
    assert (type(back), back) == (type(value), value)


@given(st.lists(st.datetimes(min_value=datetime(2026, 1, 1), max_value=datetime(3000, 1, 1))))
def test_the_next_pull_never_begins_after_a_row_that_was_pulled_or_could_still_come(moments):
    after = reached(*moments)
    if after is None:
        return
    begin = begin_from(after, timedelta(0))
    local = PULLED_AT.astimezone(SHANGHAI).replace(tzinfo=None)
    assert begin <= local
    assert all(moment <= begin for moment in moments if moment <= local)


def test_a_decimal_number_stays_exact():
    assert decode_cursor(encode_cursor(Decimal("10.10"))) == Decimal("10.10")
