"""Pages that are generated from declarations are current (write them with: make docs)."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
spec = importlib.util.spec_from_file_location("write_docs", ROOT / "scripts" / "write_docs.py")
assert spec is not None and spec.loader is not None
write_docs = importlib.util.module_from_spec(spec)
spec.loader.exec_module(write_docs)


@pytest.fixture(scope="module")
def generated() -> dict[Path, str]:
    return write_docs.generated()


def test_every_generated_page_says_what_the_declarations_say(generated: dict[Path, str]) -> None:
    stale = [
        str(path.relative_to(ROOT))
        for path, text in generated.items()
        if path.read_text("utf-8") != text
    ]
    assert stale == []


def test_every_mart_column_is_described_with_its_unit_in_both_languages(
    generated: dict[Path, str],
) -> None:
    dictionary = generated[ROOT / "docs" / "data-dictionary.md"]
    for mart in (
        "mart_target_attainment",
        "mart_gap",
        "mart_win_rate",
        "mart_followup_due",
        "fct_booking",
    ):
        assert f"## {mart}" in dictionary
    rows = [
        line for line in dictionary.splitlines() if line.startswith("| `") and line.count("|") == 6
    ]
    assert len(rows) > 150
    for row in rows:
        _, _, _, _, meaning, zh, _ = (cell.strip() for cell in row.split("|"))
        assert meaning and zh, row
