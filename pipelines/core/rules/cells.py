"""One cell of the rules workbook: from what somebody typed to a value, or to what is allowed."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal

from pipelines.core.rules.conditions import (
    ConditionError,
    parse_conditions,
    plain_number,
    split_list,
)
from pipelines.core.rules.model import Column, Text, Value
from pipelines.core.rules.numbers import (
    plain_text,
    written_hours,
    written_money,
    written_number,
    written_rate,
)

SCALE = {"number": 6, "rate": 6, "money": 4, "hours": 4}
_NUMERIC: dict[str, Callable[[object], Decimal | None]] = {
    "integer": written_number,
    "number": written_number,
    "rate": written_rate,
    "money": written_money,
    "hours": written_hours,
}
_TRUE = frozenset({"是", "√", "✓", "☑", "y", "yes", "true", "1", "对", "开", "on"})
_FALSE = frozenset({"否", "×", "✗", "☐", "n", "no", "false", "0", "x", "错", "关", "off"})
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d{4})(\d{2})(\d{2})")
_CLOCK = re.compile(r"(\d{1,2})[:时点](\d{2})?(?::(\d{2}))?分?")
_PERIOD = re.compile(r"(FY)?\d{4}(-?Q[1-4]|-(0[1-9]|1[0-2])|-?W(0[1-9]|[1-4]\d|5[0-3]))?")
_LARGEST = Decimal("1E13")


class CellValueError(ValueError):
    """A cell that cannot be read; `allowed` says what it may hold, in both languages."""

    def __init__(self, allowed: Text) -> None:
        super().__init__(allowed.en)
        self.allowed = allowed


def is_blank(value: object) -> bool:
    """Tell whether a cell holds nothing that a person would see."""
    return value is None or (isinstance(value, str) and not plain_text(value))


def read_cell(value: object, column: Column) -> Value:
    """Turn a cell into the value that its column asks for.

    Returns:
        str for text, choice, time (HH:MM), metric, period, conditions; int; Decimal for number,
        rate (0 to 1), money (full currency units) and hours; bool; date; a tuple for a list;
        None for an empty cell that may be empty (or the column's `blank` value).

    Raises:
        CellValueError: Says what is allowed.
    """
    if is_blank(value):
        if column.blank is not None:
            return read_cell(column.blank, column)
        if column.is_required:
            raise CellValueError(allowed(column))
        return None
    if column.type in _NUMERIC:
        return _numeric(value, column)
    return _READERS[column.type](value, column)


def _numeric(value: object, column: Column) -> Value:
    number = _NUMERIC[column.type](value)
    if number is None or abs(number) >= _LARGEST or not _is_within(number, column):
        raise CellValueError(allowed(column))
    if column.type == "integer":
        if number != number.to_integral_value():
            raise CellValueError(allowed(column))
        return int(number)
    return number.quantize(Decimal(1).scaleb(-SCALE[column.type]))


def _is_within(number: Decimal, column: Column) -> bool:
    return (
        (column.minimum is None or number >= column.minimum)
        and (column.maximum is None or number <= column.maximum)
        and (column.above is None or number > column.above)
        and (column.below is None or number < column.below)
    )


def _text(value: object, column: Column) -> Value:
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # an id that the spreadsheet shows as 1024 arrives as 1024.0
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        value = value.date()
    # One line, one space: what people see as one name must be one name.
    return " ".join(plain_text(str(value)).replace("|", "/").split())


def _boolean(value: object, column: Column) -> Value:
    if isinstance(value, bool):
        return value
    number = written_number(value)
    word = plain_text(str(value)).casefold() if number is None else plain_number(number)
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise CellValueError(allowed(column))


def _date(value: object, column: Column) -> Value:
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    found = _DAY.fullmatch("".join(plain_text(str(value)).split()))
    if found:
        year, month, day = (int(part) for part in found.groups() if part)
        try:
            return dt.date(year, month, day)
        except ValueError:
            pass
    raise CellValueError(allowed(column))


def _time(value: object, column: Column) -> Value:
    if isinstance(value, dt.datetime):
        value = value.time()
    if isinstance(value, dt.time):
        return f"{value:%H:%M}"
    number = written_number(value)
    if number is not None and 0 <= number < 1 and not isinstance(value, str):
        minutes = int((number * 1440).to_integral_value())  # a spreadsheet's part of a day
        return f"{minutes // 60:02d}:{minutes % 60:02d}"
    found = _CLOCK.fullmatch("".join(plain_text(str(value)).split()))
    if found and int(found[1]) <= 23 and int(found[2] or 0) <= 59:
        return f"{int(found[1]):02d}:{int(found[2] or 0):02d}"
    raise CellValueError(allowed(column))


def _choice(value: object, column: Column) -> Value:
    text = str(_text(value, column))
    for choice in column.choices:
        if choice.is_written(text):
            return choice.id
    if column.is_open:
        return text
    raise CellValueError(allowed(column))


def _list(value: object, column: Column) -> Value:
    parts = split_list(str(value) if not isinstance(value, float) else str(_text(value, column)))
    if column.choices:
        parts = [str(_choice(part, column)) for part in parts]
    unique = tuple(dict.fromkeys(parts))
    if column.is_required and not unique:
        raise CellValueError(allowed(column))
    return unique or None


def _period(value: object, column: Column) -> Value:
    text = str(_text(value, column)).replace(" ", "").upper()
    if _PERIOD.fullmatch(text):
        return text
    raise CellValueError(allowed(column))


def _conditions(value: object, column: Column) -> Value:
    try:
        return "; ".join(str(each) for each in parse_conditions(str(value))) or None
    except ConditionError as error:
        raise CellValueError(allowed(column)) from error


_READERS: dict[str, Callable[[object, Column], Value]] = {
    "text": _text,
    "metric": _text,
    "boolean": _boolean,
    "date": _date,
    "time": _time,
    "choice": _choice,
    "list": _list,
    "period": _period,
    "conditions": _conditions,
}

_KINDS = {
    "text": Text("文字", "text"),
    "integer": Text("整数", "a whole number"),
    "number": Text("数字", "a number"),
    "rate": Text("百分比，如 20% 或 0.2", "a rate such as 20% or 0.2"),
    "money": Text("金额，如 500000 或 50万", "an amount such as 500000 or 50万"),
    "hours": Text("时长，如 24小时、7天", "a span of time such as 24h or 7d"),
    "boolean": Text("是 或 否", "yes or no"),
    "date": Text("日期，如 2026-03-05", "a date such as 2026-03-05"),
    "time": Text("时刻，如 21:00", "a time of day such as 21:00"),
    "list": Text("文字，多个用顿号隔开", "words separated by commas"),
    "metric": Text("“指标”表里的编号、名称或别名", "an id, name or alias of the sheet Metrics"),
    "period": Text(
        "期间，如 2026、2026Q4、2026-10、2026-W41",
        "a period such as 2026, 2026Q4, 2026-10 or 2026-W41",
    ),
    "conditions": Text(
        "条件，如 kind = call；amount ≥ 80万", "conditions such as kind = call; amount >= 800000"
    ),
}


def allowed(column: Column) -> Text:
    """Say what a cell of this column may hold, in both languages."""
    if column.choices:
        zh = "、".join(choice.label.zh for choice in column.choices)
        en = ", ".join(choice.label.en for choice in column.choices)
        own = Text("，或自己的名称", ", or a name of your own") if column.is_open else Text("", "")
        several = Text("（可多个）", " (one or more)") if column.type == "list" else Text("", "")
        text = Text(zh + own.zh + several.zh, en + own.en + several.en)
    else:
        kind, bounds = _KINDS[column.type], _bounds(column)
        text = Text(kind.zh + bounds.zh, kind.en + bounds.en)
    if column.is_required or column.default is not None:
        return Text(f"{text.zh}；必填", f"{text.en}; required")
    return Text(f"{text.zh}；可空", f"{text.en}; may be blank")


def _bounds(column: Column) -> Text:
    percent = column.type == "rate"
    zh, en = [], []
    for bound, word in (
        (column.minimum, Text("≥", "at least")),
        (column.above, Text("＞", "more than")),
        (column.maximum, Text("≤", "at most")),
        (column.below, Text("＜", "less than")),
    ):
        if bound is not None:
            shown = plain_number(bound * 100) + "%" if percent else plain_number(bound)
            zh.append(f"{word.zh} {shown}")
            en.append(f"{word.en} {shown}")
    return Text("，" + " 且 ".join(zh), ", " + " and ".join(en)) if zh else Text("", "")
