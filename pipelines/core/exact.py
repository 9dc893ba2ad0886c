"""Exact numbers: amounts as whole minor units, weights as whole numbers in one common unit."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from math import lcm
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

Integers = npt.NDArray[np.int64]

LARGEST_UNITS = 2**63 - 1
# As many as 63 bits need: at 38 Arrow could not subtract two such columns from each other.
_DIGITS = 19


class AllocationError(ValueError):
    """Say which figure cannot be shared out, why, and how to mend it."""


def exact_fraction(value: object, what: str) -> Fraction:
    """Read a number as it is written: 0.1 is one tenth, not the nearest binary fraction.

    Args:
        value: int, Decimal, Fraction, float, numpy number, or a text that holds a plain number.
        what: what the number is, for the message.

    Raises:
        AllocationError: there is no number, or it is not finite.
    """
    if isinstance(value, Fraction):
        return value
    if isinstance(value, int | np.integer) and not isinstance(value, bool):
        return Fraction(int(value))
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise AllocationError(f"{what}: {value!r} is not a number") from None
    if not number.is_finite():
        raise AllocationError(f"{what}: {value!r} is not finite; fill it or leave the row out")
    return Fraction(number)


def minor_units(value: object, decimals: int, what: str) -> int:
    """Count an amount in minor units: 12.34 with two decimals is 1234.

    Raises:
        AllocationError: the amount has more decimals than that, or does not fit 63 bits.
    """
    units = exact_fraction(value, what) * 10**decimals
    if units.denominator != 1:
        raise AllocationError(
            f"{what}: {value} has more than {decimals} decimals; round it before it is shared out"
        )
    if abs(units.numerator) > LARGEST_UNITS:
        raise AllocationError(f"{what}: {value} is too large for {decimals} decimals")
    return int(units.numerator)


def exact_weight(value: object, what: str) -> Fraction:
    """Read a weight as it is written.

    Raises:
        AllocationError: it is negative or no finite number.
    """
    weight = exact_fraction(value, what)
    if weight < 0:
        raise AllocationError(f"{what}: {value} is negative; a weight is 0 or more")
    return weight


def whole_weights(values: Iterable[object]) -> list[int]:
    """Bring weights to whole numbers in one common unit, so that their shares stay exact.

    Raises:
        AllocationError: a weight is negative or no finite number.
    """
    return _in_one_unit(
        [exact_weight(value, f"weight {number}") for number, value in enumerate(values, start=1)]
    )


def _in_one_unit(weights: list[Fraction]) -> list[int]:
    unit = lcm(*(weight.denominator for weight in weights))
    return [weight.numerator * (unit // weight.denominator) for weight in weights]


def minor_units_of_column(column: pd.Series, decimals: int) -> Integers:
    """Count a column of amounts in minor units, reading each distinct amount once.

    Raises:
        AllocationError: as `minor_units`, naming column and row.
    """
    codes, distinct = _distinct(column)
    units = [minor_units(value, decimals, where) for value, where in distinct]
    return np.array(units, dtype=np.int64)[codes]


def whole_weights_of_column(column: pd.Series) -> npt.NDArray[Any]:
    """Bring a column of weights to whole numbers in one unit: int64, or Python's where larger.

    Raises:
        AllocationError: as `exact_weight`, naming column and row.
    """
    codes, distinct = _distinct(column)
    weights = _in_one_unit([exact_weight(value, where) for value, where in distinct])
    fits = max(weights, default=0) * len(column) <= LARGEST_UNITS  # so that no sum overflows
    return np.array(weights, dtype=np.int64 if fits else object)[codes]


def _distinct(column: pd.Series) -> tuple[npt.NDArray[np.intp], list[tuple[object, str]]]:
    """Number the rows by distinct value; list each value with the place where it first stands."""
    codes, values = pd.factorize(column, use_na_sentinel=False)
    _, first = np.unique(codes, return_index=True)
    places = (f"column {column.name}, row {label}" for label in column.index[first])
    return codes, list(zip(values, places, strict=True))


def decimal_column(units: Integers, decimals: int, index: pd.Index) -> pd.Series:
    """Write minor units as an exact decimal column (an Arrow decimal, DECIMAL in DuckDB).

    Sums of it have 38 digits, and Arrow refuses to subtract those from each other: take
    differences of sums in minor units (`minor_units_of_column`) or in SQL. Decimals are laid out
    as Arrow stores them, a low and a high word of 64 bits: no loop over rows.
    """
    words = np.empty((len(units), 2), dtype="<i8")
    words[:, 0], words[:, 1] = units, units >> 63
    kind = pa.decimal128(_DIGITS, decimals)
    values = pa.Array.from_buffers(kind, len(units), [None, pa.py_buffer(words.tobytes())])
    return pd.Series(pd.array(values, dtype=pd.ArrowDtype(kind)), index=index)
