"""Score calls against what came, beside the two forecasts that a manager would make by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import erf, sqrt
from typing import Any

import numpy as np

from pipelines.core.forecast.book import Book
from pipelines.core.forecast.outlook import Outlook


@dataclass(frozen=True)
class Called:
    """One chance called by each method, and whether it came."""

    scope: int
    days_ahead: int
    came: bool
    forecast: float
    ladder: float
    extrapolated: float


def ladder(book: Book, outlook: Outlook, chances: Any, target: np.ndarray) -> np.ndarray:
    """Booked + every open deal with the fixed chance of its stage, deals independent (normal)."""
    deals = outlook.call.deals
    member = book.scopes[deals.leaf]
    mean = outlook.booked + (chances * deals.amount) @ member
    spread = np.sqrt((chances * (1 - chances) * deals.amount.astype(float) ** 2) @ member)
    distance = (mean - target) / np.maximum(spread, 1e-9)
    return np.array([0.5 * (1 + erf(float(np.clip(d, -30, 30)) / sqrt(2))) for d in distance])


def extrapolated(book: Book, outlook: Outlook, target: np.ndarray) -> np.ndarray:
    """Yes or no by going on as until now; a coin before the first workday."""
    call, workday = outlook.call, book.workday
    begin = workday[book.periods.first_day[call.place] - 1]
    gone = workday[call.day] - begin
    if gone <= 0:
        return np.full(len(target), 0.5)
    whole = workday[book.periods.last_day[call.place]] - begin
    return (outlook.booked * (whole / gone) >= target).astype(float)


def brier(calls: Sequence[Called], method: str) -> float:
    """Mean squared distance of the chance called from what came."""
    return float(np.mean([(getattr(c, method) - c.came) ** 2 for c in calls]))


def reliability(
    calls: Sequence[Called], method: str = "forecast"
) -> list[tuple[int, int, float, float]]:
    """Decile, calls in it, mean chance called, share that came."""
    found = []
    for decile in range(10):
        own = [c for c in calls if min(int(getattr(c, method) * 10), 9) == decile]
        if own:
            called = float(np.mean([getattr(c, method) for c in own]))
            found.append((decile, len(own), called, float(np.mean([c.came for c in own]))))
    return found


def calibration_error(calls: Sequence[Called], method: str = "forecast") -> float:
    """Mean distance between called and come over the deciles, weighted by calls."""
    return sum(n * abs(called - came) for _, n, called, came in reliability(calls, method)) / len(
        calls
    )
