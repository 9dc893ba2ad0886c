"""A working-hours clock that owes nothing to that of the marts (ADR 0080): tests hold it against theirs."""

from __future__ import annotations

from datetime import time

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipelines.core.workday_sources import CalendarError

_MICROSECONDS_PER_DAY = 86_400_000_000
_MICROSECONDS_PER_MINUTE = 60_000_000

Microseconds = npt.NDArray[np.int64]


def working_minutes(
    frame: pd.DataFrame,
    start_local: pd.Series,
    end_local: pd.Series,
    *,
    opens_at: time = time(9),
    closes_at: time = time(18),
) -> pd.Series:
    """Measure the working minutes between two moments, such as a lead's arrival and first call.

    Args:
        frame: a calendar of `build_calendar`; its workdays, make-up Saturdays included, are the
            days that count.
        start_local: naive timestamps in the company's time zone.
        end_local: the same, on the same index.
        opens_at: local time at which a workday begins.
        closes_at: local time at which it ends.

    Returns:
        Grain: one row per pair, on the index of `start_local`. Float64, minutes; null where either
        moment is missing; negative where the end lies before the start, as in swapped records.

    Raises:
        CalendarError: a moment lies outside the calendar, carries a time zone or is no timestamp,
            the indexes differ, or the working day ends before it begins.

    Law: minutes(a, b) + minutes(b, c) = minutes(a, c). Daylight saving changes at night, outside
    the hours. Source: 2-rules, alerts (working hours 09:00 to 18:00 on workdays, default clock) and
    lead SOP.
    """
    if opens_at >= closes_at:
        raise CalendarError(
            f"working hours: they end at {closes_at}, not after they begin at {opens_at}"
        )
    if not start_local.index.equals(end_local.index):
        raise CalendarError(
            "working hours: start and end do not stand on the same rows (indexes differ)"
        )
    opens, closes = _since_midnight(opens_at), _since_midnight(closes_at)
    missing = (start_local.isna() | end_local.isna()).to_numpy(dtype=bool)
    elapsed = np.zeros(len(start_local), dtype=np.int64)
    elapsed[~missing] = _clock(frame, end_local[~missing], opens, closes) - _clock(
        frame, start_local[~missing], opens, closes
    )
    minutes = pd.Series(
        elapsed / _MICROSECONDS_PER_MINUTE, index=start_local.index, dtype="Float64"
    )
    return minutes.mask(missing)


def _since_midnight(at: time) -> int:
    return ((at.hour * 60 + at.minute) * 60 + at.second) * 1_000_000 + at.microsecond


def _clock(frame: pd.DataFrame, moments: pd.Series, opens: int, closes: int) -> Microseconds:
    """Read the working clock: working time since the calendar began, in microseconds."""
    if moments.empty:
        return np.zeros(0, dtype=np.int64)
    if moments.dtype.kind != "M" or getattr(moments.dtype, "tz", None) is not None:
        raise CalendarError(
            f"working hours: {moments.name!r} is {moments.dtype}; "
            "convert it to naive local timestamps first"
        )
    ticks: Microseconds = moments.to_numpy().astype("datetime64[us]").astype(np.int64)
    first = frame["date_day"].iloc[0]
    row = ticks // _MICROSECONDS_PER_DAY - int(np.datetime64(first, "D").astype(np.int64))
    outside = (row < 0) | (row >= len(frame))
    if outside.any():
        raise CalendarError(
            f"working hours: {moments[outside].iloc[0]} lies outside the calendar of {first} to "
            f"{frame['date_day'].iloc[-1]}; build it for longer"
        )
    is_workday = frame["is_workday"].to_numpy(dtype=np.int64)[row]
    days_before = frame["workday_index"].to_numpy()[row] - is_workday
    today = np.clip(ticks % _MICROSECONDS_PER_DAY - opens, 0, closes - opens)
    clock: Microseconds = days_before * (closes - opens) + is_workday * today
    return clock
