"""How far an incremental pull has come, and from where the next one begins.

A cursor is a column whose value grows with every change of its row (`updated_at`, a serial number).
Law: a row that was committed before a pull, and whose cursor never falls, is in that pull or in one
before it. So values in the future never count as reached (a row dated 2999 would hide all others),
and the next pull begins at the reached value itself, less an overlap for rows committed late.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

CursorValue = int | float | Decimal | str | date | datetime


class CursorUnusable(Exception):
    """A cursor column holds values that have no order in time or number."""


def furthest(
    reached: CursorValue | None, values: Iterable[object], pulled_at: datetime, zone: ZoneInfo
) -> CursorValue | None:
    """Return the greatest cursor value that is not in the future.

    Args:
        reached: what was reached before; the result is never less.
        values: cursor values of a pull; NULLs are passed over.
        pulled_at: when the pull began (UTC).
        zone: time zone of times without one.

    Raises:
        CursorUnusable: a value of another kind than the others, or of no kind that grows.
    """
    for value in values:
        if value is None:
            continue
        if not isinstance(value, CursorValue) or isinstance(value, bool):
            raise CursorUnusable(f"a value of type {type(value).__name__} cannot be a cursor")
        if isinstance(value, float) and math.isnan(value):
            continue
        try:
            if not _is_future(value, pulled_at, zone) and (reached is None or value > reached):  # type: ignore[operator]
                reached = value
        except TypeError:
            raise CursorUnusable(
                f"values of several types ({type(reached).__name__} and {type(value).__name__})"
            ) from None
    return reached


def begin_from(reached: CursorValue, overlap: timedelta) -> CursorValue:
    """Return where the next pull begins: the value reached, less the overlap where it is a time.

    A text that is a time is shortened to seconds, so that it never sorts after the same time
    written with fractions or a zone.
    """
    if isinstance(reached, datetime):
        return _earlier(reached, overlap)
    if isinstance(reached, date):
        # A day is pulled again whole, so its overlap counts in days begun.
        return reached - timedelta(days=math.ceil(overlap / timedelta(days=1)) if overlap else 0)
    if isinstance(reached, str):
        moment = _time_in(reached)
        if moment is not None and len(reached) >= 19:
            early = _earlier(moment.replace(tzinfo=None), overlap)
            return early.isoformat(sep=reached[10], timespec="seconds")
    return reached


def encode_cursor(value: CursorValue) -> str:
    """Write a cursor value as text that keeps its kind."""
    if isinstance(value, datetime):
        return json.dumps({"kind": "time", "value": value.isoformat()})
    if isinstance(value, date):
        return json.dumps({"kind": "day", "value": value.isoformat()})
    kind = {int: "integer", float: "float", Decimal: "decimal", str: "text"}[type(value)]
    return json.dumps({"kind": kind, "value": str(value)}, ensure_ascii=False)


def decode_cursor(text: str) -> CursorValue:
    """Read what `encode_cursor` wrote."""
    body = json.loads(text)
    readers: dict[str, Callable[[str], CursorValue]] = {
        "time": datetime.fromisoformat,
        "day": date.fromisoformat,
        "integer": int,
        "float": float,
        "decimal": Decimal,
        "text": str,
    }
    value: CursorValue = readers[body["kind"]](body["value"])
    return value


def _is_future(value: CursorValue, pulled_at: datetime, zone: ZoneInfo) -> bool:
    moment = _time_in(value) if isinstance(value, str) else value
    local = pulled_at.astimezone(zone)
    if isinstance(moment, datetime):
        return moment > (pulled_at if moment.tzinfo else local.replace(tzinfo=None))
    if isinstance(moment, date):
        return moment > local.date()
    return False


def _time_in(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _earlier(moment: datetime, overlap: timedelta) -> datetime:
    try:
        return moment - overlap
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC if moment.tzinfo else None)
