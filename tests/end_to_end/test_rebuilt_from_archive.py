"""Sixty nights of a small company, then only archive, rules and settings are left: all come back alike."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from pipelines.commands.nightly import run_range
from pipelines.settings import CompanyFolder
from tests.nights import built_hashes, content_hashes, forget_all_but_archive, marts, night
from tests.small_world import DEALS, FILES, ORDERS, TARGETS, deliver, write_small_world

pytestmark = pytest.mark.deep(topic="rebuild")

FIRST = date(2026, 2, 10)
NIGHTS = 60
REVISED, LEFT = 20, 35
STAGES = ("初步接触", "需求确认", "报价中", "谈判中", "赢单")


def exports(number: int) -> dict[str, str]:
    """What a night brings: one more order, deals that move on every ten nights, now and then more."""
    day = FIRST + timedelta(days=number)
    files = dict(FILES)
    files["orders"] = ORDERS + "".join(
        f"N{n},C{n % 3 + 1},P{n % 4 + 1},{FIRST + timedelta(days=n)},{1000 * n},,已生效,\n"
        for n in range(1, number + 1)
    )
    stage = STAGES[min(number // 10, len(STAGES) - 1)]
    closed = FIRST + timedelta(days=40)
    moved = f"N1,十三,C2,P2,{stage},45000,2026-02-09,2026-04-15,{closed if number >= 40 else ''},\n"
    files["deals"] = DEALS + moved
    files["followups"] = (
        f"跟进编号,跟进人编号,跟进时间,跟进方式,客户编号,跟进内容\nT{number},P{number % 4 + 1},{day} 10:00,电话,C{number % 3 + 1},谈了第{number}次报价的付款方式\n"
    )
    if number >= REVISED:
        files["targets"] = TARGETS.replace(
            "2026-02,签单额,32", "2026-02,签单额,36\n2026-03,签单额,40"
        )
    if number >= LEFT:
        # One row that nobody can read goes to quarantine on every night from here on.
        files["deals"] += "X1,十四,C1,P1,报价中,三十来万吧,2026-03-01,2026-04-30,,\n"
    return files


def test_sixty_nights_come_back_from_archive_rules_and_settings_alone(tmp_path: Path) -> None:
    home = write_small_world(tmp_path / "company", day=f"{FIRST:%Y%m%d}")
    days = [FIRST + timedelta(days=number) for number in range(NIGHTS)]
    told = {}
    for number, day in enumerate(days):
        for name, text in exports(number).items():
            deliver(home, name, text, f"{day:%Y%m%d}")
        result = night(home, day.isoformat())
        assert result.outcome == "published", (day, result.reason_en, result.checks_failed)
        told[day] = built_hashes(home, day.isoformat())
    shown = content_hashes(home)
    # What is compared changes: sixty equal nights would prove nothing.
    assert len({each["mart_target_attainment"] for each in told.values()}) == NIGHTS
    assert marts(home, "select count(*) > 0 from mart_quarantine") == [(True,)]

    forget_all_but_archive(home)
    results = run_range(CompanyFolder(home), days[0], days[-1])
    # Readers keep the newest night that the manifest knows; those before it are built beside it.
    assert [r.outcome for r in results] == ["built"] * (NIGHTS - 1) + ["published"]
    different = {
        day: sorted(mart for mart in told[day] if again.get(mart) != told[day][mart])
        for day in days
        if (again := built_hashes(home, day.isoformat())) != told[day]
    }
    assert different == {}
    assert content_hashes(home) == shown
