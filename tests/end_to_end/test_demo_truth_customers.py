"""The demo company's customers: several records are one, and private lists are counted."""

from __future__ import annotations

from datetime import date

import pytest

from tests.end_to_end.conftest import DemoNight
from tests.end_to_end.demo_followup_recount import FollowUp, FollowUpRecount
from tests.end_to_end.demo_recount import CustomerRecount

pytestmark = pytest.mark.slow


def proven(demo_night: DemoNight) -> list[tuple[str, str]]:
    """(first record, second record) of the customers that a key proves to be one."""
    groups = demo_night.truth["duplicate_customers"]
    return [tuple(g["account_ids"]) for g in groups if g["matched_by"] != "candidate"]


def test_second_records_lead_to_the_customer_and_to_the_cell_they_came_from(
    demo_night: DemoNight,
) -> None:
    rows = demo_night.marts(
        "select account_id, customer_id from dim_customer_record "
        "where is_duplicate and source_row like 'inbox/crm/accounts_%.csv row %'"
    )
    assert dict(rows) == {twin: first for first, twin in proven(demo_night)}


def test_what_only_a_person_can_say_is_asked(demo_night: DemoNight) -> None:
    told = {
        tuple(g["account_ids"])
        for g in demo_night.truth["duplicate_customers"]
        if g["matched_by"] == "candidate"
    }
    rows = demo_night.marts("select account_a, account_b from mart_customer_match")
    assert set(rows) == told
    assert (demo_night.home / "published" / "review" / "customer_matches.xlsx").is_file()


@pytest.mark.parametrize(
    "fact", ["fct_booking", "fct_collection", "fct_opportunity", "fct_activity", "fct_quote"]
)
def test_facts_of_a_second_record_belong_to_the_customer_and_keep_their_record(
    demo_night: DemoNight, fact: str
) -> None:
    twins = {twin: first for first, twin in proven(demo_night)}
    listed = ", ".join(f"'{twin}'" for twin in twins)
    rows = demo_night.marts(
        f"select distinct account_id, customer_id from {fact} where account_id in ({listed})"
    )
    assert all(twins[account] == customer for account, customer in rows)
    if fact == "fct_booking":
        assert {account for account, _ in rows} >= set(demo_night.truth["twins_that_bought"])


def test_private_lists_land_flagged_and_the_coverage_counts_them(demo_night: DemoNight) -> None:
    rows = demo_night.marts(
        "select person_id, record_count, crm_customer_count, personal_only_customer_count, "
        "duplicate_count from mart_customer_coverage where source_kind = 'personal'"
    )
    told = demo_night.truth["personal"]
    assert sorted(rows) == sorted(
        (s["person_id"], s["rows"], len(s["known_account_ids"]), len(s["only_here"]), 0)
        for s in told
    )
    strangers = demo_night.marts(
        "select customer_id from dim_customer where source_kind = 'personal'"
    )
    assert {key for (key,) in strangers} == {key for s in told for key in s["only_here"]}


def test_the_coverage_counts_every_record_once(demo_night: DemoNight) -> None:
    [(records, duplicates)] = demo_night.marts(
        "select sum(record_count), sum(duplicate_count) from mart_customer_coverage "
        "where source = 'crm_accounts'"
    )
    assert (records, duplicates) == (
        demo_night.truth["sizes"]["accounts"],
        len(proven(demo_night)),
    )


def golden(demo_night: DemoNight) -> dict[str, str]:
    """The customer of each record."""
    return dict(demo_night.marts("select account_id, customer_id from dim_customer_record"))


def test_planted_follow_ups_have_tier_status_last_contact_due_day_and_lateness(
    demo_night: DemoNight,
) -> None:
    rows = demo_night.marts(
        "select customer_id, tier, status, last_contact_on, due_on, overdue_workdays "
        "from mart_followup_due where subject_type = 'customer'"
    )
    found = {row[0]: row[1:] for row in rows}
    for told in demo_night.truth["followups"]:
        last = told["last_contact_on"]
        assert found[told["account_id"]] == (
            told["tier"],
            told["status"],
            date.fromisoformat(last) if last else None,
            date.fromisoformat(told["due_on"]),
            told["overdue_workdays"],
        ), told


def test_customers_that_never_bought_are_late_and_recycled_exactly_as_the_generator_counts(
    demo_night: DemoNight,
) -> None:
    told = {entry["account_id"]: entry for entry in demo_night.truth["never_bought"]}
    assert len(told) > 100
    late = dict(
        demo_night.marts(
            "select customer_id, overdue_workdays from mart_followup_due "
            "where subject_type = 'customer'"
        )
    )
    assert {key: late[key] for key in told} == {
        key: entry["overdue_workdays"] for key, entry in told.items()
    }
    rows = demo_night.marts(
        "select customer_id from mart_recycle_candidate where status = 'candidate'"
    )
    assert {key for (key,) in rows if key in told} == {
        key for key, entry in told.items() if entry["is_recyclable"]
    }


def test_collisions_are_those_that_were_planted_and_no_others(demo_night: DemoNight) -> None:
    customers = golden(demo_night)
    told = {
        (customers[pair["account_ids"][0]], *pair["person_ids"])
        for pair in demo_night.truth["collisions"]
    }
    rows = demo_night.marts("select customer_id, person_a, person_b from mart_collision")
    assert set(rows) == told


def test_what_leavers_left_behind_is_handed_over_to_the_cent(demo_night: DemoNight) -> None:
    customers, twins = golden(demo_night), dict(proven(demo_night))
    rows = demo_night.marts("select person_id, item_type, item_id, open_amount from mart_handover")
    told = demo_night.truth["leavers"]
    for leaver in told:
        mine = [row for row in rows if row[0] == leaver["person_id"]]
        deals = {item: amount for _, kind, item, amount in mine if kind == "opportunity"}
        assert set(deals) == set(leaver["open_opportunity_ids"])
        assert float(sum(deals.values())) == leaver["open_amount"]
        # A customer whose second record somebody else keeps is not without an owner.
        owned = {customers[a] for a in leaver["account_ids"] if a not in twins}
        assert {item for _, kind, item, _ in mine if kind == "customer"} == owned
    assert {row[0] for row in rows} <= {leaver["person_id"] for leaver in told}


def test_bookings_stay_with_leavers_and_their_teams_totals_did_not_move(
    demo_night: DemoNight,
) -> None:
    booked = demo_night.truth["bookings"]["month"]
    for leaver in demo_night.truth["leavers"]:
        for scope, name in (("person", leaver["person_id"]), ("team", leaver["team"])):
            [(found,)] = demo_night.marts(
                f"select coalesce(sum(actual), 0) from mart_target_attainment "
                f"where metric = 'signed_amount' and period_type = 'month' and level = 'base' "
                f"and is_in_force and scope_type = '{scope}' and scope_id = '{name}'"
            )
            told = sum(booked[scope].get(name, {}).values())
            assert float(found) == pytest.approx(told, abs=0.005), (scope, name)


def test_the_bridges_last_end_is_who_bought_within_twelve_months(demo_night: DemoNight) -> None:
    [counted] = demo_night.build(
        "select count(distinct records.customer_id) from intermediate.int_order as orders "
        "join intermediate.int_customer_record as records using (account_id) "
        "join intermediate.int_customer as customers using (customer_id) "
        "where orders.is_effective and orders.signed_on > date '2025-03-10' "
        "and customers.state <> 'invalid'"
    )
    [ended] = demo_night.marts(
        "select end_count from mart_customer_bridge "
        "where period_label = '2026-03' and scope_type = 'company'"
    )
    assert ended == counted


@pytest.mark.parametrize("dimension", ["company", "region", "product_line", "person"])
def test_every_line_of_the_bridge_is_what_landed_orders_count_to(
    demo_night: DemoNight, dimension: str
) -> None:
    recount = CustomerRecount(demo_night)
    rows = demo_night.build(
        "select period_start, period_end, scope_id, begin_count, new_count, regained_count, lost_count, "
        "end_count from marts.mart_customer_bridge where new_reason is null "
        f"and period_type <> 'week' and scope_type = '{dimension}'"
    )
    told: dict[tuple[date, date], dict[str, tuple[int, ...]]] = {}
    for start, end, scope, *lines in rows:
        told.setdefault((start, end), {})[scope] = tuple(lines)
    assert len(told) > 15
    for (start, end), scopes in told.items():
        assert scopes == recount.bridge(start, end, dimension), (start, end)


def test_every_customer_is_due_when_landed_rows_say_so_and_no_other_is_listed(
    demo_night: DemoNight,
) -> None:
    recount = FollowUpRecount(demo_night)
    active = demo_night.build(
        "select customer_id, owner_account_id from intermediate.int_customer where state = 'active'"
    )
    rows = demo_night.build(
        "select customer_id, tier, status, last_contact_on, due_on, overdue_workdays "
        "from marts.mart_followup_due where subject_type = 'customer'"
    )
    assert len(rows) > 900
    assert {key: FollowUp(*told) for key, *told in rows} == {
        customer: recount.follow_up(customer, owner_account) for customer, owner_account in active
    }
