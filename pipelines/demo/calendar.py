"""Workdays of the invented company: the Chinese calendar with its make-up days."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import date, timedelta

from chinese_calendar import is_workday


class Workdays:
    """Count and step through Chinese workdays.

    Every distance is in workdays: `elapsed(a, b)` counts those after `a` up to and with `b`, so
    that `elapsed(d, plus(d, n)) == n` for every day `d`.
    """

    def __init__(self, first: date, last: date) -> None:
        span = (last - first).days + 1
        every = (first + timedelta(days=i) for i in range(span))
        self.days = [d for d in every if is_workday(d)]

    def is_workday(self, day: date) -> bool:
        """Say whether anybody works on this day."""
        at = bisect_left(self.days, day)
        return at < len(self.days) and self.days[at] == day

    def on_or_after(self, day: date) -> date:
        """Return the day itself if it is a workday, else the next one."""
        return self.days[bisect_left(self.days, day)]

    def on_or_before(self, day: date) -> date:
        """Return the day itself if it is a workday, else the one before."""
        return self.days[bisect_right(self.days, day) - 1]

    def plus(self, day: date, workdays: int) -> date:
        """Return the n-th workday after a day; a negative n goes back."""
        if workdays <= 0:
            return self.days[bisect_right(self.days, day) - 1 + workdays]
        return self.days[bisect_right(self.days, day) + workdays - 1]

    def elapsed(self, after: date, until: date) -> int:
        """Count the workdays after one day, up to and with another."""
        return bisect_right(self.days, until) - bisect_right(self.days, after)

    def between(self, first: date, last: date) -> list[date]:
        """List the workdays from one day to another, both included."""
        return self.days[bisect_left(self.days, first) : bisect_right(self.days, last)]
