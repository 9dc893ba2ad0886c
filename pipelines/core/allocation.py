"""Sharing a target out so that every level sums exactly."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipelines.core.exact import (
    LARGEST_UNITS,
    AllocationError,
    Integers,
    decimal_column,
    minor_units,
    minor_units_of_column,
    whole_weights,
    whole_weights_of_column,
)

__all__ = [
    "Allocation",
    "AllocationError",
    "allocate_groups",
    "difference_rounded_cumulative",
    "difference_sorted",
    "largest_remainder",
]

Amount = TypeVar("Amount", int, Decimal)
Flags = npt.NDArray[np.bool_]


class Allocation(NamedTuple, Generic[Amount]):
    """Hold the shares in the order of the weights, and say whether they had to be made equal."""

    amounts: tuple[Amount, ...]
    is_fallback: bool


def largest_remainder(total_minor_units: int, weights: Iterable[object]) -> Allocation[int]:
    """Share out whole things: each gets the whole part, the rest goes to the largest remainders.

    Args:
        total_minor_units: customers, orders, cents; negative ones are shared like positive ones.
        weights: 0 or more, of any numeric kind, read as written.

    Returns:
        One whole number per weight. Equal remainders are served in the order given. Where all
        weights are 0 the shares are equal and `is_fallback` is true.

    Raises:
        AllocationError: a weight is negative or no number, or there is nobody to share among.

    Law: the shares sum to the total, and each lies within 1 of its exact share.
    Source: 2-rules, Cascade: integers begin at person × month.
    """
    whole, is_fallback = _usable(whole_weights(weights), total_minor_units)
    sign, size = (-1 if total_minor_units < 0 else 1), abs(total_minor_units)
    weight_sum = sum(whole)
    shares = [size * weight // weight_sum for weight in whole]
    remainders = [size * weight % weight_sum for weight in whole]
    by_remainder = sorted(range(len(whole)), key=lambda position: -remainders[position])
    for position in by_remainder[: size - sum(shares)]:
        shares[position] += 1
    return Allocation(tuple(sign * share for share in shares), is_fallback)


def difference_rounded_cumulative(
    total: object, weights: Iterable[object], decimals: int
) -> Allocation[Decimal]:
    """Share an amount out in order, so that the sum of any first few shares is rounded once.

    Args:
        total: the amount, with at most `decimals` decimals.
        weights: 0 or more, of any numeric kind, read as written; a day off weighs 0.
        decimals: decimals of each share: 2 for cents, 6 for counts by day.

    Returns:
        One Decimal per weight. Where all weights are 0 the shares are equal and `is_fallback` is
        true: a month without a workday falls back to its calendar days and says so.

    Raises:
        AllocationError: a weight is negative or no number, the total has too many decimals, or
            there is nobody to share among.

    Law: the first k shares sum to the total's exact share of the first k, rounded half away from
    zero; so all of them sum to the total, equal weights get equal shares within one minor unit, any
    run of neighbours is within one minor unit of its exact share, and no share has the other sign.
    Source: 2-rules, Cascade.
    """
    units = minor_units(total, decimals, "total")
    whole, is_fallback = _usable(whole_weights(weights), units)
    if not whole:
        return Allocation((), is_fallback)
    starts = np.zeros(len(whole), dtype=bool)
    starts[0] = True
    column = np.array(whole, dtype=object)
    shares, _ = difference_sorted(np.full(len(whole), units, dtype=np.int64), column, starts)
    return Allocation(tuple(Decimal(int(share)).scaleb(-decimals) for share in shares), is_fallback)


def _usable(weights: list[int], total: int) -> tuple[list[int], bool]:
    if not weights and total != 0:
        raise AllocationError(f"total: {total} minor units and nobody to share among; give weights")
    if weights and not any(weights):
        return [1] * len(weights), True
    return weights, False


def allocate_groups(
    frame: pd.DataFrame,
    total_col: str,
    weight_col: str,
    group_cols: Sequence[str],
    order_cols: Sequence[str],
    *,
    decimals: int,
) -> pd.DataFrame:
    """Share many totals out at once, each over the rows of its own group.

    Args:
        frame: grain: one row per receiver within a group, a day of a person's month, say.
        total_col: the group's total, the same on each of its rows, with at most `decimals`
            decimals.
        weight_col: 0 or more.
        group_cols: what shares one total; a missing value is a group like any other. Empty: one
            group.
        order_cols: the order within the group, unique there; it decides where roundings fall.
        decimals: decimals of each share.

    Returns:
        Grain, rows and order of `frame`, and two columns more: `allocated` (exact decimal) and
        `is_fallback` (all weights of the group were 0, so its rows got equal shares).

    Raises:
        AllocationError: a total differs within its group or has too many decimals, a weight is
            negative or missing, or the order leaves two rows of a group tied.

    Law: within each group, that of `difference_rounded_cumulative`. To keep months of equal people
    equal within one minor unit, share month to people first and each person's month to days after
    that.
    """
    totals = one_total_per_group(frame, total_col, group_cols, decimals)
    sorting, starts = _sorted_groups(frame, group_cols, order_cols)
    totals = totals[sorting]
    weights = whole_weights_of_column(frame[weight_col])[sorting]
    shares, is_fallback = difference_sorted(totals, weights, starts)
    back = np.empty(len(frame), dtype=np.intp)
    back[sorting] = np.arange(len(frame))
    return frame.assign(
        allocated=decimal_column(shares[back], decimals, frame.index), is_fallback=is_fallback[back]
    )


def one_total_per_group(
    frame: pd.DataFrame, total_col: str, group_cols: Sequence[str], decimals: int
) -> Integers:
    """Read each group's total in minor units, one value per row of `frame`.

    Raises:
        AllocationError: a total differs within its group, or is no amount with so many decimals.
    """
    totals = minor_units_of_column(frame[total_col], decimals)
    ranks = _ranks(frame, group_cols)
    _, first, group = np.unique(ranks, return_index=True, return_inverse=True)
    differs = totals != totals[first][group]
    if differs.any():
        place = _place(frame, int(np.flatnonzero(differs)[0]), group_cols)
        raise AllocationError(f"column {total_col}: more than one total in group {place}; give one")
    return totals


def _sorted_groups(
    frame: pd.DataFrame, group_cols: Sequence[str], order_cols: Sequence[str]
) -> tuple[npt.NDArray[np.intp], Flags]:
    """Sort rows by group and order; mark the first row of each group."""
    group, order = _ranks(frame, group_cols), _ranks(frame, order_cols)
    sorting = np.lexsort((order, group))
    same_group = np.diff(group[sorting]) == 0
    tied = same_group & (np.diff(order[sorting]) == 0)
    if tied.any():
        place = _place(frame, int(sorting[1:][tied][0]), [*group_cols, *order_cols])
        raise AllocationError(
            f"columns {', '.join(order_cols) or '(no order)'}: two rows of a group are "
            f"tied at {place}; give an order that tells them apart"
        )
    starts = np.concatenate([np.ones(min(len(frame), 1), dtype=bool), ~same_group])
    return sorting, starts


def _ranks(frame: pd.DataFrame, columns: Sequence[str]) -> Integers:
    if not columns:
        return np.zeros(len(frame), dtype=np.int64)
    return np.asarray(frame.groupby(list(columns), dropna=False).ngroup(), dtype=np.int64)


def _place(frame: pd.DataFrame, row: int, columns: Sequence[str]) -> str:
    return ", ".join(f"{column}={frame[column].iloc[row]}" for column in columns) or "(all rows)"


def difference_sorted(
    totals: npt.NDArray[Any], weights: npt.NDArray[Any], starts: Flags
) -> tuple[Integers, Flags]:
    """Difference the rounded cumulative shares of many groups at once.

    Args:
        totals: the group's total in minor units, repeated on each of its rows.
        weights: whole numbers, 0 or more, in the order of receiving.
        starts: true on the first row of each group.

    Returns:
        The share of each row, and whether its group's weights were all 0 and shared equally.

    Law: within each group, that of `difference_rounded_cumulative`.
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
