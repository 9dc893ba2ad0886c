"""The night judges dbt's data tests itself, and finds of each what dbt finds."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import duckdb
import pytest

from pipelines.dbt import data_tests
from pipelines.dbt.data_tests import judge
from pipelines.dbt.runner import build, parse
from pipelines.settings import CompanyFolder
from tests.dbt.built import BuiltCompany
from tests.dbt.deals_world import write_deals_world

Company = Callable[[Callable[[Path], Path], Sequence[str]], BuiltCompany]


@pytest.fixture
def folder(built_company: Company, tmp_path: Path) -> CompanyFolder:
    """A build file with a few of the models; tests of the others cannot run on it."""
    built = built_company(write_deals_world, ["+int_metric_day"])
    own = CompanyFolder(tmp_path)
    own.warehouse.mkdir(parents=True)
    shutil.copy(built.at("2026-06-30"), own.build_file)
    return own


def test_every_test_ends_as_dbt_says_it_ends(folder: CompanyFolder) -> None:
    with duckdb.connect(str(folder.build_file)) as con:
        con.execute("insert into marts.fct_opportunity from marts.fct_opportunity limit 1")
    asked = [name for name in parse(folder)["nodes"] if name.startswith("test.")]

    by_dbt = {r.unique_id: (r.status, r.failures) for r in build(folder, part="test")}
    by_us = {r.unique_id: (r.status, r.failures) for r in judge(folder, asked)}

    assert by_us == by_dbt
    assert {"pass", "fail", "error"} <= {status for status, _ in by_us.values()}


QUERIES = {"test.a": "select * from numbers where n > 1"}


def judged(folder: CompanyFolder, monkeypatch: pytest.MonkeyPatch, **config: str) -> object:
    settings = {
        "severity": "ERROR", "fail_calc": "count(*)", "warn_if": "!= 0", "error_if": "!= 0",
    } | config  # fmt: skip
    node = {
        "unique_id": "test.a", "config": settings, "depends_on": {"nodes": ["model.numbers"]},
    }  # fmt: skip
    monkeypatch.setattr(data_tests, "parse", lambda _: {"nodes": {"test.a": node}})
    monkeypatch.setattr(data_tests, "test_queries", lambda _: QUERIES)
    folder.warehouse.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(folder.build_file)) as con:
        con.execute("create or replace table numbers as from (values (1), (2), (3)) as given(n)")
    (found,) = judge(folder, ["test.a"])
    return found.status, found.failures, [*found.sample]


@pytest.mark.parametrize(
    ("config", "status", "failures"),
    [
        ({}, "fail", 2),
        ({"severity": "warn"}, "warn", 2),
        ({"error_if": "> 2"}, "warn", 2),
        ({"error_if": "> 2", "warn_if": "> 2"}, "pass", 2),
        ({"fail_calc": "sum(n)"}, "fail", 5),
    ],
)
def test_a_tests_own_settings_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, config: dict[str, str], status: str, failures: int
) -> None:  # fmt: skip
    rows = [] if status == "pass" else [{"n": 2}, {"n": 3}]
    assert judged(CompanyFolder(tmp_path), monkeypatch, **config) == (status, failures, rows)


def test_a_test_of_a_model_that_failed_is_not_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = CompanyFolder(tmp_path)
    judged(folder, monkeypatch)
    assert judge(folder, ["test.a"], frozenset({"model.numbers"})) == []
