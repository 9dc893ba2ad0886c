"""dbt's data tests of one night, judged in one pass over the build file.

They are declared in the dbt project and compiled by dbt, once per state of the project. Asked one by one
through dbt, each of a hundred costs ten times what its query does (docs/adr/0097-data-tests-in-one-pass.md).
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipelines.dbt.runner import NodeResult, parse, test_queries
from pipelines.operations.outcome import SAMPLE_ROWS
from pipelines.settings import BUILD_CONFIG, CompanyFolder

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True)
class TestResult(NodeResult):
    """What one data test found.

    Attributes:
        sample: up to five of the rows that it names.
    """

    sample: tuple[Mapping[str, Any], ...] = ()


def judge(
    folder: CompanyFolder, tests: Iterable[str], failed_models: frozenset[str] = frozenset()
) -> list[TestResult]:
    """Run data tests by their unique ids; those of a model that was not built are left out.

    A test's own settings hold as in dbt: severity, fail_calc, warn_if, error_if.
    """
    import duckdb

    nodes, queries = parse(folder)["nodes"], test_queries(folder)
    asked = [nodes[test] for test in tests]
    possible = [n for n in asked if failed_models.isdisjoint(n["depends_on"]["nodes"])]
    with duckdb.connect(str(folder.build_file), config=BUILD_CONFIG) as con:
        return list(_judged(con, possible, queries))


def _judged(
    con: duckdb.DuckDBPyConnection, tests: list[Mapping[str, Any]], queries: Mapping[str, str]
) -> Iterator[TestResult]:
    import duckdb

    for test in tests:
        query, config = queries[test["unique_id"]], test["config"]
        began = time.monotonic()
        try:
            failures, warns, errs = _counted(con, query, config)
            status, message = _status(config["severity"].lower(), warns, errs), ""
            sample = _sample(con, query) if status != "pass" else ()
        except duckdb.Error as error:
            failures, status, message, sample = 0, "error", str(error), ()
        seconds = time.monotonic() - began
        yield TestResult(test["unique_id"], status, seconds, failures, message, sample)


def _counted(
    con: duckdb.DuckDBPyConnection, query: str, config: Mapping[str, Any]
) -> tuple[int, bool, bool]:
    failures = config["fail_calc"]
    row = con.execute(
        f"select {failures}, {failures} {config['warn_if']}, {failures} {config['error_if']} "
        f"from (\n{query}\n) as named_rows"
    ).fetchone()
    assert row is not None
    return int(row[0] or 0), bool(row[1]), bool(row[2])


def _status(severity: str, warns: bool, errs: bool) -> str:
    if severity == "error" and errs:
        return "fail"
    return "warn" if warns else "pass"


def _sample(con: duckdb.DuckDBPyConnection, query: str) -> tuple[Mapping[str, Any], ...]:
    found = con.execute(f"from (\n{query}\n) as named_rows limit {SAMPLE_ROWS}")
    columns = [column for column, *_ in found.description or ()]
    return tuple(dict(zip(columns, row, strict=True)) for row in found.fetchall())
