"""When a message may go out: not in the quiet hours, and not faster than a channel takes it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo


def not_before(now: datetime, quiet_from: time, quiet_to: time, zone: ZoneInfo) -> datetime:
    """Return the first moment from now on that is not quiet, in UTC.

    Args:
        now: a moment with a time zone.
        quiet_from: local time from which nothing is sent.
        quiet_to: local time from which it is sent again; equal to quiet_from: never quiet.
        zone: the company's time zone.

    Law: not_before(not_before(x)) = not_before(x) ≥ x.
    """
    local = now.astimezone(zone)
    clock = local.time()
    if quiet_from <= quiet_to:
        is_quiet = quiet_from <= clock < quiet_to
        day = local.date()
    else:  # over midnight
        is_quiet = clock >= quiet_from or clock < quiet_to
        day = local.date() + timedelta(days=1 if clock >= quiet_from else 0)
    if not is_quiet:
        return now.astimezone(UTC)
    return datetime.combine(day, quiet_to, tzinfo=zone).astimezone(UTC)


def seconds_past_the_half_hour(now: datetime) -> float:
    """Return how long to wait so as not to send on the full or half hour, when 飞书 is crowded."""
    if now.minute not in (0, 30):
        return 0.0
    return 60.0 - now.second - now.microsecond / 1_000_000


def seconds_to_wait(
    now: datetime, earlier: Sequence[datetime], calls: int, seconds: float
) -> float:
    """Return how long to wait so that no window of `seconds` holds more than `calls` sends.

    Args:
        now: a moment.
        earlier: when the last sends to the same address went out, in any order.
        calls: sends that a window may hold.
        seconds: length of the window.
    """
    latest = sorted(earlier)[-calls:]
    if len(latest) < calls:
        return 0.0
    free_at = latest[0] + timedelta(seconds=seconds)
    return max(0.0, (free_at - now).total_seconds())
