"""Land a new company and nothing more: `python -m benchmarks.landing HOME DAY`.

For sizes whose whole night takes longer than one wants to wait: the same code as the night's first
steps, each source measured as the night measures it.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

from pipelines.landing.archive import Archive
from pipelines.landing.company_rules import admit_rules, company_rules
from pipelines.landing.source import land_source
from pipelines.operations.usage import measured
from pipelines.settings import CompanyFolder, load_company


def land_company(folder: CompanyFolder, seen_at: datetime) -> dict[str, Any]:
    """Land every source in the order of the night, telling each that is done.

    Returns:
        `steps` (what each cost) and `rows_read`.

    Raises:
        RuntimeError: a source did not land.
    """
    settings, archive = load_company(folder), Archive(folder.archive)
    admit_rules(folder, archive, seen_at)
    words = company_rules(settings, archive, sys.maxsize).vocabulary()
    steps, rows_read = [], 0
    for source in sorted(settings.sources, key=lambda s: s.name):
        with measured() as usage:
            landing = land_source(folder, settings, source, words, seen_at)
        statuses = {record.status for record in landing.new_records}
        if landing.problems or statuses != {"landed"}:
            raise RuntimeError(f"{source.name} did not land: {statuses} {landing.problems}")
        rows_read += sum(record.counts.read for record in landing.new_records)
        steps.append({"step": f"land {source.name}", **asdict(usage)})
        print(json.dumps(steps[-1]), flush=True)
    return {"steps": steps, "rows_read": rows_read}


if __name__ == "__main__":
    seen = datetime.combine(datetime.fromisoformat(sys.argv[2]), time(22), UTC)
    print(json.dumps(land_company(CompanyFolder(Path(sys.argv[1])), seen)))
