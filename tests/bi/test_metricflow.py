"""Metrics through the semantic layer are the marts' figures: MetricFlow against the same query in SQL."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from pipelines.bi.catalogue import load_catalogue
from pipelines.bi.sql import twin
from pipelines.dbt.runner import PROJECT_DIR, parse
from pipelines.settings import CompanyFolder
from tests.bi.figures import FIGURES

pytest.importorskip("dbt_metricflow", reason="dbt-metricflow is not installed")
pytestmark = pytest.mark.deep(topic="nights")

CHILD = Path(__file__).parent / "metricflow_child.py"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The dbt project as it is, parsed where nobody else writes."""
    copy = tmp_path_factory.mktemp("metricflow") / "dbt_project"
    shutil.copytree(PROJECT_DIR, copy, ignore=shutil.ignore_patterns("target", "logs"))
    return copy


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory):
    return load_catalogue(parse(CompanyFolder(tmp_path_factory.mktemp("parsed"))))


def split_by(catalogue, name: str) -> list[str]:
    """Of the columns that a measure is split by, those that are dimensions; else what the mart needs."""
    [measure] = [one for one in catalogue.figures if one.name == name]
    known = {*measure.table.by, measure.table.day}
    return [c for c in FIGURES[name][0] if c in known] or [measure.table.by[0]]


def dimension(catalogue, name: str, column: str) -> str:
    [measure] = [one for one in catalogue.figures if one.name == name]
    return f"{measure.table.name.partition('_')[2]}__{column}"


def kept(rows: list[list[str]]) -> dict[tuple[str, ...], float]:
    found = {}
    for *key, value in rows:
        if value not in ("None", "nan", "<NA>") and float(value):
            found[
                tuple(
                    text.removesuffix("T00:00:00")[:10] if text[:2] == "20" else text
                    for text in key
                )
            ] = float(value)
    return found  # fmt: skip


@pytest.fixture(scope="module")
def answers(project: Path, catalogue, built_company: Path, tmp_path_factory) -> dict:
    asked = {
        name: [dimension(catalogue, name, column) for column in split_by(catalogue, name)]
        for name in FIGURES
    }
    folder = tmp_path_factory.mktemp("answers")
    file = folder / "marts.duckdb"
    shutil.copy(built_company / "published" / "marts.duckdb", file)
    environment = {
        **os.environ,
        "GAPWISE_BUILD_FILE": str(file),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DO_NOT_TRACK": "1",
    }
    out = folder / "answers.json"
    done = subprocess.run(
        [sys.executable, CHILD, project, out], check=False, capture_output=True, text=True,
        cwd=folder, env=environment, input=json.dumps(asked),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(out.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", FIGURES)
def test_a_metric_through_metricflow_is_the_marts_figure(
    answers: dict, catalogue, built_marts: Path, name: str
) -> None:
    columns, rows = answers[name]
    by = split_by(catalogue, name)
    [measure] = [one for one in catalogue.figures if one.name == name]
    # MetricFlow gives its columns in an order of its own; the figure comes last
    order = [
        next(i for i, column in enumerate(columns) if column.split("__")[1] == wanted)
        for wanted in by
    ]
    found = kept([[*(row[i] for i in order), row[columns.index(name)]] for row in rows])
    with duckdb.connect(str(built_marts), read_only=True) as con:
        expected = kept([list(map(str, row)) for row in con.execute(twin(measure, by)).fetchall()])
    assert expected and found == pytest.approx(expected, rel=1e-9)
