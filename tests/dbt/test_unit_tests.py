"""Every dbt unit test of the project, once, on the build of a company without any data."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest

from pipelines.dbt.runner import PROJECT_DIR, _invoke
from pipelines.landing.archive import Archive
from pipelines.landing.company_rules import company_rules
from pipelines.landing.inputs import build_inputs
from pipelines.settings import CompanyFolder, load_company
from pipelines.steps.cascade_tables import create_tables
from tests.dbt.built import write_company
from tests.dbt.in_order import build_in_order


@pytest.fixture(scope="module")
def nothing_delivered(tmp_path_factory: pytest.TempPathFactory) -> CompanyFolder:
    home = write_company(
        tmp_path_factory.mktemp("empty") / "company",
        {"orders": ("snapshot", ("order_id",))},
        "orders",
    )
    folder = CompanyFolder(home)
    settings = load_company(folder)
    folder.build_file.parent.mkdir(parents=True)
    with duckdb.connect(str(folder.build_file)) as con:
        rules = company_rules(settings, Archive(folder.archive), 0)
        build_inputs(con, folder, settings, rules, date(2026, 3, 31), 0)
        create_tables(con)  # nobody set a target
    return folder


@pytest.fixture(scope="module")
def models(nothing_delivered: CompanyFolder) -> dict[str, str]:
    return {r.unique_id: r.status for r in build_in_order(nothing_delivered)}


def test_a_company_that_delivered_nothing_gets_every_mart_present_typed_and_empty(
    nothing_delivered: CompanyFolder, models: dict[str, str]
) -> None:
    assert set(models.values()) <= {"success", "pass"}, {
        k for k, v in models.items() if v not in ("success", "pass")
    }
    with duckdb.connect(str(nothing_delivered.build_file), read_only=True) as con:
        process = {path.stem for path in Path(PROJECT_DIR).glob("models/marts/process/*.sql")}
        # The one source that is configured has delivered nothing, so there is nothing to fill either.
        for mart in (
            "fct_booking",
            "fct_collection",
            "fct_quote",
            "fct_lead",
            "mart_receivable",
            *process,
        ):
            assert con.execute(f"select count(*) from marts.{mart}").fetchone() == (0,), mart


def test_every_unit_test_of_a_model_holds(
    nothing_delivered: CompanyFolder, models: dict[str, str]
) -> None:
    declared = sum(
        line.startswith("  - name:")
        for path in Path(PROJECT_DIR).glob("models/**/*unit_tests.yml")
        for line in path.read_text(encoding="utf-8").splitlines()
    )
    result = _invoke(nothing_delivered, ["test", "--select", "test_type:unit"], must_succeed=False)
    found = {str(node.node.name): (str(node.status), node.message) for node in result.results}
    assert {name: told for name, told in found.items() if told[0] != "pass"} == {}
    assert len(found) == declared > 0
