"""Counting on a built calendar: so many workdays on, workdays between, the list of periods."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa

from pipelines.core.workday_sources import CalendarError

PERIOD_TYPES = ("week", "month", "quarter", "year")


def day_position(frame: pd.DataFrame, day: date) -> int:
    """Find the row of a day in the calendar.

    Raises:
        CalendarError: the calendar does not reach that day.
    """
    first, last = frame["date_day"].iloc[0], frame["date_day"].iloc[-1]
    if not first <= day <= last:
        raise CalendarError(
            f"{day} lies outside the calendar of {first} to {last}; build it for longer"
        )
    return int((day - first).days)


def workdays_between(frame: pd.DataFrame, a: date, b: date) -> int:
    """Count the workdays after a, up to and including b; negative where b lies before a.

    Args:
        frame: a calendar of `build_calendar`.
        a: the day counted from, itself not counted.
        b: the day counted to.

    Raises:
        CalendarError: a or b lies outside the calendar.

    Law: between(a, b) + between(b, c) = between(a, c).
    """
    index = frame["workday_index"]
    return int(index.iloc[day_position(frame, b)] - index.iloc[day_position(frame, a)])


def build_periods(
    frame: pd.DataFrame, custom: Sequence[tuple[str, date, date]] | None = None
) -> pd.DataFrame:
    """List every period that the calendar touches, with its workdays.

    Args:
        frame: a calendar of `build_calendar`.
        custom: the company's own periods as label, first day, last day (company.yml
            `custom_periods`).

    Returns:
        Grain: period_type × period. `period_type` (week, month, quarter, year, custom),
            `period_start`,
        `period_end`, `period_label`, `workdays` (of the whole period). Weeks, months, quarters and
        years in order of time, custom periods last and as given. A period without workdays stands,
        with 0.

    Raises:
        CalendarError: a custom period ends before it starts, has no label or one used twice, or
            reaches beyond the calendar.
    """
    parts = []
    for period in PERIOD_TYPES:
        columns = [
            f"{period}_start_on",
            f"{period}_end_on",
            f"{period}_label",
            f"workdays_in_{period}",
        ]
        part = frame[columns].drop_duplicates(subset=columns[0])
        part.columns = pd.Index(["period_start", "period_end", "period_label", "workdays"])
        part.insert(0, "period_type", period)
        parts.append(part)
    if custom:
        parts.append(_custom_periods(frame, custom))
    return pd.concat(parts, ignore_index=True)


def _custom_periods(frame: pd.DataFrame, custom: Sequence[tuple[str, date, date]]) -> pd.DataFrame:
    labels: set[str] = set()
    workdays = []
    for label, start, end in custom:
        where = f"company.yml, custom_periods, {label!r}"
        if not label.strip() or label in labels:
            raise CalendarError(f"{where}: each period needs a label of its own")
        if end < start:
            raise CalendarError(f"{where}: ends on {end}, before it starts on {start}")
        labels.add(label)
        starts_on_workday = bool(frame["is_workday"].iloc[day_position(frame, start)])
        workdays.append(workdays_between(frame, start, end) + int(starts_on_workday))
    return pd.DataFrame(
        {
            "period_type": "custom",
            "period_start": _dates([start for _, start, _ in custom]),
            "period_end": _dates([end for _, _, end in custom]),
            "period_label": pd.array([label for label, _, _ in custom], dtype="str"),
            "workdays": np.array(workdays, dtype=np.int64),
        }
    )


def _dates(days: list[date]) -> pd.Series:
    return pd.Series(days, dtype=pd.ArrowDtype(pa.date32()))
