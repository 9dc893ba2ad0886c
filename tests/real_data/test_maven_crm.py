"""A real CRM export of 8,800 deals through the CLI and the Dagster job, against its reference figures."""

from __future__ import annotations

import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from tests.nights import content_hashes, marts, night
from tests.shared_data import SHARED, needs_shared_data, reference

pytestmark = [*needs_shared_data, pytest.mark.slow]

COMPANY = """\
company: {{name: Maven, timezone: America/New_York, currency: USD, calendar: US, languages: [en]}}
as_of: 2017-12-31
sources:
  - {{name: deals, entity: opportunities, kind: file, path: "{deals}", preset: maven_crm, date_order: "{order}",
     export_date: 2017-12-31, required: true}}
  - {{name: agents, entity: people, kind: file, path: "{raw}/sales_teams.csv", preset: maven_crm, export_date: 2017-12-31}}
  - {{name: accounts, entity: accounts, kind: file, path: "{raw}/accounts.csv", preset: maven_crm, export_date: 2017-12-31}}
"""
VARIANTS = {
    "iso": ("sales_pipeline.csv", ""),
    "month_first": ("variant_mdy/sales_pipeline.csv", "mdy"),
    "day_first_crlf": ("variant_ddmmyy_crlf/sales_pipeline.csv", "dmy"),
}
ALL = "product_line = '(all)' and lead_source = '(all)' and tier = '(all)'"


def company(home: Path, variant: str) -> Path:
    assert SHARED is not None
    file, order = VARIANTS[variant]
    raw = SHARED / "maven_crm" / "raw"
    home.mkdir()
    (home / "company.yml").write_text(
        COMPANY.format(deals=raw / file, order=order, raw=raw), "utf-8"
    )
    return home


@pytest.fixture(scope="module")
def maven(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run the night through the command line, as its user would."""
    home = company(tmp_path_factory.mktemp("maven") / "company", "iso")
    run = subprocess.run(
        [sys.executable, "-m", "pipelines.cli", "nightly", "--home", str(home)],
        capture_output=True, text=True, env=os.environ, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
    assert "Published as of 2017-12-31" in run.stdout
    assert "leaked" not in run.stderr  # semaphores that the system would keep
    return home


def won_lost(home: Path, scope_type: str, period_type: str) -> list[tuple]:
    return marts(
        home,
        f"select scope_id, period_label, won_count, lost_count, won_amount, win_rate from mart_win_rate "
        f"where scope_type = '{scope_type}' and period_type = '{period_type}' and won_count + lost_count > 0 and {ALL} order by all",
    )


def test_won_per_quarter_is_531_1254_1257_1196(maven: Path) -> None:
    rows = [(label, won, lost) for _, label, won, lost, *_ in won_lost(maven, "company", "quarter")]
    assert rows == [
        ("2017-Q1", 531, 116), ("2017-Q2", 1254, 778), ("2017-Q3", 1257, 790), ("2017-Q4", 1196, 789),
    ]  # fmt: skip
    expected = [(q, won, lost) for q, won, lost, _, _ in reference("maven_crm")["quarter_totals"]]
    assert rows == expected


def test_the_win_rate_is_63_15_per_cent_of_10005534(maven: Path) -> None:
    [(_, _, won, lost, amount, rate)] = won_lost(maven, "company", "year")
    assert (won, lost, amount, round(rate, 4)) == (4238, 2473, Decimal("10005534.00"), 0.6315)


def test_gtxpro_and_gtx_pro_are_one_product(maven: Path) -> None:
    lines = [
        name for (name,) in marts(maven, "select product_line_id from dim_product_line order by 1")
    ]
    assert "GTX Pro" in lines and "GTXPro" not in lines and len(lines) == 7
    rows = {
        scope: (won, lost, amount)
        for scope, _, won, lost, amount, _ in won_lost(maven, "product_line", "year")
    }
    expected = {
        product: (won, lost, Decimal(str(value)))
        for product, _, _, won, lost, _, value, _ in reference("maven_crm")["win_rate_by_product"]
    }
    assert rows == expected


@pytest.mark.parametrize(
    ("scope_type", "query", "columns"),
    [("person", "agent_totals", (0, 1, 2, 4)), ("region", "by_regional_office", (0, 1, 2, 4)),
     ("team", "by_manager", (0, 3, 4, 5))],
)  # fmt: skip
def test_figures_per_agent_region_and_manager_equal_the_reference(
    maven: Path, scope_type: str, query: str, columns: tuple[int, ...]
) -> None:
    rows = [
        (scope, won, lost, amount)
        for scope, _, won, lost, amount, _ in won_lost(maven, scope_type, "year")
    ]
    expected = [
        (row[columns[0]], row[columns[1]], row[columns[2]], Decimal(str(row[columns[3]])))
        for row in reference("maven_crm")[query]
    ]
    assert sorted(rows) == sorted(expected)


def test_bookings_per_agent_and_quarter_equal_the_reference(maven: Path) -> None:
    rows = marts(
        maven,
        "select scope_id, period_label, actual from mart_target_attainment where metric = 'signed_amount' "
        "and scope_type = 'person' and period_type = 'quarter' and actual <> 0 order by all",
    )
    expected = sorted(
        (agent, quarter, Decimal(str(value)))
        for agent, quarter, _, value in reference("maven_crm")["won_by_agent_quarter"]
    )
    assert rows == expected


def test_500_deals_without_an_engage_date_are_kept_as_undated(maven: Path) -> None:
    assert marts(maven, "select count(*) from fct_opportunity where is_undated") == [(500,)]
    assert marts(maven, "select count(*) from fct_opportunity") == [(8800,)]


@pytest.mark.parametrize("variant", ["month_first", "day_first_crlf"])
def test_the_other_date_formats_give_the_same_marts_through_the_dagster_job(
    maven: Path, tmp_path: Path, variant: str
) -> None:
    home = company(tmp_path / "company", variant)
    assert night(home).outcome == "published"
    same, other = content_hashes(maven), content_hashes(home)
    # Lineage names the file, so marts that carry it differ in that column alone.
    traced = {
        name
        for (name,) in marts(
            maven,
            "select table_name from information_schema.columns where column_name = 'source_row'",
        )
    }
    plain = [name for name in same if name.removesuffix("_history") not in traced]
    assert len(plain) >= 15
    assert {name: other[name] for name in plain} == {name: same[name] for name in plain}
    columns = (
        "opportunity_id, person_id, team, region, product_line, stage, outcome, original_amount, "
        "created_on, closed_on, is_undated"
    )
    sql = f"select {columns} from fct_opportunity order by opportunity_id"
    assert marts(home, sql) == marts(maven, sql)


def test_a_set_without_history_says_so_and_shows_open_won_and_lost(maven: Path) -> None:
    reasons = marts(maven, "select distinct reason from mart_funnel_conversion")
    assert reasons == [("insufficient_history",)]
    [(won, lost)] = marts(
        maven,
        "select sum(won), sum(lost) from mart_funnel_conversion where scope_type = 'company'"
        " and lead_source = '(all)' and period_type = 'quarter'",
    )
    assert won > 0
    assert lost > 0
