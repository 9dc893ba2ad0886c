"""One small world on paper goes through the real job; every figure here was worked out by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.nights import (
    built_hashes,
    content_hashes,
    forget_all_but_archive,
    marts,
    night,
    operations,
    published_bytes,
)
from tests.small_world import DEALS, ORDERS, deliver, write_small_world

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = write_small_world(tmp_path_factory.mktemp("small") / "company=north")
    result = night(home)
    assert result.outcome == "published", (result.reason_en, result.checks_failed)
    assert result.exit_code == 0
    return home


def attainment(home: Path, columns: str, where: str) -> list[tuple]:
    return marts(
        home,
        f"select {columns} from mart_target_attainment where metric = 'signed_amount' "
        f"and level = 'base' and scenario = 'base' and {where} order by all",
    )


def test_the_company_signed_220000_in_january_and_90000_net_in_february(world: Path) -> None:
    rows = attainment(
        world, "period_label, actual", "scope_type = 'company' and period_type = 'month'"
    )
    assert (("2026-01", Decimal("220000.00")) in rows) and (
        ("2026-02", Decimal("90000.00")) in rows
    )


def test_a_cancelled_order_is_taken_back_on_the_day_it_was_cancelled(world: Path) -> None:
    rows = marts(
        world,
        "select booked_on, amount from fct_booking where order_id = 'O5' order by booked_on",
    )
    assert rows == [
        (date(2026, 1, 15), Decimal("40000.0000")),
        (date(2026, 2, 26), Decimal("-40000.0000")),
    ]


def test_february_misses_230000_of_320000(world: Path) -> None:
    rows = attainment(
        world,
        "target, actual, gap, round(attainment_rate, 5), workdays_elapsed, workdays_remaining",
        "scope_type = 'company' and period_label = '2026-02'",
    )
    assert rows == [
        (Decimal("320000.00"), Decimal("90000.00"), Decimal("230000.00"), 0.28125, 16, 0)
    ]


def test_each_region_stands_with_its_own_bookings(world: Path) -> None:
    rows = attainment(
        world, "scope_id, actual", "scope_type = 'region' and period_label = '2026-02'"
    )
    assert rows == [("华东", Decimal("50000.00")), ("华南", Decimal("40000.00"))]


def test_three_of_four_deals_closed_in_january_were_won_and_two_of_four_in_february(
    world: Path,
) -> None:
    rows = marts(
        world,
        "select period_label, won_count, lost_count, win_rate from mart_win_rate "
        "where scope_type = 'company' and period_type = 'month' and product_line = '(all)' "
        "and lead_source = '(all)' and tier = '(all)' order by 1",
    )
    assert rows == [("2026-01", 3, 1, 0.75), ("2026-02", 2, 2, 0.5)]


def test_a_deal_without_a_creation_date_is_kept_as_undated(world: Path) -> None:
    assert marts(world, "select opportunity_id from fct_opportunity where is_undated") == [("S4",)]


def test_an_a_customer_seen_on_13_february_was_due_on_the_27th_and_a_call_resets_nothing(
    world: Path,
) -> None:
    rows = marts(
        world,
        "select tier, last_contact_on, due_on, overdue_workdays, status from mart_followup_due "
        "where subject_type = 'customer' and subject_id = 'C1'",
    )
    assert rows == [("A", date(2026, 2, 13), date(2026, 2, 27), 1, "overdue")]


def test_phones_are_masked_in_marts(world: Path) -> None:
    rows = marts(world, "select phone_masked from dim_customer where customer_id = 'C1'")
    assert rows == [("13****00",)]


def test_every_row_leads_back_to_file_and_row(world: Path) -> None:
    rows = marts(world, "select source, source_row from fct_booking where order_id = 'O4'")
    assert rows == [("orders", "inbox/orders_20260228.csv row 5")]


def test_the_same_archive_gives_the_same_marts_again_and_after_everything_else_was_deleted(
    world: Path,
) -> None:
    first = content_hashes(world)
    night(world)
    assert content_hashes(world) == first
    forget_all_but_archive(world)
    night(world)
    assert content_hashes(world) == first


def test_an_older_day_is_rebuilt_for_comparison_and_shown_only_on_request(tmp_path: Path) -> None:
    home = write_small_world(tmp_path / "company")
    assert night(home, "2026-02-27").outcome == "published"
    on_its_night = content_hashes(home)
    deliver(home, "orders", ORDERS + "O7,C1,P1,2026-02-28,5000,,已生效,\n", "20260301")
    assert night(home, "2026-02-28").outcome == "published"
    before = published_bytes(home)
    rebuilt = night(home, "2026-02-27")
    assert (rebuilt.outcome, rebuilt.exit_code) == ("built", 0)
    assert published_bytes(home) == before
    assert built_hashes(home, "2026-02-27") == on_its_night
    assert night(home, "2026-02-27", publish_older=True).outcome == "published"
    assert content_hashes(home) == on_its_night


def test_a_broken_row_is_named_with_its_fix_and_everything_else_lands(tmp_path: Path) -> None:
    home = write_small_world(tmp_path / "company")
    deliver(home, "deals", DEALS.replace("8万", "12.3.4"), "20260228")
    assert night(home).outcome == "published"
    [path] = (home / "landing" / "quarantine").rglob("*.parquet")
    import duckdb

    rows = duckdb.sql(
        f"select file, row_no, column_name, value, rule, message_zh from '{path}'"
    ).fetchall()
    assert rows == [
        (
            "inbox/deals_20260228.csv", 3, "amount", "12.3.4", "not_a_number",
            "预计金额 的值 「12.3.4」 不是数字；请写成 1500、1,500.00、150万 或 12%",
        )
    ]  # fmt: skip
    assert marts(home, "select count(*) from fct_opportunity") == [(11,)]


def test_a_fall_holds_the_night_until_a_person_confirms_it(tmp_path: Path) -> None:
    from pipelines.commands.corrections import confirm_fall
    from pipelines.settings import CompanyFolder

    home = write_small_world(tmp_path / "company=north", day="20260226")
    assert night(home, "2026-02-26").outcome == "published"
    before = published_bytes(home)
    half = "".join(DEALS.splitlines(keepends=True)[:7])
    for name, text in {"deals": half, "orders": ORDERS}.items():
        deliver(home, name, text, "20260227")
    held = night(home, "2026-02-27")
    assert (held.outcome, held.exit_code) == ("held", 3)
    assert published_bytes(home) == before
    [(state, reason, shown)] = operations(
        home, "select state, reason_en, as_of from operations.publish_meta"
    )
    assert (state, shown) == ("held", date(2026, 2, 26))
    assert "sources/deals" in reason
    assert "0.5" in reason
    confirm_fall(CompanyFolder(home), "deals", "2026-02-27")
    assert night(home, "2026-02-27").outcome == "published"
    assert marts(home, "select count(*) from fct_opportunity") == [(6,)]
