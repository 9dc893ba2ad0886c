"""Header lines that stand again among the rows: on each printed page, or where files were joined."""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.core.sql_text import quote_text

# So many equal cells are no accident; more would only cost time.
_COMPARED = 4
_AT_LEAST = 2


def repeated_header_sql(cells: Sequence[str], headers: Sequence[str]) -> str:
    """Give the condition that a row says what the header says, cell by cell.

    Args:
        cells: SQL names of the cells, in the header's order.
        headers: cleaned header texts; '' where a column has none.
    """
    pairs = [(cell, text) for cell, text in zip(cells, headers, strict=True) if text][:_COMPARED]
    if len(pairs) < _AT_LEAST:
        return "false"
    same = " and ".join(f"{_cleaned(cell)} = {quote_text(text)}" for cell, text in pairs)
    return f"coalesce({same}, false)"


def first_header_sql(cell: str, headers: Sequence[Sequence[str]]) -> str:
    """Give the cheap condition that a row may be one of these headers again: by its first cell."""
    firsts = sorted({next(iter(filter(None, texts)), "") for texts in headers} - {""})
    listed = ", ".join(map(quote_text, firsts))
    return f"{_cleaned(cell)} in ({listed})" if firsts else "false"


def _cleaned(cell: str) -> str:
    return f"trim({cell}, ' \u3000')"
