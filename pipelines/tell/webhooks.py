"""Slack, through its maker's library, and any service that takes a JSON object."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.error import URLError

from pipelines.core.alerts.digest import Digest, render
from pipelines.settings.secrets import Secret
from pipelines.tell.attempt import DELIVERED, Attempt, not_sent, refused, uncertain
from pipelines.tell.http import as_json, by_status, post_json

# The library would write the address, which is the key, into the log.
_SILENT = logging.getLogger("gapwise.slack")
_SILENT.setLevel(logging.CRITICAL + 1)
SLACK_BYTES = 35_000
TIMEOUT_SECONDS = 20


@dataclass(frozen=True)
class Slack:
    """An incoming webhook of Slack."""

    url: Secret
    title = "Slack"

    def send(self, digest: Digest, *, message_id: str, is_resent: bool, at: datetime) -> Attempt:
        """Send a digest as one message."""
        from slack_sdk.webhook import WebhookClient

        if not self.url.reveal().startswith(("http://", "https://")):
            return refused(self.title, f"{self.url.name} holds no http address")
        text = render(
            digest, SLACK_BYTES, is_resent=is_resent,
            link=lambda words, address: f"<{address}|{words}>", escape=_escaped,
        )  # fmt: skip
        # without its retries: a second try after a lost answer has to be marked
        client = WebhookClient(
            self.url.reveal(), timeout=TIMEOUT_SECONDS, retry_handlers=[], logger=_SILENT
        )
        try:
            answer = client.send(text=text)
        except URLError as error:  # raised while connecting and sending
            why = self.url.scrub(str(error.reason))[:300]
            was_cut = isinstance(error.reason, (ConnectionResetError, BrokenPipeError))
            return uncertain(self.title, why) if was_cut else not_sent(self.title, why)
        except OSError as error:  # the answer did not come
            return uncertain(self.title, self.url.scrub(f"{type(error).__name__}: {error}")[:300])
        except ValueError:
            return refused(self.title, f"{self.url.name} holds no address")
        judged = by_status(self.title, answer.status_code, answer.headers.get("retry-after", ""))
        if judged is not None:
            return judged
        return DELIVERED if answer.body == "ok" else refused(self.title, answer.body[:200])


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
