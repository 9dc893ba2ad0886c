"""What the checks between cells share."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from pipelines.core.rules.model import Finding, Row, TableRows, Text, Value, matching_key

SUM_TOLERANCE = Decimal("0.0001")  # three times 33.3333 % is meant as a whole


def sums_to_one(
    rows: TableRows, table: str, group: tuple[str, ...], column: str
) -> Iterator[Finding]:
    """Report each set of shares that does not add up to 100 %, at its first row."""
    totals: dict[tuple[str, ...], Decimal] = {}
    first: dict[tuple[str, ...], int] = {}
    for index, row in enumerate(rows[table]):
        key = tuple(matching_key(row.values[name]) for name in group)
        share = row.values[column]
        assert isinstance(share, Decimal)
        totals[key] = totals.get(key, Decimal(0)) + share
        first.setdefault(key, index)
    for key, total in totals.items():
        if abs(total - 1) > SUM_TOLERANCE:
            text = Text("合计恰好 100% 的一组", "a set that sums to exactly 100 %")
            yield Finding(table, first[key], column, f"合计/total {shown(total * 100)}%", text)


def ordered(
    rows: TableRows, table: str, low: str, high: str, labels: Text, *, is_strict: bool = False
) -> Iterator[Finding]:
    """Report a settings block whose lower setting exceeds its higher one."""
    if not rows[table]:
        return
    values = rows[table][0].values
    small, large = values[low], values[high]
    if small is None or large is None:
        return
    if small > large or (is_strict and small == large):  # type: ignore[operator]
        yield Finding(table, 0, low, shown(small), labels)


def shown(value: Value) -> str:
    """Write a value as a person would: without trailing zeros."""
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return "、".join(value) if isinstance(value, tuple) else str(value)


def duplicates(
    rows: list[Row], table: str, group: tuple[str, ...], column: str
) -> Iterator[Finding]:
    """Report a value that comes twice within its group."""
    seen: set[tuple[str, ...]] = set()
    for index, row in enumerate(rows):
        key = tuple(matching_key(row.values[name]) for name in (*group, column))
        if key in seen:
            text = Text("同一组内不可重复的值", "a value that comes once within its group")
            yield Finding(table, index, column, shown(row.values[column]), text)
        seen.add(key)
