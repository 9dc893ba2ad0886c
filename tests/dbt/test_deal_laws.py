"""Laws of the ledger where deals are what is booked, over 300 random histories in eight exports."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from tests.dbt.built import BuiltCompany
from tests.dbt.random_deals import EXPORTS, USD, histories, write_random_deals

DAYS = ["2026-03-06", "2026-03-13", "2026-03-31"]
LAST = DAYS[-1]


@pytest.fixture(scope="module")
def world(built_company) -> BuiltCompany:
    return built_company(write_random_deals, ["+int_order_event"])


def entries(world: BuiltCompany, day: str) -> list[tuple[Any, ...]]:
    return world.query(
        day,
        "select opportunity_id, booking_entry_id, booked_on, recorded_on, signed_on, person_id, "
        "original_amount, amount, effective_step, fx_rate, currency, entry_kind from fct_booking",
    )


def seen(day: str) -> list[date]:
    return [on for on in EXPORTS if on.isoformat() <= day]


@pytest.mark.parametrize("day", DAYS)
def test_a_deal_however_often_it_was_reopened_and_won_again_nets_to_one_booking_or_none(world, day):
    booked: dict[str, Decimal] = defaultdict(Decimal)
    steps: Counter[str] = Counter()
    for key, _, _, _, _, _, original, _, step, *_ in entries(world, day):
        booked[key] += original
        steps[key] += step
    for key, history in histories().items():
        last = history[seen(day)[-1]]
        assert booked[key] == (last.amount if last.is_signed else 0), key
        assert steps[key] == (1 if last.is_signed else 0), key


def test_every_turn_of_the_stage_is_one_dated_entry(world):
    turns = Counter(
        (key, on) for key, _, on, _, _, _, _, _, step, *_ in entries(world, LAST) if step
    )
    told: Counter[tuple[str, date]] = Counter()
    for key, history in histories().items():
        signed = [history[day].is_signed for day in EXPORTS]
        told.update(
            (key, day)
            for at, day in enumerate(EXPORTS)
            if signed[at] != (at > 0 and signed[at - 1])
        )
    assert turns == told
    assert sum(told.values()) > 400


def test_a_reversal_takes_back_from_whom_it_was_booked_to_the_cent(world):
    left: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for key, _, _, _, _, person, _, amount, *_ in entries(world, LAST):
        left[(key, person)] += amount
    for key, history in histories().items():
        if not history[EXPORTS[-1]].is_signed:
            assert all(amount == 0 for (deal, _), amount in left.items() if deal == key), key


def test_a_booking_keeps_the_rate_of_its_signing_and_is_reversed_at_it(world):
    by_run: dict[tuple[str, date], set[Decimal]] = defaultdict(set)
    for key, _, on, _, signed_on, _, _, _, _, rate, currency, _ in entries(world, LAST):
        assert on >= signed_on
        newest = max(day for day in USD if day <= signed_on)
        assert rate == (USD[newest] if currency == "USD" else 1)
        by_run[(key, signed_on)].add(rate)
    assert all(len(rates) == 1 for rates in by_run.values())


@pytest.mark.parametrize("earlier, later", list(pairwise(DAYS)))
def test_a_past_day_changes_only_by_rows_recorded_after_it(world, earlier, later):
    since = date.fromisoformat(earlier)
    then = set(entries(world, earlier))
    now = {row for row in entries(world, later) if row[2] <= since and row[3] <= since}
    assert now == then and then
