"""The outbox: messages wait here until a channel took them, over crashes and nights.

A message is marked before each attempt, so that a crash leaves a trace: what was cut off is sent
once more, marked as resent, and never silently twice.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from pipelines.core.alerts.digest import Digest, Line
from pipelines.operations.alerts.tables import attempts, message_lines, messages, utc_naive
from pipelines.tell.attempt import Attempt


@dataclass(frozen=True)
class Message:
    """One message as it waits.

    Attributes:
        message_id: version, channel and recipient; the same over all attempts.
        version: publish version of the night, or of the run that failed.
        as_of: D.
        kind: digest, picture (of a group), or run (a held or failed night).
        channel: the channel's name; None where none serves the recipient.
        digest: what is told.
        not_before_at: quiet hours end then, UTC.
        address: the recipient's own e-mail, where the channel is mail.
        is_resent: an earlier attempt had no answer.
        attempt_count: attempts so far.
    """

    message_id: str
    version: str
    as_of: date
    kind: str
    channel: str | None
    digest: Digest
    not_before_at: datetime
    address: str | None = None
    is_resent: bool = False
    attempt_count: int = 0


def address_of(channel: str | None) -> str:
    """Return the reference of a channel's address: several channels may share one robot's limit."""
    return (channel or "").rpartition("@")[2]


class Outbox:
    """Write and read messages. Every call is one transaction."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def add(self, message: Message) -> bool:
        """Let one message wait that stands for itself; False where it is known already."""
        with self._engine.begin() as connection:
            known = sa.select(messages).where(messages.c.message_id == message.message_id)
            if connection.execute(known).first():
                return False
            insert_messages(connection, [message])
            connection.execute(
                sa.update(messages)
                .where(messages.c.message_id == message.message_id)
                .values(status=waits_or_not())
            )
        return True

    def mark_interrupted(self) -> None:
        """Take up what a crash cut off: nobody knows whether it arrived."""
        with self._engine.begin() as connection:
            cut = messages.c.status == "sending"
            why = {
                "reason_en": "stopped in the middle of an attempt",
                "reason_zh": "发送过程中被中断",
            }
            connection.execute(
                sa.update(messages)
                .where(cut, messages.c.is_resent)
                .values(status="uncertain", **why)
            )
            connection.execute(
                sa.update(messages).where(cut).values(status="waiting", is_resent=True, **why)
            )

    def retry_refused(self, since: date) -> None:
        """Let refused messages of the last nights try again: somebody may have mended the key."""
        with self._engine.begin() as connection:
            connection.execute(
                sa.update(messages)
                .where(messages.c.status == "refused", messages.c.as_of >= since)
                .values(status="waiting")
            )

    def due(self, now: datetime) -> list[Message]:
        """Return what may be sent now, oldest night first."""
        query = (
            sa.select(messages)
            .where(messages.c.status == "waiting", messages.c.not_before_at <= utc_naive(now))
            .order_by(messages.c.as_of, messages.c.message_id)
        )
        with self._engine.connect() as connection:
            return [_message(row) for row in connection.execute(query).mappings()]

    def begin(self, message: Message, at: datetime) -> None:
        """Mark that an attempt begins: from now on nobody can say that it was never sent."""
        with self._engine.begin() as connection:
            connection.execute(
                sa.update(messages)
                .where(messages.c.message_id == message.message_id)
                .values(
                    status="sending",
                    attempt_count=messages.c.attempt_count + 1,
                    last_attempt_at=utc_naive(at),
                )
            )
            connection.execute(
                sa.insert(attempts).values(
                    channel=address_of(message.channel), started_at=utc_naive(at)
                )
            )

    def finish(self, message: Message, attempt: Attempt, at: datetime) -> None:
        """Write down what came of an attempt."""
        status = {"delivered": "delivered", "refused": "refused"}.get(attempt.outcome, "waiting")
        is_resent = message.is_resent
        if attempt.outcome == "uncertain":
            status, is_resent = ("uncertain", True) if is_resent else ("waiting", True)
        waits = attempt.retry_after_seconds if attempt.outcome == "busy" else 0.0
        values: dict[str, Any] = {
            "status": status,
            "is_resent": is_resent,
            "reason_en": attempt.reason_en,
            "reason_zh": attempt.reason_zh,
            "delivered_at": utc_naive(at) if attempt.outcome == "delivered" else None,
        }
        if waits:
            values["not_before_at"] = utc_naive(at + timedelta(seconds=waits))
        with self._engine.begin() as connection:
            connection.execute(
                sa.update(messages)
                .where(messages.c.message_id == message.message_id)
                .values(**values)
            )

    def sent_at(self, address: str, since: datetime) -> list[datetime]:
        """Return when attempts to one address began, since a moment; older ones are forgotten."""
        with self._engine.begin() as connection:
            connection.execute(sa.delete(attempts).where(attempts.c.started_at < utc_naive(since)))
            query = sa.select(attempts.c.started_at).where(attempts.c.channel == address)
            return [row.started_at.replace(tzinfo=UTC) for row in connection.execute(query)]

    def digests_of(self, as_of: date) -> list[Message]:
        """Return every digest of one day, whatever became of it."""
        query = (
            sa.select(messages)
            .where(messages.c.as_of == as_of, messages.c.kind == "digest")
            .order_by(messages.c.message_id)
        )
        with self._engine.connect() as connection:
            return [_message(row) for row in connection.execute(query).mappings()]

    def counts(self) -> dict[str, int]:
        """Return how many messages stand at each status."""
        query = sa.select(messages.c.status, sa.func.count()).group_by(messages.c.status)
        with self._engine.connect() as connection:
            return {str(row[0]): int(row[1]) for row in connection.execute(query).all()}


def insert_messages(connection: sa.Connection, new: Sequence[Message]) -> None:
    """Enter new messages, staged until readers see their night, and the alerts that each tells."""
    rows, lines = [], []
    for message in new:
        rows.append(
            {
                "message_id": message.message_id,
                "version": message.version,
                "as_of": message.as_of,
                "kind": message.kind,
                "channel": message.channel,
                "recipient": message.digest.recipient,
                "address": message.address,
                "content": json.dumps(asdict(message.digest), ensure_ascii=False),
                "line_count": len(message.digest.lines),
                "not_before_at": utc_naive(message.not_before_at),
                "status": "staged",
                "is_resent": False,
                "attempt_count": 0,
            }
        )
        keys = dict.fromkeys(line.alert_key for line in message.digest.lines)
        lines += [{"message_id": message.message_id, "alert_key": key} for key in keys]
    if rows:
        connection.execute(sa.insert(messages), rows)
    if lines:
        connection.execute(sa.insert(message_lines), lines)


def waits_or_not() -> Any:
    """Return the status of a message that counts: waiting, unless no channel serves its reader."""
    return sa.case((messages.c.channel.is_(None), "no_channel"), else_="waiting")


def _message(row: Mapping[Any, Any]) -> Message:
    content = json.loads(row["content"])
    content["lines"] = tuple(Line(**line) for line in content["lines"])
    return Message(
        message_id=row["message_id"],
        version=row["version"],
        as_of=row["as_of"],
        kind=row["kind"],
        channel=row["channel"],
        digest=Digest(**content),
        not_before_at=row["not_before_at"].replace(tzinfo=UTC),
        address=row["address"],
        is_resent=row["is_resent"],
        attempt_count=row["attempt_count"],
    )
