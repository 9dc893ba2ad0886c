"""A source lands anew when anything that reads its rows has changed."""

from __future__ import annotations

import re
from pathlib import Path

from pipelines.landing.fingerprint import CORE_MODULES, PACKAGE

# These make tables of the rules and of the calendar, each night anew.
NOT_ROWS = re.compile(r"rules|inputs|conditions")


def test_every_module_of_the_core_that_reads_rows_counts() -> None:
    used: set[str] = set()
    for folder in ("landing", "sources"):
        for path in (PACKAGE / folder).rglob("*.py"):
            if not NOT_ROWS.search(path.stem):
                used |= set(
                    re.findall(r"from pipelines\.core\.([a-z_.]+) import", path.read_text("utf-8"))
                )
    assert {name for name in used if not name.startswith("rules")} == set(CORE_MODULES)
    assert all((Path(PACKAGE) / "core" / f"{name}.py").exists() for name in CORE_MODULES)
