"""Slack, and any service that takes a JSON object."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pipelines.core.alerts.digest import Digest, render
from pipelines.settings.secrets import Secret
from pipelines.tell.attempt import DELIVERED, Attempt, refused
from pipelines.tell.http import as_json, as_text, by_status, post_json

SLACK_BYTES = 35_000


@dataclass(frozen=True)
class Slack:
    """An incoming webhook of Slack."""

    url: Secret
    title = "Slack"

    def send(self, digest: Digest, *, message_id: str, is_resent: bool, at: datetime) -> Attempt:
        """Send a digest as one message."""
        text = render(
            digest, SLACK_BYTES, is_resent=is_resent,
            link=lambda words, address: f"<{address}|{words}>", escape=_escaped,
        )  # fmt: skip

        def judge(_status: int, answer: Any) -> Attempt:
            return DELIVERED if answer == "ok" else refused(self.title, answer[:200])

        return post_json(self.title, self.url, as_json({"text": text}), judge, read=as_text)


@dataclass(frozen=True)
class Webhook:
    """A service that takes a digest as a JSON object; its status decides."""

    url: Secret
    title = "webhook"

    def send(self, digest: Digest, *, message_id: str, is_resent: bool, at: datetime) -> Attempt:
        """Send a digest as one object; the key lets the service know a second attempt."""
        content = {
            "message_id": message_id,
            "is_resent": is_resent,
            "recipient": digest.recipient,
            "language": digest.language,
            "title": digest.title,
            "lines": [{"text": line.text, "link": line.link} for line in digest.lines],
            "closing": digest.closing,
            "link": digest.link,
        }

        def judge(status: int, answer: Any) -> Attempt:
            return by_status(self.title, status) or DELIVERED

        # a header is ASCII, a person's id need not be
        key = {"idempotency-key": message_id.encode("utf-8").hex()}
        return post_json(self.title, self.url, as_json(content), judge, headers=key)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
