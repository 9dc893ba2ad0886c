"""Versions of the plan: what was known when, and which figure of each target is in force."""

from __future__ import annotations

from datetime import date

import pandas as pd

KEY = ["holder_kind", "holder_id", "product_line", "customer_type", "start_on", "end_on"]


def version_days(lines: pd.DataFrame) -> list[date]:
    """Return the days on which the plan changed as it was recorded, oldest first."""
    days = {*lines["recorded_on"], *(day for day in lines["removed_on"] if day is not None)}
    return sorted(days)


def lines_known(lines: pd.DataFrame, recorded_on: date) -> pd.DataFrame:
    """Return the lines that a version of the plan consists of.

    Args:
        lines: of one metric, level and scenario.
        recorded_on: day of the version.

    Returns:
        One line per holder, product line, customer type, period and effective day: of two rows for one
        figure the newest recorded stands, then the first as the sources are ordered. `effective_on` is None unless
        it lies inside the period. Rows that lost against a different value of the same day carry
        `is_conflict`.
    """
    gone = lines["removed_on"].map(lambda day: day is not None and day <= recorded_on)
    known = lines[(lines["recorded_on"] <= recorded_on) & ~gone.astype(bool)].copy()
    inside = [
        on is not None and on > start
        for on, start in zip(known["effective_on"], known["start_on"], strict=True)
    ]
    known["is_dated"] = [on is not None for on in known["effective_on"]]
    known["effective_on"] = pd.Series(
        [on if dated else None for on, dated in zip(known["effective_on"], inside, strict=True)],
        index=known.index, dtype=object,
    )  # fmt: skip
    known = known.sort_values(
        ["recorded_on", "is_dated", "line"], ascending=[False, False, True], kind="stable"
    )
    key = [*KEY, "effective_on"]
    groups = known.groupby(key, dropna=False, sort=False)
    first_value = groups["value"].transform("first")
    first_day = groups["recorded_on"].transform("first")
    first_dated = groups["is_dated"].transform("first")
    loses = groups.cumcount() > 0
    known["is_conflict"] = (
        loses & (known["value"] != first_value) & (known["recorded_on"] == first_day)
        & (known["is_dated"] == first_dated)
    )  # fmt: skip
    known["is_superseded"] = loses
    return known.sort_values("line", kind="stable")
