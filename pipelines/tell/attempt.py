"""What came of one attempt to send: delivered, not sent, busy, refused, or nobody knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

# delivered: the service said so. not_sent: it was never reached. busy: it asked for later.
# refused: it will not take this message. uncertain: it went out and no answer came back.
Outcome = Literal["delivered", "not_sent", "busy", "refused", "uncertain"]


@dataclass(frozen=True)
class Attempt:
    """One attempt's outcome.

    Attributes:
        outcome: see above.
        reason_en: why it was not delivered, for people; holds no secret.
        reason_zh: the same in Chinese.
        retry_after_seconds: how long the service wants to be left alone.
    """

    outcome: Outcome
    reason_en: str | None = None
    reason_zh: str | None = None
    retry_after_seconds: float = 0.0


DELIVERED = Attempt("delivered")


def not_sent(title: str, why: str) -> Attempt:
    """Say that a service was never reached: nobody has the message."""
    return Attempt("not_sent", f"{title} cannot be reached: {why}", f"无法连接{title}：{why}")


def busy(title: str, why: str, after_seconds: float = 1.0) -> Attempt:
    """Say that a service wants the message later."""
    return Attempt("busy", f"{title} is busy: {why}", f"{title}繁忙或限流：{why}", after_seconds)


def refused(title: str, why: str) -> Attempt:
    """Say that a service will not take the message; somebody has to look."""
    return Attempt("refused", f"{title} refused: {why}", f"{title}拒绝：{why}")


def uncertain(title: str, why: str) -> Attempt:
    """Say that the message went out and nobody knows whether it arrived."""
    return Attempt("uncertain", f"{title} did not answer: {why}", f"{title}没有回应：{why}")
