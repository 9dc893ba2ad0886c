"""Any past day, computed today, equals what that day's night published, while files came in day by day."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from pipelines.demo.write import write_demo_company
from tests.nights import built_hashes, deliver, hold_back, night

pytestmark = pytest.mark.deep(topic="past")

LAST = date(2026, 3, 10)
# Each night takes in what has arrived since the one before: every one of the tiny company's eleven, and
# every sixth of the demo company's sixty.
PLANS = {
    "tiny": [LAST - timedelta(days=back) for back in range(10, -1, -1)],
    "full": [LAST - timedelta(days=back) for back in range(54, -1, -6)],
}


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
