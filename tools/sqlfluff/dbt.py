"""dbt's cross-database macros, as far as the models use them and as DuckDB reads them."""

from __future__ import annotations


def type_string() -> str:
    """Name DuckDB's text type."""
    return "varchar"
