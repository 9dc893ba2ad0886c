"""Names, values and files inside SQL: what comes from a file or a workbook is quoted, never pasted bare."""

from __future__ import annotations

from collections.abc import Iterable


def quote_name(name: str) -> str:
    """Return a table's or column's name as SQL, whatever is in it."""
    return '"' + name.replace('"', '""') + '"'


def quote_text(text: str) -> str:
    """Return a text as an SQL literal, whatever is in it."""
    return "'" + text.replace("'", "''") + "'"


def parquet_rows(files: Iterable[object], *options: str) -> str:
    """Return the rows of Parquet files as SQL: of these very files, with the columns that they hold.

    A folder called `company=north` or `[2026]` adds no column and is no pattern.

    Args:
        files: paths.
        options: more of what `read_parquet` takes, as SQL.
    """
    listed = ", ".join(quote_text(str(file)) for file in files)
    more = "".join(f", {option}" for option in options)
    return f"read_parquet([{listed}], hive_partitioning = false{more})"
