"""The last step of a night: what was staged counts, files are written, messages go out."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from pipelines.core.alerts.digest import Digest, Line
from pipelines.core.alerts.people import Directory
from pipelines.core.alerts.quiet import not_before
from pipelines.core.alerts.routing import DATA_TEAM
from pipelines.operations.alerts.channels import channel_for, channel_name
from pipelines.operations.alerts.files import write_digests, write_picture
from pipelines.operations.alerts.outbox import Message, Outbox
from pipelines.operations.alerts.plan import (
    AlertPlan,
    language_of,
    link_to,
    plan_night,
)
from pipelines.operations.alerts.sending import Sending, SendReport
from pipelines.operations.alerts.states import AlertStates
from pipelines.operations.alerts.tables import open_tables
from pipelines.publish.layout import PublishedFolder
from pipelines.publish.manifest import read_manifest
from pipelines.settings import CompanyFolder, CompanySettings
from pipelines.settings.alerts import EmailChannel, WecomChannel

if TYPE_CHECKING:
    import duckdb

# A refused message is tried again for so many nights: somebody mends the key, or nobody will.
REFUSED_NIGHTS = 7


def utc_now() -> datetime:
    """Return the time; the one clock of alerts."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class AlertDesk:
    """One company's alerts.

    Attributes:
        folder: the company's folder.
        settings: company.yml.
    """

    folder: CompanyFolder
    settings: CompanySettings

    @property
    def states(self) -> AlertStates:
        """What is known of alerts."""
        return AlertStates(open_tables(self.folder.warehouse / "operations.sqlite"))

    @property
    def outbox(self) -> Outbox:
        """What waits to be sent."""
        return Outbox(open_tables(self.folder.warehouse / "operations.sqlite"))

    def stage(self, con: duckdb.DuckDBPyConnection, as_of: date, version: str) -> AlertPlan | None:
        """Write down what the night will tell, before readers see it; None for an older D.

        Args:
            con: the build file of D.
            as_of: D; older than the newest D that was told, it never alerts.
            version: under which the night is published.
        """
        states = self.states
        newest = states.newest_day()
        if newest is not None and as_of < newest:
            return None
        plan = self.plan(con, as_of, version)
        for language in self._picture_languages():
            write_picture(con, self.folder, as_of, language)
        states.stage(version, as_of, plan.alerts.values(), plan.messages)
        return plan

    def plan(self, con: duckdb.DuckDBPyConnection, as_of: date, version: str) -> AlertPlan:
        """Return what the night of D tells; nothing is written."""
        before, same_day = self.states.states_around(as_of)
        return plan_night(con, self.settings, before, same_day, as_of, version, utc_now())

    def rehearse(self, con: duckdb.DuckDBPyConnection, as_of: date) -> AlertPlan:
        """Return what the night of D tells as if it had told nothing yet; nothing is written."""
        before, _ = self.states.states_around(as_of)
        return plan_night(con, self.settings, before, {}, as_of, "dry-run", utc_now())

    def settle(self) -> None:
        """Let a staged night count if readers see it; only whoever holds the night's lock may."""
        shown = read_manifest(PublishedFolder(self.folder).manifest_link)
        self.states.settle(shown.version if shown else None)

    def tell(self, as_of: date) -> SendReport:
        """Write the digests of D as files and send what is due."""
        outbox = self.outbox
        write_digests(self.folder, as_of, outbox.digests_of(as_of))
        outbox.retry_refused(as_of - timedelta(days=REFUSED_NIGHTS))
        return self.send()

    def send(self) -> SendReport:
        """Send what is due now."""
        return Sending(self.folder, self.settings, self.outbox, utc_now).run()

    def tell_data_team(
        self, as_of: date, outcome: str, reasons: tuple[str, str], quiet: tuple[time, time]
    ) -> bool:
        """Let the data team know, in one sentence, that a night was held or failed.

        Args:
            as_of: D.
            outcome: held or failed.
            reasons: why, in English and in Chinese.
            quiet: from when until when nothing is sent.

        Returns:
            Whether it is news: the same reason is told once a day.
        """
        channel = channel_for(DATA_TEAM, self.settings.alerts, Directory({}, {}))
        language = language_of(channel, self.settings)
        name = channel_name(channel) if channel else None
        same = hashlib.sha256(reasons[0].encode()).hexdigest()[:12]
        return self.outbox.add(
            Message(
                message_id=f"run/{as_of}/{outcome}/{same}/{name}",
                version=f"run/{as_of}",
                as_of=as_of,
                kind="run",
                channel=name,
                digest=_run_digest(
                    as_of,
                    outcome,
                    reasons,
                    language,
                    link_to(self.settings.board_url, None, DATA_TEAM),
                ),
                not_before_at=not_before(utc_now(), *quiet, self.settings.zone),
            )
        )

    def _picture_languages(self) -> set[str]:
        return {
            language_of(channel, self.settings)
            for channel in self.settings.alerts
            if isinstance(channel, WecomChannel | EmailChannel) and channel.picture
        }


def _run_digest(
    as_of: date, outcome: str, reasons: tuple[str, str], language: str, link: str | None
) -> Digest:
    """Return one sentence: which day, what happened, why, and what readers see meanwhile."""
    if language == "zh":
        what = "被数据检查扣住" if outcome == "held" else "运行失败"
        title = f"{as_of} 未发布：{what}，读者仍看到上一次发布的数据"
        text = reasons[1]
    else:
        what = "held back by a data check" if outcome == "held" else "failed"
        title = f"{as_of} was not published: {what}; readers keep the last published night"
        text = reasons[0]
    return Digest(DATA_TEAM, language, title, (Line(text, link, f"run/{as_of}"),))
