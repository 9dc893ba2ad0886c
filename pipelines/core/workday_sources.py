"""Who says whether a day is worked: the Chinese calendar, a holiday package, the company."""

from __future__ import annotations

from datetime import date
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Days = npt.NDArray[np.datetime64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_DAY = "datetime64[D]"
OVERRIDE_COLUMNS = ("day_on", "is_workday", "name")


class CalendarError(ValueError):
    """Say what is wrong with a calendar setting or a day asked for, and how to mend it."""


def weekday_of(days: Days) -> Integers:
    """Number the days of the week, Monday 0 to Sunday 6 (1970-01-01 was a Thursday)."""
    numbers: Integers = (days.astype("datetime64[D]").astype(np.int64) + 3) % 7
    return numbers


def year_of(days: Days) -> Integers:
    """Name the calendar year of each day."""
    years: Integers = days.astype("datetime64[Y]").astype(np.int64) + 1970
    return years


def public_workdays(days: Days, calendar: str) -> pd.DataFrame:
    """Say which days people work, by the best public calendar that covers each year.

    Args:
        days: consecutive days, `datetime64[D]`.
        calendar: `CN`, another ISO 3166 country code, or `weekdays`.

    Returns:
        Grain: one row per day, as given. `is_workday`; `is_provisional` (nobody has decided
        this year yet, or no package knows it); `calendar_source`; `holiday_name` in the country's
        own language (on a make-up workday with 调休 after it), else null.

    Raises:
        CalendarError: for a calendar that nobody keeps.

    Source: 2-rules, Calendar: the maintained package for years it covers, then a general holiday
    package, then Monday to Friday.
    """
    years = year_of(days[[0, -1]])
    decided = chinese_calendar_years() if calendar == "CN" else frozenset()
    whole = _whole_years(int(years[0]), int(years[1]), calendar, decided)
    first = np.datetime64(f"{years[0]:04d}-01-01", "D")
    start = int((days[0] - first).astype(np.int64))
    return whole.iloc[start : start + len(days)].reset_index(drop=True)


# A night asks for the same years once per source; the packages take a tenth of a second each time.
@lru_cache(maxsize=16)
def _whole_years(first: int, last: int, calendar: str, decided: frozenset[int]) -> pd.DataFrame:
    days = np.arange(
        np.datetime64(f"{first:04d}-01-01"), np.datetime64(f"{last + 1:04d}-01-01"), dtype=_DAY
    )
    frame = _monday_to_friday(days, is_provisional=calendar != "weekdays")
    if calendar == "weekdays":
        return frame
    _fill_from_holidays(frame, days, calendar)
    if calendar == "CN":
        _fill_from_chinese_calendar(frame, days, decided)
    return frame


def _monday_to_friday(days: Days, *, is_provisional: bool) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "is_workday": weekday_of(days) < 5,
            "is_provisional": np.full(len(days), is_provisional),
            "calendar_source": pd.Series(["weekdays"] * len(days), dtype="str"),
            "holiday_name": pd.Series([None] * len(days), dtype="str"),
        }
    )


def _fill_from_holidays(frame: pd.DataFrame, days: Days, country: str) -> None:
    import holidays

    supported = holidays.list_supported_countries()
    if country not in supported:
        near = get_close_matches(country.upper(), [*supported, "weekdays"], n=3, cutoff=0.3)
        raise CalendarError(
            f"company.yml, company, calendar: {country!r} is no known calendar; allowed are CN, "
            f"another two-letter ISO country code in capitals (near: {', '.join(near) or 'none'}), "
            "or weekdays"
        )
    kind: Any = getattr(holidays, country)
    years = year_of(days)
    covered = (years >= kind.start_year) & (years <= kind.end_year)
    # Without a language the package takes the machine's locale: two machines, two calendars.
    book = kind(years=sorted(set(years[covered].tolist())), language=kind.default_language)
    known: list[date] = days[covered].tolist()
    frame.loc[covered, "is_workday"] = np.array(
        [book.is_working_day(day) for day in known], dtype=bool
    )
    frame.loc[covered, "holiday_name"] = pd.array([book.get(day) for day in known], dtype="str")
    frame.loc[covered, "calendar_source"] = "holidays"
    # The State Council decides each Chinese year in the autumn before; until then all is a guess.
    frame.loc[covered, "is_provisional"] = country == "CN"


def _fill_from_chinese_calendar(frame: pd.DataFrame, days: Days, decided: frozenset[int]) -> None:
    import chinese_calendar

    covered = np.isin(year_of(days), sorted(decided))
    chinese = {holiday.value: holiday.chinese for holiday in chinese_calendar.Holiday}
    off = {day: chinese[name] for day, name in chinese_calendar.holidays.items()}
    made_up = {day: f"{chinese[name]}调休" for day, name in chinese_calendar.workdays.items()}
    known = pd.Series(days[covered].tolist(), dtype="object")
    is_off, is_made_up = known.isin(off), known.isin(made_up)
    works = is_made_up.to_numpy() | ((weekday_of(days[covered]) < 5) & ~is_off.to_numpy())
    frame.loc[covered, "is_workday"] = works
    frame.loc[covered, "holiday_name"] = known.map({**off, **made_up}).astype("str").array
    frame.loc[covered, "calendar_source"] = "chinese_calendar"
    frame.loc[covered, "is_provisional"] = False


def chinese_calendar_years() -> frozenset[int]:
    """Name the years that the maintained Chinese calendar knows whole.

    Read from the package's data: a year counts once both Spring Festival and National Day stand in
    it, so that a single day of the next year, announced early, does not pass for that year.
    """
    import chinese_calendar

    needed = (
        chinese_calendar.Holiday.spring_festival.value,
        chinese_calendar.Holiday.national_day.value,
    )
    first, second = (
        {d.year for d, name in chinese_calendar.holidays.items() if name == n} for n in needed
    )
    return frozenset(first & second)


def apply_company_days(
    frame: pd.DataFrame, days: Days, overrides: pd.DataFrame | None
) -> pd.DataFrame:
    """Let the company's own days off and make-up workdays win over the public calendar.

    Args:
        frame: what `public_workdays` returned for `days`.
        days: consecutive days, `datetime64[D]`.
        overrides: one row per company day: `day_on`, `is_workday` (true or false), `name` (may be
            empty). Days outside `days` are of no concern here.

    Returns:
        Grain: one row per day. Company days carry `calendar_source` `company`, the company's own
        name for the day, and are never provisional: the company has decided.

    Raises:
        CalendarError: a column is missing, a cell is not a date or not true or false, or a day
            stands twice.

    Source: 2-rules, sheet calendar 日历.
    """
    if overrides is None or overrides.empty:
        return frame
    own = _checked_overrides(overrides)
    own_days = own["day_on"].to_numpy().astype("datetime64[D]")
    within = (own_days >= days[0]) & (own_days <= days[-1])
    rows = (own_days[within] - days[0]).astype(np.int64)
    result = frame.copy()
    result.loc[rows, "is_workday"] = own.loc[within, "is_workday"].to_numpy(dtype=bool)
    result.loc[rows, "holiday_name"] = own.loc[within, "name"].array
    result.loc[rows, "calendar_source"] = "company"
    result.loc[rows, "is_provisional"] = False
    return result


def _checked_overrides(overrides: pd.DataFrame) -> pd.DataFrame:
    sheet = "rules.xlsx, sheet calendar 日历"
    missing = [column for column in OVERRIDE_COLUMNS if column not in overrides.columns]
    if missing:
        raise CalendarError(
            f"{sheet}: column {', '.join(missing)} is missing; have {list(overrides.columns)}"
        )
    own = overrides.reset_index(drop=True)
    # As text first: pandas would read the bare number 20260105 as nanoseconds after 1970.
    text = own["day_on"].astype("str")
    parsed = pd.to_datetime(text, format="ISO8601", errors="coerce").dt.normalize()
    for row, (cell, day, is_workday) in enumerate(
        zip(own["day_on"], parsed, own["is_workday"], strict=True), start=1
    ):
        if pd.isna(day):
            raise CalendarError(f"{sheet}, entry {row}, day_on: {cell!r} is not a date")
        if not isinstance(is_workday, bool | np.bool_):
            raise CalendarError(
                f"{sheet}, entry {row}, is_workday: {is_workday!r} is neither true nor false"
            )
    twice = parsed.duplicated()
    if twice.any():
        day = parsed[twice].iloc[0]
        rows = [int(row) + 1 for row in own.index[parsed == day]]
        raise CalendarError(
            f"{sheet}, entries {rows}, day_on: {day.date()} stands more than once; keep one"
        )
    return pd.DataFrame(
        {
            "day_on": parsed,
            "is_workday": own["is_workday"],
            "name": own["name"].astype("str"),
        }
    )
