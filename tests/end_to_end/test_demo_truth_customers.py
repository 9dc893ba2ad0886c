"""The demo company's customers: several records are one, and private lists are counted."""

from __future__ import annotations

import pytest

from tests.end_to_end.conftest import DemoNight

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
