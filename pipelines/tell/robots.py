"""Group robots of 企业微信, 钉钉 and 飞书: the answer's body decides, not the HTTP status.

All three answer a refusal with HTTP 200 and a code in the body, so the senders are our own and thin
(docs/adr/0060). Limits and codes are those of the vendors' documents.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pipelines.core.alerts.digest import Digest, render
from pipelines.settings.secrets import Secret
from pipelines.tell.attempt import DELIVERED, Attempt, busy, refused, uncertain
from pipelines.tell.http import as_json, fitted_body, post_json

WECOM_BYTES = 4096
ROBOT_BODY_BYTES = 20_000
DINGTALK_BLOCK_SECONDS = 600.0


@dataclass(frozen=True)
class Codes:
    """What the codes of a service's answers mean; 0 is success everywhere.

    Attributes:
        field: where the code stands.
        text: where its explanation stands.
        later: seconds to wait, by code that asks for later.
    """

    field: str
    text: str
    later: Mapping[int, float]

    def judge(self, title: str, status: int, answer: Any) -> Attempt:
        """Read an answer."""
        code = answer.get(self.field) if isinstance(answer, dict) else None
        if not isinstance(code, int):
            return uncertain(title, f"status {status}, and no {self.field} in the answer")
        if code == 0:
            return DELIVERED
        why = f"{self.field} {code}: {str(answer.get(self.text, ''))[:200]}"
        return busy(title, why, self.later[code]) if code in self.later else refused(title, why)


WECOM_CODES = Codes("errcode", "errmsg", {-1: 1.0, 45009: 60.0, 45033: 5.0})
DINGTALK_CODES = Codes(
    "errcode",
    "errmsg",
    {-1: 1.0, 130101: DINGTALK_BLOCK_SECONDS, 410100: DINGTALK_BLOCK_SECONDS, 90030: 60.0},
)
FEISHU_CODES = Codes("code", "msg", {11232: 60.0, 11233: 60.0, 99991400: 60.0})


@dataclass(frozen=True)
class Wecom:
    """A group robot of 企业微信: markdown up to 4,096 bytes, pictures."""

    url: Secret
    title = "企业微信"

    def send(self, digest: Digest, *, message_id: str, is_resent: bool, at: datetime) -> Attempt:
        """Send a digest as one message."""
        text = render(digest, WECOM_BYTES, is_resent=is_resent, link=markdown_link, heading=bold)
        return self._post({"msgtype": "markdown", "markdown": {"content": text}})

    def send_picture(self, png: bytes) -> Attempt:
        """Send a picture."""
        image = {
            "base64": base64.b64encode(png).decode("ascii"),
            "md5": hashlib.md5(png, usedforsecurity=False).hexdigest(),
        }
        return self._post({"msgtype": "image", "image": image})

    def _post(self, content: Mapping[str, Any]) -> Attempt:
        def judge(status: int, answer: Any) -> Attempt:
            return WECOM_CODES.judge(self.title, status, answer)

        return post_json(self.title, self.url, as_json(content), judge)


@dataclass(frozen=True)
class Dingtalk:
    """A group robot of 钉钉, signed where it has a secret: markdown."""

    url: Secret
    secret: Secret | None = None
    title = "钉钉"

    def send(self, digest: Digest, *, message_id: str, is_resent: bool, at: datetime) -> Attempt:
        """Send a digest as one message."""

        def text_within(limit: int) -> str:
            text = render(digest, limit, is_resent=is_resent, link=markdown_link, heading=bold)
            return text.replace("\n", "  \n")  # its markdown joins lines without two spaces

        def body_of(text: str) -> bytes:
            content = {"title": digest.title, "text": text}
            return as_json({"msgtype": "markdown", "markdown": content})

        def judge(status: int, answer: Any) -> Attempt:
            return DINGTALK_CODES.judge(self.title, status, answer)

        query = {}
        if self.secret is not None:
            milliseconds = str(int(at.timestamp() * 1000))
            sign = dingtalk_sign(milliseconds, self.secret.reveal())
            query = {"timestamp": milliseconds, "sign": sign}
        body = fitted_body(text_within, body_of, ROBOT_BODY_BYTES)
        return post_json(self.title, self.url, body, judge, query=query)


@dataclass(frozen=True)
class Feishu:
    """A group robot of 飞书, signed where it has a secret: text."""

    url: Secret
    secret: Secret | None = None
    title = "飞书"

    def send(self, digest: Digest, *, message_id: str, is_resent: bool, at: datetime) -> Attempt:
        """Send a digest as one message."""
        signed: dict[str, Any] = {}
        if self.secret is not None:
            seconds = str(int(at.timestamp()))
            signed = {"timestamp": seconds, "sign": feishu_sign(seconds, self.secret.reveal())}

        def text_within(limit: int) -> str:
            return render(digest, limit, is_resent=is_resent)

        def body_of(text: str) -> bytes:
            return as_json({**signed, "msg_type": "text", "content": {"text": text}})

        def judge(status: int, answer: Any) -> Attempt:
            return FEISHU_CODES.judge(self.title, status, answer)

        body = fitted_body(text_within, body_of, ROBOT_BODY_BYTES)
        return post_json(self.title, self.url, body, judge)


def dingtalk_sign(milliseconds: str, secret: str) -> str:
    """Return the signature of 钉钉: key secret, message milliseconds, line feed, secret."""
    message = f"{milliseconds}\n{secret}".encode()
    return _base64(hmac.new(secret.encode(), message, hashlib.sha256).digest())


def feishu_sign(seconds: str, secret: str) -> str:
    """Return the signature of 飞书: key is seconds, line feed, secret; the message is empty."""
    return _base64(hmac.new(f"{seconds}\n{secret}".encode(), b"", hashlib.sha256).digest())


def markdown_link(text: str, address: str) -> str:
    """Write a link in markdown."""
    return f"[{text}]({address})"


def bold(text: str) -> str:
    """Write a heading in markdown."""
    return f"**{text}**"


def _base64(digest: bytes) -> str:
    return base64.b64encode(digest).decode("ascii")
