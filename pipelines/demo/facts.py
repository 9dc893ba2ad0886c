"""Counting the generator's own ledger: one function per fact of truth.json (see `truth.py`)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from pipelines.demo import ledger
from pipelines.demo.deals import deal_row
from pipelines.demo.ledger import month_of, quarter_of
from pipelines.demo.orders import is_effective, lost_within_30_days
from pipelines.demo.world import AS_OF, LOST, STAGES, WON, Deal, World


def sizes(world: World) -> dict[str, int]:
    """Count the rows of the ledger per entity, without planted faults."""
    return {
        "people": len(world.people),
        "accounts": len(world.accounts),
        "contacts": len(world.contacts),
        "opportunities": len(world.deals),
        "orders": sum(map(is_effective, world.orders)),
        "order_lines": sum(len(order.lines) for order in world.orders),
        "credit_split_orders": sum(bool(order.shares) for order in world.orders),
        "receivables": sum(len(order.instalments) for order in world.orders),
        "payments": len(world.payments),
        "activities": len(world.activities),
        "leads": len(world.leads),
        "quotes": len(world.quotes),
        "satisfaction": len(world.satisfaction),
    }


def booked(world: World) -> dict[str, Any]:
    """Sum bookings per scope, month and quarter, and count orders and new customers."""
    entries = ledger.bookings(world)
    scopes: dict[str, Callable[[ledger.Booking], str]] = {
        "company": lambda e: "company",
        "region": lambda e: e.region,
        "team": lambda e: e.team,
        "person": lambda e: e.person_id,
        "product_line": lambda e: e.product_line,
    }
    effective = [order for order in world.orders if is_effective(order)]
    cancelled = [o for o in effective if o.cancelled_on and o.cancelled_on <= AS_OF]
    return {
        "month": {
            name: ledger.total_by(entries, scope, month_of) for name, scope in scopes.items()
        },
        "quarter": {
            name: ledger.total_by(entries, scope, quarter_of) for name, scope in scopes.items()
        },
        "by_kind": ledger.total_by(entries, lambda e: e.kind, month_of),
        "orders_signed": _count(month_of(order.signed_on) for order in effective),
        "orders_cancelled": _count(month_of(o.cancelled_on) for o in cancelled if o.cancelled_on),
        "cancelled_orders": [
            {"order_id": o.order_id, "on": o.cancelled_on, "date_in_file": not o.hides_cancel_date}
            for o in cancelled
        ],
        "new_customers": ledger.new_customers(world),
        "drafts_and_voids": [o.order_id for o in world.orders if not is_effective(o)],
        "foreign_orders": [o.order_id for o in effective if o.currency != "CNY"],
    }


def _count(labels: Any) -> dict[str, int]:
    return dict(sorted(Counter(labels).items()))


def received(world: World) -> dict[str, Any]:
    """Sum money received per month, foreign orders apart and in their own currency too."""
    home: dict[str, Decimal] = defaultdict(Decimal)
    foreign: dict[str, Decimal] = defaultdict(Decimal)
    original: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for payment in world.payments:
        month, currency = month_of(payment.received_on), payment.order.currency
        if currency == "CNY":
            home[month] += payment.amount
        else:
            foreign[month] += payment.amount * (world.rate(currency, payment.received_on) or 0)
            original[currency][month] += payment.amount
    cent = ledger.CENT
    return {
        "cny_orders": {month: value.quantize(cent) for month, value in home.items()},
        "foreign_orders": {month: value.quantize(cent) for month, value in foreign.items()},
        "foreign_original": original,
    }


def standing(world: World) -> list[Deal]:
    """List the opportunities that the last export still holds."""
    return [d for d in world.deals if d.deleted_on is None or d.deleted_on > AS_OF]


def outcomes(world: World) -> dict[str, Any]:
    """Count opportunities that stand won or lost, by the quarter of their last closing."""
    closed = [deal for deal in world.deals if deal.state_on(AS_OF)["stage"] in (WON, LOST)]
    reopened = [d for d in world.deals if any(e.cause == "reopen" for e in d.events)]
    undone = [deal.opportunity_id for deal in reopened if lost_within_30_days(deal)]
    return {
        "by_quarter": _outcomes_by(closed, lambda deal: "company")["company"],
        "by_region": _outcomes_by(closed, lambda deal: deal.fields["region"]),
        "by_team": _outcomes_by(closed, lambda deal: _closing_team(world, deal)),
        "by_product_line": _outcomes_by(closed, lambda deal: deal.product_line),
        "reopened": [deal.opportunity_id for deal in reopened],
        "reopened_within_30_days_of_loss": undone,
    }


def _closing_team(world: World, deal: Deal) -> str:
    """Name the team of the owner on the day of the last closing."""
    last = deal.events[-1]
    team = world.team_of(last.changed_by, last.changed_at.date())
    return team.name if team else "unknown"


def _outcomes_by(closed: list[Deal], scope: Callable[[Deal], str]) -> dict[str, Any]:
    """Count won and lost per scope and quarter, with the rate of the two."""
    found: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
    for deal in closed:
        state = deal.state_on(AS_OF)
        quarter = quarter_of(state["closed_at"].date())
        counts = found[scope(deal)].setdefault(quarter, {"won": 0, "lost": 0})
        counts["won" if state["stage"] == WON else "lost"] += 1
    for quarters in found.values():
        for counts in quarters.values():
            counts["win_rate"] = round(counts["won"] / (counts["won"] + counts["lost"]), 6)
    return found


def _amount(world: World, deal: Deal) -> Decimal:
    amount = deal.state_on(AS_OF)["amount"]
    return Decimal(amount) * (world.rate(deal.currency, AS_OF) or 0)


def open_opportunities(world: World) -> dict[str, Any]:
    """Count and sum what the last export holds in an open stage."""
    signed = {
        order.deal.opportunity_id
        for order in world.orders
        if order.deal
        and is_effective(order)
        and not (order.cancelled_on and order.cancelled_on <= AS_OF)
    }
    stages: dict[str, dict[str, Any]] = {
        stage: {"count": 0, "amount": Decimal(0), "with_effective_order": []} for stage in STAGES
    }
    for deal in standing(world):
        stage = deal_row(deal, AS_OF)["stage"]
        if stage in stages:
            stages[stage]["count"] += 1
            stages[stage]["amount"] += _amount(world, deal)
            if deal.opportunity_id in signed:
                stages[stage]["with_effective_order"].append(deal.opportunity_id)
    total = sum((entry["amount"] for entry in stages.values()), Decimal(0))
    return {
        "by_stage": stages,
        "count": sum(entry["count"] for entry in stages.values()),
        "amount": total.quantize(ledger.CENT),
        "without_rate": world.planted["unconverted_opportunities"],
    }


def stage_visits(world: World) -> dict[str, Any]:
    """Count recorded entries per stage and per cause."""
    events = [event for deal in world.deals if not deal.is_undated for event in deal.events]
    skips = [
        e for e in events
        if e.from_stage in STAGES and e.to_stage in STAGES
        and STAGES.index(e.to_stage) > STAGES.index(e.from_stage) + 1
    ]  # fmt: skip
    return {
        "by_stage": _count(event.to_stage for event in events),
        "by_cause": _count(event.cause for event in events),
        "skipping_moves": len(skips),
        "note": "undated opportunities have no recorded events: derive theirs from the exports",
    }


def leavers(world: World) -> list[dict[str, Any]]:
    """Say what each leaver left behind as of the as-of day."""
    found = []
    for leaver in world.planted["leavers"]:
        who = leaver["person_id"]
        owned = [a.account_id for a in world.accounts if a.owners[-1][1] == who]
        open_deals = [
            deal for deal in standing(world)
            if (state := deal.state_on(AS_OF))["owner_id"] == who and state["stage"] in STAGES
        ]  # fmt: skip
        amount = sum((_amount(world, deal) for deal in open_deals), Decimal(0))
        found.append(
            {
                **leaver,
                "customers_left": len(owned),
                "account_ids": owned,
                "open_opportunity_ids": [deal.opportunity_id for deal in open_deals],
                "open_amount": amount.quantize(ledger.CENT),
            }
        )
    return found


def restatements(world: World) -> list[dict[str, Any]]:
    """List late entries, which move closed months, and changes, which are dated."""
    late = []
    for order in world.orders:
        if order.entered_on and order.entered_on > order.signed_on:
            late.append(
                {
                    "kind": "late_entry",
                    "order_id": order.order_id,
                    "month": month_of(order.signed_on),
                    "amount": order.amount,
                    "first_seen_on": order.entered_on,
                    "changes_closed_month": month_of(order.signed_on) != month_of(order.entered_on),
                }
            )
        for day, line, amount in order.amount_changes:
            before = order.lines[line][1]
            late.append(
                {
                    "kind": "amount_change",
                    "order_id": order.order_id,
                    "on": day,
                    "before": before,
                    "after": amount,
                    "difference": amount - before,
                }
            )
    return late


def what_was_planted(world: World) -> dict[str, Any]:
    """Return what was planted, with ids instead of objects."""
    plant = world.planted
    late = [
        {
            "lead_id": e["lead"].lead_id,
            "respond_minutes": e["minutes"],
            "assign_minutes": e["assign_minutes"],
        }
        for e in plant["late_leads"]
    ]
    controls = [
        {**entry, "records": [record.activity_id for record in entry["records"]]}
        for entry in plant["failed_controls"]
    ]
    followups = [
        {"account_id": e["account"].account_id, "owner_id": e["account"].owners[-1][1]}
        | {k: v for k, v in e.items() if k not in ("account", "order_on")}
        for e in plant["followups"]
    ]
    as_they_are = (
        "duplicate_customers", "collisions", "team_moves", "newcomers", "vacant_seats",
        "account_handovers",
        "target_revisions",
        "undated_opportunities", "deleted_opportunities", "unconverted_opportunities",
        "unknown_owner_opportunities", "styled_amounts", "team_month_targets", "twins_that_bought",
        "styled_phones", "unsplit_quarters",
    )  # fmt: skip
    return {name: plant[name] for name in as_they_are} | {
        "late_leads": late,
        "failed_controls": controls,
        "followups": followups,
        "people_without_targets": sorted(p.person_id for p in plant["people_without_targets"]),
    }
