"""Eleven nights on the tiny demo company: the right person, on the right day, once."""

from __future__ import annotations

from collections import Counter
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import select

from pipelines.operations.alerts.tables import messages, open_tables
from tests.end_to_end.two_weeks import NIGHTS, company_with_a_channel, run_nights, table, told

pytestmark = pytest.mark.deep(topic="nights")

# Worked out on paper from truth.json (last good contact, tier, owner) and the workdays 28 February (made
# up), 2 to 6, 9 and 10 March: overdue on the workday after the cadence, high risk on the one after twice
# the cadence, both told to the owner that night.
PLANTED = {
    ("followup_overdue/C100018", "U1002"): date(2026, 3, 9),
    ("followup_overdue/C100004", "U1006"): date(2026, 3, 9),  # a stop phrase did not count
    ("followup_overdue/C100052", "U1003"): date(2026, 2, 28),
    ("followup_high_risk/C100052", "U1003"): date(2026, 3, 6),
    ("followup_overdue/C100043", "U1002"): date(2026, 2, 28),  # nor did a call at an A customer
    ("followup_high_risk/C100043", "U1002"): date(2026, 3, 6),
    ("followup_overdue/C100015", "U1006"): date(2026, 3, 5),
    ("followup_overdue/C100048", "U1005"): date(2026, 3, 5),
    ("followup_overdue/C100024", "U1005"): date(2026, 2, 28),
    ("followup_overdue/C100028", "U1003"): date(2026, 2, 28),
    ("followup_high_risk/C100047", "U1002"): date(2026, 3, 4),
    ("followup_high_risk/C100029", "U1006"): date(2026, 3, 4),
    ("followup_high_risk/C100012", "U1006"): date(2026, 3, 3),
    ("followup_high_risk/C100007", "U1005"): date(2026, 3, 3),
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("weeks") / "company"
    with company_with_a_channel(folder):
        run_nights(folder, NIGHTS)
    return folder


def test_every_planted_customer_is_told_to_its_owner_on_its_day(home: Path) -> None:
    first = {}
    for day, recipient, key in told(home):
        first.setdefault((key, recipient), day)
    assert {planted: first.get(planted) for planted in PLANTED} == PLANTED


def test_nobody_hears_the_same_matter_twice_while_it_lasts(home: Path) -> None:
    days: dict[tuple[str, str], list[date]] = {}
    for day, recipient, key in told(home):
        days.setdefault((recipient, key), []).append(day)
    # again only as a new occurrence: two clean nights cleared it, so at least three nights lie between
    again = {pair: heard for pair, heard in days.items() if len(heard) > 1}
    assert [h for h in again.values() if min((b - a).days for a, b in pairwise(h)) < 3] == []


def test_a_person_gets_one_message_a_night_at_most_and_all_arrive(home: Path) -> None:
    with open_tables(home / "warehouse" / "operations.sqlite").connect() as connection:
        rows = connection.execute(select(messages.c.as_of, messages.c.recipient, messages.c.status))
        sent = [tuple(row) for row in rows]
    assert max(Counter((day, who) for day, who, _ in sent).values()) == 1
    assert {status for _, _, status in sent} == {"delivered"}


def test_the_table_of_the_docs_is_what_the_nights_told(home: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "alerts.md").read_text(encoding="utf-8")
    assert table(home) in page
