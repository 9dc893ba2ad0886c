"""Send what waits in the outbox: at the pace of each service, again where it may help."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from filelock import FileLock, Timeout
from tenacity import RetryCallState, Retrying, retry_if_result, stop_after_attempt
from tenacity.wait import wait_exponential_jitter

from pipelines.core.alerts.quiet import seconds_past_the_half_hour, seconds_to_wait
from pipelines.operations.alerts.channels import LIMITS, channel_name, sender_for
from pipelines.operations.alerts.files import picture_of
from pipelines.operations.alerts.outbox import Message, Outbox, address_of
from pipelines.settings import CompanyFolder, CompanySettings
from pipelines.settings.alerts import AlertChannel
from pipelines.settings.secrets import SecretUnavailable
from pipelines.tell.attempt import Attempt, not_sent, refused
from pipelines.tell.robots import Wecom

TRIES = 3
SHORT_WAIT_SECONDS = 10.0
# Longer than this a night does not wait for services; the rest goes out with the next sending.
PATIENCE_SECONDS = 600.0


@dataclass
class SendReport:
    """What one sending did.

    Attributes:
        outcomes: attempts by outcome.
        is_busy: another process is sending; nothing was done here.
        waited_seconds: time spent on the pace of services.
    """

    outcomes: Counter[str] = field(default_factory=Counter)
    is_busy: bool = False
    waited_seconds: float = 0.0


@dataclass
class Sending:
    """One pass over the outbox.

    Attributes:
        folder: the company's folder.
        settings: company.yml.
        outbox: what waits.
        clock: what time it is, UTC.
        sleep: waits.
        patience_seconds: how long to wait for services in all.
    """

    folder: CompanyFolder
    settings: CompanySettings
    outbox: Outbox
    clock: Callable[[], datetime]
    sleep: Callable[[float], None] = time.sleep
    patience_seconds: float = PATIENCE_SECONDS
    report: SendReport = field(default_factory=SendReport)
    # addresses that did not take a message: the others would only wait for the same
    _down: set[str] = field(default_factory=set)

    def run(self) -> SendReport:
        """Send everything that is due; two processes never send at once.

        A message whose attempt had no answer goes out once more, marked, in the same run.
        """
        lock = FileLock(self.folder.warehouse / "alerts.lock", timeout=0)
        try:
            with lock:
                self.outbox.mark_interrupted()
                for _ in range(2):
                    for message in self.outbox.due(self.clock()):
                        if address_of(message.channel) not in self._down:
                            self._send(message)
        except Timeout:
            self.report.is_busy = True
        return self.report

    def _send(self, message: Message) -> None:
        named = {channel_name(channel): channel for channel in self.settings.alerts}
        channel = named.get(message.channel or "")
        if channel is None:
            attempt = refused("company.yml", f"no channel {message.channel} any more")
            self.outbox.finish(message, attempt, self.clock())
        else:
            tries = Retrying(
                stop=stop_after_attempt(TRIES),
                wait=_wait,
                retry=retry_if_result(_may_pass),
                sleep=self.sleep,
                retry_error_callback=_last_result,
            )
            attempt = tries(self._once, message, channel)
            if attempt.outcome in ("not_sent", "busy"):
                self._down.add(address_of(message.channel))
        self.report.outcomes[attempt.outcome] += 1

    def _once(self, message: Message, channel: AlertChannel) -> Attempt:
        """Make one attempt, marked before and after."""
        if not self._wait_for_pace(channel):
            return Attempt("busy", retry_after_seconds=SHORT_WAIT_SECONDS + 1)
        picture = picture_of(self.folder, message)
        try:
            sender = sender_for(channel, self.folder.root, message.address, picture)
        except SecretUnavailable as error:
            attempt = Attempt("not_sent", error.message_en, error.message_zh)
            self.outbox.finish(message, attempt, self.clock())
            return attempt
        if message.kind == "picture" and picture is None:
            attempt = refused("company folder", "the picture is gone")
            self.outbox.finish(message, attempt, self.clock())
            return attempt
        at = self.clock()
        self.outbox.begin(message, at)
        if message.kind == "picture" and picture is not None and isinstance(sender, Wecom):
            attempt = sender.send_picture(picture)
        else:
            attempt = sender.send(
                message.digest, message_id=message.message_id, is_resent=message.is_resent, at=at
            )
        self.outbox.finish(message, attempt, self.clock())
        return attempt

    def _wait_for_pace(self, channel: AlertChannel) -> bool:
        """Wait until the service takes another message; False where that takes too long."""
        now, wait = self.clock(), 0.0
        if limit := LIMITS.get(channel.channel):
            since = now - timedelta(seconds=3600)
            earlier = self.outbox.sent_at(channel.url, since)
            wait = seconds_to_wait(now, earlier, limit.calls, limit.seconds)
        if channel.channel == "feishu":
            wait += seconds_past_the_half_hour(now + timedelta(seconds=wait))
        if self.report.waited_seconds + wait > self.patience_seconds:
            return False
        if wait:
            self.sleep(wait)
            self.report.waited_seconds += wait
        return True


_BACK_OFF = wait_exponential_jitter(initial=1, max=SHORT_WAIT_SECONDS)


def _may_pass(attempt: Attempt) -> bool:
    return attempt.outcome == "not_sent" or (
        attempt.outcome == "busy" and attempt.retry_after_seconds <= SHORT_WAIT_SECONDS
    )


def _wait(state: RetryCallState) -> float:
    attempt = _last_result(state)
    return max(attempt.retry_after_seconds, float(_BACK_OFF(state)))


def _last_result(state: RetryCallState) -> Attempt:
    if state.outcome is None:
        return not_sent("?", "no attempt was made")
    attempt: Attempt = state.outcome.result()
    return attempt
