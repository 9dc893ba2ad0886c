"""What a night will tell: its findings against what was told before, one digest per recipient."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

from pipelines.core.alerts.digest import Digest, build_digest
from pipelines.core.alerts.model import Alert
from pipelines.core.alerts.people import Directory
from pipelines.core.alerts.quiet import not_before
from pipelines.core.alerts.routing import (
    DATA_TEAM,
    Notice,
    notices,
    with_responsible,
    with_told,
)
from pipelines.core.alerts.state import next_state, state_to_start_from
from pipelines.operations.alerts.channels import channel_for, channel_name
from pipelines.operations.alerts.company import (
    currency_of,
    directory_of,
    kind_rules_of,
    quiet_hours_of,
    workday_numbers,
)
from pipelines.operations.alerts.outbox import Message
from pipelines.operations.flags import declared_flags
from pipelines.operations.flags.raising import findings_of
from pipelines.settings import CompanySettings
from pipelines.settings.alerts import AlertChannel, EmailChannel, WecomChannel

if TYPE_CHECKING:
    import duckdb

NAMES = {"zh": "数据团队", "en": "data team"}


@dataclass(frozen=True)
class AlertPlan:
    """What one night tells.

    Attributes:
        as_of: D.
        alerts: the state after D, by key.
        messages: one per recipient; those without a channel too.
        directory: the people of D.
    """

    as_of: date
    alerts: Mapping[str, Alert]
    messages: Sequence[Message]
    directory: Directory


def plan_night(
    con: duckdb.DuckDBPyConnection,
    settings: CompanySettings,
    before: Mapping[str, Alert],
    same_day: Mapping[str, Alert],
    as_of: date,
    version: str,
    now: datetime,
) -> AlertPlan:
    """Return what the night of D tells; nothing is written or sent.

    Args:
        con: the build file of D.
        settings: company.yml.
        before: alerts after the night before D.
        same_day: alerts that an earlier run of D left.
        as_of: D.
        version: of the publish.
        now: when it is told, for the quiet hours.
    """
    rules, directory = kind_rules_of(con), directory_of(con, as_of)
    numbers = workday_numbers(con)
    found = [one for flag in declared_flags() for one in findings_of(con, flag, as_of)]
    start = state_to_start_from(before, same_day)
    state = {
        key: with_responsible(alert, directory)
        for key, alert in next_state(start, found, rules, as_of).items()
    }
    new = notices(
        state.values(), rules, directory, as_of, lambda day: numbers[as_of] - numbers[day]
    )
    by_alert: dict[str, list[Notice]] = {}
    for notice in new:
        by_alert.setdefault(notice.alert.key, []).append(notice)
    after = {key: with_told(alert, by_alert.get(key, ())) for key, alert in state.items()}
    at = not_before(now, *quiet_hours_of(con), settings.zone)
    messages = _messages(settings, directory, new, state, as_of, version, at, currency_of(con))
    return AlertPlan(as_of, after, messages, directory)


def _messages(
    settings: CompanySettings,
    directory: Directory,
    new: Sequence[Notice],
    state: Mapping[str, Alert],
    as_of: date,
    version: str,
    at: datetime,
    currency: str,
) -> list[Message]:
    by_recipient: dict[str, list[Notice]] = {}
    for notice in new:
        by_recipient.setdefault(notice.recipient, []).append(notice)
    standing: dict[str, list[Alert]] = {}
    for alert in state.values():
        for person in alert.told:
            standing.setdefault(person, []).append(alert)
    made = []
    for recipient, theirs in sorted(by_recipient.items()):
        channel = channel_for(recipient, settings.alerts, directory)
        language = language_of(channel, settings)
        digest = build_digest(
            recipient,
            theirs,
            standing.get(recipient, ()),
            language,
            as_of,
            currency,
            lambda person, language=language: _name(directory, person, language),  # type: ignore[misc]
            lambda kind, person=recipient: link_to(settings.board_url, kind, person),  # type: ignore[misc]
        )
        made.append(_message(channel, digest, directory, as_of, version, at))
    return made + _pictures(settings, made, as_of, version, at)


def _message(
    channel: AlertChannel | None,
    digest: Digest,
    directory: Directory,
    as_of: date,
    version: str,
    at: datetime,
) -> Message:
    person = directory.people.get(digest.recipient)
    is_own = isinstance(channel, EmailChannel) and not channel.address
    name = channel_name(channel) if channel else None
    return Message(
        message_id=f"{version}/{name}/{digest.recipient}",
        version=version,
        as_of=as_of,
        kind="digest",
        channel=name,
        digest=digest,
        not_before_at=at,
        address=person.email if person and is_own else None,
    )


def _pictures(
    settings: CompanySettings, digests: Sequence[Message], as_of: date, version: str, at: datetime
) -> list[Message]:
    """Add one picture per group that gets a digest and wants one."""
    told = {message.channel for message in digests}
    made = []
    for channel in settings.alerts:
        name = channel_name(channel)
        if isinstance(channel, WecomChannel) and channel.picture and name in told:
            told.discard(name)
            digest = Digest("(group)", language_of(channel, settings), "", ())
            made.append(Message(f"{version}/{name}/picture", version, as_of, "picture", name,
                                digest, at))  # fmt: skip
    return made


def language_of(channel: AlertChannel | None, settings: CompanySettings) -> str:
    """Return the language of a channel: its own, else the company's first."""
    return (channel.language if channel else None) or settings.company.languages[0]


def link_to(board_url: str | None, kind: str | None, recipient: str) -> str | None:
    """Return where a recipient reads on: the board, at his own view and one kind of alert."""
    if board_url is None:
        return None
    # ids come from files: whatever stands in them stays inside the address
    view = "" if recipient == DATA_TEAM else f"person={quote(recipient, safe='')}"
    parts = [part for part in (view, f"alert={kind}" if kind else "") if part]
    return f"{board_url}#{'&'.join(parts)}" if parts else board_url


def _name(directory: Directory, person: str, language: str) -> str:
    known = directory.people.get(person)
    return known.name if known else NAMES[language] if person == DATA_TEAM else person
