"""Aalen–Johansen the slow way, from the definition: every member looked at anew at every time."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Member:
    """One deal under observation: from after `entry` (−1: from the start) to `time`; what ended it."""

    time: float
    event: str  # advanced, lost, open
    entry: float = -1


def incidence(members: list[Member], horizon: float) -> tuple[float, float]:
    """Cumulative incidence of advancing by the horizon, and its Greenwood-type variance.

    Events come before censorings at ties: whoever is censored at t is still at risk at t.
    """
    times = sorted({m.time for m in members if m.event != "open" and m.time <= horizon})
    still_open, reached, steps = 1.0, 0.0, []
    for t in times:
        at_risk = [m for m in members if m.entry < t <= m.time]
        n = len(at_risk)
        d = sum(m.time == t and m.event != "open" for m in at_risk)
        d1 = sum(m.time == t and m.event == "advanced" for m in at_risk)
        reached += still_open * d1 / n
        steps.append((reached, still_open, n, d, d1))
        still_open *= 1 - d / n
    variance = 0.0
    for so_far, before, n, d, d1 in steps:
        rest = reached - so_far
        if d < n:
            variance += rest**2 * d / (n * (n - d))
        variance += before**2 * d1 * (n - d1) / n**3 - 2 * rest * before * d1 / n**2
    return reached, variance


def interval(estimate: float, variance: float) -> tuple[float, float]:
    """95 % on the complementary log-log scale, ln(−ln(1 − F))."""
    z = 1.959963984540054
    width = math.sqrt(variance) / abs((1 - estimate) * math.log(1 - estimate))
    return 1 - (1 - estimate) ** math.exp(-z * width), 1 - (1 - estimate) ** math.exp(z * width)


def at_risk(members: list[Member], horizon: float) -> int:
    return sum(m.entry < horizon <= m.time for m in members)
