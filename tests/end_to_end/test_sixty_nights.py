"""Any past day, computed today, equals what that day's night published, while files came in day by day."""

from __future__ import annotations

import re
import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest

from pipelines.demo.write import write_demo_company
from tests.nights import built_hashes, night

pytestmark = pytest.mark.deep(topic="nights")

LAST = date(2026, 3, 10)
# Each night takes in what has arrived since the one before: every one of the tiny company's eleven, and
# every sixth of the demo company's sixty.
PLANS = {
    "tiny": [LAST - timedelta(days=back) for back in range(10, -1, -1)],
    "full": [LAST - timedelta(days=back) for back in range(54, -1, -6)],
}
_DAY = re.compile(r"(20\d{6})")


def hold_back(inbox: Path, waiting: Path, after: date) -> None:
    """Take files of later days out of the inbox; they are delivered when their day comes."""
    for file in [f for f in inbox.rglob("*") if f.is_file()]:
        found = _DAY.search(file.name)
        if found and date.fromisoformat(found[1]) > after:
            target = waiting / file.relative_to(inbox)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(file, target)


def deliver(waiting: Path, inbox: Path, until: date) -> None:
    """Put the files of a day and of those before it into the inbox."""
    for file in [f for f in waiting.rglob("*") if f.is_file()]:
        found = _DAY.search(file.name)
        assert found
        if date.fromisoformat(found[1]) <= until:
            target = inbox / file.relative_to(waiting)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(file, target)


@pytest.mark.parametrize("scale", PLANS)
def test_every_past_day_computed_today_is_what_its_night_published(
    tmp_path: Path, scale: str
) -> None:
    home, waiting = tmp_path / "company", tmp_path / "waiting"
    write_demo_company(home, scale=scale)
    nights = PLANS[scale]
    hold_back(home / "inbox", waiting, nights[0])
    published = {}
    for day in nights:
        deliver(waiting, home / "inbox", day)
        night(home, day.isoformat())
        published[day] = built_hashes(home, day.isoformat())
    for day in nights[:-1]:
        night(home, day.isoformat())
        again = built_hashes(home, day.isoformat())
        different = {mart for mart in again if again[mart] != published[day].get(mart)}
        assert different == set(), day
        assert again.keys() == published[day].keys()
