"""The snippets of docs/recipes.md, as a newcomer would copy them."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import dedent

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "recipes.md"
_BLOCK = re.compile(r"^ *```(\w+) file=(\S+)\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)
_ROW = re.compile(r"^ *\|(.+)\|$", re.MULTILINE)


def snippets() -> dict[str, str]:
    """Return what the page says a file is to hold, or how it is to change, by file."""
    text = PAGE.read_text(encoding="utf-8")
    return {file: dedent(body) for _, file, body in _BLOCK.findall(text)}


def metric_row() -> dict[str, str]:
    """Return the row that the page writes into the metrics sheet, by header."""
    rows = [
        [cell.strip() for cell in row.split("|")]
        for row in _ROW.findall(PAGE.read_text(encoding="utf-8"))
    ]
    at = next(number for number, row in enumerate(rows) if row[0] == "指标编号")
    return dict(zip(rows[at], rows[at + 2], strict=True))


def changed(file: str) -> str:
    """Return a file of the project with the page's change made to it.

    Raises:
        AssertionError: the lines that the change takes away do not stand there exactly once.
    """
    lines = snippets()[file].splitlines()
    old = "\n".join(line[1:] for line in lines if line.startswith("-"))
    new = "\n".join(line[1:] for line in lines if line.startswith("+"))
    text = (ROOT / file).read_text(encoding="utf-8")
    assert text.count(old) == 1, f"docs/recipes.md changes lines that {file} does not have:\n{old}"
    return text.replace(old, new)
