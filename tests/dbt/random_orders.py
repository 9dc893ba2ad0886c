"""Random histories of order lines, and a slow ledger that reads them export by export.

A history gives, per export day, what the export shows of a line, or None where it is missing.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from tests.dbt.built import deliver, write_company
from tests.dbt.ledger_world import ENTITIES, ORDER

EXPORTS = [date(2026, 3, day) for day in (2, 3, 4, 6, 9, 10, 11, 13, 16, 20)]
RATES = {("USD", date(2026, 1, 1)): Decimal("7.0"), ("USD", date(2026, 3, 1)): Decimal("7.3")}


@dataclass(frozen=True)
class Shown:
    """An order line as one export shows it."""

    signed_on: date
    amount: Decimal
    status: str = "effective"
    cancelled_on: date | None = None
    person_id: str | None = "P1"
    product_line: str = "影像"
    currency: str = "CNY"


History = dict[date, Shown | None]


def random_history(dice: random.Random) -> History:
    """Let a line appear, change, vanish and come back."""
    shown: Shown | None = None
    start = dice.randrange(len(EXPORTS) - 1)
    history: History = {}
    for at, day in enumerate(EXPORTS):
        if at == start:
            shown = Shown(
                signed_on=day - timedelta(days=dice.randrange(-2, 40)),
                amount=Decimal(dice.randrange(0, 10**7)) / 100,
                status=dice.choices(["effective", "draft", "cancelled", "void"], [8, 2, 1, 1])[0],
                person_id=dice.choice(["P1", "P2", None]),
                currency=dice.choice(["CNY", "CNY", "USD"]),
            )
        elif shown is not None and dice.random() < 0.35:
            shown = _change(dice, shown, day)
        is_missing = shown is None or (at > start and dice.random() < 0.06)
        history[day] = None if is_missing else shown
    return history


def _change(dice: random.Random, shown: Shown, day: date) -> Shown:
    kind = dice.randrange(8)
    if kind <= 1:
        return replace(shown, amount=Decimal(dice.randrange(0, 10**7)) / 100)
    if kind == 2:
        return replace(shown, status="cancelled", cancelled_on=None)
    if kind == 3:
        later = day + timedelta(days=dice.randrange(-6, 6))
        return replace(shown, status="cancelled", cancelled_on=later)
    if kind == 4:
        return replace(shown, status=dice.choice(["effective", "void"]), cancelled_on=None)
    if kind == 5:
        return replace(shown, product_line=dice.choice(["影像", "软件"]))
    if kind == 6:
        return replace(shown, signed_on=shown.signed_on + timedelta(days=dice.randrange(-3, 4)))
    return replace(shown, person_id=dice.choice(["P1", "P2"]))


def state_of(shown: Shown | None) -> str:
    """Say what an export's row means: counted, cancelled, never, or absent."""
    if shown is None:
        return "absent"
    if shown.status in ("draft", "void"):
        return "never"
    return "cancelled" if shown.status == "cancelled" or shown.cancelled_on else "counted"


Entry = tuple[date, date, str | None, str, Decimal, date]


def slow_ledger(history: History) -> list[Entry]:
    """Return (booked_on, recorded_on, person, product line, amount, signed_on) of every entry.

    What is booked at any time is held in `held`; every export is compared with it.
    """
    entries: list[Entry] = []
    held: Shown | None = None
    person: str | None = None
    was_seen = was_counted = False
    closed_on = date.min
    for day, shown in history.items():
        if shown is not None and person is None:
            person = shown.person_id
        now = replace(shown, person_id=person) if shown is not None else None
        state = state_of(now)
        if state == "cancelled" and not was_seen and now is not None:
            held, was_counted = now, True
            entries.append(_entry(now.signed_on, day, now, now.amount))
        if state == "counted" and now is not None:
            if held is None:
                on = now.signed_on if not was_counted else max(day, now.signed_on, closed_on)
                entries.append(_entry(on, day, now, now.amount))
            elif _terms(held) != _terms(now):
                is_redated = held.signed_on != now.signed_on
                on = max(day, now.signed_on)
                entries.append(
                    _entry(held.signed_on if is_redated else on, day, held, -held.amount)
                )
                entries.append(_entry(now.signed_on if is_redated else on, day, now, now.amount))
            elif held.amount != now.amount:
                entries.append(_entry(max(day, now.signed_on), day, now, now.amount - held.amount))
            held, was_counted = now, True
        elif held is not None:
            signed_on = held.signed_on if now is None else now.signed_on
            on = now.cancelled_on if state == "cancelled" and now and now.cancelled_on else day
            closed_on = max(on, signed_on)
            entries.append(_entry(closed_on, day, held, -held.amount))
            held = None
        was_seen = was_seen or now is not None
    return entries


def _terms(shown: Shown) -> tuple[object, ...]:
    return shown.signed_on, shown.person_id, shown.product_line, shown.currency


def _entry(on: date, recorded_on: date, shown: Shown, amount: Decimal) -> Entry:
    rate = Decimal(1)
    if shown.currency != "CNY":
        rate = max((d, r) for (c, d), r in RATES.items() if d <= shown.signed_on)[1]
    return on, recorded_on, shown.person_id, shown.product_line, amount * rate, shown.signed_on


def histories(seed: int = 20260310, count: int = 600) -> dict[tuple[str, str], History]:
    """Return histories by (order, line); every third order has two lines."""
    dice = random.Random(seed)
    return {
        (f"X{number:04d}", str(line)): random_history(dice)
        for number in range(count)
        for line in ((1, 2) if number % 3 == 0 else (1,))
    }


def splits(orders: list[str]) -> list[tuple[str, None, str, str]]:
    """Let every fifth order be shared by three people in awkward parts."""
    rows: list[tuple[str, None, str, str]] = []
    for order in orders[::5]:
        rows += [
            (order, None, "P1", "0.333"),
            (order, None, "P2", "0.333"),
            (order, None, "P3", "0.334"),
        ]
    return rows


def write_random_orders(home: Path) -> Path:
    """Write the company with every export of the random histories."""
    write_company(home, ENTITIES, "orders")
    found = histories()
    for day in EXPORTS:
        rows = []
        for (order, line), history in found.items():
            if (shown := history[day]) is not None:
                row = {
                    **vars(shown),
                    "order_id": order,
                    "line_no": line,
                    "account_id": f"C{int(order[1:]) % 90}",
                    "region": "华东",
                }
                rows.append([row.get(column) for column in ORDER])
        deliver(home, "orders", day.isoformat(), ORDER, rows)
    people = [
        ("P1", "李雷", "一队", "华东"),
        ("P2", "韩梅", "二队", "华东"),
        ("P3", "王芳", "二队", "华东"),
    ]
    deliver(home, "people", "2026-03-02", ENTITIES["people"][1], people)
    accounts = [(f"C{n}", f"客户{n}", "P1", "华东") for n in range(90)]
    deliver(home, "accounts", "2026-03-02", ENTITIES["accounts"][1], accounts)
    orders = sorted({order for order, _ in found})
    deliver(home, "credit_splits", "2026-03-02", ENTITIES["credit_splits"][1], splits(orders))
    rates = [(c, d, r) for (c, d), r in RATES.items()]
    deliver(home, "fx_rates", "2026-03-02", ENTITIES["fx_rates"][1], rates)
    return home
