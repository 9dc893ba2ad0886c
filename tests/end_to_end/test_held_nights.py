"""A failed blocking check stops the night where it stands; readers keep the night before."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from pipelines.commands.console import print_night
from pipelines.settings import CompanyFolder
from pipelines.tell.workbook_state import shown_state
from tests.nights import marts, night, operations, published_bytes
from tests.small_world import CUSTOMERS, ORDERS, REVERSED, deliver, write_small_world

pytestmark = pytest.mark.slow


def health(home: Path, *assets: str) -> dict[str, tuple[str, str | None]]:
    """Return status and English reasons of assets after the last run."""
    rows = operations(
        home,
        "select asset, status, reasons_en from marts.mart_asset_health "
        "where run_id = (select run_id from operations.publish_meta)",
    )
    return {asset: (status, why) for asset, status, why in rows if asset in assets}


def test_a_broken_blocking_expectation_stops_dbt_and_leaves_every_byte_alone(
    tmp_path: Path,
) -> None:
    home = write_small_world(tmp_path / "company")
    assert night(home).outcome == "published"
    assert health(home, "landed/orders", "marts/mart_gap", "published/marts_duckdb") == {
        "landed/orders": ("healthy", None),
        "marts/mart_gap": ("healthy", None),
        "published/marts_duckdb": ("healthy", None),
    }
    before, figures = (
        published_bytes(home),
        marts(home, "select count(*), sum(amount) from fct_booking"),
    )

    assert REVERSED.count(",-") == 6
    deliver(home, "orders", REVERSED, "20260228")
    result = night(home)

    assert (result.outcome, result.exit_code) == ("held", 3)
    assert published_bytes(home) == before
    assert marts(home, "select count(*), sum(amount) from fct_booking") == figures
    [(state, reason_en, reason_zh)] = operations(
        home, "select state, reason_en, reason_zh from operations.publish_meta"
    )
    assert state == "held" and "landed/orders" in reason_en and "未发布" in reason_zh
    failed = operations(
        home,
        "select asset, severity from marts.mart_data_quality where not passed and severity = 'error' "
        "and run_id = (select run_id from operations.publish_meta)",
    )
    assert failed == [("landed/orders", "error")]
    with duckdb.connect(str(CompanyFolder(home).build_file), read_only=True) as con:
        schemas = {
            s
            for (s,) in con.execute(
                "select distinct table_schema from information_schema.tables"
            ).fetchall()
        }
    assert "marts" not in schemas, "dbt must not have started"
    ailing = health(home, "landed/orders", "marts/mart_gap", "published/marts_duckdb")
    assert {status for status, _ in ailing.values()} == {"degraded"}
    assert ailing["landed/orders"][1].startswith("not so: ")
    late = "late: this run, as of 2026-02-28, did not build it; it stands as of 2026-02-28"
    assert ailing["marts/mart_gap"][1] == ailing["published/marts_duckdb"][1] == late
    page = (home / "published" / "health" / "en.html").read_text("utf-8")
    assert "held back" in page and late in page

    pages = sorted((home / "published" / "board").glob("**/*.html"))
    assert all("landed/orders" in page.read_text(encoding="utf-8") for page in pages) and pages
    assert "landed/orders" in cover_of(home)[0]

    deliver(home, "orders", ORDERS.replace("100000", "110000"), "20260228")
    assert night(home).outcome == "published"
    pages = sorted((home / "published" / "board").glob("**/*.html"))
    assert not any('class="hold"' in page.read_text(encoding="utf-8") for page in pages)
    assert cover_of(home)[0].startswith("●")


def cover_of(home: Path) -> list[str]:
    """What the workbook's cover says of the last night."""
    return shown_state((home / "published" / "workbook.xlsx").read_bytes(), ["zh"])


def test_a_board_that_cannot_be_shown_leaves_the_night_published_and_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = write_small_world(tmp_path / "company")
    in_the_way = home / "published" / "board"
    in_the_way.mkdir(parents=True)
    (in_the_way / "notes.txt").write_text("mine", encoding="utf-8")

    result = night(home)

    assert (result.outcome, result.exit_code) == ("published", 0)
    [(step, error)] = result.steps_failed
    assert step == "write board and workbook" and "must be a link" in error
    print_night(CompanyFolder(home), result)
    assert "write board and workbook" in capsys.readouterr().out
    assert operations(home, "select state from operations.publish_meta") == [("published",)]
    assert (in_the_way / "notes.txt").read_text(encoding="utf-8") == "mine"
    assert list((home / "published" / "alerts").iterdir()), "alerts do not wait for the board"


def test_a_business_flag_never_holds_a_night(tmp_path: Path) -> None:
    home = write_small_world(tmp_path / "company")
    result = night(home)
    flagged = {
        row["check_name"] for row in result.checks_failed if row["asset"].startswith("marts/")
    }
    assert result.outcome == "published"
    assert {"no_follow_up_is_overdue", "no_target_is_behind"} <= flagged


def test_a_night_with_200_stale_customers_publishes_and_tells_each(tmp_path: Path) -> None:
    home = write_small_world(tmp_path / "company")
    # Nobody has called them since June, at once a month for C customers.
    stale = "".join(
        f"S{n:03d},静默诊所{n}号,P{n % 2 + 1},华东,否,2025-06-03,\n" for n in range(200)
    )
    deliver(home, "customers", CUSTOMERS + stale, "20260228")
    assert night(home).outcome == "published"
    told = "status = 'high_risk' and customer_id like 'S%' and subject_type = 'customer'"
    assert marts(home, f"select count(*) from mart_followup_due where {told}") == [(200,)]
    assert operations(
        home,
        "select severity, passed from marts.mart_data_quality "
        "where check_name = 'no_follow_up_is_at_high_risk' "
        "and run_id = (select run_id from operations.publish_meta)",
    ) == [("warn", False)]
    assert operations(
        home,
        "select count(*) from marts.mart_alert where kind = 'followup_high_risk' "
        "and scope_id like 'S%'",
    ) == [(200,)]


def test_a_required_source_that_is_too_old_holds_the_night(tmp_path: Path) -> None:
    home = write_small_world(tmp_path / "company", day="20260225")
    result = night(home, "2026-02-28")
    reasons = {
        (row["asset"], row["check_name"])
        for row in result.checks_failed
        if row["severity"] == "error"
    }
    assert result.exit_code == 3
    assert reasons == {("sources/deals", "is_fresh_enough"), ("sources/orders", "is_fresh_enough")}
    assert not (home / "published" / "marts.duckdb").exists()
    ailing = health(home, "sources/deals", "marts/mart_gap")
    assert ailing["sources/deals"][0] == "degraded"
    assert "less than 2 workdays old" in ailing["sources/deals"][1]
    assert ailing["marts/mart_gap"][0] == "unknown"


def test_one_unreadable_source_leaves_the_others_to_land(tmp_path: Path) -> None:
    home = write_small_world(tmp_path / "company")
    (home / "inbox" / "customers_20260228.csv").write_bytes(b"PK\x03\x04 cut off")
    result = night(home)
    assert result.outcome == "published"
    assert marts(home, "select count(*) from dim_customer") == [(0,)]
    assert marts(
        home, "select sum(amount)::int from fct_booking where booked_on < date '2026-02-01'"
    ) == [(220000,)]
    [(problem,)] = operations(
        home, "select problem_en from marts.mart_source_health where source = 'customers'"
    )
    assert "customers_20260228.csv" in problem
    status, why = health(home, "sources/customers")["sources/customers"]
    assert status == "warning"
    assert "every delivered file was read" in why
