"""A target changed in the middle of its period: days gone keep theirs, days left share the rest."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import numpy as np
import pandas as pd

from pipelines.core.allocation import (
    Allocation,
    AllocationError,
    allocate_groups,
    difference_rounded_cumulative,
    one_total_per_group,
)
from pipelines.core.exact import decimal_column, minor_units, minor_units_of_column

NEGATIVE_DAYS, NO_DAYS_LEFT = "negative_days", "no_days_left"


def revise_from(
    allocated: Sequence[object],
    weights: Sequence[object],
    first_revised: int,
    new_total: object,
    decimals: int,
) -> Allocation[Decimal]:
    """Spread a changed target over the days from its effective day on; the days before keep theirs.

    Args:
        allocated: what each day of the period had, in order.
        weights: the workday weight of each day.
        first_revised: position of the effective day; 0 re-spreads the whole period.
        new_total: the period's new target.
        decimals: decimals of each day.

    Returns:
        One Decimal per day of the whole period. `is_fallback`: the days left all weigh 0 and share
        equally.

    Raises:
        AllocationError: the days gone already hold more than the new target, so that days left
            would become negative; or there is something left to spread and no day to take it.

    Law: all days sum to the new target; the rest goes over the days left by their weights.
    Source: 9-metric-notes, Revision inside a period.
    """
    if len(allocated) != len(weights) or not 0 <= first_revised <= len(allocated):
        raise AllocationError(
            f"revision: {len(allocated)} days, {len(weights)} weights, effective at "
            f"{first_revised}; give one weight per day and an effective day of the period"
        )
    kept_units = [minor_units(value, decimals, "allocated") for value in allocated[:first_revised]]
    rest_units = minor_units(new_total, decimals, "new_total") - sum(kept_units)
    rest = Decimal(rest_units).scaleb(-decimals)
    problem = _problem(rest_units, days_left=len(allocated) - first_revised)
    if problem:
        raise AllocationError(
            f"revision to {new_total}: {problem}; days before the effective one hold "
            f"{Decimal(sum(kept_units)).scaleb(-decimals)}, which leaves {rest}; "
            "choose a larger total or another effective day"
        )
    spread = difference_rounded_cumulative(rest, weights[first_revised:], decimals)
    kept = tuple(Decimal(units).scaleb(-decimals) for units in kept_units)
    return Allocation(kept + spread.amounts, spread.is_fallback)


def _problem(rest_units: int, days_left: int) -> str | None:
    if rest_units != 0 and days_left == 0:
        return NO_DAYS_LEFT
    return NEGATIVE_DAYS if rest_units < 0 else None


def revise_groups(
    frame: pd.DataFrame,
    *,
    allocated_col: str,
    new_total_col: str,
    weight_col: str,
    is_revised_col: str,
    group_cols: Sequence[str],
    order_cols: Sequence[str],
    decimals: int,
) -> pd.DataFrame:
    """Spread many changed targets at once; one that cannot be spread is reported, left alone.

    Args:
        frame: grain: one row per day of a group's period.
        allocated_col: what the day had, with at most `decimals` decimals.
        new_total_col: the group's new target, the same on each of its rows.
        weight_col: the workday weight, 0 or more.
        is_revised_col: true from the effective day on.
        group_cols: what shares one target; at least one column.
        order_cols: the order within the group, unique there.
        decimals: decimals of each day.

    Returns:
        Grain, rows and order of `frame`, and three columns more: `revised` (exact decimal),
        `is_fallback`, and `revision_error` (`negative_days`, `no_days_left` or null) on every row
        of a group that keeps its old days because of it.

    Raises:
        AllocationError: as `allocate_groups` does.

    Law: in each group without an error, that of `revise_from`.
    """
    old = minor_units_of_column(frame[allocated_col], decimals)
    new = one_total_per_group(frame, new_total_col, group_cols, decimals)
    if frame[is_revised_col].isna().any():
        raise AllocationError(f"column {is_revised_col}: a cell is empty; say true or false")
    is_left = frame[is_revised_col].to_numpy(dtype=bool)
    group = frame.groupby(list(group_cols), dropna=False).ngroup().to_numpy()
    kept = np.zeros(int(group.max(initial=-1)) + 1, dtype=np.int64)
    np.add.at(kept, group, np.where(is_left, 0, old))
    days_left = np.bincount(group, weights=is_left, minlength=len(kept))
    rest = new - kept[group]
    error = np.select(
        [(rest != 0) & (days_left[group] == 0), rest < 0], [NO_DAYS_LEFT, NEGATIVE_DAYS], default=""
    )
    takes = is_left & (error == "")
    open_days = frame.loc[takes, list(dict.fromkeys([*group_cols, *order_cols, weight_col]))]
    open_days = open_days.assign(_rest=decimal_column(rest[takes], decimals, open_days.index))
    spread = allocate_groups(
        open_days, "_rest", weight_col, group_cols, order_cols, decimals=decimals
    )
    revised, is_fallback = old.copy(), np.zeros(len(frame), dtype=bool)
    revised[takes] = minor_units_of_column(spread["allocated"], decimals)
    is_fallback[takes] = spread["is_fallback"]
    return frame.assign(
        revised=decimal_column(revised, decimals, frame.index),
        is_fallback=is_fallback,
        revision_error=pd.array([text or None for text in error], dtype="str"),
    )
