"""Customers that never bought and never had a deal: how long nobody has followed them up."""

from __future__ import annotations

from datetime import date
from typing import Any

from pipelines.demo.names import STOP_PHRASES
from pipelines.demo.world import AS_OF, CADENCE, Account, World

# What counts for tier C, which these customers have been for ever.
_KINDS = ("visit", "video", "call", "message", "email", "material")
_RECYCLED_AFTER_CADENCES = 4  # the one that was due, and three more


def never_bought(world: World) -> list[dict[str, Any]]:
    """Say of each plain customer without orders and deals when it was to be followed up.

    Left out: strategic, paused and invalid ones, those that changed hands while exports ran, and
    those entered twice. They are all of tier C; nothing protects them from being recycled.
    """
    busy = {deal.account.account_id for deal in world.deals}
    busy |= {order.account.account_id for order in world.orders}
    for group in world.planted["duplicate_customers"]:
        busy |= set(group["account_ids"])
    contacts: dict[str, date] = {}
    for activity in world.activities:
        if activity.kind in _KINDS and activity.content not in STOP_PHRASES and activity.account_id:
            day = activity.occurred_at.date()
            contacts[activity.account_id] = max(day, contacts.get(activity.account_id, day))
    return [
        _quiet(world, account, contacts.get(account.account_id))
        for account in world.accounts
        if account.account_id not in busy and _is_plain(world, account)
    ]


def _is_plain(world: World, account: Account) -> bool:
    return (
        account.fields["is_strategic"] == "否"
        and account.fields["state"] == "正常"
        and (len(account.owners) == 1 or account.owners[-1][0].date() < world.plan.opening)
    )


def _quiet(world: World, account: Account, last_contact_on: date | None) -> dict[str, Any]:
    since = last_contact_on or account.created_at.date()
    cadence = CADENCE["C"]
    elapsed = world.calendar.elapsed(since, AS_OF)
    return {
        "account_id": account.account_id,
        "last_contact_on": last_contact_on,
        "overdue_workdays": max(0, elapsed - cadence),
        "is_recyclable": elapsed >= cadence * _RECYCLED_AFTER_CADENCES,
    }
