"""`gapwise alerts`: send what waits, or say what the last night tells and to whom."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import click

from pipelines.core.alerts.digest import render
from pipelines.operations.alerts.files import write_digests
from pipelines.operations.alerts.plan import AlertPlan
from pipelines.operations.alerts.sending import SendReport
from pipelines.operations.alerts.tell import AlertDesk
from pipelines.publish.night_lock import NightRunningError, night_lock
from pipelines.settings import CompanyFolder, ConfigurationError, load_company

if TYPE_CHECKING:
    import duckdb


def send_waiting(folder: CompanyFolder) -> tuple[SendReport, dict[str, int]]:
    """Send what is due; return what was done and how many messages stand at each status."""
    desk = AlertDesk(folder, load_company(folder))
    try:
        with night_lock(folder, 0, as_of=None, since_at=datetime.now(UTC), purpose="alerts"):
            desk.settle()  # a crash between publish and Tell leaves a night's messages staged
    except NightRunningError:
        pass  # that night settles its own
    return desk.send(), desk.outbox.counts()


def print_sent(report: SendReport, counts: Mapping[str, int]) -> int:
    """Print how many messages stand at each status; return 1 if some still wait."""
    if report.is_busy:
        click.echo("another process is sending")
    for status, count in sorted(counts.items()):
        click.echo(f"{status:<12} {count}")
    return 1 if counts.get("waiting") or report.is_busy else 0


def rehearse(folder: CompanyFolder, say: Callable[[str], None]) -> AlertPlan:
    """Print what the last built night tells to whom, and write it to published/alerts/.

    Nothing is sent or remembered. Whoever was told on earlier nights is left out, as in the night.

    Raises:
        ConfigurationError: no night was built, or one is running.
    """
    import duckdb

    desk = AlertDesk(folder, load_company(folder))
    if not folder.build_file.is_file():
        raise ConfigurationError("no night was built yet; run `gapwise nightly` first")
    try:
        with duckdb.connect(str(folder.build_file), read_only=True) as con:
            plan = desk.rehearse(con, _built_day(con))
    except duckdb.IOException as error:
        raise ConfigurationError("a night is running; try again when it has ended") from error
    for message in plan.messages:
        if message.kind == "digest":
            say(f"\n=== {message.digest.recipient} → {message.channel or 'no channel'}")
            say(render(message.digest, None))
    write_digests(folder, plan.as_of, plan.messages)
    without = sum(1 for message in plan.messages if message.channel is None)
    say(
        f"\n{len(plan.messages)} messages as of {plan.as_of}, {without} of them to people whom no "
        "channel of company.yml serves. Nothing was sent."
    )
    return plan


def _built_day(con: duckdb.DuckDBPyConnection) -> date:
    [(built,)] = con.execute(
        "select count(*) from information_schema.tables "
        "where table_schema = 'marts' and table_name = 'mart_target_attainment'"
    ).fetchall()
    if not built:
        raise ConfigurationError("the last night was held before its marts were built")
    [(day,)] = con.execute("select max(as_of) from reference.company").fetchall()
    return date.fromisoformat(str(day))
