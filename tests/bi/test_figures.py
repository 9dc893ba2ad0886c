"""Each measure that BI tools get says what the mart says, on a demo company after its night."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from pipelines.bi.catalogue import load_catalogue
from pipelines.bi.sql import twin
from pipelines.dbt.runner import parse
from pipelines.settings import CompanyFolder
from tests.bi.figures import FIGURES, MONEY

pytestmark = pytest.mark.deep(topic="nights")


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory):
    return load_catalogue(parse(CompanyFolder(tmp_path_factory.mktemp("parsed"))))


def figures(con: duckdb.DuckDBPyConnection, sql: str) -> dict[tuple, float]:
    """The last column by those before it, without what is empty or nothing."""
    con.execute("use marts")
    rows = con.execute(sql).fetchall()
    found = {tuple(map(str, row[:-1])): float(row[-1]) for row in rows if row[-1]}
    assert len(found) == len([row for row in rows if row[-1]]), "each key once"
    return found


def test_every_measure_has_a_figure_to_be_held_against(catalogue) -> None:
    assert set(FIGURES) == {one.name for one in catalogue.figures}


@pytest.mark.parametrize("name", FIGURES)
def test_the_sql_of_a_measure_is_the_marts_figure(catalogue, built_marts: Path, name: str) -> None:
    by, reference = FIGURES[name]
    [measure] = [one for one in catalogue.figures if one.name == name]
    with duckdb.connect(str(built_marts), read_only=True) as con:
        found, expected = figures(con, twin(measure, by)), figures(con, reference)
    if MONEY in reference:
        found = {key: value for key, value in found.items() if key[0] in MONEY}
    assert len(expected) > 0
    wrong = {
        key: (found.get(key), expected.get(key))
        for key in found.keys() | expected.keys()
        if found.get(key) != pytest.approx(expected.get(key), rel=1e-9)
    }
    assert wrong == {}
