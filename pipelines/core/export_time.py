"""When an export was taken, which day it covers, and which part of its source it is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import PurePosixPath
from zoneinfo import ZoneInfo

# 20260310, 2026-03-10, 2026_03_10, 2026.03.10, 2026年3月10日; a time of day may follow.
_DATE_IN_NAME = re.compile(
    r"(?<!\d)(?P<y>20\d{2})(?:(?P<sep>[-_.])(?P<m>\d{1,2})(?P=sep)(?P<d>\d{1,2})"
    r"|(?P<m2>\d{2})(?P<d2>\d{2})|年(?P<m3>\d{1,2})月(?P<d3>\d{1,2})日)"
    r"(?:[T_\- ]?(?P<hh>[01]\d|2[0-3])[-:_]?(?P<mm>[0-5]\d)(?:[-:_]?(?P<ss>[0-5]\d))?)?(?!\d)"
)


class NoExportDate(Exception):
    """A source expects the export date in the file name, and it is not there."""


@dataclass(frozen=True)
class ExportTime:
    """The local day of an export, and its time of day where known."""

    on: date
    at: time | None = None


def export_time_in_name(name: str) -> ExportTime | None:
    """Read the last date (and time) that a file's name carries.

    `opportunities_20260310.csv` → 2026-03-10; `导出2026年3月1日.xlsx` → 2026-03-01;
    `deals-2026-03-10T0215.csv` → 2026-03-10 02:15. An impossible date is no date.
    """
    found = None
    for match in _DATE_IN_NAME.finditer(PurePosixPath(name).name):
        month = match["m"] or match["m2"] or match["m3"]
        day = match["d"] or match["d2"] or match["d3"]
        try:
            on = date(int(match["y"]), int(month), int(day))
        except ValueError:
            continue
        at = (
            time(int(match["hh"]), int(match["mm"]), int(match["ss"] or 0)) if match["hh"] else None
        )
        found = ExportTime(on, at)
    return found


def part_of(name: str) -> str:
    """Return the part of its source that a file is: its name without date and time.

    A snapshot replaces keys part by part, so that the export of one team never deletes another's.
    """
    plain = PurePosixPath(name)
    stem = _DATE_IN_NAME.sub("", plain.name)
    return str(plain.with_name(stem or "_"))


def covers_until(export: ExportTime, covers: str, day_close: time) -> date:
    """Return the last day that an export covers wholly.

    An export made before `day_close` covers the day before, later the same day. A date without a
    time follows the source's own word: `same_day` or `previous_day`.
    """
    if export.at is not None:
        return export.on if export.at >= day_close else export.on - timedelta(days=1)
    return export.on if covers == "same_day" else export.on - timedelta(days=1)


def export_time(
    rule: str, name: str, arrived_at: datetime, zone: ZoneInfo, in_column: date | None = None
) -> ExportTime:
    """Find out when an export was taken, by the source's rule.

    Args:
        rule: auto (the name, else arrival), filename, arrival, column:<header>, or an ISO date.
        name: file name.
        arrived_at: when the pipeline first saw it (UTC).
        zone: the company's time zone.
        in_column: newest date found in the named column, for `column:`.

    Raises:
        NoExportDate: the rule is `filename` or `column:` and there is no date there.
    """
    arrival = (
        arrived_at.astimezone(zone)
        if arrived_at.tzinfo
        else arrived_at.replace(tzinfo=UTC).astimezone(zone)
    )
    by_arrival = ExportTime(arrival.date(), arrival.time().replace(tzinfo=None))
    if rule == "arrival":
        return by_arrival
    if rule in {"auto", "filename"}:
        named = export_time_in_name(name)
        if named is not None:
            return named
        if rule == "filename":
            raise NoExportDate(
                f"{name}: no date in the file name (expected as in orders_20260310.csv). "
                "Rename the file, or set export_date: arrival for this source in company.yml."
            )
        return by_arrival
    if rule.startswith("column:"):
        if in_column is None:
            raise NoExportDate(f"{name}: column {rule[7:]!r} holds no date to take as export date")
        return ExportTime(in_column)
    return ExportTime(date.fromisoformat(rule))
