"""Targets as arrays, in the order in which they take effect."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipelines.core.cascade.grid import Flags, Grid, Integers
from pipelines.core.cascade.tree import Tree

AFTER_PERIOD = "effective_after_period"


@dataclass(frozen=True)
class TargetLines:
    """One entry per target; `period` is equal for the versions of one figure."""

    holder: Integers
    first_seg: Integers
    last_seg: Integers
    start: Integers
    is_year: Flags
    value: Integers
    effective: Integers
    line: Integers
    period: Integers  # equal for the versions of one figure


def target_lines(
    grid: Grid, tree: Tree, targets: pd.DataFrame, problems: list[tuple[int, str]]
) -> TargetLines:
    """Lay targets out as arrays; one that takes effect after its period is a problem and left out."""
    units = {unit: number for number, unit in enumerate(tree.unit_ids)}
    people = {person: number + tree.units for number, person in enumerate(tree.person_ids)}
    kinds = zip(targets["holder_kind"], targets["holder_id"], strict=True)
    holder = [people[key] if kind == "person" else units[key] for kind, key in kinds]
    start = np.array([grid.day(on) for on in targets["start_on"]], dtype=np.int64)
    stop = np.array([grid.day(on) + 1 for on in targets["end_on"]], dtype=np.int64)
    effective = np.array(
        [0 if on is None else grid.day(on) for on in targets["effective_on"]], dtype=np.int64
    )
    line = targets["line"].to_numpy(dtype=np.int64)
    problems += [(int(number), AFTER_PERIOD) for number in line[effective >= stop]]
    order = np.lexsort((line, np.maximum(effective, start)))
    order = order[(effective < stop)[order]]
    held = pd.DataFrame({"holder": holder, "start": start, "stop": stop})
    period = held.groupby(["holder", "start", "stop"], sort=False).ngroup().to_numpy()
    return TargetLines(
        holder=np.array(holder, dtype=np.int64)[order],
        first_seg=grid.segment_of(start)[order],
        last_seg=grid.segment_of(stop - 1)[order],
        start=start[order],
        is_year=targets["is_year"].to_numpy(dtype=bool)[order],
        value=targets["value"].to_numpy(dtype=np.int64)[order],
        effective=np.where(effective > start, effective, 0)[order],
        line=line[order],
        period=np.asarray(period, dtype=np.int64)[order],
    )
