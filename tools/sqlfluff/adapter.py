"""What dbt's `adapter` is to a macro, as far as linting needs it: DuckDB's version of it."""

from __future__ import annotations

from collections.abc import Callable

from jinja2 import pass_context
from jinja2.runtime import Context


@pass_context
def dispatch(context: Context, name: str, package: str) -> Callable[..., str]:
    """Choose DuckDB's own version of a macro, else the default one, else a call by its name."""
    for candidate in (f"duckdb__{name}", f"default__{name}"):
        if candidate in context:
            return context[candidate]
    return lambda *arguments: f"{name}({', '.join(map(str, arguments))})"


def get_columns_in_relation(relation: object) -> list[object]:
    """List no column: without a database nobody knows what a relation has."""
    return []


def quote(name: str) -> str:
    """Quote a name as DuckDB does."""
    return f'"{name}"'
