"""The files are what the brief of the demo says: dated, encoded, repeatable, mapped."""

from __future__ import annotations

import ast
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest
import yaml
from written_company import GBK, Written

import pipelines.demo
from pipelines.demo import write_demo_company
from pipelines.demo.headers import HEADERS, MARKET, PERSONAL, PROGRESS, TARGETS, TASKS
from pipelines.landing.rules import read_rules, rules_tables

PACKAGE = Path(pipelines.demo.__file__).parent
ENTITIES = PACKAGE.parent / "landing" / "entities.yml"


def contents(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_same_seed_writes_the_same_bytes_workbooks_included(tiny, tmp_path):
    write_demo_company(tmp_path, scale="tiny")
    assert contents(tmp_path) == contents(tiny.folder)


def test_the_full_company_too_comes_out_the_same(full, tmp_path):
    write_demo_company(tmp_path)
    assert contents(tmp_path) == contents(full.folder)


def test_another_seed_is_another_company_of_the_same_shape(tiny, tmp_path):
    write_demo_company(tmp_path, seed=7, scale="tiny")
    other = Written(tmp_path)
    assert other.truth["bookings"] != tiny.truth["bookings"]
    assert set(other.truth) == set(tiny.truth)


@pytest.mark.parametrize("seed", range(1, 9))
def test_any_seed_makes_a_company(seed, tmp_path):
    write_demo_company(tmp_path, seed=seed, scale="tiny")
    assert Written(tmp_path).truth["followups"]


def test_an_unknown_scale_is_refused_by_name(tmp_path):
    with pytest.raises(ValueError, match=r"huge.*full, tiny"):
        write_demo_company(tmp_path, scale="huge")


def test_sixty_daily_exports_follow_the_opening(full):
    names = [path.stem for path in full.files("crm/opportunities")]
    assert len(names) == 61
    assert names[0] == "opportunities_20260109"
    assert names[-1] == "opportunities_20260310"


def test_ten_daily_exports_follow_the_opening_of_the_tiny_company(tiny):
    assert len(tiny.files("crm/opportunities")) == 11


def test_gbk_files_are_gbk_and_no_utf_8(full):
    for stem in GBK:
        content = full.files(stem)[0].read_bytes()
        assert content.decode("gbk")
        with pytest.raises(UnicodeDecodeError):
            content.decode("utf-8")


def test_people_and_accounts_carry_a_byte_order_mark(full):
    for stem in ("hr/people", "crm/accounts"):
        assert full.files(stem)[-1].read_bytes().startswith(b"\xef\xbb\xbf")


def test_every_source_finds_files_and_every_file_has_one_source(company):
    found = [
        path
        for source in company.settings["sources"]
        for path in company.folder.glob(source["path"])
    ]
    assert len(found) == len(set(found))
    assert set(found) == {path for path in company.inbox.rglob("*") if path.is_file()}
    assert all(any(company.folder.glob(s["path"])) for s in company.settings["sources"])


def test_headers_are_those_of_the_shipped_template(company):
    entities = yaml.safe_load(ENTITIES.read_text("utf-8"))
    sheets = {"targets": TARGETS, "progress": PROGRESS, "tasks": TASKS, "market": MARKET}
    for source in company.settings["sources"]:
        columns = entities[source["entity"]]["columns"]
        used = HEADERS.get(source["name"], sheets.get(source["entity"], PERSONAL))
        assert set(used) <= set(columns)
        if "columns" in source:
            assert source["columns"] == used
        elif source["name"] != "crm_quotes":
            assert used == {name: columns[name]["zh"] for name in used}


def test_every_required_column_is_exported():
    entities = yaml.safe_load(ENTITIES.read_text("utf-8"))
    for source, entity in (("erp_orders", "orders"), ("crm_opportunities", "opportunities")):
        columns = entities[entity]["columns"]
        assert {n for n, c in columns.items() if c.get("required")} <= set(HEADERS[source])


def test_the_wide_sheet_is_drawn_as_managers_draw_it(full):
    sheet = openpyxl.load_workbook(full.inbox / "销售目标.xlsx").active
    merged = {str(area) for area in sheet.merged_cells.ranges}
    assert {"A1:N1", "A2:A3", "B2:B3", "C2:E2", "F2:H2"} <= merged
    assert "万元" in sheet["A1"].value
    assert [cell.value for cell in sheet[3]][2:] == [f"{m}月" for m in range(1, 13)]
    rows = {row[1].value: [c.value for c in row[2:]] for row in sheet.iter_rows(min_row=4)}
    for team, months in full.truth["team_month_targets"].items():
        assert rows[team] == list(months.values())
    assert sheet["A16"].value == "合计"
    assert sheet["C16"].value == sum(m["1"] for m in full.truth["team_month_targets"].values())


def test_the_demo_imports_nothing_else_of_the_project():
    for path in PACKAGE.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for name in names:
                assert not name.startswith("pipelines") or name.startswith("pipelines.demo"), path


def test_the_order_of_sets_and_dicts_in_another_process_changes_nothing(tiny, tmp_path):
    code = "import sys, pathlib, pipelines.demo as d; "
    code += "d.write_demo_company(pathlib.Path(sys.argv[1]), scale='tiny')"
    for hash_seed in ("1", "2"):
        folder = tmp_path / hash_seed
        env = {**os.environ, "PYTHONHASHSEED": hash_seed, "TZ": "America/New_York"}
        subprocess.run(
            [sys.executable, "-c", code, folder], env=env, cwd=PACKAGE.parent.parent, check=True
        )
        assert contents(folder) == contents(tiny.folder)


def test_the_companys_own_rules_are_read_without_an_error(company: Written) -> None:
    reading = read_rules(company.folder / "rules.xlsx")
    assert reading.errors == ()
    tables = rules_tables(reading)
    counted = tables["process_targets"].to_pylist()
    asked = [row for row in counted if row["target"] is not None]
    assert {(row["metric"], row["per_period"], row["target"]) for row in asked} == {
        ("effective_contact_count", "month", 2)
    }
    assert {"call_count", "visit_count"} <= {row["metric"] for row in counted}
    assert [row["metric"] for row in tables["scorecard"].to_pylist()] == [
        "visit_count", "win_rate", "collection_cycle_days", "satisfaction_score",
    ]  # fmt: skip
