"""A target as it was written and as it was understood, and what rows may name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

UNKNOWN_UNIT = "unknown"


@dataclass(frozen=True)
class Metric:
    """How a metric's targets behave."""

    unit: str  # money, count, rate, minutes, days, score
    is_ratio: bool
    is_lower_better: bool

    @property
    def is_spread(self) -> bool:
        """Whether a target may be summed and spread: no ratio, and higher is better."""
        return not (self.is_ratio or self.is_lower_better)


@dataclass(frozen=True)
class Directory:
    """Who and what a row may name.

    Attributes:
        units: unit id → (name, kind, parent id).
        people: person id → name.
        root: unit that stands for the company.
        metrics: metric id → how it behaves.
        currency: reporting currency.
        fiscal_year_start_month, week_start: as `read_period` takes them.
        base_of: actual of a metric for holder and days as known on a day, for growth targets.
    """

    units: Mapping[str, tuple[str, str, str | None]]
    people: Mapping[str, str]
    root: str
    metrics: Mapping[str, Metric]
    currency: str
    fiscal_year_start_month: int
    week_start: int
    base_of: Callable[[dict[str, Any], date, date, date], Decimal | None]


@dataclass
class Line:
    """One target, resolved; `problem` is a code, with a sentence in each language."""

    line: int
    row: Mapping[str, Any]
    values: dict[str, Any] = field(default_factory=dict)
    problem: str | None = None
    message_en: str | None = None
    message_zh: str | None = None

    def refuse(self, code: str, en: str, zh: str) -> None:
        """Note why the line cannot be used; the first reason stands."""
        if self.problem is None:
            where = self.row.get("source_row") or ""
            self.problem = code
            self.message_en, self.message_zh = f"{where}: {en}", f"{where}：{zh}"
