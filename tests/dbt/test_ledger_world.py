"""Bookings, collections and receivables of a company worked out on paper (see `ledger_world`)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tests.dbt.built import BuiltCompany
from tests.dbt.ledger_world import write_ledger_world

MODELS = ["+int_metric_day", "+mart_receivable", "+fct_opportunity"]
LATE = "2026-06-30"


def march(day: int) -> date:
    return date(2026, 3, day)


@pytest.fixture(scope="module")
def world(built_company) -> BuiltCompany:
    return built_company(write_ledger_world, MODELS)


def entries(world: BuiltCompany, order_id: str, day: str = LATE) -> list[tuple]:
    return world.query(
        day,
        "select entry_kind, booked_on, recorded_on, person_id, team, amount from fct_booking "
        f"where order_id = '{order_id}' order by booked_on, recorded_on, booking_entry_id",
    )


def money(text: str) -> Decimal:
    return Decimal(text)


def test_a_changed_amount_books_its_difference_on_the_first_export_that_shows_it(world):
    assert entries(world, "A", "2026-03-10") == [
        ("signed", date(2026, 2, 10), march(5), "P1", "一队", money("100")),
        ("amount_changed", march(10), march(10), "P1", "一队", money("20")),
    ]


def test_a_cancellation_without_a_date_is_dated_by_the_first_export_that_shows_it(world):
    assert entries(world, "A")[2:] == [
        ("cancelled", march(20), march(20), "P1", "一队", money("-120"))
    ]


def test_a_cancellation_takes_back_at_the_rate_of_the_booking_and_from_its_team(world):
    assert entries(world, "C") == [
        ("signed", march(1), march(5), "P1", "一队", money("7500")),
        ("cancelled", march(15), march(20), "P1", "一队", money("-7500")),
    ]


def test_shares_divide_bookings_and_changes_and_each_person_counts_in_his_own_team(world):
    assert entries(world, "B") == [
        ("signed", date(2026, 2, 20), march(5), "P1", "一队", money("150")),
        ("signed", date(2026, 2, 20), march(5), "P2", "二队", money("150")),
        ("amount_changed", march(20), march(20), "P1", "一队", money("-50")),
        ("amount_changed", march(20), march(20), "P2", "二队", money("-50")),
    ]


def test_five_cents_over_three_people_stay_five_cents(world):
    parts = [row[5] for row in entries(world, "E")]
    assert sorted(parts) == [money("0.01"), money("0.02"), money("0.02")]


def test_a_split_that_does_not_make_one_leaves_the_credit_with_the_signer_and_says_so(world):
    rows = world.query(
        LATE, "select person_id, amount, credit_reason from fct_booking where order_id = 'G'"
    )
    assert rows == [("P1", money("70"), "split_not_one")]


def test_a_draft_books_once_it_is_effective_and_a_deleted_order_is_taken_back(world):
    assert entries(world, "D", "2026-03-05") == []
    assert [row[:3] + row[5:] for row in entries(world, "D")] == [
        ("signed", march(2), march(10), money("50")),
        ("deleted", march(20), march(20), money("-50")),
    ]


def test_a_deleted_line_takes_back_its_own_amount_and_the_order_still_counts_once(world):
    assert [(kind, on, amount) for kind, on, _, _, _, amount in entries(world, "J")] == [
        ("signed", march(4), money("60")),
        ("signed", march(4), money("30")),
        ("deleted", march(20), money("-30")),
    ]
    assert count(world, "order_count", "product_line = '软件'") == [(None,)]


def test_an_order_entered_late_counts_on_its_signing_date_and_says_when_it_came(world):
    assert entries(world, "H", "2026-03-10") == []
    assert [row[:3] for row in entries(world, "H")] == [("signed", date(2026, 2, 12), march(20))]


def test_an_order_first_seen_cancelled_was_signed_before(world):
    assert [(kind, on, amount) for kind, on, _, _, _, amount in entries(world, "I")] == [
        ("signed", date(2026, 2, 15), money("90")),
        ("cancelled", march(5), money("-90")),
    ]


def test_a_currency_without_a_rate_keeps_its_row_without_amount_and_is_counted(world):
    rows = world.query(LATE, "select original_amount, amount from fct_booking where order_id = 'F'")
    assert rows == [(money("10"), None)]
    found = world.query(
        LATE,
        "select sum(unconverted_count) from intermediate.int_metric_day "
        "where metric = 'signed_amount'",
    )
    assert found == [(1,)]


def count(world: BuiltCompany, metric: str, where: str = "true", day: str = LATE) -> list[tuple]:
    return world.query(
        day,
        f"select sum(value) from intermediate.int_metric_day where metric = '{metric}' and {where}",
    )


def test_february_signed_100_300_70_40_and_90(world):
    assert count(world, "signed_amount", "event_on < date '2026-03-01'") == [(money("600"),)]


def test_orders_count_once_and_go_when_cancelled_or_deleted(world):
    # Signed: A to J but for H on 10 March; gone: I. Later A, C and D go, H comes.
    assert count(world, "order_count", day="2026-03-10") == [(money("8"),)]
    assert count(world, "order_count") == [(money("6"),)]


def test_a_customer_is_new_with_the_first_order_and_taken_back_when_it_is_undone(world):
    rows = world.query(
        LATE,
        "select customer_id, event_on, step from intermediate.int_new_customer_event order by all",
    )
    assert rows == [
        ("C1", date(2026, 2, 10), 1),
        ("C2", date(2026, 2, 15), 1),
        ("C2", march(5), -1),
        ("C3", march(4), 1),
    ]


def test_money_received_is_converted_on_its_day_and_kept_where_the_order_is_unknown(world):
    rows = world.query(
        LATE,
        "select payment_id, person_id, original_amount, amount, days_from_signing "
        "from fct_collection order by payment_id, person_id",
    )
    assert rows == [
        ("R1", "P1", money("75"), money("75"), 23),
        ("R1", "P2", money("75"), money("75"), 23),
        ("R2", "P1", money("10"), money("80"), 1),
        ("R3", "unknown", money("8"), money("8"), None),
    ]
    assert count(world, "collected_amount") == [(money("238"),)]


def test_collections_credit_the_team_of_the_day_of_receipt(world):
    rows = world.query(
        LATE, "select team from fct_collection where payment_id = 'R1' and person_id = 'P1'"
    )
    assert rows == [("二队",)]


RATE = (
    "select sum(met_amount), sum(due_to_date_amount), sum(early_amount), "
    "sum(met_amount) / nullif(sum(due_to_date_amount), 0) from mart_receivable where order_id = 'B'"
)


def test_150_received_against_100_due_in_march_and_200_in_june(world):
    assert world.query("2026-04-30", RATE) == [(money("100"), money("100"), money("50"), 1.0)]
    assert world.query(LATE, RATE) == [(money("150"), money("300"), money("0"), 0.5)]


def test_nothing_due_yet_has_no_rate_and_says_why(world):
    rows = world.query(
        "2026-03-20",
        "select due_on, ageing_bucket, collection_rate, collection_rate_reason, paid_amount "
        "from mart_receivable where order_id = 'B' order by due_on",
    )
    assert rows == [
        (march(31), "paid", None, "nothing_due", money("100")),
        (date(2026, 6, 30), "not_due", None, "nothing_due", money("50")),
    ]


def test_instalments_age_from_the_day_they_are_due(world):
    ages = (
        "select ageing_bucket, overdue_days, overdue_amount from mart_receivable "
        "where due_on = date '2026-06-30'"
    )
    assert world.query(LATE, ages) == [("days_0_30", 0, money("150"))]


def test_the_cycle_weighs_days_by_money(world):
    rows = world.query(
        LATE,
        "select due_on, collection_cycle_days from mart_receivable where order_id = 'B' order by 1",
    )
    assert rows == [(march(31), 23.0), (date(2026, 6, 30), 23.0)]


def test_nothing_is_due_on_a_cancelled_order(world):
    old = "select ageing_bucket, overdue_amount from mart_receivable where order_id = 'A'"
    assert world.query("2026-03-10", old) == [("days_0_30", money("100"))]
    assert world.query(LATE, old) == [("not_in_force", money("0"))]


def test_deals_with_an_order_or_a_signature_leave_the_pipeline(world):
    flags = (
        "select opportunity_id, has_effective_order, is_signed_without_order, is_open, is_weighted "
        "from fct_opportunity order by 1"
    )
    assert world.query("2026-03-10", flags) == [
        ("O1", True, False, False, False),
        ("O2", False, True, False, False),
        ("O3", False, False, True, True),
    ]
    # O1's order was cancelled: signed, but no longer by an order.
    waiting = "select opportunity_id from fct_opportunity where is_signed_without_order order by 1"
    assert world.query(LATE, waiting) == [("O1",), ("O2",)]


def test_leads_are_valid_as_marked_else_by_phone_and_status(world):
    rows = world.query(LATE, "select lead_id, valid_source from fct_lead where is_valid order by 1")
    assert rows == [("L1", "marked"), ("L2", "phone_and_status")]
    assert count(world, "valid_lead_count") == [(money("2"),)]


def test_a_quote_without_a_person_is_the_owners(world):
    assert count(world, "quote_count", "person_id = 'P1'") == [(money("2"),)]
