"""The axis of time: days, and segments, the longest runs of days that no target and no month cuts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


class CascadeError(ValueError):
    """Say which input of the cascade cannot be used, and why."""


@dataclass(frozen=True)
class Grid:
    """Days from `first` on and the segments they fall into.

    Attributes:
        first: day 0.
        worked_before: workdays among the first k days, k from 0 to the number of days.
        seg_start: first day of each segment; the last entry is the number of days.
        month, quarter, year: numbers that tell each segment's period apart; `quarter_no` 1 to 4
            and `month_no` 1 to 12 are positions in the fiscal year and the calendar.
        labels: per segment the labels of its month, quarter and year.
    """

    first: date
    worked_before: Integers
    seg_start: Integers
    month: Integers
    quarter: Integers
    year: Integers
    quarter_no: Integers
    month_no: Integers
    year_name: Integers

    @property
    def segments(self) -> int:
        """Number of segments."""
        return len(self.seg_start) - 1

    @property
    def days(self) -> int:
        """Number of days."""
        return len(self.worked_before) - 1

    def day(self, on: date) -> int:
        """Return the position of a day, also before 0 and beyond the end."""
        return (on - self.first).days

    def segment_of(self, day: npt.NDArray[Any]) -> Integers:
        """Return the segment that holds each day."""
        return np.searchsorted(self.seg_start, day, side="right").astype(np.int64) - 1

    def weights(self, start: Integers, stop: Integers) -> tuple[Integers, Flags]:
        """Count the workdays of half-open runs of days; where a run has none, its days.

        Returns:
            The weight of each run, and whether it had to fall back to calendar days.
        """
        stop = np.maximum(start, stop)
        worked = self.worked_before[stop] - self.worked_before[start]
        is_fallback = (worked == 0) & (stop > start)
        return np.where(is_fallback, stop - start, worked), is_fallback


def build_grid(calendar: pd.DataFrame, bounds: Iterable[tuple[date, date]]) -> Grid:
    """Cut the time that the targets span into segments.

    Args:
        calendar: `date_day`, `is_workday`, `month_start_on`, `quarter_start_on`, `year_start_on`,
            `year_end_on` of every day.
        bounds: first and last day of every target's period.

    Raises:
        CascadeError: the calendar does not reach a target's period.
    """
    spans = sorted(set(bounds))
    if not spans:
        raise CascadeError("cascade: no target names a period")
    days = _dates(calendar["date_day"])
    first, last = min(s for s, _ in spans), max(e for _, e in spans)
    if days[0].item() > first or days[-1].item() < last:
        raise CascadeError(
            f"a target runs from {first} to {last}, the calendar from {days[0]} to {days[-1]}; "
            "check the year of the target"
        )
    # From the year's first day: a leaver's place lasts to the end of the year in which he left, also
    # where the first target begins after that.
    begins = _dates(calendar["year_start_on"])[(first - days[0].item()).days].item()
    first = max(begins, days[0].item())
    at = (first - days[0].item()).days
    part = calendar.iloc[at : at + (last - first).days + 1]
    own = _dates(part["date_day"])
    starts = {name: _dates(part[f"{name}_start_on"]) for name in ("month", "quarter", "year")}
    is_cut = np.zeros(len(own), dtype=bool)
    is_cut[0] = True
    is_cut[1:] |= starts["month"][1:] != starts["month"][:-1]
    for start, end in spans:
        is_cut[(start - first).days] = True
        if end < last:
            is_cut[(end - first).days + 1] = True
    cut = np.flatnonzero(is_cut)
    worked = part["is_workday"].to_numpy(dtype=bool).astype(np.int64)
    month = starts["month"][cut].astype("datetime64[M]").astype(np.int64)
    quarter = starts["quarter"][cut].astype("datetime64[M]").astype(np.int64)
    year = starts["year"][cut].astype("datetime64[M]").astype(np.int64)
    return Grid(
        first=first,
        worked_before=np.concatenate([[0], np.cumsum(worked)]).astype(np.int64),
        seg_start=np.concatenate([cut, [len(own)]]).astype(np.int64),
        month=month,
        quarter=quarter,
        year=year,
        quarter_no=(quarter - year) // 3 + 1,
        month_no=month % 12 + 1,
        year_name=_dates(part["year_end_on"])[cut].astype("datetime64[Y]").astype(np.int64) + 1970,
    )


def _dates(column: pd.Series) -> npt.NDArray[Any]:
    return np.asarray(pd.to_datetime(column).to_numpy(), dtype="datetime64[D]")
