"""Laws of the ledger, held over random histories of 800 order lines in ten exports."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest

from tests.dbt.built import BuiltCompany
from tests.dbt.random_orders import EXPORTS, histories, slow_ledger, state_of, write_random_orders

LAST = "2026-03-31"
DAYS = ["2026-03-03", "2026-03-10", "2026-03-13", LAST]


@pytest.fixture(scope="module")
def world(built_company) -> BuiltCompany:
    return built_company(write_random_orders, ["+int_new_customer_event"])


def found(world: BuiltCompany, day: str) -> list[tuple]:
    return world.query(
        day,
        "select booking_entry_id, booking_id, entry_kind, booked_on, recorded_on, signed_on, "
        "person_id, team, product_line, original_amount, amount, fx_rate from fct_booking",
    )


@pytest.mark.parametrize("day", DAYS)
def test_the_models_book_what_a_slow_ledger_books_export_by_export(world, day):
    told: Counter[tuple] = Counter()
    for (order, line), history in histories().items():
        seen = {on: shown for on, shown in history.items() if on.isoformat() <= day}
        for on, recorded_on, _, product_line, amount, signed_on in slow_ledger(seen):
            if on.isoformat() <= day:
                told[
                    (f"order|{order}|{line}", on, recorded_on, product_line, amount, signed_on)
                ] += 1
    sums: dict[tuple, Decimal] = defaultdict(Decimal)
    for entry, booking, _, on, recorded_on, signed_on, _, _, product_line, _, amount, _ in found(
        world, day
    ):
        sums[(entry.rsplit("|", 1)[0], booking, on, recorded_on, product_line, signed_on)] += amount
    mine = Counter(
        (b, on, rec, line, amount, signed) for (_, b, on, rec, line, signed), amount in sums.items()
    )
    assert mine == told
    assert sum(told.values()) > 100


def test_unshared_credit_is_the_persons_that_was_named_first(world):
    told = {
        (f"order|{order}|{line}", on, rec, person or "unknown", amount)
        for (order, line), history in histories().items()
        if int(order[1:]) % 5
        for on, rec, person, _, amount, _ in slow_ledger(history)
        if on.isoformat() <= LAST
    }
    mine = {
        (booking, on, rec, person, amount)
        for _, booking, _, on, rec, _, person, _, _, _, amount, _ in found(world, LAST)
        if int(booking.split("|")[1][1:]) % 5
    }
    assert mine == told


def test_what_stands_booked_is_what_the_last_export_shows_effective(world):
    told = {}
    for (order, line), history in histories().items():
        shown = history[EXPORTS[-1]]
        if (
            state_of(shown) == "counted"
            and shown is not None
            and shown.signed_on.isoformat() <= LAST
        ):
            told[f"order|{order}|{line}"] = shown.amount
        else:
            told[f"order|{order}|{line}"] = Decimal(0)
    booked: dict[str, Decimal] = defaultdict(Decimal)
    for row in found(world, LAST):
        booked[row[1]] += row[9]
    assert {booking: booked[booking] for booking in told} == told


@pytest.mark.parametrize("earlier, later", list(pairwise(DAYS)))
def test_a_past_day_changes_only_by_rows_recorded_after_it(world, earlier, later):
    then = set(found(world, earlier))
    since = date.fromisoformat(earlier)
    now = {row for row in found(world, later) if row[4] <= since and row[3] <= since}
    assert now == then
    assert then


def test_a_reversal_is_dated_and_never_before_the_signing_it_takes_back(world):
    kinds = Counter()
    for _, _, kind, on, _, signed_on, *_ in found(world, LAST):
        assert on is not None and on >= signed_on
        kinds[kind] += 1
    assert {
        "signed",
        "cancelled",
        "voided",
        "deleted",
        "restored",
        "amount_changed",
        "corrected",
    } <= set(kinds)


def test_shares_sum_to_every_entry_and_a_closed_booking_leaves_nobody_a_cent(world):
    by_person: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    entries: dict[str, list[Decimal]] = defaultdict(list)
    booked: dict[str, Decimal] = defaultdict(Decimal)
    for row in found(world, LAST):
        if int(row[1].split("|")[1][1:]) % 5 == 0:
            by_person[(row[1], row[6])] += row[9]
            entries[row[0].rsplit("|", 1)[0]].append(row[9])
            booked[row[1]] += row[9]
    assert entries and all(len(parts) == 3 for parts in entries.values())
    assert all(part == round(part, 2) for parts in entries.values() for part in parts)
    left = {key: amount for key, amount in by_person.items() if booked[key[0]] == 0}
    assert left and set(left.values()) == {Decimal(0)}


def test_a_booking_is_converted_at_the_rate_of_its_signing(world):
    rates = {
        (signed_on >= date(2026, 3, 1), fx_rate)
        for _, _, _, _, _, signed_on, *_, fx_rate in found(world, LAST)
        if fx_rate != 1
    }
    assert rates == {(True, Decimal("7.300000")), (False, Decimal("7.000000"))}


def test_order_counts_are_the_orders_in_force(world):
    [(counted,)] = world.query(LAST, "select sum(step) from intermediate.int_order_event")
    in_force = {
        order
        for (order, _), history in histories().items()
        if state_of(history[EXPORTS[-1]]) == "counted"
    }
    assert counted == len(in_force)
    running = world.query(
        LAST,
        "select order_id, list(step order by event_on, step desc, booking_entry_id) "
        "from intermediate.int_order_event group by 1",
    )
    assert all(
        steps == [1, -1] * (len(steps) // 2) + [1] * (len(steps) % 2) for _, steps in running
    )


def test_versions_say_of_every_export_what_it_showed(world):
    """Also of a line that was missing, or different, and came back as it had been."""
    spans = defaultdict(list)
    for order, line, amount, status, first, before in world.query(
        LAST,
        "select order_id, line_no, amount, status, valid_from, valid_before "
        "from landed.orders_version",
    ):
        spans[(order, line)].append((first, before or date.max, amount, status))
    for key, history in histories().items():
        for day, shown in history.items():
            held = [
                (amount, status)
                for first, before, amount, status in spans[key]
                if first <= day < before
            ]
            assert held == ([] if shown is None else [(shown.amount, shown.status)]), (key, day)
