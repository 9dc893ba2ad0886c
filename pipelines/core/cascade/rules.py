"""What the rules workbook and history say about sharing: season, weights, ramp, kind of unit."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

PPM = 1_000_000
GIVEN, CHILDREN, WEIGHTS, HISTORY, EQUAL, NOTHING = (
    "given",
    "children",
    "weights",
    "history",
    "equal",
    "none",
)
ORIGINS = (NOTHING, GIVEN, CHILDREN, WEIGHTS, HISTORY, EQUAL)


@dataclass(frozen=True)
class Unit:
    """What a target is counted in.

    Attributes:
        decimals: of a day's share: 2 for money, 6 for things.
        whole: minor units of the smallest share of a month: 1 cent, or 1,000,000 for whole things.
    """

    decimals: int
    whole: int

    @classmethod
    def money(cls) -> Unit:
        """Cents down to the day."""
        return cls(2, 1)

    @classmethod
    def things(cls) -> Unit:
        """Whole customers, orders, calls from person × month up; fractions of six decimals a day."""
        return cls(6, PPM)

    def minor(self, value: object) -> int:
        """Count a figure in minor units, rounded half away from zero to what the unit can hold."""
        exact = Fraction(Decimal(str(value))) * 10**self.decimals / self.whole
        sign = -1 if exact < 0 else 1
        return sign * int(abs(exact) + Fraction(1, 2)) * self.whole


@dataclass(frozen=True)
class Shares:
    """How a figure is shared where nobody gave one.

    Attributes:
        quarter_weights: share of the (fiscal) year by quarter 1 to 4; None: by workdays.
        month_weights: share of the year by month 1 to 12; None: by workdays.
        basis: kind of child (`region`, `team`, `person`) → share, history or equal.
        written: (parent id, child id) → written share; parent '' is the company.
        history: (child id, year) → what the child brought in the twelve months before that year.
        ramp: month of service from 1 → share of a full target.
    """

    quarter_weights: dict[int, Decimal] | None = None
    month_weights: dict[int, Decimal] | None = None
    basis: dict[str, str] = field(default_factory=dict)
    written: dict[tuple[str, str], Decimal] = field(default_factory=dict)
    history: dict[tuple[str, int], Decimal] = field(default_factory=dict)
    ramp: dict[int, Decimal] = field(default_factory=dict)

    def basis_of(self, kind: str) -> str:
        """Return how children of a kind share: units that are no region count as teams."""
        return self.basis.get(kind if kind in {"region", "person"} else "team", HISTORY)
