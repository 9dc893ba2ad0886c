"""Land every source of a company in this process, and say what became of each and at what cost.

Run as `python -m tests.hostile.land_child HOME`; prints one JSON object. The process is the
landing's own, so that its peak memory is the landing's and not a test runner's.
"""

from __future__ import annotations

import json
import re
import resource
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from pipelines.landing.archive import Archive
from pipelines.landing.company_rules import company_rules
from pipelines.landing.source import land_source
from pipelines.settings import CompanyFolder, load_company

SEEN_AT = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def peak_mb(process: str = "self") -> int:
    """Give the most memory that a process held since it began (Linux)."""
    (found,) = re.findall(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
    return int(found) >> 10


def workers_mb() -> int:
    """Give the most memory that a process of this one's held, be it gone or still there."""
    gone = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10
    here = Path("/proc/self/task").glob("*/children")
    return max([gone, *(peak_mb(child) for file in here for child in file.read_text().split())])


def landed_rows(folder: CompanyFolder, path: str | None) -> list[dict[str, Any]]:
    if path is None:
        return []
    with duckdb.connect() as con:
        found = con.execute(
            "select order_id, account_id, amount from read_parquet(?) where _op = 'U' order by _row limit 1000",
            [str(folder.landing / path)],
        )
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def quarantined(folder: CompanyFolder, path: str | None) -> list[dict[str, Any]]:
    if path is None:
        return []
    with duckdb.connect() as con:
        found = con.execute(
            "select file, row_no, column_name, value, rule, message_en, message_zh"
            " from read_parquet(?) order by row_no, error_no",
            [str(folder.landing / path)],
        )
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def main() -> None:
    folder = CompanyFolder(Path(sys.argv[1]))
    settings = load_company(folder)
    words = company_rules(settings, Archive(folder.archive), 0).vocabulary()
    told = {}
    for source in settings.sources:
        began = time.monotonic()
        landing = land_source(folder, settings, source, words, SEEN_AT)
        seconds = time.monotonic() - began
        told[source.name] = {
            "seconds": seconds,
            "peak_mb": peak_mb(),
            "problems": landing.problems,
            "records": [
                {
                    "name": record.name,
                    "status": record.status,
                    "error_en": record.error_en,
                    "error_zh": record.error_zh,
                    "notes_en": record.notes_en,
                    "notes_zh": record.notes_zh,
                    "is_reconciled": record.counts.is_reconciled,
                    "landed": record.counts.landed,
                    "quarantined": record.counts.quarantined,
                    "live_keys": record.live_keys,
                    "rows": landed_rows(folder, record.rows_path),
                    "read": record.counts.read,
                    "bad": quarantined(folder, record.quarantine_path),
                }
                for record in landing.records
            ],
        }
    answer = {"sources": told, "peak_mb": peak_mb(), "worker_mb": workers_mb()}
    json.dump(answer, sys.stdout, default=str)


if __name__ == "__main__":
    main()
