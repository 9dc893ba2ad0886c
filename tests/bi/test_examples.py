"""The SQL examples for Metabase, Tableau and FineBI run on a demo company and bring rows."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest

pytestmark = pytest.mark.deep(topic="nights")

PAGE = Path(__file__).parents[2] / "docs" / "bi-tools.md"
EXAMPLES = re.findall(r"```sql\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_an_example_brings_rows(built_marts: Path, number: int) -> None:
    with duckdb.connect(str(built_marts), read_only=True) as con:
        assert len(con.execute(EXAMPLES[number]).fetchall()) > 0


def test_each_tool_has_its_examples() -> None:
    assert len(EXAMPLES) == 6
