"""A whole Zoho CRM export by module, money and dates as text, against the set's reference figures."""

from datetime import date
from decimal import Decimal

import pandas as pd
import pytest

from tests.real_data.companies import (
    assert_every_row_is_accounted_for,
    company,
    raw,
    reference,
)
from tests.shared_data import needs_shared_data

pytestmark = [*needs_shared_data, pytest.mark.slow]
SET = "zoho_crm_sample"
STAGES = {
    "Closed Lost": "lost", "Closed Won": "won", "Initial Offer": "zoho_initial_offer",
    "Needs Analysis": "zoho_needs_analysis", "Negotiation/Review": "zoho_negotiation",
    "Proposal/Price Quote": "zoho_quote", "Prospect": "zoho_prospect", "Qualification": "zoho_qualification",
}  # fmt: skip
FILES = {
    "deals": ("opportunities", "Potentials.csv"), "leads": ("leads", "Leads.csv"),
    "accounts": ("accounts", "Accounts.csv"), "contacts": ("contacts", "Contacts.csv"),
    "calls": ("activities", "Calls.csv"), "events": ("activities", "Events.csv"), "tasks": ("tasks", "Tasks.csv"),
    "quotes": ("quotes", "Quotes.csv"), "orders": ("orders", "Sales_Orders.csv"), "users": ("people", "Users.csv"),
}  # fmt: skip
# This export has no deal ids (a lead became one deal), and names its owners instead of their ids.
CORRECTIONS = {
    "deals": {"opportunity_id": "LEADID"},
    "users": {"person_id": "Last Name"},
    "accounts": {"owner_id": "Account Owner"},
}


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    sources = [
        {"name": name, "entity": entity, "path": raw(SET, file), "preset": "zoho", "columns": CORRECTIONS.get(name, {})}
        for name, (entity, file) in FILES.items()
    ]  # fmt: skip
    actuals = {"signed_amount": "won_opportunities"}
    done = company(tmp_path_factory.mktemp("zoho"), date(2021, 12, 31), sources, actuals=actuals)
    done.night()
    return done


def test_the_night_is_published_and_every_row_is_accounted_for(done):
    assert done.result.outcome == "published", done.result.reason_en
    assert_every_row_is_accounted_for(done, files=10)


def test_one_correction_per_file_is_enough():
    assert all(len(columns) <= 1 for columns in CORRECTIONS.values())


def test_deals_per_stage_and_their_amounts_equal_the_reference(done):
    found = done.build("select stage, count(*), sum(amount) from landed.opportunities group by 1")
    expected = reference(SET)["potentials_by_stage"]
    assert set(found) == {
        (STAGES[row["stage"]], row["n"], Decimal(row["amount"])) for row in expected
    }


def test_won_deals_per_owner_and_quarter_equal_the_reference(done):
    found = done.marts(
        "select person_id, year(booked_on) || '-Q' || quarter(booked_on), count(*), sum(amount)"
        " from fct_booking group by all"
    )
    expected = reference(SET)["won_by_owner_close_quarter"]
    assert set(found) == {
        (row["owner"], row["q"], row["won"], Decimal(row["amount"])) for row in expected
    }


def test_orders_by_status_and_quotes_equal_the_reference(done):
    status = {
        "Approved": "effective",
        "Created": "effective",
        "Delivered": "effective",
        "Cancelled": "cancelled",
    }
    expected: dict[str, list] = {}
    for row in reference(SET)["sales_orders"]:
        count, total = expected.setdefault(status[row["status"]], [0, Decimal(0)])
        expected[status[row["status"]]] = [count + row["n"], total + Decimal(row["total"])]
    found = done.build("select status, count(*), sum(amount) from landed.orders group by 1")
    assert {row[0]: [row[1], row[2]] for row in found} == expected
    quotes = reference(SET)["quotes"]
    assert done.build("select count(*), sum(amount) from landed.quotes") == [
        (sum(row["n"] for row in quotes), Decimal(sum(row["total"] for row in quotes)))
    ]


def test_dates_with_month_names_and_times_keep_day_and_time(done):
    (row,) = done.build(
        "select created_at, expected_close_on, closed_at from landed.opportunities where opportunity_id = '1832'"
    )
    assert row == (pd.Timestamp("2021-04-15 00:02:00"), date(2021, 4, 16), None)
    first = done.build("select min(created_at), max(created_at) from landed.opportunities")
    (totals,) = reference(SET)["totals"]
    assert first == [
        (pd.Timestamp(totals["first_potential"]), pd.Timestamp(totals["last_potential"]))
    ]


def test_tasks_without_ids_stand_even_where_they_are_alike(done):
    tasks = pd.read_csv(raw(SET, "Tasks.csv"))
    counts = done.landing("tasks").counts
    blank = int(tasks["Subject"].isna().sum())
    assert (counts.read, counts.landed, counts.quarantined) == (2978, 2978 - blank, blank)


def test_calls_and_events_are_contacts_of_the_people_who_made_them(done):
    calls = pd.read_csv(raw(SET, "Calls.csv"))["Call Owner"]
    events = pd.read_csv(raw(SET, "Events.csv"))["Event Owner"]
    expected = {(n, "call", int(c)) for n, c in calls.value_counts().items()}
    expected |= {(n, "visit", int(c)) for n, c in events.value_counts().items()}
    found = done.build("select person_id, kind, count(*) from landed.activities group by all")
    assert set(found) == expected
