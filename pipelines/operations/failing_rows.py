"""The rows behind a failed dbt test: a few of them, as ids and figures that lead back to where they came from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.landing.typing_sql import quoted
from pipelines.operations.outcome import SAMPLE_ROWS

if TYPE_CHECKING:
    import duckdb

# What people wrote or are called is left out: ids and figures find the row.
_WORDS_OF_PEOPLE = re.compile(r"name|phone|email|wechat|title|message|sentence|content|reason")


def failing_rows(build_file: Path, tests: Mapping[str, str]) -> dict[str, list[dict[str, object]]]:
    """Return what failed tests found, a few rows each.

    Args:
        build_file: the file that the tests ran on.
        tests: the compiled SQL by test; none opens no file.

    Returns:
        By test, at most SAMPLE_ROWS rows in the order of their columns; never a name or an address.
    """
    if not tests:
        return {}
    import duckdb

    with duckdb.connect(str(build_file), read_only=True) as con:
        return {test: few_rows(con.sql(sql)) for test, sql in tests.items()}


def few_rows(found: duckdb.DuckDBPyRelation) -> list[dict[str, object]]:
    """Return the first rows that a test found: what is filled, without the words of people."""
    shown = [name for name in found.columns if not _WORDS_OF_PEOPLE.search(name)]
    if not shown:
        return []
    few = found.project(", ".join(map(quoted, shown))).order("all").limit(SAMPLE_ROWS)
    return [
        {name: value for name, value in zip(shown, row, strict=True) if value is not None}
        for row in few.fetchall()
    ]
