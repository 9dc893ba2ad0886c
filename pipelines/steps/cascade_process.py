"""Targets of the sheet Process targets, as lines beside those of the target sheets."""

from __future__ import annotations

import duckdb
import pandas as pd

from pipelines.core.cascade.lines import USABLE_PROBLEMS

# No configured source has this name: the archive keeps it for the workbook.
PROCESS_SOURCE = "rules"


def with_process_lines(con: duckdb.DuckDBPyConnection, frame: pd.DataFrame) -> pd.DataFrame:
    """Add what each person is to do a day, week or month to the targets that were handed over.

    A target given to the person by name in a target sheet replaces the sheet's for the periods
    that it touches.

    Args:
        con: the build file, with `intermediate.int_process_target`.
        frame: grain: one row per target line; may be empty.

    Returns:
        The frame with the process lines below, numbered on.
    """
    process = con.sql(
        """
        select metric, person_id as holder_id, period_type, period_label, start_on, end_on, value,
            is_spread, recorded_on,
            'rules.xlsx ' || rules_version || ' [过程指标]' as source_row
        from intermediate.int_process_target
        order by metric, person_id, start_on, end_on
        """
    )
    lines: pd.DataFrame = process.to_arrow_table().to_pandas(date_as_object=True)
    if lines.empty:
        return frame
    if len(frame):
        lines = lines[~_is_given_by_name(lines, frame)]
    count = int(frame["line"].max()) if len(frame) else 0
    lines = lines.assign(
        line=range(count + 1, count + 1 + len(lines)),
        level="base", scenario="base", product_line=None, customer_type=None, value_kind="amount",
        holder_kind="person", unit_id=None, is_year=False, is_milestone=False, growth_base=None,
        effective_on=None, removed_on=None, source=PROCESS_SOURCE, reserve_rate=None,
        responsible_id=None, changed_by=None, reason=None, problem=None, message_en=None,
        message_zh=None,
    )  # fmt: skip
    if frame.empty:
        return lines.astype(object)
    return pd.concat([frame.astype(object), lines.astype(object)], ignore_index=True)


def _is_given_by_name(lines: pd.DataFrame, frame: pd.DataFrame) -> pd.Series:
    """Mark the process lines of people who have a target of their own for the metric and days."""
    own = frame[
        (frame["holder_kind"] == "person")
        & (frame["level"] == "base")
        & (frame["scenario"] == "base")
        & frame["removed_on"].isna()
        & frame["problem"].isin(list(USABLE_PROBLEMS))
    ][["metric", "holder_id", "start_on", "end_on"]]
    both = lines.reset_index().merge(own, on=["metric", "holder_id"], suffixes=("", "_own"))
    overlap = both[
        (both["start_on_own"] <= both["end_on"]) & (both["end_on_own"] >= both["start_on"])
    ]
    return pd.Series(lines.index.isin(overlap["index"]), index=lines.index)
