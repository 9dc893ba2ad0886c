"""Bookings of a company without orders, worked out on paper (see `deals_world`)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tests.dbt.built import BuiltCompany
from tests.dbt.deals_world import write_deals_world

LATE = "2026-03-31"


def march(day: int) -> date:
    return date(2026, 3, day)


@pytest.fixture(scope="module")
def world(built_company) -> BuiltCompany:
    return built_company(write_deals_world, ["+int_metric_day"])


def entries(world: BuiltCompany, deal: str) -> list[tuple]:
    rows = world.query(
        LATE,
        "select entry_kind, booked_on, sum(amount) from fct_booking "
        f"where opportunity_id = '{deal}' group by entry_kind, booked_on, recorded_on, booking_id, "
        "split_part(booking_entry_id, '|', 3) "
        "order by cast(split_part(booking_entry_id, '|', 3) as int)",
    )
    return [(kind, on, float(amount)) for kind, on, amount in rows]


def test_a_reopened_and_rewon_deal_nets_to_one_booking(world):
    assert entries(world, "W1") == [
        ("signed", date(2026, 2, 10), 100.0),
        ("reopened", march(2), -100.0),
        ("rewon", march(6), 110.0),
    ]


def test_without_recorded_changes_a_win_is_dated_by_its_closing_and_a_loss_takes_it_back(world):
    assert entries(world, "W2") == [
        ("signed", march(4), 200.0),
        ("amount_changed", march(10), 50.0),
        ("lost", march(18), -250.0),
    ]


def test_a_won_deal_that_is_deleted_is_taken_back_on_the_day_it_is_missing(world):
    assert entries(world, "W3") == [
        ("signed", date(2026, 2, 15), 80.0),
        ("deleted", march(20), -80.0),
    ]


def test_an_owner_change_never_moves_credit_not_even_of_later_differences(world):
    assert entries(world, "W4") == [("signed", march(3), 60.0), ("amount_changed", march(20), 5.0)]
    people = world.query(
        LATE, "select distinct person_id, team from fct_booking where opportunity_id = 'W4'"
    )
    assert people == [("P1", "一队")]


def test_a_signed_deal_that_is_won_later_is_booked_once(world):
    assert entries(world, "W5") == [("signed", march(3), 70.0)]


def test_a_loss_takes_back_at_the_rate_of_the_booking(world):
    assert entries(world, "W6") == [
        ("signed", date(2026, 2, 20), 7000.0),
        ("lost", march(8), -7000.0),
    ]


def test_a_deal_first_seen_in_a_signed_stage_is_booked_on_the_day_of_that_export(world):
    assert entries(world, "W7") == [("signed", march(1), 30.0)]


def test_exports_speak_on_where_recording_ends(world):
    assert entries(world, "W8") == [("signed", march(4), 40.0), ("lost", march(10), -40.0)]


def test_shares_of_a_deal_hold_through_reopening_and_winning_again(world):
    assert entries(world, "W9") == [
        ("signed", march(4), 90.0),
        ("reopened", march(10), -90.0),
        ("rewon", march(19), 90.0),
    ]
    people = world.query(
        LATE,
        "select person_id, sum(amount) from fct_booking where opportunity_id = 'W9' "
        "group by 1 order by 1",
    )
    assert people == [("P1", Decimal("63")), ("P2", Decimal("27"))]


def test_a_booked_deal_counts_as_an_order_and_its_customer_as_new(world):
    for metric in ("order_count", "new_customer_count"):
        total = world.query(
            LATE, f"select sum(value) from intermediate.int_metric_day where metric = '{metric}'"
        )
        # W1, W4, W5, W7 and W9 stand; W2, W3, W6 and W8 came and went.
        assert total == [(Decimal("5"),)]


def test_every_row_says_where_its_actual_comes_from(world):
    assert world.query(LATE, "select distinct actual_source from fct_booking") == [
        ("won_opportunities",)
    ]


def test_before_the_first_export_the_dates_inside_its_rows_decide(world):
    rows = world.query(
        "2026-02-18", "select opportunity_id, sum(amount) from fct_booking group by 1 order by 1"
    )
    assert rows == [("W1", Decimal("100")), ("W3", Decimal("80"))]


def test_signed_deals_are_not_open(world):
    assert world.query(
        "2026-03-05", "select opportunity_id from fct_opportunity where is_open order by 1"
    ) == [("W1",)]
