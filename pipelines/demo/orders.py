"""Orders, instalments, payments, shares and exchange rates."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal

from pipelines.demo.company import sellers
from pipelines.demo.customers import at_work
from pipelines.demo.world import (
    AS_OF,
    HISTORY_FROM,
    LOST,
    PRODUCT_LINES,
    STAGES,
    WON,
    Account,
    Deal,
    Order,
    Payment,
    World,
)

_RATES = {"USD": 7.12, "EUR": 7.75, "HKD": 0.912}
_TERMS = [[(20, 100)], [(15, 30), (70, 70)], [(15, 30), (60, 60), (200, 10)]]


def build_rates(world: World) -> None:
    """Set one rate a month and currency, on its first day, to four decimals."""
    rng = world.dice("rates")
    for currency, first in _RATES.items():
        rate = first
        for month in range(27):
            day = date(2024 + month // 12, month % 12 + 1, 1)
            rate *= 1 + rng.uniform(-0.012, 0.012)
            world.rates[(currency, day)] = Decimal(str(round(rate, 4)))


def build_orders(world: World) -> None:
    """Sign an order when a deal enters a signed stage, cancel it when the deal leaves them."""
    rng = world.dice("orders")
    for deal in world.deals:
        _orders_of(rng, world, deal)
    _direct_orders(world, rng)
    _plant_big_customer(world, rng)
    for entry in world.planted["followups"]:
        if entry["tier"] == "B":  # 10 to 50万 signed within six months makes the tier
            account = entry["account"]
            _add_direct(
                world, rng, account, account.owners[-1][1], entry["order_on"], amount=200_000
            )
    _let_twins_buy(world, rng)
    world.orders.sort(key=lambda order: (order.signed_on, order.account.account_id))
    for number, order in enumerate(world.orders):
        order.order_id = f"SO{order.signed_on:%Y}{number + 1:05d}"
    _plant_order_events(world)
    _plan_instalments(world, rng)
    _receive(world, rng)


def _orders_of(rng: random.Random, world: World, deal: Deal) -> None:
    current: Order | None = None
    for event in deal.events:
        is_signed = event.to_stage in (STAGES[4], WON)
        if is_signed and current is None:
            amount = Decimal(deal.state_on(event.changed_at.date())["amount"])
            order = Order(
                account=deal.account,
                person_id=event.changed_by,
                signed_on=event.changed_at.date(),
                currency=deal.currency,
                lines=_lines(rng, deal.product_line, amount),
                deal=deal,
                region=deal.account.region if rng.random() < 0.95 else "",
            )
            _share(world, rng, order)
            world.orders.append(order)
            current = order
        elif not is_signed and current is not None:
            current.status, current.cancelled_on = "已取消", event.changed_at.date()
            current = None


def _lines(
    rng: random.Random, product_line: str, amount: Decimal
) -> list[tuple[str, Decimal, Decimal]]:
    """Return one or two lines; costs are 55 to 75 % of the amount."""

    def line(name: str, part: Decimal) -> tuple[str, Decimal, Decimal]:
        return name, part, (part * rng.randrange(55, 76) / 100).quantize(Decimal("0.01"))

    if rng.random() < 0.12 and amount >= 20_000:
        other = rng.choice([name for name in PRODUCT_LINES if name != product_line])
        part = amount * 2 // 1000 * 100
        return [line(product_line, amount - part), line(other, part)]
    return [line(product_line, amount)]


def _share(world: World, rng: random.Random, order: Order) -> None:
    """Split the credit of one order in twelve with a colleague of the same region."""
    if rng.random() > 0.08 or order.currency != "CNY":
        return
    region = world.region_of(order.person_id, order.signed_on)
    found = [p.person_id for p in sellers(world, order.signed_on, region)]
    others = [person_id for person_id in found if person_id != order.person_id]
    if others:
        share = Decimal(rng.choice(("0.5", "0.6", "0.7")))
        order.shares = [(order.person_id, share), (rng.choice(others), 1 - share)]


def _direct_orders(world: World, rng: random.Random) -> None:
    """Let customers who have bought before order again without an opportunity."""
    buyers = list({order.account.account_id: order.account for order in world.orders}.values())
    first: dict[str, date] = {}
    for order in world.orders:
        known = first.setdefault(order.account.account_id, order.signed_on)
        first[order.account.account_id] = min(known, order.signed_on)
    made = 0
    while made < world.plan.direct_orders:
        account = rng.choice(buyers)
        days = world.calendar.between(first[account.account_id] + timedelta(days=60), AS_OF)
        day = rng.choice(days) if days else AS_OF
        owner = account.owner_at(at_work(rng, day))
        if days and world.people[owner].serves_on(day):
            made += 1
            _add_direct(world, rng, account, owner, day, amount=rng.randrange(300, 2500) * 100)


def _add_direct(
    world: World, rng: random.Random, account: Account, owner: str, day: date, *, amount: int
) -> Order:
    lines = _lines(rng, rng.choice(PRODUCT_LINES), Decimal(amount * world.plan.price_level))
    order = Order(account, owner, day, "CNY", lines, region=account.region)
    world.orders.append(order)
    return order


def _plant_big_customer(world: World, rng: random.Random) -> None:
    """Let one customer buy for well over a million a time until September 2025, then stop."""
    months = [(2024, 9), (2024, 12), (2025, 1), (2025, 3), (2025, 6), (2025, 9)]
    staying = [
        a
        for a in world.accounts
        if not a.is_planted
        and a.created_at.date() < date(2024, 6, 1)
        and all(
            world.people[w].left_on is None and world.people[w].hired_on < HISTORY_FROM
            for _, w in a.owners
        )
        and not any(d.account is a for d in world.deals)
    ]
    if not staying:
        return
    account = staying[0]
    account.is_planted = True
    for year, month in months:
        day = world.calendar.on_or_after(date(year, month, 16))
        amount = rng.randrange(13000, 16000) * 100
        _add_direct(world, rng, account, account.owners[-1][1], day, amount=amount)
    world.planted["lost_big_customer"] = {
        "account_id": account.account_id,
        "region": account.region,
        "owner_id": account.owners[-1][1],
        "last_order_on": day,
    }


def _let_twins_buy(world: World, rng: random.Random) -> None:
    """Let second records of old buyers buy as well: by their own they would be new customers."""
    buyers = {order.account.account_id for order in world.orders}
    by_id = {account.account_id: account for account in world.accounts}
    first_day = world.calendar.plus(AS_OF, -18)
    twins = [
        by_id[group["account_ids"][1]]
        for group in world.planted["duplicate_customers"]
        if group["matched_by"] != "candidate" and group["account_ids"][0] in buyers
    ]
    for number, twin in enumerate(twins[:3]):
        day = world.calendar.plus(first_day, number * 4)
        _add_direct(world, rng, twin, twin.owners[-1][1], day, amount=120_000)
    world.planted["twins_that_bought"] = [twin.account_id for twin in twins[:3]]


def _plant_order_events(world: World) -> None:
    """Plant changes after signing, late entries, drafts, voids and one silent cancellation."""
    opening, cal = world.plan.opening, world.calendar
    plain = [o for o in world.orders if o.currency == "CNY" and not o.cancelled_on]
    plain = [o for o in plain if not o.shares and not o.account.is_planted]
    before = [o for o in plain if o.signed_on <= opening]
    within = [o for o in plain if opening < o.signed_on <= cal.plus(AS_OF, -6)]
    chosen = before[-12::3][:4]
    for number, order in enumerate(chosen[:3]):
        day = cal.plus(cal.on_or_after(opening), 3 + number * 2)
        amount = order.lines[0][1]
        percent = (110, 95, 120)[number]
        changed = (amount * percent // 10_000) * 100
        order.amount_changes.append((day, 0, changed))
    for order in chosen[3:]:
        order.status, order.hides_cancel_date = "已取消", True
        order.cancelled_on = cal.plus(AS_OF, -4)
    last_days = [o for o in within if o.signed_on.month != cal.plus(o.signed_on, 6).month]
    for order in [*last_days[:2], *within[2:3]]:
        order.entered_on = min(cal.plus(order.signed_on, 8), cal.plus(AS_OF, -2))
    for order, status in zip(before[3:40:30], ("草稿", "作废"), strict=False):
        if order.deal is None:
            continue
        twin = Order(order.account, order.person_id, order.signed_on, "CNY", order.lines)
        twin.order_id, twin.status, twin.region = f"SOX{order.order_id[2:]}", status, order.region
        world.orders.append(twin)


def is_effective(order: Order) -> bool:
    """Say whether the order was ever booked: drafts and voids never are."""
    return order.status not in ("草稿", "作废")


def _plan_instalments(world: World, rng: random.Random) -> None:
    for order in world.orders:
        if not is_effective(order):
            continue
        terms = rng.choices(_TERMS, [0.3, 0.4, 0.3])[0]
        left = order.amount
        for days, percent in terms[:-1]:
            part = order.amount * percent // 10_000 * 100
            order.instalments.append((order.signed_on + timedelta(days=days), part))
            left -= part
        order.instalments.append((order.signed_on + timedelta(days=terms[-1][0]), left))


def _receive(world: World, rng: random.Random) -> None:
    """Let most instalments be paid, a quarter late, some in part, some not at all."""
    for order in world.orders:
        for due_on, amount in order.instalments:
            luck = rng.random()
            wait = rng.randrange(-8, 4) if luck < 0.62 else rng.randrange(5, 75)
            if luck > 0.95:
                continue
            day = world.calendar.on_or_after(
                max(due_on + timedelta(days=wait), order.first_seen_on)
            )
            if order.cancelled_on and day >= order.cancelled_on:
                continue
            part = amount if luck < 0.92 else amount // 200 * 100
            if day <= AS_OF and part:
                world.payments.append(Payment(order, day, part, due_on))
    world.payments.sort(key=lambda p: (p.received_on, p.order.order_id, p.due_on))
    for number, payment in enumerate(world.payments):
        payment.payment_id = f"RC{300001 + number}"


def lost_within_30_days(deal: Deal) -> int:
    """Count the losses of a deal that were undone within 30 days."""
    undone = 0
    for event, following in zip(deal.events, deal.events[1:], strict=False):
        gap = (following.changed_at.date() - event.changed_at.date()).days
        undone += event.to_stage == LOST and gap <= 30
    return undone
