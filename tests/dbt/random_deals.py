"""Random histories of deals as exports show them: signed, taken back, won again, lost, revalued."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path

from tests.dbt.built import deliver, write_company
from tests.dbt.deals_world import DEAL, ENTITIES

EXPORTS = [date(2026, 3, day) for day in (2, 4, 6, 9, 11, 13, 17, 20)]
SIGNED = frozenset({"签约待付款", "赢单"})
STAGES = ("谈判中", "签约待付款", "赢单", "输单")
USD = {date(2026, 1, 1): Decimal("7.0"), date(2026, 3, 10): Decimal("7.5")}


@dataclass(frozen=True)
class Shown:
    """A deal as one export shows it."""

    stage: str
    amount: Decimal
    owner: str
    currency: str

    @property
    def is_signed(self) -> bool:
        """Whether its stage books it."""
        return self.stage in SIGNED


def histories(seed: int = 20260224, count: int = 300) -> dict[str, dict[date, Shown]]:
    """Return what each export shows of each deal; every deal stands in every export."""
    dice = random.Random(seed)
    return {f"R{number:03d}": _history(dice) for number in range(count)}


def _history(dice: random.Random) -> dict[date, Shown]:
    shown = Shown(
        dice.choice(STAGES), Decimal(dice.randrange(1, 10**7)) / 100, dice.choice(["P1", "P2"]),
        dice.choice(["CNY", "USD"]),
    )  # fmt: skip
    history = {}
    for day in EXPORTS:
        if history and dice.random() < 0.5:
            shown = replace(shown, stage=dice.choice(STAGES))
        if history and dice.random() < 0.2:
            shown = replace(shown, amount=Decimal(dice.randrange(1, 10**7)) / 100)
        if history and dice.random() < 0.2:
            shown = replace(shown, owner=dice.choice(["P1", "P2"]))
        history[day] = shown
    return history


def write_random_deals(home: Path) -> Path:
    """Write a company without orders, with every export of the random histories."""
    write_company(home, ENTITIES, "won_opportunities")
    found = histories()
    for day in EXPORTS:
        rows = [
            (key, f"C{key}", s.owner, s.stage, s.amount, s.currency, "2026-01-05", None)
            for key, s in ((key, history[day]) for key, history in found.items())
        ]
        deliver(home, "opportunities", day.isoformat(), DEAL, rows)
    once = {
        "people": [("P1", "李雷", "一队", "华东"), ("P2", "韩梅", "二队", "华东")],
        "accounts": [(f"C{key}", f"客户{key}", "P1", "华东") for key in found],
        "fx_rates": [("USD", day, rate) for day, rate in USD.items()],
    }
    for entity, rows in once.items():
        deliver(home, entity, EXPORTS[0].isoformat(), ENTITIES[entity][1], rows)
    return home
