"""Seeded draws of a call: all scopes at once, so that a team's sum is the sum of its people's."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.core.forecast.calls import Call
from pipelines.core.forecast.incidence import Flags, Floats, Ints
from pipelines.core.forecast.sums import QUANTILES, Multiplier

DRAWS = 1_000
FEWEST_DRAWS = 200
NUMBERS = 2_000_000
BLOCK = 2_000


@dataclass
class Luck:
    """The random numbers of one day's calls, the same for all its periods.

    Attributes:
        seed: seed of the generator.
        draws: how many draws; fewer where very many deals are open, so that memory stays bounded.
        cases: permutation of the draws: which value of the multiplier goes with which draw.
        past: number between 0 and 1 per draw, evenly spread: which past period comes again.
    """

    seed: int
    draws: int
    cases: Ints
    past: Floats
    _kept: tuple[int, int, Floats] | None = None

    @classmethod
    def of_day(cls, seed: int, deals: int) -> Luck:
        """Draw what a day's calls share."""
        draws = max(min(DRAWS, NUMBERS // max(deals, 1)), FEWEST_DRAWS)
        generator = np.random.default_rng(seed)
        cases = generator.permutation(draws)
        return cls(seed, draws, cases, (generator.permutation(draws) + 0.5) / draws)

    def of_deals(self, start: int, stop: int) -> Floats:
        """Return uniform numbers: row per open deal of a range of places, column per draw."""
        if self._kept is None or self._kept[:2] != (start, stop):
            generator = np.random.default_rng((self.seed, start))
            self._kept = (start, stop, generator.random((stop - start, self.draws)))
        return self._kept[2]


@dataclass(frozen=True)
class Drawn:
    """Draws of one call, column per draw.

    Attributes:
        wins: row per open deal: whether it is won.
        total: row per scope: what comes yet, in whole minor units.
    """

    wins: Flags
    total: Floats

    def at_least(self, needed: Floats) -> Floats:
        """Return each scope's share of draws that reach what it needs."""
        share: Floats = (self.total >= needed[:, None]).mean(axis=1)
        return share

    def quantiles(self) -> Floats:
        """Return p10, p50 and p90 of each scope: the lowest draws not exceeded with that chance."""
        draws = self.total.shape[1]
        places = [max(int(np.ceil(q * draws)) - 1, 0) for q in QUANTILES]
        chosen: Floats = np.sort(self.total, axis=1)[:, places]
        return chosen


def draw_call(
    call: Call,
    amounts: Ints,
    samples: Floats,
    scopes: Floats,
    multiplier: Multiplier,
    luck: Luck,
) -> Drawn:
    """Draw which deals are won and what comes from elsewhere, and sum both by scope.

    Args:
        call: the call.
        amounts: what each deal books if it is won, in minor units.
        samples: business not yet created: row per past period, column per scope.
        scopes: row per leaf, column per scope.
        multiplier: what the win rates share.
        luck: random numbers of the day.

    Returns:
        Sums of whole minor units: exact, whatever the order in which a machine adds.
    """
    factor = multiplier.points(luck.draws)[luck.cases][None, :]
    deals = len(amounts)
    wins = np.zeros((deals, luck.draws), dtype=bool)
    total = np.zeros((scopes.shape[1], luck.draws))
    if len(samples):
        total += samples[(luck.past * len(samples)).astype(np.int64)].T
    for start in range(0, deals, BLOCK):
        part = slice(start, min(start + BLOCK, deals))
        numbers = luck.of_deals(part.start, part.stop)
        won = numbers < factor * call.chance_until[part, None]
        if call.chance_before.any():
            won &= numbers >= factor * call.chance_before[part, None]
        wins[part] = won
        member = scopes[call.deals.leaf[part]] > 0
        gains, won_amounts = amounts[part].astype(float), won.astype(float)
        for scope in np.flatnonzero(member.any(axis=0)):
            own = np.flatnonzero(member[:, scope])
            total[scope] += gains[own] @ won_amounts[own]
    return Drawn(wins, total)


def swings(drawn: Drawn, scope: int, deals: Ints, amounts: Ints, needed: float) -> Floats:
    """Return by how much each deal decides: the chance with it won less the chance with it lost.

    Args:
        drawn: draws of the call.
        scope: column of the scope.
        deals: places of the scope's deals among those of the call.
        amounts: what each of these books if it is won.
        needed: what is missing to the target, beyond what is booked.
    """
    total = drawn.total[scope][None, :]
    won = drawn.wins[deals]
    gain = amounts[:, None]
    with_it = total + np.where(won, 0, gain) >= needed
    without = total - np.where(won, gain, 0) >= needed
    difference: Floats = with_it.mean(axis=1) - without.mean(axis=1)
    return difference
