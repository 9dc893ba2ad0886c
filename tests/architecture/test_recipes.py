"""The recipes of docs/recipes.md do what they say."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from pipelines.core.rules.declaration import _sheet
from pipelines.landing.archive import Archive
from pipelines.landing.company_rules import admit_rules, company_rules
from pipelines.settings import CompanyFolder, load_company
from pipelines.sources import presets
from tests.architecture.recipes import ROOT, changed, metric_row, snippets
from tests.dbt.macros import rendered
from tests.rules_sheets import write_rules
from tests.unit.landing.landed_files import SEEN_AT, land

EXPORT = "deals_2026-03-09.csv"
PRESET = "pipelines/sources/presets/fieldnotes.yml"
LIGHTS = "dbt_project/macros/lights.sql"
STATUS = "pipelines/core/rules/sheets/08_status.yml"


@pytest.fixture
def with_preset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder = tmp_path / "presets"
    folder.mkdir()
    (folder / Path(PRESET).name).write_text(snippets()[PRESET], encoding="utf-8")
    monkeypatch.setattr(presets, "PRESETS_DIR", folder)
    presets.load_preset.cache_clear()
    yield
    presets.load_preset.cache_clear()


def test_the_preset_reads_the_export(with_preset, tmp_path):
    landed, record = land(
        tmp_path / "company",
        EXPORT,
        snippets()[EXPORT],
        entity="opportunities",
        preset="fieldnotes",
    )
    assert (record.counts.read, record.counts.landed, record.counts.quarantined) == (3, 3, 0)
    assert landed.rows(
        record, "opportunity_id, owner_id, pipeline, stage, amount, closed_on, loss_reason"
    ) == [
        ("D1", "Zhang San", "fieldnotes", "fn_qualification", Decimal(12000), None, None),
        ("D2", "Li Si", "fieldnotes", "won", Decimal("8500.5"), dt.date(2026, 3, 4), None),
        ("D3", "Li Si", "fieldnotes", "lost", Decimal(3000), dt.date(2026, 3, 6), "Price"),
    ]


def test_no_preset_of_that_name_is_shipped():
    assert not (ROOT / PRESET).exists(), "then the recipe no longer shows how one is added"


def metrics_with(tmp_path: Path, row: dict[str, str]) -> dict[str, Any]:
    write_rules(tmp_path / "rules.xlsx", {"指标": [row]})
    (tmp_path / "company.yml").write_text(
        "company: {name: 试用, timezone: Asia/Shanghai, calendar: CN}\n"
        "sources: [{name: visits, entity: activities, path: inbox/visits.csv}]\n",
        "utf-8",
    )
    folder = CompanyFolder(tmp_path)
    archive = Archive(folder.archive)
    admit_rules(folder, archive, SEEN_AT)
    rules = company_rules(load_company(folder), archive, 10**9)
    found = {each["metric"]: each for each in rules.tables["metrics"].to_pylist()}
    return found[row["指标编号"]]


def test_the_row_is_a_metric_that_can_be_computed(tmp_path):
    """Its figures, of visits on paper, stand in tests/dbt/test_metrics_world.py."""
    row = metrics_with(tmp_path, metric_row())
    assert row["is_enabled"]
    assert (row["entity"], row["date_column"], row["aggregate"]) == (
        "activities", "occurred_at", "count",
    )  # fmt: skip


def test_a_row_that_cannot_be_understood_is_switched_off_alone(tmp_path):
    row = metrics_with(tmp_path, metric_row() | {"日期列": "没有的列"})
    assert not row["is_enabled"]


DAY = """
select {{ status_light('day', 'limits') }} as status
from (select 100 as target, true as is_started, false as is_closed, false as is_small_count, 50 as due_count,
    43 as actual_count, 0.85 as pace_rate, $elapsed as workdays_elapsed, 65 as period_workdays) as day
cross join (select 0.2 as behind_lag_rate, 0.1 as watch_lag_rate, 0.15 as ahead_rate,
    0.2 as grace_elapsed_rate) as limits
"""


def light_after(workdays: int, lights: str | None = None) -> str:
    sql = rendered(DAY, "ratio", "poisson", "lights", instead={"lights": lights} if lights else {})
    [row] = duckdb.execute(sql, {"elapsed": workdays}).fetchall()
    return str(row[0])


def test_the_changed_threshold_means_what_the_recipe_says():
    """A lag of 15 % after 12 and after 13 of 65 workdays: a fifth is 13."""
    assert (light_after(12), light_after(13)) == ("watch", "watch")
    new = changed(LIGHTS)
    assert (light_after(12, new), light_after(13, new)) == ("normal", "watch")


def test_the_sheet_says_the_new_meaning_in_both_languages():
    [table] = _sheet(yaml.safe_load(changed(STATUS))).tables
    [setting] = [each for each in table.columns if each.id == "grace_elapsed_rate"]
    assert "黄灯" in setting.help.zh
    assert "watch" in setting.help.en
