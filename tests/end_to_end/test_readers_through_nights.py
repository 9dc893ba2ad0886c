"""Ten real nights under BI readers: no error, no waiting, never two nights mixed."""

from __future__ import annotations

import multiprocessing as mp
import time
from datetime import date, timedelta
from multiprocessing.synchronize import Event
from pathlib import Path

import duckdb
import pytest

from tests.nights import marts, night
from tests.small_world import FILES, deliver, write_small_world

pytestmark = pytest.mark.deep(topic="nights")

NIGHTS = 10
CONSISTENT = """
    select
        (select max(booked_on) from marts.fct_booking) as last_booking,
        (select sum(amount) from marts.fct_booking),
        (select sum(actual) from marts.mart_target_attainment
         where metric = 'signed_amount' and scope_type = 'company' and period_type = 'year' and level = 'base'
           and scenario = 'base')
"""


def read_in_a_loop(path: str, stop: Event, held: bool, answers: mp.Queue) -> None:
    """Query until told to stop; a held reader keeps its connection, the other opens a new one each time."""
    seen: set[tuple] = set()
    errors: list[str] = []
    connection = duckdb.connect(path, read_only=True) if held else None
    count = 0
    while not stop.is_set():
        try:
            con = connection or duckdb.connect(path, read_only=True)
            seen.add(tuple(map(str, con.execute(CONSISTENT).fetchone() or ())))
            if connection is None:
                con.close()
            count += 1
        except duckdb.Error as error:
            errors.append(str(error))
        time.sleep(0.2)
    answers.put((held, count, sorted(seen), errors))


def test_readers_never_fail_and_never_see_two_nights_mixed(tmp_path: Path) -> None:
    home = write_small_world(tmp_path / "company", day="20260210")
    first = date(2026, 2, 10)
    assert night(home, first.isoformat()).outcome == "published"
    context = mp.get_context("spawn")
    stop, answers = context.Event(), context.Queue()
    path = str(home / "published" / "marts.duckdb")
    readers = [
        context.Process(target=read_in_a_loop, args=(path, stop, held, answers))
        for held in (True, False, False)
    ]
    for reader in readers:
        reader.start()
    for number in range(1, NIGHTS):
        day = first + timedelta(days=number)
        order = f"N{number},C1,P1,{day},{1000 * number},,已生效,\n"
        extra = (
            "".join(
                f"N{n},C1,P1,{first + timedelta(days=n)},{1000 * n},,已生效,\n"
                for n in range(1, number)
            )
            + order
        )
        for name, text in FILES.items():
            deliver(home, name, text + (extra if name == "orders" else ""), f"{day:%Y%m%d}")
        result = night(home, day.isoformat())
        assert result.outcome == "published", (result.reason_en, result.checks_failed)
    stop.set()
    found = [answers.get(timeout=60) for _ in readers]
    for reader in readers:
        reader.join()
    for held, count, seen, errors in found:
        assert errors == [] and count > 10
        assert len(seen) == 1 if held else len(seen) > 3
        for _, ledger, attainment in seen:
            assert ledger.rstrip("0") == attainment.rstrip("0"), "two marts of one night must agree"
    assert marts(home, "select count(*) from mart_run")[0][0] >= NIGHTS
