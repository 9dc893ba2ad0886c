"""A company that is handed every hostile file, each in a folder of its own after a good one.

Each case is a source: on 1 March 2026 three good orders, on 2 March the hostile file. So a refused
file must leave the three orders in force, and no file may disturb another's source.
"""

from __future__ import annotations

from pathlib import Path

import yaml

from tests.hostile import packed_files, text_files, workbook_files
from tests.hostile.case import Hostile, good

CASES: tuple[Hostile, ...] = (*text_files.CASES, *packed_files.CASES, *workbook_files.CASES)
GOOD = "orders_20260301.csv"


def write_company(home: Path) -> Path:
    """Write company.yml, the good files and the hostile ones."""
    sources = []
    for case in CASES:
        folder = home / "inbox" / case.case
        folder.mkdir(parents=True)
        (folder / GOOD).write_bytes(good(case.case))
        (folder / case.name).write_bytes(case.make())
        sources.append(
            {"name": source_name(case), "entity": "orders", "kind": "file", "preset": "excel",
             "path": f"inbox/{case.case}/*", **case.source}
        )  # fmt: skip
    body = {
        "company": {"name": "T", "timezone": "Asia/Shanghai", "currency": "CNY", "calendar": "CN"},
        "as_of": "2026-03-02",
        "sources": sources,
    }
    text = yaml.safe_dump(body, allow_unicode=True, sort_keys=False)
    (home / "company.yml").write_text(text, encoding="utf-8")
    return home


def source_name(case: Hostile) -> str:
    """Name the source of one case."""
    return f"h_{case.case}"
