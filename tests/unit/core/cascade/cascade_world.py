"""A small organisation and its targets, written in a few words."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from pipelines.core.calendar import build_calendar
from pipelines.core.cascade import (
    CascadeResult,
    Grid,
    Shares,
    Unit,
    build_grid,
    build_tree,
    run_cascade,
)
from pipelines.core.cascade.result import Atoms
from pipelines.core.period_names import read_period

ALWAYS, FAR = date(1900, 1, 1), date(9999, 12, 31)
SEASON = {1: Decimal("0.3"), 2: Decimal("0.2"), 3: Decimal("0.3"), 4: Decimal("0.2")}


@cache
def calendar(kind: str = "CN") -> pd.DataFrame:
    return build_calendar(date(2025, 1, 1), date(2027, 1, 31), calendar=kind)


@dataclass
class World:
    """Units `name: (parent, kind)`, people `name: unit` or a list of dated stays, targets as rows."""

    units: dict[str, tuple[str | None, str]]
    people: dict[str, Any] = field(default_factory=dict)
    targets: list[tuple[str, str, float]] | list[Any] = field(default_factory=list)
    shares: Shares = field(default_factory=lambda: Shares(quarter_weights=SEASON))
    unit: Unit = field(default_factory=Unit.money)
    kind: str = "CN"

    def run(self) -> Outcome:
        rows = [self._target(number, *target) for number, target in enumerate(self.targets)]
        frame = pd.DataFrame(rows)
        grid = build_grid(calendar(self.kind), zip(frame["start_on"], frame["end_on"], strict=True))
        units = pd.DataFrame(
            [
                {"unit_id": u, "parent_id": p, "kind": k, "valid_from": ALWAYS, "valid_before": FAR}
                for u, (p, k) in self.units.items()
            ]
        )
        places = pd.DataFrame(
            [stay for person, told in self.people.items() for stay in self._stays(person, told)],
            columns=["person_id", "unit_id", "valid_from", "valid_before", "hired_on", "left_on"],
        ).astype(object)
        places = places.where(places.notna(), None)
        frame["effective_on"] = (
            frame["effective_on"].astype(object).where(frame["effective_on"].notna(), None)
        )
        tree = build_tree(grid, units, places)
        return Outcome(grid, self.unit, run_cascade(grid, tree, frame, self.shares, self.unit))

    def _stays(self, person: str, told: Any) -> list[dict[str, Any]]:
        blank = {"valid_from": ALWAYS, "valid_before": FAR, "hired_on": None, "left_on": None}
        if isinstance(told, str):
            return [{"person_id": person, "unit_id": told, **blank}]
        if isinstance(told, dict):
            return [{"person_id": person, **blank, **told}]
        return [{"person_id": person, **blank, **stay} for stay in told]

    def _target(
        self, line: int, holder: str, period: str, value: Any, effective_on: date | None = None
    ) -> dict[str, Any]:
        named = read_period(period, year=2026)
        if named is None:
            start, end = period.split("..")
            bounds = date.fromisoformat(start), date.fromisoformat(end)
        else:
            bounds = named.start_on, named.end_on
        return {
            "holder_kind": "person" if holder in self.people else "unit",
            "holder_id": holder,
            "start_on": bounds[0],
            "end_on": bounds[1],
            "is_year": named is not None and named.period_type == "year",
            "value": self.unit.minor(value),
            "effective_on": effective_on,
            "line": line,
        }


def atom_frame(atoms: Atoms) -> pd.DataFrame:
    """Atoms by name. Grain: person (None on a seat), unit and day that hold anything."""
    people = np.array([*atoms.tree.person_ids, None], dtype=object)
    units = np.array(atoms.tree.unit_ids, dtype=object)
    pieces = [
        pd.DataFrame(
            {
                "person_id": pd.Series(people[person], dtype=object),
                "unit_id": pd.Series(units[unit], dtype=object),
                "day": day,
                "amount": amount,
            }
        )
        for person, unit, day, amount in atoms.arrays()
    ]
    return pd.concat(pieces, ignore_index=True)


@dataclass
class Outcome:
    grid: Grid
    unit: Unit
    result: CascadeResult

    @property
    def atoms(self) -> pd.DataFrame:
        return atom_frame(self.result.atoms)

    def cells(self, member: str) -> pd.DataFrame:
        frame = self.result.cells
        return frame[frame["member_id"] == member]

    def value(self, member: str, period: str = "2026") -> Decimal:
        return self._sum(member, period, "value")

    def seat(self, member: str, period: str = "2026") -> Decimal:
        return self._sum(member, period, "unallocated")

    def _sum(self, member: str, period: str, column: str) -> Decimal:
        named = read_period(period, year=2026)
        assert named is not None
        first, last = self.grid.day(named.start_on), self.grid.day(named.end_on)
        own = self.cells(member)
        start = self.grid.seg_start[own["segment"]]
        inside = own[(start >= first) & (start <= last)]
        return Decimal(int(inside[column].sum())).scaleb(-self.unit.decimals)

    def origins(self, member: str) -> set[str]:
        return set(self.cells(member)["origin"])

    def days(self, person: str | None = None, unit: str | None = None) -> dict[date, int]:
        """Minor units by day of a person, of a unit's own atoms, or of everybody."""
        atoms = self.atoms
        if person is not None:
            atoms = atoms[atoms["person_id"] == person]
        if unit is not None:
            atoms = atoms[atoms["unit_id"] == unit]
        summed = atoms.groupby("day")["amount"].sum()
        first = pd.Timestamp(self.grid.first)
        return {
            (first + pd.Timedelta(days=int(day))).date(): int(amount)
            for day, amount in summed.items()
        }
