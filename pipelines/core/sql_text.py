"""Names and values inside SQL: what comes from a file or a workbook is quoted, never pasted bare."""

from __future__ import annotations


def quote_name(name: str) -> str:
    """Return a table's or column's name as SQL, whatever is in it."""
    return '"' + name.replace('"', '""') + '"'


def quote_text(text: str) -> str:
    """Return a text as an SQL literal, whatever is in it."""
    return "'" + text.replace("'", "''") + "'"
