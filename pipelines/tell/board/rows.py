"""A row of a mart on its way to a page: every figure shown says which cell it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup, escape

from pipelines.core.alerts.text import figure, grouped_amount
from pipelines.tell.board.words import Words

NOTHING = "–"


@dataclass(frozen=True)
class Row:
    """One row of a mart.

    Attributes:
        mart: the mart's name.
        key: its key columns.
        values: every column read.
    """

    mart: str
    key: tuple[str, ...]
    values: Mapping[str, Any]

    def __getitem__(self, column: str) -> Any:
        return self.values[column]

    def get(self, column: str) -> Any:
        """Return a value, None where the mart has no such column."""
        return self.values.get(column)

    @cached_property
    def place(self) -> Markup:
        """Return the attributes that lead from a page back to this row."""
        named = urlencode({name: raw(self.values[name]) for name in self.key})
        return Markup(f'data-of="{self.mart}" data-key="{escape(named)}"')


def raw(value: object) -> str:
    """Return a value as the mart holds it, without any rounding."""
    if value is None:
        return ""
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


class Figures:
    """Where a figure of a mart becomes text: 万 and 亿 in Chinese, grouping in English."""

    def __init__(self, words: Words) -> None:
        self.words = words

    def text(self, value: Any, unit: str) -> str:
        """Return a value as people read it.

        Args:
            value: as in the mart; None reads as a dash.
            unit: money, exact (money to the cent), rate (0 to 1), times, count, days, minutes,
                score, date, or text.
        """
        if value is None:
            return NOTHING
        if unit == "money":
            return grouped_amount(Decimal(value), self.words.language)
        if unit == "exact":
            return f"{Decimal(value):,.2f}"
        if unit == "rate":
            return figure("shown_rate", value)
        if unit == "times":
            sign = "倍" if self.words.language == "zh" else "×"
            return f"{figure('times', value)} {sign}"
        if unit == "date":
            return str(value)
        if unit == "text":
            return self.words.of(str(value))
        return figure("number", value)

    def cell(self, row: Row, column: str, unit: str) -> Markup:
        """Return a figure as an element that carries its column and its unrounded value."""
        value = row[column]
        # joined by hand: Markup.format took half of the board's time
        shown, held = escape(self.text(value, unit)), escape(raw(value))
        return Markup(f'<span data-c="{column}" data-v="{held}">{shown}</span>')
