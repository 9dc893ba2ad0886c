"""The marts find every planted fact of the demo company about money."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tests.end_to_end.conftest import DemoNight

pytestmark = pytest.mark.slow

STAGES = {
    "initial_contact": "初步接触", "needs_confirmed": "需求确认", "quoting": "报价中",
    "negotiating": "谈判中", "signing": "签约待付款",
}  # fmt: skip
SCOPES = {
    "company": "'company'", "region": "region", "team": "team", "person": "person_id",
    "product_line": "product_line",
}  # fmt: skip
PERIODS = {
    "month": "strftime({}, '%Y-%m')",
    "quarter": "concat(year({0}), '-Q', quarter({0}))",
}


def flat(nested: dict[str, dict[str, Any]]) -> dict[tuple[str, str], float]:
    return {(name, label): value for name, row in nested.items() for label, value in row.items()}


def counted(rows: list[tuple[Any, ...]]) -> dict[Any, Any]:
    """Return the first columns → the last one, as plain numbers."""
    return {(row[0] if len(row) == 2 else row[:-1]): float(row[-1]) for row in rows}


@pytest.mark.parametrize("period", PERIODS)
@pytest.mark.parametrize("scope", SCOPES)
def test_bookings_are_those_of_the_generator_to_the_cent(
    demo_night: DemoNight, period: str, scope: str
) -> None:
    label = PERIODS[period].format("booked_on")
    rows = demo_night.marts(
        f"select {SCOPES[scope]}, {label}, round(sum(amount), 2) from fct_booking group by 1, 2"
    )
    assert counted(rows) == flat(demo_night.truth["bookings"][period][scope])


def test_bookings_changes_and_cancellations_are_kept_apart(demo_night: DemoNight) -> None:
    kinds = {"signed": "booking", "amount_changed": "change", "cancelled": "cancellation"}
    rows = demo_night.marts(
        "select entry_kind, strftime(booked_on, '%Y-%m'), round(sum(amount), 2) "
        "from fct_booking group by 1, 2"
    )
    found = counted([(kinds[kind], month, amount) for kind, month, amount in rows])
    assert found == flat(demo_night.truth["bookings"]["by_kind"])


def attainment(demo_night: DemoNight, metric: str) -> dict[str, float]:
    rows = demo_night.marts(
        "select period_label, actual from mart_target_attainment where scope_type = 'company' "
        "and period_type = 'month' and level = 'base' and scenario = 'base' "
        f"and metric = '{metric}' and actual <> 0"
    )
    return counted(rows)


def test_the_attainment_of_every_month_rests_on_the_same_bookings(demo_night: DemoNight) -> None:
    told = demo_night.truth["bookings"]["month"]["company"]["company"]
    assert attainment(demo_night, "signed_amount") == {m: v for m, v in told.items() if v}


def test_orders_count_once_and_go_when_cancelled(demo_night: DemoNight) -> None:
    told = Counter(demo_night.truth["bookings"]["orders_signed"])
    told.subtract(demo_night.truth["bookings"]["orders_cancelled"])
    assert attainment(demo_night, "order_count") == {m: n for m, n in told.items() if n}


def test_a_cancellation_without_a_date_stands_on_the_day_of_its_first_export(
    demo_night: DemoNight,
) -> None:
    told = {
        entry["order_id"]: entry["on"] for entry in demo_night.truth["bookings"]["cancelled_orders"]
    }
    rows = demo_night.marts(
        "select order_id, cast(max(booked_on) as varchar) from fct_booking "
        "where entry_kind = 'cancelled' group by 1"
    )
    assert dict(rows) == told


def test_drafts_and_voids_are_never_booked(demo_night: DemoNight) -> None:
    unbooked = demo_night.truth["bookings"]["drafts_and_voids"]
    listed = ", ".join(f"'{order}'" for order in unbooked)
    assert unbooked
    assert demo_night.marts(f"select count(*) from fct_booking where order_id in ({listed})") == [
        (0,)
    ]


def test_late_entries_count_on_their_signing_and_say_when_they_came(demo_night: DemoNight) -> None:
    late = [e for e in demo_night.truth["restatements"] if e["kind"] == "late_entry"]
    assert late
    for entry in late:
        rows = demo_night.marts(
            "select distinct strftime(booked_on, '%Y-%m'), cast(recorded_on as varchar) "
            f"from fct_booking where order_id = '{entry['order_id']}' and entry_kind = 'signed'"
        )
        assert rows == [(entry["month"], entry["first_seen_on"])]


def new_customers(demo_night: DemoNight) -> tuple[dict[str, float], dict[str, float]]:
    told = {m: float(n) for m, n in demo_night.truth["bookings"]["new_customers"].items()}
    return attainment(demo_night, "new_customer_count"), told


def test_new_customers_take_several_records_as_one(demo_night: DemoNight) -> None:
    found, told = new_customers(demo_night)
    assert len(demo_night.truth["twins_that_bought"]) == 3
    assert found == told


def test_collections_by_month_at_the_rate_of_the_day_of_receipt(demo_night: DemoNight) -> None:
    told = demo_night.truth["collections"]
    for where, name in (("=", "cny_orders"), ("<>", "foreign_orders")):
        rows = demo_night.marts(
            "select strftime(received_on, '%Y-%m'), round(sum(amount), 2) from fct_collection "
            f"where currency {where} 'CNY' group by 1"
        )
        assert counted(rows) == told[name]
    rows = demo_night.marts(
        "select currency, strftime(received_on, '%Y-%m'), sum(original_amount) from fct_collection "
        "where currency <> 'CNY' group by 1, 2"
    )
    assert counted(rows) == flat(told["foreign_original"])


def test_what_is_due_what_is_met_and_what_came_early(demo_night: DemoNight) -> None:
    told = demo_night.truth["money_due"]
    [(due, met, early, rate, behind)] = demo_night.marts(
        "select sum(due_to_date_amount), sum(met_amount), sum(early_amount), "
        "round(sum(met_amount) / sum(due_to_date_amount), 6), "
        "count(distinct case when overdue_amount > 0 then order_id end) "
        "from mart_receivable where currency = 'CNY'"
    )
    assert (float(due), float(met), float(early)) == (told["due"], told["met"], told["early"])
    assert (rate, behind) == (told["collection_rate"], told["orders_behind"])


def test_opportunities_in_open_stages_and_those_that_are_signed_already(
    demo_night: DemoNight,
) -> None:
    told = demo_night.truth["open_opportunities"]
    rows = demo_night.marts(
        "select stage, count(*), sum(amount), list(opportunity_id order by opportunity_id) "
        "filter (where has_effective_order), count(*) filter (where is_open) "
        "from fct_opportunity where outcome = 'open' group by 1"
    )
    assert {STAGES[stage] for stage, *_ in rows} == set(told["by_stage"])
    for stage, count, amount, signed, still_open in rows:
        expected = told["by_stage"][STAGES[stage]]
        assert (count, float(amount)) == (
            expected["count"],
            pytest.approx(expected["amount"], abs=0.005),
        )
        assert (signed or []) == sorted(expected["with_effective_order"])
        assert still_open == (0 if stage == "signing" else count)
    [(count, amount)] = demo_night.marts(
        "select count(*), round(sum(amount), 2) from fct_opportunity where outcome = 'open'"
    )
    assert (count, float(amount)) == (told["count"], told["amount"])


def test_a_deal_without_a_rate_is_kept_without_amount_and_out_of_the_weighted(
    demo_night: DemoNight,
) -> None:
    rows = demo_night.marts(
        "select opportunity_id from fct_opportunity where outcome = 'open' and amount is null "
        "and original_amount > 0 and is_open and not is_weighted"
    )
    assert [deal for (deal,) in rows] == demo_night.truth["unconverted_opportunities"]


def test_workdays_of_the_first_quarter(demo_night: DemoNight) -> None:
    told = demo_night.truth["workdays"]
    days = "select count(*) from dim_date where is_workday and "
    quarter = "date_day between date '2026-01-01' and "
    assert demo_night.marts(days + quarter + "date '2026-03-31'") == [(told["2026-Q1"],)]
    for day in ("2026-02-24", "2026-02-28", "2026-03-10"):
        assert demo_night.marts(days + quarter + f"date '{day}'") == [(told[f"gone_by_{day}"],)]
    assert demo_night.marts(days + "week_label = '2026-W08'") == [(told["2026-W08"],)]


def metric_months(demo_night: DemoNight, metric: str) -> dict[str, float]:
    rows = demo_night.build(
        "select strftime(event_on, '%Y-%m'), sum(value) from intermediate.int_metric_day "
        f"where metric = '{metric}' group by 1"
    )
    return counted(rows)


def test_quotes_calls_and_visits_are_counted(demo_night: DemoNight) -> None:
    told = demo_night.truth["activities"]
    assert metric_months(demo_night, "quote_count") == told["quotes_by_month"]
    for kind in ("call", "visit"):
        rows = demo_night.build(
            "select person_id, strftime(event_on, '%Y-%m'), sum(value) "
            f"from intermediate.int_metric_day where metric = '{kind}_count' "
            "and event_on >= date '2026-01-01' group by 1, 2"
        )
        expected = {
            (person, month): float(kinds[kind])
            for person, months in told["person_2026"].items()
            for month, kinds in months.items()
            if kinds.get(kind)
        }
        assert counted(rows) == expected


def test_leads_marked_valid_are_counted_by_week(demo_night: DemoNight) -> None:
    rows = demo_night.marts(
        "select strftime(created_on, '%G-W%V'), count(*) from fct_lead "
        "where is_valid and valid_source = 'marked' and created_on >= date '2026-01-01' group by 1"
    )
    told = demo_night.truth["leads"]["weeks_2026"]
    assert counted(rows) == {week: float(marks["valid"]) for week, marks in told.items()}
