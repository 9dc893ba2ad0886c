"""Tables as a loader lays them out for HubSpot and Salesforce (tiny, scrambled), against a recount with pandas."""

from datetime import date
from decimal import Decimal

import pandas as pd
import pytest

from tests.real_data.companies import (
    assert_every_row_is_accounted_for,
    company,
    raw,
)
from tests.shared_data import needs_shared_data

pytestmark = [*needs_shared_data, pytest.mark.slow]
SALESFORCE, HUBSPOT = "salesforce_fivetran_seeds", "hubspot_fivetran_seeds"
# The stages' names are scrambled; of the closed ones the preset knows by IsWon and IsClosed.
SF_STAGES = {"9RN9J3tlxr89gDctReax5w==": "sf_negotiation"}
HS_STAGES = {
    "09a969da1d61b38bd3746f0f49c1475a": "hs_qualified",
    "f66ca9bc5a02c2f1513ce83f0a0e117d": "won",
    "6e81db225a3757a3fc20cc9b1b3d9e1b": "lost",
}


def salesforce(name, entity, file, **more):
    return {"name": f"sf_{name}", "entity": entity, "preset": "salesforce", **more,
            "path": raw(SALESFORCE, f"sf_{file}_data.csv")}  # fmt: skip


def hubspot(name, entity, file, **more):
    return {"name": f"hs_{name}", "entity": entity, "preset": "hubspot", **more,
            "path": raw(HUBSPOT, f"{file}_data.csv")}  # fmt: skip


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    everything: dict = {
        "where": {}
    }  # every row of these seeds is flagged as deleted, and is wanted here
    sources = [
        salesforce(
            "deals", "opportunities", "opportunity", values={"stage": SF_STAGES}, **everything
        ),
        salesforce(
            "history",
            "stage_events",
            "opportunity_history",
            values={"to_stage": SF_STAGES},
            **everything,
        ),
        salesforce("accounts", "accounts", "account", **everything),
        salesforce("contacts", "contacts", "contact"),
        salesforce("leads", "leads", "lead"),
        salesforce("tasks", "activities", "task"),
        salesforce("events", "activities", "event"),
        salesforce("orders", "orders", "order"),
        salesforce("users", "people", "user"),
        # The deals of this seed stand in no stage at all: company.yml says where they count.
        hubspot("deals", "opportunities", "deal", constants={"stage": "hs_appointment"}),
        hubspot("stages", "stage_events", "deal_stage", values={"to_stage": HS_STAGES}),
        hubspot("history", "stage_events", "deal_property_history"),
        hubspot("companies", "accounts", "company"),
        hubspot("contacts", "leads", "contact"),
        hubspot("calls", "activities", "engagement_call"),
        hubspot("emails", "activities", "engagement_email"),
        hubspot("notes", "activities", "engagement_note"),
        hubspot("messages", "activities", "engagement_communication"),
        hubspot("tasks", "tasks", "engagement_task"),
        hubspot("owners", "people", "owner"),
    ]
    done = company(tmp_path_factory.mktemp("vendors"), date(2023, 12, 31), sources)
    done.night()
    return done


def test_the_night_is_published_and_every_row_is_accounted_for(done):
    assert done.result.outcome == "published", done.result.reason_en
    assert_every_row_is_accounted_for(done, files=20)


def test_salesforce_deals_by_outcome_equal_a_recount(done):
    frame = pd.read_csv(raw(SALESFORCE, "sf_opportunity_data.csv"), dtype=str)
    won, closed = frame["is_won"] == "true", frame["is_closed"] == "true"
    expected = {
        ("won", int(won.sum())),
        ("lost", int((closed & ~won).sum())),
        ("sf_negotiation", int((~closed).sum())),
    }
    found = done.build(
        "select stage, count(*) from landed.opportunities where source = 'sf_deals' group by 1"
    )
    assert set(found) == expected
    amount = frame["amount"].dropna().map(Decimal).sum()
    assert done.build("select sum(amount) from landed.opportunities where source = 'sf_deals'") == [
        (amount,)
    ]


def test_only_closed_deals_have_a_closing_date(done):
    found = done.build(
        "select count(*) filter (stage in ('won', 'lost')), count(closed_on), count(expected_close_on)"
        " from landed.opportunities where source = 'sf_deals'"
    )
    assert found == [(9, 9, 10)]


def test_salesforce_orders_are_booked_as_the_file_says(done):
    frame = pd.read_csv(raw(SALESFORCE, "sf_order_data.csv"), dtype=str)
    total = frame["total_amount"].map(Decimal).sum()
    assert done.marts("select count(*), sum(amount) from fct_booking") == [(len(frame), total)]


def test_hubspot_stage_entries_equal_a_recount_and_another_property_is_elsewhere(done):
    frame = pd.read_csv(raw(HUBSPOT, "deal_stage_data.csv"), dtype=str)
    expected = {(HS_STAGES[stage], int(n)) for stage, n in frame["value"].value_counts().items()}
    found = done.build(
        "select to_stage, count(*) from landed.stage_events where source = 'hs_stages' group by 1"
    )
    assert set(found) == expected
    # The property names of the history are scrambled: none is dealstage, so none is a stage change.
    counts = done.landing("hs_history").counts
    assert (counts.read, counts.skipped) == (100, 100)


def test_deleted_rows_are_left_out_unless_company_yml_wants_them(done):
    frame = pd.read_csv(raw(HUBSPOT, "deal_data.csv"), dtype=str)
    kept = int((frame["is_deleted"] != "true").sum())
    assert done.landing("hs_deals").counts.landed == kept
    assert done.landing("hs_deals").counts.skipped == len(frame) - kept
