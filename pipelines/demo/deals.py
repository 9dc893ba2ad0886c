"""Opportunities: a realistic funnel, with skips, steps back, transfers and reopening."""

from __future__ import annotations

import random
from datetime import date, datetime, time, timedelta
from typing import Any

from pipelines.demo.customers import LEAD_SOURCES, at_work
from pipelines.demo.world import (
    AS_OF,
    HISTORY_FROM,
    LOST,
    PRODUCT_LINES,
    STAGES,
    UNKNOWN_OWNER,
    WON,
    Account,
    Deal,
    StageEvent,
    World,
)

VOLUME_REGION, VOLUME_FROM = "西南", date(2025, 11, 17)
CONVERSION_TEAM, CONVERSION_FROM = "深圳队", date(2026, 1, 5)
PRICE_LINE, PRICE_FROM, PRICE_LEFT = "信息系统", date(2025, 12, 29), 0.4
_SEASON = [1.0, 0.8, 1.3, 1.0, 1.0, 1.15, 0.9, 0.9, 1.2, 0.95, 1.1, 1.1]
_ADVANCE = [0.65, 0.76, 0.74, 0.82, 0.97]
_DWELL = [7, 9, 8, 11, 6]  # workdays, median
_AMOUNT = {"影像设备": 380_000, "信息系统": 260_000, "检验试剂": 90_000}
_LOSS_REASONS = ["竞品价格战", "客户决策延迟", "预算取消", "需求变更", "关系不足", ""]
_COMPETITORS = ["迈和", "联诺", "东辰", "安影", ""]
_CURRENCIES = {"USD": 7.1, "EUR": 7.8, "HKD": 0.91}
_PROBABILITY = dict(zip([*STAGES, WON, LOST], [0.1, 0.3, 0.5, 0.7, 0.9, 1, 0], strict=True))


def build_deals(world: World) -> None:
    """Let every opportunity live from its creation to the end of the history or its own."""
    rng = world.dice("deals")
    days = world.calendar.between(HISTORY_FROM, AS_OF)
    weights = [_SEASON[day.month - 1] for day in days]
    if world.plan.scale == "tiny":  # else hardly anything would be open on the as-of day
        weights = [
            w * (4 if day >= date(2025, 12, 1) else 1) for w, day in zip(weights, days, strict=True)
        ]
    buyers = [account for account in world.accounts if not account.is_planted]
    pull = [4.0 if a.fields["is_strategic"] == "是" else 1.0 for a in buyers]
    while len(world.deals) < world.plan.opportunities:
        day = rng.choices(days, weights)[0]
        account = rng.choices(buyers, pull)[0]
        moment = at_work(rng, day)
        is_thinned = account.region == VOLUME_REGION and day >= VOLUME_FROM and rng.random() > 0.3
        owner = world.people[account.owner_at(moment)]
        if moment <= account.created_at or is_thinned or not owner.serves_on(day):
            continue
        deal = _new_deal(rng, account, moment, world.plan.price_level)
        _Life(world, rng, deal).run()
        _lower_price(deal)
        account.fields["has_deals"] = True
        world.deals.append(deal)
    world.deals.sort(key=lambda deal: (deal.created_at, deal.account.account_id))
    for number, deal in enumerate(world.deals):
        deal.opportunity_id = f"OP{20240001 + number}"
        deal.changes.sort(key=lambda change: change[0])
    _plant_oddities(world, rng)


def _new_deal(rng: random.Random, account: Account, moment: datetime, price_level: int) -> Deal:
    line = rng.choices(PRODUCT_LINES, [0.25, 0.3, 0.45])[0]
    typical = _AMOUNT[line] * price_level * rng.lognormvariate(0, 0.55)
    typical *= 1.6 if account.fields["is_strategic"] == "是" else 1.0
    if line == PRICE_LINE and moment.date() >= PRICE_FROM:
        typical *= PRICE_LEFT
    currency = "CNY"
    if account.region in ("华东", "华南") and rng.random() < 0.06:
        currency = rng.choice(list(_CURRENCIES))
        typical /= _CURRENCIES[currency]
    fields = {
        "name": f"{account.name}{line}采购",
        "pipeline": "标准流程",
        "lead_source": rng.choice(LEAD_SOURCES),
        "region": account.region,
    }
    deal = Deal("", account, moment, line, currency, fields)
    close = moment.date() + timedelta(days=rng.randrange(40, 110))
    amount = _round(typical)
    deal.changes.append((moment, {"amount": amount, "expected_close_on": close}))
    return deal


def _lower_price(deal: Deal) -> None:
    """Quote again what is open and unsigned on the day on which the price of its line falls."""
    if deal.product_line != PRICE_LINE or deal.created_at.date() >= PRICE_FROM:
        return
    before = deal.state_on(PRICE_FROM - timedelta(days=1))
    if before["stage"] not in STAGES[:4]:
        return
    moment = datetime.combine(PRICE_FROM, time(9))
    for at, change in deal.changes:
        if at >= moment and "amount" in change:
            change["amount"] = _round(change["amount"] * PRICE_LEFT)
    deal.changes.append((moment, {"amount": _round(before["amount"] * PRICE_LEFT)}))


def _round(amount: float) -> int:
    """Round to full hundreds, so that shares and rates stay exact to the cent."""
    return max(5000, int(round(amount / 100) * 100))


class _Life:
    """The life of one opportunity; every step is a workday later than the one before."""

    def __init__(self, world: World, rng: random.Random, deal: Deal) -> None:
        self.world, self.rng, self.deal = world, rng, deal
        self.now = deal.created_at
        self.stage = ""
        self.owner = deal.account.owner_at(self.now)
        self.reopened = 0

    def run(self) -> None:
        """Step until the deal closes for good, stands still, or the history ends."""
        self._enter(STAGES[0], "create")
        self.deal.changes.append((self.now, {"owner_id": self.owner}))
        while self._step():
            pass

    def _enter(self, stage: str, cause: str = "move") -> None:
        event = StageEvent(self.now, self.stage, stage, self.owner, cause)
        self.deal.events.append(event)
        change: dict[str, Any] = {"stage": stage, "probability": _PROBABILITY[stage]}
        if stage in (WON, LOST):
            change["closed_at"] = self.now
        elif self.stage in (WON, LOST):
            change |= {"closed_at": None, "loss_reason": "", "competitor": ""}
        if stage == LOST:
            change["loss_reason"] = self.rng.choice(_LOSS_REASONS)
            change["competitor"] = self.rng.choice(_COMPETITORS)
        self.deal.changes.append((self.now, change))
        self.stage = stage

    def _step(self) -> bool:
        rng = self.rng
        if self.stage in (WON, LOST):
            return self._reopen()
        if rng.random() < 0.008:
            return False  # forgotten: stands open for ever
        order = STAGES.index(self.stage)
        wait = max(1, round(_DWELL[order] * rng.lognormvariate(0, 0.6)))
        following = at_work(rng, self.world.calendar.plus(self.now.date(), wait))
        if self._owner_changes_before(following):
            return True
        if not self._move_to(following):
            return False
        self._edit()
        if rng.random() < self._advance_rate(order):
            skip = 2 if rng.random() < 0.05 and order < 3 else 1
            self._enter([*STAGES, WON][order + skip])
        elif rng.random() < 0.12 and order > 0:
            self._enter(STAGES[order - 1])
        else:
            self._enter(LOST)
        return True

    def _move_to(self, moment: datetime) -> bool:
        """Advance to a moment; False when the history ends or the owner has left by then."""
        if moment.date() > AS_OF or not self.world.people[self.owner].serves_on(moment.date()):
            return False
        self.now = moment
        return True

    def _owner_changes_before(self, moment: datetime) -> bool:
        for since, owner in self.deal.account.owners:
            if self.now < since <= moment and since.date() <= AS_OF and owner != self.owner:
                self.now, self.owner = since, owner
                self.deal.changes.append((since, {"owner_id": owner}))
                if self.stage != STAGES[0] and self.rng.random() < 0.8:
                    self._enter(STAGES[0], "transfer_reset")
                return True
        return False

    def _advance_rate(self, order: int) -> float:
        team = self.world.team_of(self.owner, self.now.date())
        if team and team.name == CONVERSION_TEAM and self.now.date() >= CONVERSION_FROM:
            return _ADVANCE[order] * 0.45
        return _ADVANCE[order]

    def _edit(self) -> None:
        """Change the amount or move the expected close, now and then."""
        state = self.deal.state_on(AS_OF)
        change: dict[str, Any] = {}
        if self.rng.random() < 0.25:
            change["amount"] = _round(state["amount"] * self.rng.uniform(0.85, 1.08))
        if state["expected_close_on"] < self.now.date() or self.rng.random() < 0.15:
            later = self.now.date() + timedelta(days=self.rng.randrange(15, 60))
            change["expected_close_on"] = later
        if change:
            self.deal.changes.append((self.now, change))

    def _reopen(self) -> bool:
        chance = 0.035 if self.stage == LOST else 0.004
        if self.reopened or self.rng.random() > chance:
            return False
        days = self.rng.choice((12, 18, 25, 45, 75, 120))
        later = self.world.calendar.on_or_after(self.now.date() + timedelta(days=days))
        account_owner = self.deal.account.owner_at(at_work(self.rng, later))
        if later > AS_OF or account_owner != self.owner:
            return False
        if not self._move_to(at_work(self.rng, later)):
            return False
        self.reopened += 1
        self._enter(STAGES[1] if self.stage == LOST else STAGES[3], "reopen")
        return True


def _plant_oddities(world: World, rng: random.Random) -> None:
    """Plant undated, deleted and unconvertible opportunities and one with an unknown owner."""
    still = [d for d in world.deals if d.state_on(AS_OF)["stage"] in STAGES[:3]]
    old = [d for d in still if d.created_at.date() < world.plan.opening]
    undated = rng.sample(old, min(world.plan.undated, len(old)))
    for deal in undated:
        deal.is_undated = True
    rest = [d for d in old if d not in undated and d.changes[-1][0].date() < world.plan.opening]
    for deal, day in zip(rest[:2], (date(2026, 3, 3), date(2026, 3, 9)), strict=False):
        deal.deleted_on = day
    never_signed = [d for d in rest[2:] if all(e.to_stage in STAGES[:4] for e in d.events)]
    yen = [deal for deal in never_signed if deal.currency == "CNY"][:1]
    for deal in yen:
        deal.currency = "JPY"
    nobody = [deal for deal in never_signed if deal not in yen][:1]
    for deal in nobody:
        deal.changes.append((deal.changes[-1][0], {"owner_id": UNKNOWN_OWNER}))
    world.planted["unknown_owner_opportunities"] = [d.opportunity_id for d in nobody]
    styled = [deal for deal in world.deals if deal.currency == "CNY"][7::400]
    world.planted["styled_amounts"] = {
        deal.opportunity_id: "万" if number % 2 else "￥" for number, deal in enumerate(styled)
    }
    world.planted["undated_opportunities"] = [d.opportunity_id for d in undated]
    world.planted["deleted_opportunities"] = [
        {"opportunity_id": d.opportunity_id, "missing_from": d.deleted_on}
        for d in rest[:2]
        if d.deleted_on
    ]
    world.planted["unconverted_opportunities"] = [d.opportunity_id for d in yen]


def deal_row(deal: Deal, day: date) -> dict[str, Any]:
    """Return an opportunity as an export of a day shows it."""
    row = {
        "opportunity_id": deal.opportunity_id,
        "account_id": deal.account.account_id,
        "product_line": deal.product_line,
        "currency": deal.currency,
        "created_at": None if deal.is_undated else deal.created_at,
    }
    return row | deal.fields | deal.state_on(day)
