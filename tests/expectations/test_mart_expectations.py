"""Every expectation of a published mart fails where it says that it does, on both ways of judging."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from pipelines.checks.expectation_runner import run_suites
from pipelines.checks.expectation_suites import declared_checks, load_suite
from pipelines.checks.subjects import Subject, mart_subjects
from pipelines.dbt.runner import parse
from pipelines.settings import CompanyFolder

AS_OF = date(2026, 3, 10)
CASES: dict[str, dict[str, Any]] = yaml.safe_load(
    Path(__file__).with_name("mart_cases.yml").read_text(encoding="utf-8")
)
EACH = [(mart, check) for mart, checks in CASES.items() for check in checks]
IN_A_FRAME, BY_COUNTS = 1_000_000, 0


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return parse(CompanyFolder(tmp_path_factory.mktemp("parsed")))


@pytest.fixture(scope="module")
def subjects(manifest: Any) -> dict[str, Subject]:
    return mart_subjects(manifest)


@pytest.fixture(scope="module")
def con(manifest: Any) -> Iterator[duckdb.DuckDBPyConnection]:
    """Every mart, typed as its contract says, and empty."""
    with duckdb.connect() as opened:
        opened.execute("create schema marts")
        for node in manifest["nodes"].values():
            if node["resource_type"] == "model" and node["schema"] == "marts":
                columns = ", ".join(
                    f'"{c["name"]}" {c["data_type"].replace("string", "varchar")}'
                    for c in node["columns"].values()
                )
                opened.execute(f"create table marts.{node['name']} ({columns})")
        yield opened


def put(con: duckdb.DuckDBPyConnection, mart: str, rows: list[dict[str, Any]]) -> None:
    con.execute(f"delete from marts.{mart}")
    for row in rows:
        marks = ", ".join("?" for _ in row)
        con.execute(
            f"insert into marts.{mart} ({', '.join(row)}) values ({marks})", [*row.values()]
        )


def rows_of(side: dict[str, Any] | list[dict[str, Any]]) -> list[dict[str, Any]]:
    return side if isinstance(side, list) else [side]


def test_every_published_mart_has_its_file_and_every_check_a_case(
    subjects: dict[str, Subject],
) -> None:
    declared = {name: [c.name for c in declared_checks(s)] for name, s in subjects.items()}
    assert {mart: list(checks) for mart, checks in sorted(CASES.items())} == declared


@pytest.mark.parametrize(("mart", "check"), EACH)
def test_a_row_on_the_right_side_passes_and_one_on_the_wrong_side_fails(
    mart: str, check: str, con: duckdb.DuckDBPyConnection, subjects: dict[str, Subject]
) -> None:
    right, wrong = (rows_of(CASES[mart][check][side]) for side in ("right", "wrong"))
    tried = [(right, 0), *(([right[0], one], 1) for one in wrong)]
    for most_rows in (IN_A_FRAME, BY_COUNTS):
        for rows, broken in tried:
            put(con, mart, rows)
            judged = run_suites(con, [subjects[mart]], AS_OF, most_rows_in_a_frame=most_rows)
            outcome = next(o for o in judged if o.declaration.name == check)
            assert "reason" not in outcome.figures, outcome.figures
            assert outcome.passed is (broken == 0)
            assert outcome.figures["violation_count"] == broken
            assert len(outcome.sample) == broken
    con.execute(f"delete from marts.{mart}")


def test_a_figure_with_a_least_and_a_most_is_tried_beyond_both(
    subjects: dict[str, Subject],
) -> None:
    for mart, subject in subjects.items():
        suite = load_suite(subject)
        for one in suite.expectations:
            column, least, most = (one.kwargs.get(k) for k in ("column", "min_value", "max_value"))
            if least is None or most is None or column in suite.computed:
                continue  # what is computed here is a difference without a sign
            tried = [row[column] for row in rows_of(CASES[mart][one.name]["wrong"])]
            assert min(tried) < least and max(tried) > most, one.name


def test_a_mart_without_rows_is_not_applicable_and_passes(
    con: duckdb.DuckDBPyConnection, subjects: dict[str, Subject]
) -> None:
    outcomes = run_suites(con, list(subjects.values()), AS_OF)
    assert all(outcome.passed and not outcome.is_applicable for outcome in outcomes)


def test_a_sample_leads_back_by_grain_and_source_row_and_names_nobody(
    subjects: dict[str, Subject],
) -> None:
    assert subjects["mart_receivable"].way_back == ("order_id", "due_on", "source_row")
    named = {c for s in subjects.values() for c in s.way_back if "phone" in c or "email" in c}
    assert named == set()
