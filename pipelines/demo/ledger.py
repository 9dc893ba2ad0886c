"""The generator's own books: what was booked and signed, to be found again by the marts.

Rule: an order line books its amount on the signing date at that month's rate; a later change books
its difference on the day of the first export that shows it; a cancellation books the amount back on
its date, at the rate of the booking. Person and team are those of the signing date (shares split
them), region is the order's own, else the customer's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from pipelines.demo.orders import is_effective
from pipelines.demo.world import AS_OF, Order, World

CENT = Decimal("0.01")


@dataclass(frozen=True)
class Booking:
    """One entry of the ledger, in CNY. Grain: order line × share × event."""

    on: date
    amount: Decimal
    order: Order
    person_id: str
    team: str
    region: str
    product_line: str
    kind: str


def bookings(world: World) -> list[Booking]:
    """Return the booking ledger up to the as-of day."""
    entries: list[Booking] = []
    for order in world.orders:
        if is_effective(order):
            entries += _book(world, order)
    return entries


def _book(world: World, order: Order) -> Iterable[Booking]:
    rate = world.rate(order.currency, order.signed_on)
    if rate is None:
        raise LookupError(f"{order.order_id}: no rate for {order.currency} on {order.signed_on}")
    for line, (product_line, signed, _) in enumerate(order.lines):
        events = [(order.signed_on, signed, "booking")]
        running = signed
        for day, which, changed in order.amount_changes:
            if which == line:
                events.append((day, changed - running, "change"))
                running = changed
        if order.cancelled_on and order.cancelled_on <= AS_OF:
            events.append((order.cancelled_on, -running, "cancellation"))
        for person_id, share in order.shares or [(order.person_id, Decimal(1))]:
            team = world.team_of(person_id, order.signed_on)
            for day, amount, kind in events:
                yield Booking(
                    on=day,
                    amount=amount * rate * share,
                    order=order,
                    person_id=person_id,
                    team=team.name if team else "unknown",
                    region=order.region or order.account.region,
                    product_line=product_line,
                    kind=kind,
                )


def month_of(day: date) -> str:
    """Label a month: 2026-02."""
    return f"{day:%Y-%m}"


def quarter_of(day: date) -> str:
    """Label a quarter: 2026-Q1."""
    return f"{day.year}-Q{(day.month + 2) // 3}"


def total_by(
    entries: Iterable[Booking], scope: Callable[[Booking], str], period: Callable[[date], str]
) -> dict[str, dict[str, float]]:
    """Sum bookings per scope and period, rounded once after summing."""
    sums: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for entry in entries:
        sums[scope(entry)][period(entry.on)] += entry.amount
    return {
        name: {label: float(value.quantize(CENT)) for label, value in sorted(row.items())}
        for name, row in sorted(sums.items())
    }


def new_customers(world: World) -> dict[str, int]:
    """Count customers gained less those taken back per month, several records taken as one.

    A condition met once counts on the day that it is reached, here the signing of the first
    effective order, and is taken back on the day that a cancellation undoes it: a closed month
    changes only by what happens later, not by counting it anew.
    """
    steps: dict[str, list[tuple[date, int]]] = defaultdict(list)
    main = golden_ids(world)
    for order in world.orders:
        if is_effective(order):
            account = main.get(order.account.account_id, order.account.account_id)
            steps[account].append((order.signed_on, 1))
            if order.cancelled_on and order.cancelled_on <= AS_OF:
                steps[account].append((order.cancelled_on, -1))
    months: dict[str, int] = defaultdict(int)
    for of_customer in steps.values():
        effective = 0
        for day, step in sorted(of_customer, key=lambda entry: (entry[0], -entry[1])):
            effective += step
            if (step, effective) in ((1, 1), (-1, 0)):
                months[month_of(day)] += step
    return {month: count for month, count in sorted(months.items()) if count}


def golden_ids(world: World) -> dict[str, str]:
    """Map the further records of a customer to its first, where an exact key proves them one."""
    return {
        twin: group["account_ids"][0]
        for group in world.planted["duplicate_customers"]
        if group["matched_by"] != "candidate"
        for twin in group["account_ids"][1:]
    }
