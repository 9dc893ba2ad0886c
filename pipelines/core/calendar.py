"""The company's calendar: which days are worked, and where each stands in its periods."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from pipelines.core.workday_sources import (
    CalendarError,
    Days,
    Flags,
    Integers,
    apply_company_days,
    public_workdays,
    weekday_of,
    year_of,
)

__all__ = ["CalendarError", "build_calendar", "count_workdays"]

FORTNIGHT_ANCHOR = np.datetime64("2024-01-01", "D")  # a Monday; 2-rules, cadence, mode per_period
# Looked at beyond the periods, so that the neighbours of the first and last day are known.
_MARGIN_DAYS = 60
_DATE = pd.ArrowDtype(pa.date32())


@dataclass(frozen=True)
class _Bounds:
    """First and last day of the period that holds each day."""

    week: tuple[Days, Days]
    month: tuple[Days, Days]
    quarter: tuple[Days, Days]
    year: tuple[Days, Days]


def build_calendar(
    first: date,
    last: date,
    *,
    calendar: str,
    fiscal_year_start_month: int = 1,
    week_start: int = 0,
    overrides: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Lay out the company's calendar: workdays, holidays, and each day's place in its periods.

    Args:
        first: the first day of the frame.
        last: the last day of the frame, included.
        calendar: `CN`, another ISO country code such as `US` or `DE` (nationwide holidays), or
            `weekdays`.
        fiscal_year_start_month: 1 to 12. Unless it is 1, quarters and years are fiscal and a fiscal
            year is named by the calendar year in which it ends: with 4, FY2026 is 2025-04-01 to
            2026-03-31.
        week_start: 0 Monday to 6 Sunday. A week belongs to the year that holds its fourth day,
            which for Monday is the ISO rule.
        overrides: the company's own days: `day_on`, `is_workday`, `name`; they win.

    Returns:
        Grain: one row per day from `first` to `last`. Dates are Arrow dates, DATE in DuckDB.
        `date_day`; `is_workday`, `is_provisional`, `calendar_source` (chinese_calendar, holidays,
        weekdays, company), `holiday_name`; `iso_week_label` (2026-W08); `<period>_start_on`,
        `_end_on`, `_label` of week, month, quarter, year; `fortnight_start_on` (Mondays counted
        from 2024-01-01); `workday_index` (workdays from `first` up to and including the day);
        `workday_of_<period>` (the same within the period) and `workdays_in_<period>` (the whole
        period, also where it reaches beyond the frame); `days_in_month`;
        `is_last_workday_of_month`; `next_workday_on` and `previous_workday_on`, strictly after and
        before the day, null where none is near.

    Raises:
        CalendarError: for a setting out of range, an unknown calendar or a wrong company day.

    Law: the workdays after a and up to b are `workday_index(b) - workday_index(a)`.
    Source: 2-rules, Calendar; 3-marts, period labels.
    """
    _check_settings(first, last, fiscal_year_start_month, week_start)
    days = _day_range(np.datetime64(first, "D"), np.datetime64(last, "D"))
    bounds = _bounds(days, fiscal_year_start_month, week_start)
    wide = _day_range(
        min(bounds.year[0][0], bounds.week[0][0]) - _MARGIN_DAYS,
        max(bounds.year[1][-1], bounds.week[1][-1]) + _MARGIN_DAYS,
    )
    known = apply_company_days(public_workdays(wide, calendar), wide, overrides)
    frame = known.iloc[int((days[0] - wide[0]).astype(int)) :][: len(days)].reset_index(drop=True)
    frame.insert(0, "date_day", _as_dates(days))
    frame["iso_week_label"] = _week_label(days - weekday_of(days))
    _add_periods(frame, days, bounds, is_fiscal=fiscal_year_start_month != 1)
    _add_workday_counts(frame, days, bounds, wide, known["is_workday"].to_numpy())
    return frame


def count_workdays(
    after: date, up_to: date, *, calendar: str, overrides: pd.DataFrame | None = None
) -> int:
    """Count the workdays after one day, up to and including another; 0 when it is not later.

    Args:
        after: the day that is not counted.
        up_to: the last day that is.
        calendar: as for `build_calendar`.
        overrides: the company's own days, as for `build_calendar`.
    """
    if up_to <= after:
        return 0
    days = _day_range(np.datetime64(after, "D") + 1, np.datetime64(up_to, "D"))
    known = apply_company_days(public_workdays(days, calendar), days, overrides)
    return int(known["is_workday"].sum())


def _check_settings(first: date, last: date, fiscal_year_start_month: int, week_start: int) -> None:
    if last < first:
        raise CalendarError(f"calendar: its last day {last} lies before its first day {first}")
    if not 1 <= fiscal_year_start_month <= 12:
        raise CalendarError(
            "company.yml, company, fiscal_year_start_month: "
            f"{fiscal_year_start_month}; allowed are 1 to 12"
        )
    if not 0 <= week_start <= 6:
        raise CalendarError(
            f"company.yml, week_start: {week_start}; allowed are 0 (Monday) to 6 (Sunday)"
        )


def _day_range(first: np.datetime64, last: np.datetime64) -> Days:
    return np.arange(first, last + 1, dtype="datetime64[D]")


def _as_dates(days: Days) -> pd.Series:
    return pd.Series(pd.array(pa.array(days.astype("datetime64[D]")), dtype=_DATE))


def _bounds(days: Days, fiscal_year_start_month: int, week_start: int) -> _Bounds:
    month = days.astype("datetime64[M]")
    months_into_year = (month.astype(np.int64) - (fiscal_year_start_month - 1)) % 12
    quarter, year = month - months_into_year % 3, month - months_into_year
    week = days - (weekday_of(days) - week_start) % 7
    return _Bounds(
        week=(week, week + 6),
        month=(_first_day(month), _first_day(month + 1) - 1),
        quarter=(_first_day(quarter), _first_day(quarter + 3) - 1),
        year=(_first_day(year), _first_day(year + 12) - 1),
    )


def _first_day(months: npt.NDArray[Any]) -> Days:
    return months.astype("datetime64[D]")


def _padded(numbers: Integers) -> pd.Series:
    return pd.Series(numbers).astype("str").str.zfill(2)


def _week_label(week_start_on: Days) -> pd.Series:
    fourth = week_start_on + 3
    day_of_year = (fourth - fourth.astype("datetime64[Y]").astype("datetime64[D]")).astype(np.int64)
    return _padded(year_of(fourth)) + "-W" + _padded(day_of_year // 7 + 1)


def _add_periods(frame: pd.DataFrame, days: Days, bounds: _Bounds, *, is_fiscal: bool) -> None:
    for period in ("week", "month", "quarter", "year"):
        start, end = getattr(bounds, period)
        frame[f"{period}_start_on"], frame[f"{period}_end_on"] = _as_dates(start), _as_dates(end)
    months = days.astype("datetime64[M]").astype(np.int64)
    months_into_year = months - bounds.year[0].astype("datetime64[M]").astype(np.int64)
    year_label = ("FY" if is_fiscal else "") + _padded(year_of(bounds.year[1]))
    frame["week_label"] = _week_label(bounds.week[0])
    frame["month_label"] = _padded(year_of(days)) + "-" + _padded(months % 12 + 1)
    frame["quarter_label"] = year_label + "-Q" + pd.Series(months_into_year // 3 + 1).astype("str")
    frame["year_label"] = year_label
    into_fortnight = (days - FORTNIGHT_ANCHOR).astype(np.int64) % 14
    frame["fortnight_start_on"] = _as_dates(days - into_fortnight)
    frame["days_in_month"] = (bounds.month[1] - bounds.month[0]).astype(np.int64) + 1


def _add_workday_counts(
    frame: pd.DataFrame, days: Days, bounds: _Bounds, wide: Days, is_workday_wide: Flags
) -> None:
    # before[k]: workdays among the first k days of the wide range; a count is one subtraction.
    before = np.concatenate([[0], np.cumsum(is_workday_wide, dtype=np.int64)])

    def position(of: Days) -> Integers:
        positions: Integers = (of - wide[0]).astype(np.int64)
        return positions

    up_to = before[position(days) + 1]
    frame["workday_index"] = up_to - before[position(days[:1])]
    for period in ("week", "month", "quarter", "year"):
        start, end = getattr(bounds, period)
        frame[f"workday_of_{period}"] = up_to - before[position(start)]
        frame[f"workdays_in_{period}"] = before[position(end) + 1] - before[position(start)]
    frame["is_last_workday_of_month"] = frame["is_workday"] & (
        frame["workday_of_month"] == frame["workdays_in_month"]
    )
    workdays = wide[is_workday_wide]
    padded = np.concatenate([[np.datetime64("NaT")], workdays, [np.datetime64("NaT")]])
    frame["next_workday_on"] = _as_dates(padded[np.searchsorted(workdays, days, side="right") + 1])
    frame["previous_workday_on"] = _as_dates(padded[np.searchsorted(workdays, days, side="left")])
