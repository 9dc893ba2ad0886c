"""Counting what people did: follow-up records, leads, quotes and money due."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from pipelines.demo.ledger import CENT, month_of
from pipelines.demo.names import STOP_PHRASES
from pipelines.demo.orders import is_effective
from pipelines.demo.world import AS_OF, Lead, World


def activities(world: World) -> dict[str, Any]:
    """Count records by kind, and calls and visits by month and person since 2026."""
    by_person: dict[str, dict[str, Counter[str]]] = {}
    for activity in world.activities:
        if activity.kind in ("call", "visit") and activity.occurred_at.date() >= date(2026, 1, 1):
            months = by_person.setdefault(activity.person_id, defaultdict(Counter))
            months[month_of(activity.occurred_at.date())][activity.kind] += 1
    late = sum(a.entered_at - a.occurred_at > timedelta(hours=24) for a in world.activities)
    return {
        "by_kind": dict(sorted(Counter(a.kind for a in world.activities).items())),
        "by_month": _months(a.occurred_at.date() for a in world.activities),
        "entered_after_24_hours": late,
        "stop_phrases_by_person": dict(
            sorted(
                Counter(a.person_id for a in world.activities if a.content in STOP_PHRASES).items()
            )
        ),
        "person_2026": {person: by_person[person] for person in sorted(by_person)},
        "quotes_by_month": _months(quote["issued_on"] for quote in world.quotes),
    }


def _months(days: Any) -> dict[str, int]:
    return dict(sorted(Counter(map(month_of, days)).items()))


def leads(world: World) -> dict[str, Any]:
    """Count leads by the ISO week of creation since 2026, local time; second requests counted."""
    weeks: dict[str, Counter[str]] = defaultdict(Counter)
    for lead in world.leads:
        if lead.created_at.date() >= date(2026, 1, 1):
            year, week, _ = lead.created_at.isocalendar()
            weeks[f"{year}-W{week:02d}"].update(_marks(lead))
    doubles = [(first.lead_id, again.lead_id) for first, again in world.planted["double_leads"]]
    hour = timedelta(hours=1)
    waits = {
        x.lead_id: x.first_response_at and x.first_response_at - x.created_at for x in world.leads
    }
    return {
        "weeks_2026": weeks,
        "by_month": _lead_months(world),
        "double_leads": doubles,
        "answered_late": sorted(lead for lead, wait in waits.items() if wait and wait > hour),
        "unanswered": sorted(lead for lead, wait in waits.items() if wait is None),
        "unassigned": sorted(lead.lead_id for lead in world.leads if lead.assigned_at is None),
    }


def _lead_months(world: World) -> dict[str, int]:
    return _months(lead.created_at.date() for lead in world.leads)


def _marks(lead: Lead) -> list[str]:
    marks = ["leads"]
    marks += ["valid"] if lead.fields["is_valid"] == "是" else []
    marks += ["assigned"] if lead.assigned_at else []
    marks += ["responded"] if lead.first_response_at else []
    if lead.converted_at:
        marks.append("to_opportunity")
        if lead.converted_at - lead.created_at <= timedelta(days=7):
            marks.append("to_opportunity_within_7_days")
    return marks


def money_due(world: World) -> dict[str, Any]:
    """Sum what was due and met up to the as-of day, order by order; CNY orders in force only."""
    received: dict[str, Decimal] = defaultdict(Decimal)
    for payment in world.payments:
        received[payment.order.order_id] += payment.amount
    due_sum = met_sum = early_sum = Decimal(0)
    overdue = 0
    for order in world.orders:
        is_cancelled = order.cancelled_on is not None and order.cancelled_on <= AS_OF
        if order.currency != "CNY" or not is_effective(order) or is_cancelled:
            continue
        due = sum((part for on, part in order.instalments if on <= AS_OF), Decimal(0))
        got = received[order.order_id]
        due_sum += due
        met_sum += min(due, got)
        early_sum += max(Decimal(0), got - due)
        overdue += due > got
    rate = round(float(met_sum / due_sum), 6) if due_sum else None
    sums = {"due": due_sum, "met": met_sum, "early": early_sum}
    cents = {name: value.quantize(CENT) for name, value in sums.items()}
    return {**cents, "collection_rate": rate, "orders_behind": overdue}
