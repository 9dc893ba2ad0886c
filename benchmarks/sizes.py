"""The sizes that the benchmark knows: how many of everything, over how many days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

AS_OF = date(2026, 3, 31)


@dataclass(frozen=True)
class Size:
    """How large an invented company is.

    Attributes:
        name: what it is called in results.
        people, customers, opportunities, activities: rows of these entities on the first night.
        day_count: recorded history, ending on the as-of day.
    """

    name: str
    people: int
    customers: int
    opportunities: int
    activities: int
    day_count: int

    @property
    def start_on(self) -> date:
        """First recorded day."""
        return AS_OF - timedelta(days=self.day_count - 1)


_SIZES = (
    Size("tiny", 8, 60, 200, 1_500, 420),
    Size("S", 40, 1_500, 3_000, 23_000, 731),
    Size("M/10", 20, 10_000, 100_000, 1_000_000, 1_096),
    Size("M", 200, 100_000, 1_000_000, 10_000_000, 1_096),
    Size("5M", 1_000, 500_000, 5_000_000, 50_000_000, 1_096),
)
SIZES = {size.name: size for size in _SIZES}


def size_of(name: str) -> Size:
    """Return a size by its name.

    Raises:
        ValueError: nobody knows the name.
    """
    if name not in SIZES:
        raise ValueError(f"size {name!r} is unknown; known are {', '.join(SIZES)}")
    return SIZES[name]
