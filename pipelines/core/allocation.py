"""Sharing a target out so that every level sums exactly."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from pipelines.core.exact import LARGEST_UNITS, Integers

Flags = npt.NDArray[np.bool_]


def difference_sorted(
    totals: npt.NDArray[Any], weights: npt.NDArray[Any], starts: Flags
) -> tuple[Integers, Flags]:
    """Share many totals out at once, each in order, so that the sum of any first few shares is rounded once.

    Args:
        totals: the group's total in minor units, repeated on each of its rows.
        weights: whole numbers, 0 or more, in the order of receiving; a day off weighs 0.
        starts: true on the first row of each group.

    Returns:
        The share of each row, and whether its group's weights were all 0 and shared equally: a month
        without a workday falls back to its calendar days and says so.

    Law: within each group the first k shares sum to the total's exact share of the first k, rounded
    half away from zero; so all of them sum to the total, equal weights get equal shares within one
    minor unit, and no share has the other sign. Source: 2-rules, Cascade.
    """
    if not len(totals):
        return totals, np.zeros(0, dtype=bool)
    first = np.flatnonzero(starts)
    group = np.cumsum(starts) - 1
    is_fallback: Flags = (np.add.reduceat(weights, first) == 0)[group]
    weights = np.where(is_fallback, 1, weights)
    sums = np.add.reduceat(weights, first)
    largest = 2 * max(abs(int(totals.min())), int(totals.max())) * int(sums.max()) + int(sums.max())
    if largest > LARGEST_UNITS:  # Python's integers do not overflow; they are slower
        totals, weights, sums = (part.astype(object) for part in (totals, weights, sums))
    running = np.cumsum(weights)
    so_far = running - (running[first] - weights[first])[group]
    whole = sums[group]
    sign = np.where(totals < 0, -1, 1)
    rounded = sign * ((2 * abs(totals) * so_far + whole) // (2 * whole))
    before = np.where(starts, 0, np.concatenate([rounded[:1] * 0, rounded[:-1]]))
    return (rounded - before).astype(np.int64), is_fallback


def share_matrix(totals: Integers, weights: npt.NDArray[Any], whole: int) -> Integers:
    """Share each row's total over its columns, in multiples of `whole` minor units.

    Law: each row sums to its total, which is a multiple of `whole`.
    """
    rows, columns = weights.shape
    if not rows or not columns:
        return np.zeros((rows, columns), dtype=np.int64)
    starts = np.zeros(rows * columns, dtype=bool)
    starts[::columns] = True
    shares, _ = difference_sorted(np.repeat(totals // whole, columns), weights.ravel(), starts)
    return shares.reshape(rows, columns) * whole
