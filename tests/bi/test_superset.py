"""The Superset bundle: complete, the same every time, and without a password."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from pipelines.bi.catalogue import load_catalogue
from pipelines.bi.connection import Connection, odbc_source
from pipelines.bi.superset import CHARTS, superset_bundle
from pipelines.dbt.runner import parse
from pipelines.settings import CompanyFolder

LOCAL = Connection("localhost", 5432, "gapwise", "bi_tool", None)


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory):
    return load_catalogue(parse(CompanyFolder(tmp_path_factory.mktemp("parsed"))))


@pytest.fixture(scope="module")
def files(catalogue) -> dict:
    packed = superset_bundle(
        catalogue, Connection("db.example.com", 5433, "sales", "superset", None)
    )
    with zipfile.ZipFile(io.BytesIO(packed)) as bundle:
        return {name: yaml.safe_load(bundle.read(name)) for name in bundle.namelist()}


def test_a_bundle_is_the_same_every_time(catalogue) -> None:
    assert superset_bundle(catalogue, LOCAL) == superset_bundle(catalogue, LOCAL)


def test_every_table_is_a_dataset_of_the_one_database_with_its_metrics(files, catalogue) -> None:
    database = files["gapwise/databases/gapwise.yaml"]
    assert database["sqlalchemy_uri"] == "postgresql+psycopg2://superset@db.example.com:5433/sales"
    assert not database["allow_dml"]
    metrics = []
    for table in catalogue.tables.values():
        dataset = files[f"gapwise/datasets/gapwise/{table.name}.yaml"]
        assert dataset["database_uuid"] == database["uuid"]
        assert [column["column_name"] for column in dataset["columns"]] == list(table.columns)
        metrics += [metric["metric_name"] for metric in dataset["metrics"]]
    assert sorted(metrics) == sorted(one.name for one in catalogue.figures)


def test_each_chart_shows_metrics_and_columns_of_its_dataset_and_stands_on_the_dashboard(
    files, catalogue
) -> None:
    [dashboard] = [content for name, content in files.items() if "/dashboards/" in name]
    shown = {
        cell["meta"]["uuid"]
        for cell in dashboard["position"].values()
        if isinstance(cell, dict) and cell["type"] == "CHART"
    }
    uuids = {content["uuid"] for name, content in files.items() if "/charts/" in name}
    assert shown == uuids and len(uuids) == len(CHARTS)
    for chart in CHARTS:
        table = catalogue.tables[chart.table]
        assert set(chart.metrics) <= {one.name for one in catalogue.of_table(chart.table)}
        assert {*chart.by, *(column for column, _ in chart.where)} <= set(table.columns)
        # what may not be added is chosen or split by
        chosen = {*chart.by, *(column for column, _ in chart.where)}
        assert set(table.one_of) <= chosen


def test_a_file_and_a_socket_are_addressed_as_their_drivers_want() -> None:
    file = replace(LOCAL, file=Path("/srv/published/marts.duckdb"))
    assert file.sqlalchemy_url == "duckdb:////srv/published/marts.duckdb?access_mode=read_only"
    socket = Connection("/run/pg", 5432, "sales", "bi", None)
    assert socket.sqlalchemy_url == "postgresql+psycopg2://bi@/sales?host=%2Frun%2Fpg"
    assert "SERVER=/run/pg" in odbc_source(socket) and "READONLY=1" in odbc_source(socket)
