"""Build only the marts that the script by hand writes: `python -m benchmarks.needed HOME MART …`.

The night has built them already, with others; this says what they alone cost.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from pipelines.assets.models import AFTER_CASCADE
from pipelines.dbt.runner import build
from pipelines.settings import CompanyFolder


def build_needed(folder: CompanyFolder, marts: Sequence[str]) -> int:
    """Build marts and what they need behind the cascade, tested; return how many failed."""
    selection = [f"+{mart},{AFTER_CASCADE}" for mart in marts]
    results = build(folder, selection=selection)
    return sum(result.status not in {"success", "pass"} for result in results)


if __name__ == "__main__":
    sys.exit(min(build_needed(CompanyFolder(Path(sys.argv[1])), sys.argv[2:]), 1))
