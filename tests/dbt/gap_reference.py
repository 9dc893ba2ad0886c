"""What each factor made of a gap, worked out slowly: the mean over all orders in which factors can change.

Written from the definition, without a look at the models: V = N Σ share × conversion × value over
segments; going from plan to fact one factor after the other, each takes the fall at its turn.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import permutations
from math import factorial, log, prod

FACTORS = ("volume", "conversion", "deal_size", "mix")
Side = Mapping[str, bool]  # factor → whether it stands at the fact already


@dataclass(frozen=True)
class Segment:
    """One segment before (over the base periods) and now: in reach, won, and what that brought."""

    base: tuple[int, int, int]
    fact: tuple[int, int, int]


def shapley(factors: tuple[str, ...], value: Callable[[Side], float]) -> dict[str, float]:
    """Average each factor's fall over all orders; value(at) is the figure with `at` at the fact."""
    effects = dict.fromkeys(factors, 0.0)
    for order in permutations(factors):
        at = dict.fromkeys(factors, False)
        for factor in order:
            before = value(at)
            at[factor] = True
            effects[factor] += (before - value(at)) / factorial(len(factors))
    return effects


def _over(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def explain(segments: list[Segment], target: float, due: float) -> dict[str, float]:
    """Explain a gap with a derived plan: N scaled so that the plan is the target, C by what is due."""
    base = [sum(s.base[i] for s in segments) for i in range(3)]
    fact = [sum(s.fact[i] for s in segments) for i in range(3)]
    due_rate = due / target if target else 1.0
    planned_reach = target / (base[2] / base[0])
    reach = (planned_reach, float(fact[0]))
    rows: list[dict[str, tuple[float, float]]] = []
    for s in segments:
        share = _over(s.base[0], base[0]) or 0.0
        rate = _over(s.base[1] * due_rate, s.base[0])
        size = _over(s.base[2], s.base[1])
        rate_now, size_now = _over(s.fact[1], s.fact[0]), _over(s.fact[2], s.fact[1])
        share_now = _over(s.fact[0], fact[0])
        first = lambda *known: next((k for k in known if k is not None), 0.0)  # noqa: E731
        rows.append(
            {
                "mix": (share, share if share_now is None else share_now),
                "conversion": (first(rate, rate_now), first(rate_now, rate)),
                "deal_size": (first(size, size_now), first(size_now, size)),
            }
        )

    def value(at: Side) -> float:
        return reach[at["volume"]] * sum(
            row["mix"][at["mix"]]
            * row["conversion"][at["conversion"]]
            * row["deal_size"][at["deal_size"]]
            for row in rows
        )

    return shapley(FACTORS, value)


def divisia(plan: dict[str, float], fact: dict[str, float]) -> dict[str, float]:
    """Explain the fall of a product by its log-mean Divisia index; all figures positive."""
    at_plan, at_fact = prod(plan.values()), prod(fact.values())
    mean = (at_plan - at_fact) / log(at_plan / at_fact)
    return {name: mean * log(value / fact[name]) for name, value in plan.items()}
