"""A company folder with channels, messages that wait, and a clock that only sleeping moves."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from pipelines.core.alerts.digest import Digest, Line
from pipelines.operations.alerts.outbox import Message, Outbox
from pipelines.operations.alerts.sending import Sending, SendReport
from pipelines.operations.alerts.tables import messages, open_tables
from pipelines.settings import CompanyFolder, CompanySettings

D = date(2026, 3, 10)
MORNING = datetime(2026, 3, 11, 0, 5, tzinfo=UTC)  # 08:05 in Shanghai
WECOM = "rep@env:T_WECOM"


class Clock:
    """Stands still until somebody sleeps."""

    def __init__(self, now: datetime = MORNING) -> None:
        self.now = now
        self.slept: list[float] = []

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)


def settings(*channels: dict) -> CompanySettings:
    entries = channels or ({"channel": "wecom", "url": "env:T_WECOM", "to": "rep"},)
    return CompanySettings.model_validate(
        {
            "company": {"name": "纸上公司"},
            "sources": [{"name": "orders", "entity": "orders", "kind": "file", "path": "x"}],
            "alerts": list(entries),
        }
    )


def outbox_of(home: Path) -> Outbox:
    (home / "warehouse").mkdir(parents=True, exist_ok=True)
    return Outbox(open_tables(home / "warehouse" / "operations.sqlite"))


def message(
    number: int = 1, channel: str | None = WECOM, at: datetime = MORNING, version: str = "v1"
) -> Message:
    digest = Digest(
        f"U{number}", "zh", f"提醒 {number}", (Line("1. 客户逾期", None, f"k{number}"),)
    )
    return Message(f"{version}/{channel}/U{number:03d}", version, D, "digest", channel, digest, at)


def send(home: Path, clock: Clock, chosen: CompanySettings | None = None, **more) -> SendReport:
    return Sending(
        CompanyFolder(home), chosen or settings(), outbox_of(home), clock, clock.sleep, **more
    ).run()


def statuses(home: Path) -> dict[str, str]:
    with open_tables(home / "warehouse" / "operations.sqlite").connect() as connection:
        rows = connection.execute(messages.select().order_by(messages.c.message_id)).mappings()
        return {row["recipient"]: row["status"] for row in rows}
