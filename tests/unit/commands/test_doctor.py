"""What `doctor` finds out: the age of the last night, and channels that cannot send."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipelines.cli import main
from pipelines.commands.doctor import examine, examine_age
from pipelines.landing.manifest import Manifest, Night
from pipelines.settings import CompanyFolder, ConfigurationError
from tests.architecture.recipes import metric_row
from tests.rules_sheets import write_rules
from tests.small_world import write_small_world


def company(tmp_path: Path, hours_ago: float | None) -> CompanyFolder:
    folder = CompanyFolder(write_small_world(tmp_path / "company"))
    if hours_ago is not None:
        at = datetime.now(UTC) - timedelta(hours=hours_ago)
        Manifest(folder.archive).append(Night(date(2026, 2, 28), 1, "run", "v1", at))
    return folder


@pytest.mark.parametrize(
    ("hours_ago", "age", "is_fine"),
    [(25.9, "26h", True), (26.1, "26h", False), (47, "2d", True), (49, "2d", False)],
)
def test_a_night_older_than_the_limit_is_named(tmp_path, hours_ago, age, is_fine):
    [found] = examine_age(company(tmp_path, hours_ago), age)
    assert found.is_fine is is_fine


def test_the_age_is_that_of_the_newest_night(tmp_path):
    folder = company(tmp_path, 100)
    Manifest(folder.archive).append(
        Night(date(2026, 2, 27), 1, "run", "v0", datetime.now(UTC) - timedelta(hours=1))
    )
    [found] = examine_age(folder, "26h")
    assert found.is_fine


def test_cron_hears_of_a_dead_daemon_by_the_exit_code(tmp_path):
    home = str(company(tmp_path, 30).root)
    dead = CliRunner().invoke(main, ["doctor", "--home", home, "--max-age", "26h"])
    assert dead.exit_code == 1
    assert "the last night was published 30.0 h ago" in dead.output
    alive = CliRunner().invoke(main, ["doctor", "--home", home, "--max-age", "31h"])
    assert alive.exit_code == 0


def test_a_company_without_any_night_is_too_old(tmp_path):
    [found] = examine_age(company(tmp_path, None), "26h")
    assert not found.is_fine


@pytest.mark.parametrize("age", ["26", "h", "1w", "-2h", ""])
def test_an_age_in_another_way_is_a_configuration_error(tmp_path, age):
    with pytest.raises(ConfigurationError, match="26h or 2d"):
        examine_age(company(tmp_path, 1), age)


def test_a_channel_whose_secret_is_not_set_is_named_with_the_fix(tmp_path, monkeypatch):
    folder = company(tmp_path, 1)
    with folder.company_yml.open("a", encoding="utf-8") as file:
        file.write('alerts: [{channel: wecom, url: "env:T_WECOM_X", to: director}]\n')
    monkeypatch.delenv("T_WECOM_X", raising=False)
    [found] = [one for one in examine(folder) if one.subject.startswith("alerts")]
    assert not found.is_fine
    assert "T_WECOM_X is not set" in found.text
    monkeypatch.setenv("T_WECOM_X", "https://robot.example.com/?key=SECRET-KEY")
    [found] = [one for one in examine(folder) if one.subject.startswith("alerts")]
    assert found.is_fine
    assert "SECRET-KEY" not in str(found)


def rules_finding(tmp_path: Path, **row: str) -> tuple[bool, str, str | None]:
    folder = company(tmp_path, None)
    write_rules(folder.rules_workbook, {"指标": [metric_row() | row]})
    [found] = [each for each in examine(folder) if each.subject == "rules.xlsx"]
    return found.is_fine, found.text, found.fix


def test_a_workbook_is_judged_as_it_was_saved_before_any_night_has_read_it(tmp_path):
    is_fine, text, _ = rules_finding(tmp_path)
    assert is_fine and text.startswith("can be read (version ")


def test_a_wrong_row_of_the_metrics_is_named_and_switches_off_that_metric(tmp_path):
    is_fine, text, fix = rules_finding(tmp_path, 日期列="没有的列")
    assert not is_fine
    assert "没有的列" in text
    assert fix == "correct the cell and save; until then that metric is off"


def test_a_database_that_can_be_reached_is_fine_and_one_that_is_gone_has_its_fix(tmp_path):
    folder = CompanyFolder(tmp_path)
    with closing(sqlite3.connect(tmp_path / "erp.db")) as database:
        database.execute("create table orders (order_id text, signed_on text, amount text)")
    text = """
company: {name: 晨光医疗}
sources:
  - {name: erp_orders, entity: orders, kind: database, url: "sqlite:///erp.db", table: orders}
  - {name: gone, entity: payments, kind: database, url: "sqlite:///gone.db", table: payments}
"""
    folder.company_yml.write_text(text, encoding="utf-8")
    found = {finding.subject: finding for finding in examine(folder)}
    assert found["source erp_orders"].is_fine
    assert "database table orders can be reached" in found["source erp_orders"].text
    assert not found["source gone"].is_fine
    assert "there is no SQLite file" in found["source gone"].text
    assert found["source gone"].fix
