"""Judge once more what a night judged: `python -m benchmarks.checks HOME DAY`.

Great Expectations on every landed table and mart (loading the library and writing Data Docs included),
dbt's data tests, and the business flags: the night's own code on the build file that it left. In the
night the library loads in a helper process while sources land; here nothing hides it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

from pipelines.checks.judge import judge
from pipelines.checks.subjects import landed_subjects, mart_subjects
from pipelines.dbt.data_tests import judge as judge_data_tests
from pipelines.dbt.runner import parse
from pipelines.operations.flags import declared_flags
from pipelines.operations.flags.raising import findings_of
from pipelines.operations.usage import measured
from pipelines.settings import CompanyFolder


def judge_again(folder: CompanyFolder, day: date) -> list[dict[str, Any]]:
    """Run every kind of check on a build file, telling each that is done.

    Returns:
        What each kind cost, and how many checks it made.
    """
    manifest = parse(folder)
    marts = list(mart_subjects(manifest).values())
    tests = [name for name in manifest["nodes"] if name.startswith("test.")]
    docs = folder.warehouse / "work" / "data_docs"
    kinds: dict[str, Callable[[], int]] = {
        "expectations of landed tables": partial(
            _expectations, folder, list(landed_subjects().values()), day, docs
        ),
        "expectations of marts": partial(_expectations, folder, marts, day, docs),
        "data tests of dbt": lambda: len(judge_data_tests(folder, tests)),
        "business flags": partial(_flags, folder, day),
    }
    done = []
    for name, run in kinds.items():
        with measured() as usage:
            checks = run()
        done.append({"step": name, "checks": checks, **asdict(usage)})
        print(json.dumps(done[-1]), flush=True)
    return done


def _expectations(folder: CompanyFolder, subjects: list[Any], day: date, docs: Path) -> int:
    return len(judge(folder.build_file, subjects, day, docs))


def _flags(folder: CompanyFolder, day: date) -> int:
    with duckdb.connect(str(folder.build_file), read_only=True) as con:
        return len([findings_of(con, flag, day) for flag in declared_flags()])


if __name__ == "__main__":
    print(
        json.dumps(judge_again(CompanyFolder(Path(sys.argv[1])), date.fromisoformat(sys.argv[2])))
    )
