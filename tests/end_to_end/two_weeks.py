"""Nights on the demo company, each told the next morning to a service on this machine.

`python -m tests.end_to_end.two_weeks DIR` runs two weeks of the whole demo company, the exports of
each day arriving on their day, and prints the table of docs/alerts.md; `... DIR tiny` the eleven
nights of the small one.
"""

from __future__ import annotations

import os
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from unittest import mock

import yaml
from sqlalchemy import select

from pipelines.demo import write_demo_company
from pipelines.operations.alerts.tables import message_lines, messages, open_tables
from tests.nights import deliver, hold_back, night
from tests.servers.robots import Hook

LAST = date(2026, 3, 10)
NIGHTS = {
    scale: [LAST - timedelta(days=back) for back in range(count - 1, -1, -1)]
    for scale, count in {"tiny": 11, "full": 14}.items()
}
ROLES = ("rep", "manager", "director", "data_team")


@contextmanager
def company_with_a_channel(home: Path, scale: str) -> Iterator[Hook]:
    """Write the demo company and let every role be told through one webhook."""
    write_demo_company(home, scale=scale)
    path = home / "company.yml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    content["alerts"] = [{"channel": "webhook", "url": "env:T_HOOK", "to": r} for r in ROLES]
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    with Hook() as hook, mock.patch.dict(os.environ, {"T_HOOK": hook.address}):
        yield hook


def run_nights(home: Path, days: list[date]) -> None:
    """Run each day's night on the files of that day the next morning at 03:00, and send at 08:05."""
    from pipelines.commands.alerts import send_waiting
    from pipelines.settings import CompanyFolder

    waiting = home.with_name(f"{home.name}-waiting")
    hold_back(home / "inbox", waiting, days[0])
    for day in days:
        deliver(waiting, home / "inbox", day)
        with at(day + timedelta(days=1), time(3, 0)):
            result = night(home, day.isoformat())
        assert result.outcome == "published", (day, result.outcome, result.reason_en)
        with at(day + timedelta(days=1), time(8, 5)):
            send_waiting(CompanyFolder(home))
        print(day, result.outcome, round(result.seconds), flush=True)


@contextmanager
def at(day: date, clock: time) -> Iterator[None]:
    """Let alerts believe that it is a moment in Shanghai."""
    moment = datetime.combine(day, clock, tzinfo=UTC) - timedelta(hours=8)
    with mock.patch("pipelines.operations.alerts.tell.utc_now", lambda: moment):
        yield


def told(home: Path) -> list[tuple[date, str, str]]:
    """Return every line that was delivered: D, recipient, alert."""
    query = (
        select(messages.c.as_of, messages.c.recipient, message_lines.c.alert_key)
        .join(message_lines, message_lines.c.message_id == messages.c.message_id)
        .where(messages.c.status == "delivered")
        .order_by(messages.c.as_of, messages.c.recipient, message_lines.c.alert_key)
    )
    with open_tables(home / "warehouse" / "operations.sqlite").connect() as connection:
        return [(row[0], str(row[1]), str(row[2])) for row in connection.execute(query)]


def table(home: Path, days: list[date]) -> str:
    """Return lines per person and night as Markdown; each person gets one message a night or none."""
    counts: dict[str, dict[date, int]] = defaultdict(lambda: defaultdict(int))
    for day, recipient, _ in told(home):
        counts[recipient][day] += 1
    head = ["recipient", *(f"{day:%m-%d}" for day in days)]
    rows = [[who, *(str(counts[who].get(day, "")) for day in days)] for who in sorted(counts)]
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *rows])


if __name__ == "__main__":
    target, size = Path(sys.argv[1]), "tiny" if "tiny" in sys.argv else "full"
    with company_with_a_channel(target, size):
        run_nights(target, NIGHTS[size])
        print(table(target, NIGHTS[size]))
