"""Conditions on columns as a manager writes them: `kind = call; amount ≥ 80万`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from pipelines.core.rules.numbers import plain_text, written_money, written_rate

_SYMBOLS = {"≥": ">=", "≤": "<=", "≠": "!=", "<>": "!=", "==": "=", "≧": ">=", "≦": "<="}
_SYMBOL = re.compile(
    r"(?P<column>[^<>=!≥≤≠≧≦]+?)\s*(?P<op>>=|<=|!=|<>|==|[≥≤≠≧≦=<>])\s*(?P<rest>.+)"
)
_ENGLISH = re.compile(
    r"(?P<column>\S.*?)\s+(?P<op>one[ _]of|all[ _]of|contains|filled|is filled)(\s+(?P<rest>.+))?",
    re.IGNORECASE,
)
_CHINESE = re.compile(
    r"(?P<column>\S.*?)\s*(?P<op>属于|全部包含|包含|已填写|不等于|等于|不低于|不高于|高于|低于)"
    r"\s*(?P<rest>.*)"
)
_WORDS = {
    "one of": "one_of",
    "all of": "all_of",
    "is filled": "filled",
    "属于": "one_of",
    "全部包含": "all_of",
    "包含": "contains",
    "已填写": "filled",
    "不等于": "!=",
    "等于": "=",
    "不低于": ">=",
    "不高于": "<=",
    "高于": ">",
    "低于": "<",
}
ORDERED = frozenset({">=", "<=", ">", "<"})
_MANY = frozenset({"one_of", "all_of"})


class ConditionError(ValueError):
    """A condition that cannot be read; the message is the part at fault."""


@dataclass(frozen=True)
class Condition:
    """One test on one column; all conditions of a row must hold.

    `operator` is =, !=, >=, <=, >, <, filled, one_of, all_of or contains. Values of the four
    ordered operators are plain decimal numbers (80万 is already 800000) or ISO dates.
    """

    column: str
    operator: str
    values: tuple[str, ...] = ()

    def __str__(self) -> str:
        return " ".join(
            part for part in (self.column, self.operator, "|".join(self.values)) if part
        )


def parse_conditions(text: str | None) -> tuple[Condition, ...]:
    """Read the conditions of a metric or control point, separated by semicolons or lines.

    Returns:
        One Condition per part, in order; () for nothing. `"; ".join(map(str, …))` reads back equal.

    Raises:
        ConditionError: The part that has no column, test or value.
    """
    parts = re.split(r"[;\n]", plain_text(text or ""))
    return tuple(_condition(part.strip()) for part in parts if part.strip())


def _condition(part: str) -> Condition:
    found = _SYMBOL.fullmatch(part) or _ENGLISH.fullmatch(part) or _CHINESE.fullmatch(part)
    if found is None:
        raise ConditionError(part)
    written = found["op"].casefold()
    operator = _SYMBOLS.get(written, _WORDS.get(written.replace("_", " "), written))
    rest = (found["rest"] or "").strip()
    if operator == "filled":
        values: tuple[str, ...] = ()
        if rest:
            raise ConditionError(part)
    elif operator in _MANY:
        values = tuple(split_list(rest))
    elif operator in ORDERED:
        values = (_ordered_value(rest, part),)
    else:
        values = (rest,)
    if operator != "filled" and not any(values):
        raise ConditionError(part)
    return Condition(found["column"].strip(), operator, values)


def _ordered_value(text: str, part: str) -> str:
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        return text
    number = written_money(text)
    if number is None:
        number = written_rate(text)
    if number is None:
        raise ConditionError(part)
    return plain_number(number)


def plain_number(number: Decimal) -> str:
    """Write a decimal without exponent or trailing zeros: 8E+5 is 800000."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def split_list(text: str) -> list[str]:
    """Split a list typed into one cell; commas, 顿号, semicolons, bars and lines separate."""
    return [part.strip() for part in re.split(r"[,、;|\n]", plain_text(text)) if part.strip()]
