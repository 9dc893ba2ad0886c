"""Nights on the demo company: the right person, on the right day, once."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from pipelines.operations.alerts.tables import messages, open_tables
from tests.end_to_end.two_weeks import NIGHTS, company_with_a_channel, run_nights, table, told
from tests.nights import marts

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


# Workdays of the two weeks; Saturday 28 February was made up.
WORKDAYS = [date(2026, 2, day) for day in (25, 26, 27, 28)] + [
    date(2026, 3, day) for day in (2, 3, 4, 5, 6, 9, 10)
]
CADENCE_WORKDAYS = {"A": 5, "B": 10, "C": 22}


def told_nights(home: Path, scale: str) -> Path:
    with company_with_a_channel(home, scale):
        run_nights(home, NIGHTS[scale])
    return home


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return told_nights(tmp_path_factory.mktemp("weeks") / "company", "tiny")


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return told_nights(tmp_path_factory.mktemp("weeks") / "company", "full")


@pytest.fixture(scope="module", params=NIGHTS)
def home(request: pytest.FixtureRequest) -> Path:
    found: Path = request.getfixturevalue(request.param)
    return found


def first_told(home: Path) -> dict[tuple[str, str], date]:
    """Return the night on which each person first heard of each matter."""
    first: dict[tuple[str, str], date] = {}
    for day, recipient, key in told(home):
        first.setdefault((key, recipient), day)
    return first


def truth(home: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((home / "truth/truth.json").read_text(encoding="utf-8"))
    return found


def workdays_back(count: int) -> date:
    """Return the day on which what is `count` workdays old on the last night was new, within the weeks."""
    return WORKDAYS[max(0, len(WORKDAYS) - count)]


def test_every_planted_customer_is_told_to_its_owner_on_its_day(tiny: Path) -> None:
    first = first_told(tiny)
    assert {planted: first.get(planted) for planted in PLANTED} == PLANTED


def test_every_planted_follow_up_of_two_weeks_is_told_to_its_owner_on_its_day(full: Path) -> None:
    """Overdue on the workday after the cadence, at high risk on the one after twice the cadence."""
    wanted = {}
    for case in truth(full)["followups"]:
        late = case["overdue_workdays"]
        if case["status"] == "overdue":
            key = f"followup_overdue/{case['account_id']}"
            wanted[key, case["owner_id"]] = workdays_back(late)
        if case["status"] == "high_risk":
            key = f"followup_high_risk/{case['account_id']}"
            over = late - CADENCE_WORKDAYS[case["tier"]]
            wanted[key, case["owner_id"]] = workdays_back(over)
    first = first_told(full)
    assert len(wanted) > 30
    assert {planted: first.get(planted) for planted in wanted} == wanted


def test_what_a_leaver_left_is_told_to_his_manager_the_night_he_left(full: Path) -> None:
    first = first_told(full)
    managers = {"U1006": "U1003", "U1024": "U1019", "U1010": "U1007"}
    twins = {twin for pair in truth(full)["duplicate_customers"] for twin in pair["account_ids"]}
    invalid = marts(full, "select item_id from mart_handover where state = 'invalid'")
    untold = twins | {item for (item,) in invalid}
    checked = 0
    for leaver in truth(full)["leavers"]:
        for kind, ids in (("customer", "account_ids"), ("opportunity", "open_opportunity_ids")):
            for item in set(leaver[ids]) - untold:  # of two records of one customer one is told
                key = f"leaver_orphan/{leaver['person_id']}/{kind}/{item}"
                night = max(date.fromisoformat(leaver["left_on"]), NIGHTS["full"][0])
                assert first.get((key, managers[leaver["person_id"]])) == night, key
                checked += 1
    assert checked > 100


def test_who_sells_without_a_target_is_told_to_his_manager_each_month(full: Path) -> None:
    lacking = {
        tuple(key.split("/")[1:]): day
        for (key, _), day in first_told(full).items()
        if key.startswith("target_missing/")
    }
    march = {who for (month, who) in lacking if month == "2026-03"}
    assert march == set(truth(full)["people_without_targets"])


def test_a_market_move_is_told_the_night_it_is_known(full: Path) -> None:
    [move] = truth(full)["market_calibration"]
    moved = {
        key: day for (key, _), day in first_told(full).items() if key.startswith("market_move/")
    }
    assert moved == {f"market_move/product_line/{move['product_line']}/2026": date(2026, 3, 6)}


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


def test_the_table_of_the_docs_is_what_the_nights_told(full: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "alerts.md").read_text(encoding="utf-8")
    assert table(full, NIGHTS["full"]) in page
