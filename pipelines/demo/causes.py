"""The gap causes of early 2026 that were planted, each with the figures that show it."""

from __future__ import annotations

from datetime import date
from typing import Any

from pipelines.demo.deals import (
    CONVERSION_FROM,
    CONVERSION_TEAM,
    PRICE_FROM,
    PRICE_LINE,
    VOLUME_FROM,
    VOLUME_REGION,
)
from pipelines.demo.world import AS_OF, LOST, WON, World

_SPANS = {
    "2025-01-01..2025-03-10": (date(2025, 1, 1), date(2025, 3, 10)),
    "2025-Q4": (date(2025, 10, 1), date(2025, 12, 31)),
    "2026-01-01..2026-03-10": (date(2026, 1, 1), AS_OF),
}


def gap_causes(world: World) -> list[dict[str, Any]]:
    """Return what was planted: cause, scope, since when, and the evidence per span of time."""
    regions = {team.region for team in world.teams}
    teams = {team.name for team in world.teams}
    planted = [
        ("deal_size", "product_line", PRICE_LINE, PRICE_FROM, _deal_size, True),
        ("volume", "region", VOLUME_REGION, VOLUME_FROM, _volume, VOLUME_REGION in regions),
        (
            "conversion",
            "team",
            CONVERSION_TEAM,
            CONVERSION_FROM,
            _conversion,
            CONVERSION_TEAM in teams,
        ),
    ]
    causes: list[dict[str, Any]] = [
        {
            "cause": cause,
            "scope_type": scope_type,
            "scope": scope,
            "since": since,
            "evidence": {label: evidence(world, *span) for label, span in _SPANS.items()},
        }
        for cause, scope_type, scope, since, evidence, is_here in planted
        if is_here
    ]
    if lost := world.planted.get("lost_big_customer"):
        causes.append({"cause": "lost_customer", "scope_type": "customer", **lost})
    return causes


def _deal_size(world: World, first: date, last: date) -> dict[str, Any]:
    """Average the first amount of CNY opportunities of the product line created in a span."""
    amounts = [
        deal.changes[0][1]["amount"]
        for deal in world.deals
        if deal.product_line == PRICE_LINE and deal.currency == "CNY"
        and first <= deal.created_at.date() <= last
    ]  # fmt: skip
    mean = round(sum(amounts) / len(amounts), 2) if amounts else None
    return {"opportunities": len(amounts), "average_first_amount": mean}


def _volume(world: World, first: date, last: date) -> dict[str, Any]:
    deals = [d for d in world.deals if d.account.region == VOLUME_REGION]
    leads = [lead for lead in world.leads if lead.region == VOLUME_REGION]
    return {
        "opportunities_created": sum(first <= d.created_at.date() <= last for d in deals),
        "leads_created": sum(first <= lead.created_at.date() <= last for lead in leads),
    }


def _conversion(world: World, first: date, last: date) -> dict[str, Any]:
    """Count closings of the team, the team being that of the owner on the day of closing."""
    won = lost = 0
    for deal in world.deals:
        for event in deal.events:
            day = event.changed_at.date()
            team = world.team_of(event.changed_by, day)
            if first <= day <= last and team and team.name == CONVERSION_TEAM:
                won += event.to_stage == WON
                lost += event.to_stage == LOST
    return {"won": won, "lost": lost}
