"""Post to a web service once and say what came of it; trying again is decided elsewhere."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from pipelines.settings.secrets import Secret
from pipelines.tell.attempt import Attempt, busy, not_sent, refused, uncertain

# It would write every address into the log, and a robot's address is its key.
logging.getLogger("httpx").setLevel(logging.WARNING)

TIMEOUT = httpx.Timeout(20.0, connect=10.0)
_NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_LATER = frozenset({408, 425, 429, 503})
_LONGEST_WAIT_SECONDS = 600.0


def post_json(
    title: str,
    url: Secret,
    body: bytes,
    judge: Callable[[int, Any], Attempt],
    *,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    read: Callable[[httpx.Response], Any] | None = None,
) -> Attempt:
    """Post one JSON body and let `judge` read status and answer.

    Args:
        title: the service, for messages.
        url: where to; it is a secret and stands in no message.
        body: JSON, UTF-8.
        judge: called with the status and the answer: parsed where it is JSON, else None.
        read: what the judge is given of an answer instead, for a service that answers otherwise.
        query: added to the URL's own.
        headers: added to the content type.
    """
    try:
        address = httpx.URL(url.reveal()).copy_merge_params(dict(query or {}))
    except httpx.InvalidURL:
        return refused(title, f"{url.name} holds no address")
    sent = {"content-type": "application/json; charset=utf-8", **(headers or {})}
    try:
        answer = httpx.post(address, content=body, headers=sent, timeout=TIMEOUT)
    except httpx.UnsupportedProtocol:
        return refused(title, f"{url.name} holds no http address")
    except _NEVER_LEFT as error:
        return not_sent(title, url.scrub(f"{type(error).__name__}: {error}")[:300])
    except httpx.RequestError as error:
        return uncertain(title, url.scrub(f"{type(error).__name__}: {error}")[:300])
    return (
        judge(answer.status_code, (read or _parsed)(answer))
        if _has_answer(answer)
        else _by_status(title, answer)
    )


def as_text(answer: httpx.Response) -> str:
    """Return a plain answer: a word, where others send an object."""
    return answer.text


def as_json(content: Mapping[str, Any]) -> bytes:
    """Return a body as JSON; Chinese stays readable and short."""
    return json.dumps(content, ensure_ascii=False).encode("utf-8")


def fitted_body(
    text_within: Callable[[int], str], body_of: Callable[[str], bytes], limit: int
) -> bytes:
    """Return a body within a limit of bytes: the text gives way, not the frame around it.

    Args:
        text_within: the text cut to so many bytes.
        body_of: the whole body with that text in it.
        limit: bytes that the service takes.
    """
    room = limit - len(body_of(""))
    body = body_of(text_within(room))
    while len(body) > limit:  # quotes and line ends grow when they are written as JSON
        room -= len(body) - limit
        body = body_of(text_within(room))
    return body


def by_status(title: str, status: int, retry_after: str = "") -> Attempt | None:
    """Judge by the HTTP status alone; None where it is a success."""
    if status in _LATER:
        wait = float(retry_after) if retry_after.isdigit() else 1.0
        return busy(title, f"status {status}", min(wait, _LONGEST_WAIT_SECONDS))
    if status >= 500:
        return uncertain(title, f"status {status}")
    return None if 200 <= status < 300 else refused(title, f"status {status}")


def _has_answer(answer: httpx.Response) -> bool:
    """Whether the service itself spoke: a proxy's or a crash's page is no answer."""
    return answer.is_success or isinstance(_parsed(answer), dict)


def _by_status(title: str, answer: httpx.Response) -> Attempt:
    judged = by_status(title, answer.status_code, answer.headers.get("retry-after", ""))
    return judged or uncertain(title, "no answer that could be read")


def _parsed(answer: httpx.Response) -> Any:
    try:
        return json.loads(answer.content)
    except ValueError:
        return None
