"""From company.yml to senders: which channel serves whom, and how fast each may be used."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from pipelines.core.alerts.digest import Digest
from pipelines.core.alerts.people import Directory
from pipelines.core.alerts.routing import DATA_TEAM
from pipelines.settings.alerts import (
    AlertChannel,
    EmailChannel,
    SignedRobotChannel,
    SlackChannel,
    WebhookChannel,
    WecomChannel,
)
from pipelines.settings.secrets import resolve_secret
from pipelines.tell.attempt import Attempt
from pipelines.tell.mail import Mail
from pipelines.tell.robots import Dingtalk, Feishu, Wecom
from pipelines.tell.webhooks import Slack, Webhook


class Sender(Protocol):
    """Sends digests to one address."""

    def send(self, digest: Digest, *, message_id: str, is_resent: bool, at: datetime) -> Attempt:
        """Make one attempt."""


@dataclass(frozen=True)
class Limit:
    """At most so many calls in so many seconds; a little below what the service allows."""

    calls: int
    seconds: float


# Documented: 20 a minute (企业微信, 钉钉), 5 a second (飞书), 1 a second (Slack).
LIMITS: dict[str, Limit] = {
    "wecom": Limit(18, 60),
    "dingtalk": Limit(18, 60),
    "feishu": Limit(4, 1),
    "slack": Limit(1, 1.1),
}


def channel_name(channel: AlertChannel) -> str:
    """Return a name that stays the same while the entry does, such as director@env:WECOM_SALES."""
    only = f"({','.join(channel.only)})" if channel.only else ""
    return f"{channel.to}{only}@{channel.url}"


def channel_for(
    recipient: str, channels: list[AlertChannel], directory: Directory
) -> AlertChannel | None:
    """Return the first channel that serves a recipient; None where there is none."""
    role = DATA_TEAM if recipient == DATA_TEAM else directory.role_of(recipient)
    person = directory.people.get(recipient)
    known_as = {recipient, person.team, person.region} if person else {recipient}
    for channel in channels:
        if channel.to == role and (not channel.only or known_as & set(channel.only)):
            return channel
    return None


def sender_for(
    channel: AlertChannel, root: Path, address: str | None, picture: bytes | None
) -> Sender:
    """Return what sends through a channel; secrets are looked up now.

    Args:
        channel: an entry of company.yml.
        root: the company folder.
        address: the recipient's own e-mail, for mail without fixed addressees.
        picture: PNG to attach where the channel attaches one.

    Raises:
        SecretUnavailable: a secret is not set.
    """
    url = resolve_secret(channel.url, root)
    match channel:
        case WecomChannel():
            return Wecom(url)
        case SignedRobotChannel(channel="dingtalk"):
            return Dingtalk(url, resolve_secret(channel.secret, root) if channel.secret else None)
        case SignedRobotChannel():
            return Feishu(url, resolve_secret(channel.secret, root) if channel.secret else None)
        case SlackChannel():
            return Slack(url)
        case WebhookChannel():
            return Webhook(url)
        case EmailChannel():
            to = tuple(channel.address) or ((address,) if address else ())
            return Mail(url, channel.sender, to, picture if channel.picture else None)
