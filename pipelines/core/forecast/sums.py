"""The sum of what is uncertain: exactly where few sums are possible, by seeded draws where not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.core.forecast.incidence import Floats, Ints

STATES_LIMIT = 1_000_000
QUANTILES = (0.1, 0.5, 0.9)
MULTIPLIER_POINTS = 9
MULTIPLIER_TOP = 2.0


@dataclass(frozen=True)
class Multiplier:
    """What all win rates share in one period: a beta variable on [0, 2].

    Independent deals give tails that are too thin; a good or bad season moves them together.

    Attributes:
        mean: what past chances have to be multiplied with to give the wins that came.
        spread: its standard deviation from period to period.
    """

    mean: float
    spread: float

    def points(self, count: int) -> Floats:
        """Return equally likely values, the middles of equal parts of the distribution."""
        if self.spread <= 0:
            return np.full(count, self.mean)
        share = self.mean / MULTIPLIER_TOP
        size = share * (1 - share) / (self.spread / MULTIPLIER_TOP) ** 2 - 1
        if size <= 0:
            raise ValueError(f"A spread of {self.spread} is too wide for a mean of {self.mean}.")
        grid = (np.arange(20_000) + 0.5) / 20_000
        log_density = (share * size - 1) * np.log(grid) + ((1 - share) * size - 1) * np.log1p(-grid)
        density = np.exp(log_density - log_density.max())
        reached = np.cumsum(density)
        middles = (np.arange(count) + 0.5) / count * reached[-1]
        values: Floats = MULTIPLIER_TOP * grid[np.searchsorted(reached, middles)]
        return values


@dataclass(frozen=True)
class Distribution:
    """What the sum may be. Grain: one element per possible value, ascending."""

    values: Ints
    weights: Floats

    def at_least(self, value: int) -> float:
        """Return the chance of reaching a value."""
        return float(self.weights[self.values >= value].sum())

    def quantile(self, share: float) -> int:
        """Return the lowest value that is not exceeded with this chance."""
        reached = np.cumsum(self.weights)
        place = int(np.searchsorted(reached, share * reached[-1] - 1e-12))
        return int(self.values[min(place, len(self.values) - 1)])


def possible_sums(amounts: Ints) -> int:
    """Return how many sums are possible at most: by choosing deals, or by the grid they lie on."""
    if not len(amounts):
        return 1
    step = int(np.gcd.reduce(amounts)) or 1
    by_grid = int(np.abs(amounts).sum()) // step + 1
    return min(1 << min(len(amounts), 62), by_grid)


def exact_sum(amounts: Ints, chances: Floats) -> Distribution:
    """Convolve {0, a_i} over all deals: every possible sum with its chance.

    Args:
        amounts: minor units of each deal.
        chances: row per equally likely case (value of the shared multiplier), column per deal.

    Returns:
        The mixture over the cases; the weights sum to 1.
    """
    values: Ints = np.zeros(1, dtype=np.int64)
    weights: Floats = np.ones((len(chances), 1))
    for place in np.argsort(amounts, kind="stable"):
        win: Floats = chances[:, place].reshape(-1, 1)
        both = np.concatenate((values, values + amounts[place]))
        distinct, at = np.unique(both, return_inverse=True)
        parts = np.concatenate((weights * (1 - win), weights * win), axis=1)
        values, weights = distinct, np.zeros((len(chances), len(distinct)))
        half = len(at) // 2
        # Inside each half every sum stands once, so that plain indexing loses nothing.
        weights[:, at[:half]] = parts[:, :half]
        weights[:, at[half:]] += parts[:, half:]
    return Distribution(values, weights.mean(axis=0))


def with_new_business(distribution: Distribution, samples: Ints) -> Distribution:
    """Add business not yet created: each past period is equally likely to come again."""
    values = (distribution.values[:, None] + samples[None, :]).ravel()
    weights = np.repeat(distribution.weights / len(samples), len(samples))
    distinct, at = np.unique(values, return_inverse=True)
    summed: Floats = np.bincount(at, weights=weights).astype(np.float64)
    return Distribution(distinct, summed)


def scaled_chances(chances: Floats, points: Floats) -> Floats:
    """Return the chances under each value of the shared multiplier, none above 1."""
    scaled: Floats = np.minimum(points[:, None] * chances[None, :], 1.0)
    return scaled


def standard_error(probability: Floats, draws: int) -> Floats:
    """Return how far a share of draws may be off, as one standard deviation."""
    error: Floats = np.sqrt(probability * (1 - probability) / draws)
    return error
