"""Exact numbers: amounts as whole minor units of 63 bits."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

Integers = npt.NDArray[np.int64]

LARGEST_UNITS = 2**63 - 1
# As many as 63 bits need: at 38 Arrow could not subtract two such columns from each other.
_DIGITS = 19


def decimal_column(units: Integers, decimals: int, index: pd.Index) -> pd.Series:
    """Write minor units as an exact decimal column (an Arrow decimal, DECIMAL in DuckDB).

    Sums of it have 38 digits, and Arrow refuses to subtract those from each other: take
    differences of sums in minor units or in SQL. Decimals are laid out as Arrow stores them, a low
    and a high word of 64 bits: no loop over rows.
    """
    words = np.empty((len(units), 2), dtype="<i8")
    words[:, 0], words[:, 1] = units, units >> 63
    kind = pa.decimal128(_DIGITS, decimals)
    values = pa.Array.from_buffers(kind, len(units), [None, pa.py_buffer(words.tobytes())])
    return pd.Series(pd.array(values, dtype=pd.ArrowDtype(kind)), index=index)
