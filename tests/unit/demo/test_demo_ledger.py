"""What the demo's ledger books of one order, worked out by hand: no order of the demo does all of it."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from pipelines.demo.ledger import bookings, month_of, total_by
from pipelines.demo.world import AS_OF, Order


def booked(**changes: Any) -> list[Any]:
    """Book one order of two lines, 100 and 50 dollars at 7 yuan, signed on 20 January."""
    values: dict[str, Any] = {
        "account": SimpleNamespace(region="华东"), "person_id": "P1",
        "signed_on": date(2026, 1, 20), "currency": "USD",
        "lines": [("试剂", Decimal(100), Decimal(0)), ("设备", Decimal(50), Decimal(0))],
    }  # fmt: skip
    world: Any = SimpleNamespace(
        orders=[Order(**values | changes)],
        rate=lambda currency, day: Decimal(7),
        team_of=lambda person, day: SimpleNamespace(name=f"team of {person} on {day}"),
    )
    return bookings(world)


def test_a_change_books_its_difference_and_a_cancellation_what_was_left_by_shares() -> None:
    entries = booked(
        amount_changes=[(date(2026, 2, 10), 0, Decimal(80)), (date(2026, 2, 20), 0, Decimal(120))],
        cancelled_on=date(2026, 3, 5),
        shares=[("P1", Decimal("0.6")), ("P2", Decimal("0.4"))],
    )
    # January 150 dollars, February − 20 and + 40, March − 120 and − 50: times 7, times the share
    assert total_by(entries, lambda e: e.person_id, month_of) == {
        "P1": {"2026-01": 630.0, "2026-02": 84.0, "2026-03": -714.0},
        "P2": {"2026-01": 420.0, "2026-02": 56.0, "2026-03": -476.0},
    }
    assert total_by(entries, lambda e: e.kind, lambda day: "all") == {
        "booking": {"all": 1050.0}, "change": {"all": 140.0}, "cancellation": {"all": -1190.0},
    }  # fmt: skip
    assert {e.team for e in entries if e.person_id == "P2"} == {"team of P2 on 2026-01-20"}


@pytest.mark.parametrize(("days_after", "left"), [(0, 0.0), (1, 1050.0)])
def test_a_cancellation_counts_from_its_day(days_after: int, left: float) -> None:
    entries = booked(cancelled_on=AS_OF + timedelta(days=days_after))
    assert total_by(entries, lambda e: "all", lambda day: "all") == {"all": {"all": left}}


@pytest.mark.parametrize("status", ["草稿", "作废"])
def test_drafts_and_voids_are_never_booked(status: str) -> None:
    assert booked(status=status) == []


def test_the_region_is_the_orders_own_else_that_of_the_customer() -> None:
    assert {e.region for e in booked()} == {"华东"}
    assert {e.region for e in booked(region="华南")} == {"华南"}
