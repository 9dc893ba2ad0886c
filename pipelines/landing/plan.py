"""The mapping of one table: from which cell each of our columns comes, and how the cell is meant."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal

from pipelines.sources.presets import Conditions


@dataclass(frozen=True)
class Binding:
    """Where the value of one canonical column comes from: cells (joined when several) or a constant.

    `unit_factor` is the header's unit; None where it names none.
    `is_number` takes a cell that a sheet shows as a date back to its number; `constant_cell` names the
    cell that carries the constant, where tables that differ in constants alone are read together.
    `is_product` multiplies the cells; those at `shares_off` count as 1 − share.
    """

    positions: tuple[int, ...] = ()
    constant: str | None = None
    constant_cell: str | None = None
    unit_factor: Decimal | None = None
    separator: str = "|"
    is_number: bool = False
    is_product: bool = False
    shares_off: tuple[int, ...] = ()


@dataclass(frozen=True)
class Override:
    """Another cell that decides a column's value where it says one of these words (normalised → ours)."""

    position: int
    words: dict[str, str]


@dataclass(frozen=True)
class ColumnPlan:
    """The mapping of one table, and what did not fit.

    `marks` are facts about the export that stand on every row (in `extra`); `only_where` blanks a
    column in rows where another one, already mapped, has none of the named values; `title_unit` is
    the unit that the table's title gave to amounts; `decimal_comma` is `text` or `typed` where numbers
    read as 1.234,50 (`typed`: cells may be numbers already).
    """

    bindings: dict[str, Binding]
    extra: dict[str, int] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    allowed: dict[str, tuple[str, ...]] = field(default_factory=dict)
    date_order: str = ""
    marks: dict[str, str] = field(default_factory=dict)
    only_where: dict[str, Conditions] = field(default_factory=dict)
    overrides: dict[str, tuple[Override, ...]] = field(default_factory=dict)
    title_unit: str = ""
    decimal_comma: str = ""

    @property
    def layout(self) -> str:
        """Two tables of one layout are read by the same SQL."""
        return repr(self)

    @property
    def constants(self) -> dict[str, str]:
        """Return column → text for every column that a constant fills."""
        return {n: b.constant for n, b in self.bindings.items() if b.constant is not None}

    def with_constants_as_cells(self) -> ColumnPlan:
        """Return the plan that reads its constants from cells `k_<column>`.

        A wide sheet is one table per month, alike but for the month: planned as one they cost one.
        """
        lifted = {
            name: replace(self.bindings[name], constant=None, constant_cell=f"k_{name}")
            for name in self.constants
        }
        return replace(self, bindings=self.bindings | lifted)
