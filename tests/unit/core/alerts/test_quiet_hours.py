"""When a message may go out: not in the quiet hours, and not faster than a channel takes it."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.core.alerts.quiet import not_before, seconds_past_the_half_hour, seconds_to_wait

SHANGHAI = ZoneInfo("Asia/Shanghai")
NIGHT = (time(21), time(8))


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("now", "then"),
    [
        ("2026-03-10 20:59:59", "2026-03-10 20:59:59"),
        ("2026-03-10 21:00:00", "2026-03-11 08:00:00"),
        ("2026-03-11 03:05:00", "2026-03-11 08:00:00"),
        ("2026-03-11 08:00:00", "2026-03-11 08:00:00"),
    ],
)
def test_quiet_hours_last_from_nine_in_the_evening_to_eight(now, then):
    assert not_before(local(now), *NIGHT, SHANGHAI) == local(then)


def test_quiet_hours_within_a_day_and_none_at_all():
    noon = (time(12), time(14))
    assert not_before(local("2026-03-10 12:30:00"), *noon, SHANGHAI) == local("2026-03-10 14:00:00")
    never = (time(9), time(9))
    assert not_before(local("2026-03-10 09:00:00"), *never, SHANGHAI) == local(
        "2026-03-10 09:00:00"
    )


def test_quiet_hours_end_by_the_clock_on_the_wall_on_a_daylight_saving_night():
    berlin = ZoneInfo("Europe/Berlin")  # 29 March 2026: one hour shorter
    now = datetime(2026, 3, 28, 23, 0, tzinfo=berlin)
    assert not_before(now, *NIGHT, berlin) == datetime(2026, 3, 29, 6, 0, tzinfo=UTC)


@given(st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)))
def test_waiting_out_the_quiet_hours_twice_changes_nothing(moment):
    now = moment.replace(tzinfo=UTC)
    then = not_before(now, *NIGHT, SHANGHAI)
    assert then >= now
    assert not_before(then, *NIGHT, SHANGHAI) == then


def test_the_nineteenth_send_of_a_minute_waits_for_the_first_to_grow_old():
    now = datetime(2026, 3, 10, 1, tzinfo=UTC)
    earlier = [now - timedelta(seconds=59 - i) for i in range(18)]
    assert seconds_to_wait(now, earlier[:17], 18, 60) == 0
    assert seconds_to_wait(now, earlier, 18, 60) == 1


@pytest.mark.parametrize(
    ("moment", "seconds"), [("08:00:00", 60), ("08:30:45", 15), ("08:01:00", 0), ("08:59:59", 0)]
)
def test_feishu_is_left_alone_on_the_full_and_the_half_hour(moment, seconds):
    assert seconds_past_the_half_hour(local(f"2026-03-10 {moment}")) == seconds
