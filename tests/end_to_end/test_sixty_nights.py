"""Any past day, computed today, equals what that day's night published, while files came in day by day.

Every day of the demo company's sixty is compared in its small form, in two stretches that run side by side;
the company at its own size takes in every sixth day.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from pipelines.demo.world import PLANS
from pipelines.demo.write import write_demo_company
from tests.nights import built_hashes, deliver, hold_back, night

LAST = date(2026, 3, 10)


def days_back(*back: int) -> list[date]:
    return [LAST - timedelta(days=days) for days in back]


@pytest.mark.deep(topic="past")
@pytest.mark.parametrize(
    "nights",
    [
        pytest.param(days_back(*range(59, 29, -1), 0), id="the first thirty, seen from the last"),
        pytest.param(days_back(*range(29, -1, -1)), id="the last thirty"),
    ],
)
def test_each_of_sixty_days_computed_today_is_what_its_night_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nights: list[date]
) -> None:
    # The small company with as many daily exports as the demo at its own size.
    sixty_exports = replace(PLANS["tiny"], opening=PLANS["full"].opening)
    monkeypatch.setitem(PLANS, "tiny", sixty_exports)
    compare_past_days(tmp_path, "tiny", nights)


@pytest.mark.deep(topic="nights")
def test_past_days_of_the_company_at_its_own_size_are_what_their_nights_published(
    tmp_path: Path,
) -> None:
    compare_past_days(tmp_path, "full", days_back(*range(54, -1, -6)))


def compare_past_days(folder: Path, scale: str, nights: list[date]) -> None:
    """Publish these nights, each with the files that had come by then, and compute all but the last again."""
    home, waiting = folder / "company", folder / "waiting"
    write_demo_company(home, scale=scale)
    hold_back(home / "inbox", waiting, nights[0])
    published = {}
    for day in nights:
        deliver(waiting, home / "inbox", day)
        result = night(home, day.isoformat())
        assert result.outcome == "published", (day, result.reason_en, result.checks_failed)
        published[day] = built_hashes(home, day.isoformat())
    # What is compared changes: equal nights would prove nothing (nobody works on holidays).
    assert len({each["fct_activity"] for each in published.values()}) > len(nights) // 3
    different = {}
    for day in nights[:-1]:
        night(home, day.isoformat())
        again = built_hashes(home, day.isoformat())
        if again != published[day]:
            different[day] = sorted(
                mart
                for mart in again.keys() | published[day].keys()
                if again.get(mart) != published[day].get(mart)
            )
    assert different == {}
