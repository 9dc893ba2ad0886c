"""Alerts of a company of five people, through the real job: told once; held nights too."""

from __future__ import annotations

from datetime import date, time
from pathlib import Path

import pytest
import yaml

from pipelines.commands.alerts import rehearse, send_waiting
from pipelines.settings import CompanyFolder
from tests.end_to_end.two_weeks import ROLES, at
from tests.nights import night, operations
from tests.servers.robots import Hook
from tests.small_world import REVERSED, deliver, write_small_world

pytestmark = pytest.mark.deep(topic="nights")


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    home = write_small_world(tmp_path / "company")
    path = home / "company.yml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    content["board_url"] = "https://bi.example.com/board"
    content["alerts"] = [
        {"channel": "webhook", "url": "env:T_HOOK", "to": role, "language": "en"} for role in ROLES
    ]
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    with Hook() as hook:
        monkeypatch.setenv("T_HOOK", hook.address)
        yield home, hook


def run(home: Path, *, hour: int = 3):
    with at(date(2026, 3, 1), time(hour)):
        return night(home)


def test_a_night_is_told_after_quiet_hours_once_and_a_held_one_to_the_data_team(company) -> None:
    home, hook = company
    folder = CompanyFolder(home)
    assert run(home).outcome == "published"
    assert hook.calls == []  # three in the morning
    waiting = operations(home, "select recipient, status from marts.mart_alert_message order by 1")
    assert waiting == [(who, "waiting") for who in ("P1", "P2", "P3", "P4", "P9")]
    assert (home / "published" / "alerts" / "2026-02-28" / "P9.md").is_file()

    with at(date(2026, 3, 1), time(8, 5)):
        send_waiting(folder)
        send_waiting(folder)
    told = {call.body["recipient"]: call.body for call in hook.calls}
    assert len(hook.calls) == len(told) == 5
    # worked out on paper: the company misses 230,000 of 320,000 and P9 leads it; on its last day
    # February is told by its deviation alone
    [closed] = [
        line for line in told["P9"]["lines"] if "纸上公司 2026-02 Signed amount" in line["text"]
    ]
    assert "closed -71.9 % off: target 320,000, actual 90,000" in closed["text"]
    assert "CNY 230,000 at stake; since 2026-02-28" in closed["text"]
    assert closed["link"] == "https://bi.example.com/board#person=P9&alert=deviation_review"
    # C1 is an A customer, due on 27 February, one workday before D
    assert any(
        "Customer 晨星医院 (tier A) is 1 workdays" in one["text"] for one in told["P1"]["lines"]
    )

    rehearsed: list[str] = []
    rehearse(folder, rehearsed.append)
    assert any(text.startswith("\n=== P9 → director") or "=== P9" in text for text in rehearsed)

    assert run(home, hour=9).outcome == "published"  # the same day again: nothing is news
    assert len(hook.calls) == 5

    deliver(home, "orders", REVERSED, "20260228")
    assert run(home, hour=10).outcome == "held"
    assert run(home, hour=11).outcome == "held"
    [said] = [call.body for call in hook.calls[5:]]
    assert said["recipient"] == "data_team"
    assert said["title"].startswith("2026-02-28 was not published: held back by a data check")
    assert len(said["lines"]) == 1
    assert said["lines"][0]["text"].startswith("Held back by 1 data check(s): landed/orders")
    assert said["lines"][0]["link"] == "https://bi.example.com/board"
    assert operations(home, "select status from marts.mart_alert_message where kind = 'run'") == [
        ("delivered",)
    ]


def test_an_older_day_never_alerts(company) -> None:
    home, hook = company
    run(home, hour=9)
    before = len(hook.calls)
    with at(date(2026, 3, 1), time(9)):
        night(home, "2026-02-27", publish_older=True)
    assert len(hook.calls) == before
    assert operations(home, "select distinct as_of from marts.mart_alert_message") == [
        (date(2026, 2, 28),)
    ]
