"""The Power BI project: its files say what the published schemas ask, and name nothing that is not there."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from pipelines.bi.catalogue import load_catalogue
from pipelines.bi.connection import Connection
from pipelines.bi.power_bi import power_bi_project
from pipelines.dbt.runner import parse
from pipelines.settings import CompanyFolder

BASE = "https://developer.microsoft.com/json-schemas/fabric"
# What microsoft/json-schemas (fabric/…, read 2026-11) asks of each file: required keys, and all that it knows.
REQUIRED_AND_KNOWN = {
    "gapwise.pbip": (
        "pbip/pbipProperties/1.0.0",
        {"$schema", "version", "artifacts"},
        {"settings"},
    ),
    "gapwise.SemanticModel/definition.pbism": (
        "item/semanticModel/definitionProperties/1.0.0",
        {"$schema", "version"},
        {"settings"},
    ),
    "gapwise.Report/definition.pbir": (
        "item/report/definitionProperties/2.0.0",
        {"$schema", "version", "datasetReference"},
        set(),
    ),
    "gapwise.Report/definition/version.json": (
        "item/report/definition/versionMetadata/1.0.0",
        {"$schema", "version"},
        set(),
    ),
    "gapwise.Report/definition/report.json": (
        "item/report/definition/report/1.0.0",
        {"$schema", "themeCollection", "layoutOptimization"},
        set(),
    ),
    "gapwise.Report/definition/pages/pages.json": (
        "item/report/definition/pagesMetadata/1.0.0",
        {"$schema"},
        {"pageOrder", "activePageName"},
    ),
    "gapwise.Report/definition/pages/overview/page.json": (
        "item/report/definition/page/1.0.0",
        {"$schema", "name", "displayName", "displayOption"},
        {"height", "width"},
    ),
    "gapwise.Report/.platform": (
        "gitIntegration/platformProperties/2.0.0",
        {"$schema", "metadata", "config"},
        set(),
    ),
    "gapwise.SemanticModel/.platform": (
        "gitIntegration/platformProperties/2.0.0",
        {"$schema", "metadata", "config"},
        set(),
    ),
}
SCHEMAS = os.environ.get("GAPWISE_JSON_SCHEMAS")


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory):
    return load_catalogue(parse(CompanyFolder(tmp_path_factory.mktemp("parsed"))))


@pytest.fixture(scope="module")
def project(catalogue) -> dict:
    files = power_bi_project(catalogue, Connection("bi.example.com", 5433, "sales", "bi", None))
    return {path: json.loads(text) for path, text in files.items()}


@pytest.fixture(scope="module")
def model(project: dict) -> dict:
    return project["gapwise.SemanticModel/model.bim"]["model"]


@pytest.mark.parametrize("path", REQUIRED_AND_KNOWN)
def test_a_file_has_what_its_published_schema_asks_and_nothing_else(
    project: dict, path: str
) -> None:
    schema, required, known = REQUIRED_AND_KNOWN[path]
    content = project[path]
    assert content["$schema"] == f"{BASE}/{schema}/schema.json"
    assert required <= set(content) <= required | known


@pytest.mark.skipif(
    SCHEMAS is None, reason="GAPWISE_JSON_SCHEMAS names no clone of microsoft/json-schemas"
)
@pytest.mark.parametrize("path", REQUIRED_AND_KNOWN)
def test_a_file_validates_against_the_published_schema_itself(project: dict, path: str) -> None:
    from jsonschema import Draft7Validator

    file = Path(str(SCHEMAS)) / "fabric" / REQUIRED_AND_KNOWN[path][0] / "schema.json"
    if not file.is_file():
        pytest.skip(f"{file} is not there")
    schema = json.loads(file.read_text(encoding="utf-8"))
    assert [error.message for error in Draft7Validator(schema).iter_errors(project[path])] == []


def test_report_and_model_are_found_from_where_they_are_named(project: dict) -> None:
    [artifact] = project["gapwise.pbip"]["artifacts"]
    assert f"{artifact['report']['path']}/definition.pbir" in project
    named = project["gapwise.Report/definition.pbir"]["datasetReference"]["byPath"]["path"]
    assert named == "../gapwise.SemanticModel"
    assert project["gapwise.Report/definition/pages/pages.json"]["pageOrder"] == ["overview"]


def test_each_measure_names_columns_and_measures_of_the_model(model: dict) -> None:
    columns = {
        (table["name"], column["name"]) for table in model["tables"] for column in table["columns"]
    }
    measures = [one for table in model["tables"] for one in table.get("measures", [])]
    names = [one["name"] for one in measures]
    assert len(names) == len(set(names)) == 45
    for one in measures:
        used = set(re.findall(r"'(\w+)'\[(\w+)\]", one["expression"]))
        assert used <= columns, one["name"]
        alone = set(
            re.findall(r"(?<!')\[([^\]]+)\]", re.sub(r"'\w+'\[\w+\]", "", one["expression"]))
        )
        assert alone <= set(names) and (used or alone), one["name"]
        assert one["expression"].count("(") == one["expression"].count(")")


def test_a_measure_keeps_what_is_chosen_and_is_empty_over_several_scopes(model: dict) -> None:
    said = {
        one["name"]: one["expression"] for t in model["tables"] for one in t.get("measures", [])
    }
    assert said["Signed amount"] == "SUM('fct_booking'[amount])"
    assert said["Overdue follow-ups"] == (
        "CALCULATE(COUNT('mart_followup_due'[subject_id]), "
        """KEEPFILTERS('mart_followup_due'[status] IN {"overdue", "high_risk"}))"""
    )
    assert said["Remaining gap"] == (
        "IF(HASONEVALUE('mart_pipeline_coverage'[period_type]) && "
        "HASONEVALUE('mart_pipeline_coverage'[scope_type]), "
        "SUM('mart_pipeline_coverage'[remaining_gap]))"
    )
    assert said["Win rate"] == "DIVIDE([Won], [Won] + [Lost])"


def test_every_column_of_a_contract_is_there_in_both_languages(model: dict, catalogue) -> None:
    [chinese] = model["cultures"]
    words = {table["name"]: table for table in chinese["translations"]["model"]["tables"]}
    for table in model["tables"]:
        contract = catalogue.tables[table["name"]].columns
        assert [column["name"] for column in table["columns"]] == list(contract)
        for column, said in zip(table["columns"], words[table["name"]]["columns"], strict=True):
            assert contract[column["name"]].en in column["description"]
            assert re.search(r"[\u4e00-\u9fff]", said["translatedDescription"]), said


def test_each_relation_leads_to_a_key(model: dict, catalogue) -> None:
    assert len(model["relationships"]) > 20
    for relation in model["relationships"]:
        to = catalogue.tables[relation["toTable"]]
        assert to.grain == (relation["toColumn"],) or to.latest_by[0] == relation["toColumn"]
    between = [(one["fromTable"], one["toTable"]) for one in model["relationships"]]
    assert len(between) == len(set(between)), "two ways between two tables would be ambiguous"


def test_the_connection_file_names_the_server_and_no_password(project: dict) -> None:
    [connection] = project["gapwise.pbids"]["connections"]
    assert connection["details"] == {
        "protocol": "postgresql",
        "address": {"server": "bi.example.com:5433", "database": "sales"},
    }
    assert "password" not in json.dumps(project).lower()
