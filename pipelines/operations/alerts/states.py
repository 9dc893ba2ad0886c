"""The state of alerts from night to night, committed with the publish.

A night stages its state and messages under its publish version before readers see it; they count
once that version is shown (`settle`), and are forgotten if it never is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from decimal import Decimal

import sqlalchemy as sa

from pipelines.core.alerts.model import Alert, Finding
from pipelines.core.alerts.state import KEPT_DAYS
from pipelines.operations.alerts.outbox import Message, insert_messages, waits_or_not
from pipelines.operations.alerts.tables import batches, message_lines, messages, states


class AlertStates:
    """Write and read the state of alerts. Every call is one transaction."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def newest_day(self) -> date | None:
        """Return the newest D that was told."""
        with self._engine.connect() as connection:
            query = sa.select(sa.func.max(batches.c.as_of)).where(batches.c.is_committed)
            return connection.execute(query).scalar_one()

    def states_around(self, as_of: date) -> tuple[dict[str, Alert], dict[str, Alert]]:
        """Return the state after the last night before D, and that an earlier run of D left."""
        with self._engine.connect() as connection:
            rows = connection.execute(
                sa.select(batches.c.version, batches.c.as_of)
                .where(batches.c.is_committed, batches.c.as_of <= as_of)
                .order_by(batches.c.as_of, sa.literal_column("alert_batch.rowid"))
            ).all()
        nights = [(str(row.version), row.as_of) for row in reversed(rows)]
        before = next((version for version, day in nights if day < as_of), None)
        same = next((version for version, day in nights if day == as_of), None)
        return self.state_of(before), self.state_of(same)

    def state_of(self, version: str | None) -> dict[str, Alert]:
        """Return the state of a version; nothing for None."""
        with self._engine.connect() as connection:
            query = sa.select(states.c.alert_key, states.c.content)
            rows = connection.execute(query.where(states.c.version == version)).all()
        return {row.alert_key: _alert(row.content) for row in rows}

    def stage(
        self, version: str, as_of: date, alerts: Iterable[Alert], new: Sequence[Message]
    ) -> None:
        """Write down what a night will have told once readers see it."""
        with self._engine.begin() as connection:
            _discard_staged(connection)
            connection.execute(
                sa.insert(batches).values(version=version, as_of=as_of, is_committed=False)
            )
            rows = [
                {"version": version, "alert_key": alert.key, "content": _as_text(alert)}
                for alert in alerts
            ]
            if rows:
                connection.execute(sa.insert(states), rows)
            insert_messages(connection, new)

    def settle(self, shown_version: str | None) -> None:
        """Let a staged night count if readers see it, forget it if they do not.

        States of all but the last two days are dropped, no rerun needs them; messages end too.
        """
        with self._engine.begin() as connection:
            shown = batches.c.version == shown_version
            connection.execute(sa.update(batches).where(shown).values(is_committed=True))
            connection.execute(
                sa.update(messages)
                .where(messages.c.version == shown_version, messages.c.status == "staged")
                .values(status=waits_or_not())
            )
            _discard_staged(connection)
            days = sa.select(batches.c.as_of).distinct().order_by(batches.c.as_of.desc()).limit(2)
            old = sa.select(batches.c.version).where(batches.c.as_of.not_in(days))
            connection.execute(sa.delete(states).where(states.c.version.in_(old)))
            connection.execute(sa.delete(batches).where(batches.c.version.in_(old)))
            newest: date | None = connection.execute(
                sa.select(sa.func.max(messages.c.as_of))
            ).scalar_one()
            if newest is not None:
                aged = messages.c.as_of < newest - timedelta(days=KEPT_DAYS)
                _delete_messages(connection, aged)

    def shown_version(self) -> str | None:
        """Return the version whose alerts people see: the staged one, else the newest told."""
        with self._engine.connect() as connection:
            query = sa.select(batches.c.version).order_by(
                batches.c.is_committed, batches.c.as_of.desc(), sa.literal_column("rowid").desc()
            )
            return connection.execute(query.limit(1)).scalar_one_or_none()

    def first_deliveries(self) -> dict[tuple[str, date], datetime]:
        """Return by alert and D of the message when it was first delivered."""
        query = (
            sa.select(
                message_lines.c.alert_key,
                messages.c.as_of,
                sa.func.min(messages.c.delivered_at),
            )
            .join(messages, messages.c.message_id == message_lines.c.message_id)
            .where(messages.c.delivered_at.is_not(None))
            .group_by(message_lines.c.alert_key, messages.c.as_of)
        )
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        return {(str(row[0]), row[1]): row[2] for row in rows}


def _discard_staged(connection: sa.Connection) -> None:
    _delete_messages(connection, messages.c.status == "staged")
    staged = sa.select(batches.c.version).where(~batches.c.is_committed)
    connection.execute(sa.delete(states).where(states.c.version.in_(staged)))
    connection.execute(sa.delete(batches).where(~batches.c.is_committed))


def _delete_messages(connection: sa.Connection, which: sa.ColumnElement[bool]) -> None:
    gone = sa.select(messages.c.message_id).where(which)
    connection.execute(sa.delete(message_lines).where(message_lines.c.message_id.in_(gone)))
    connection.execute(sa.delete(messages).where(which))


def _as_text(alert: Alert) -> str:
    return json.dumps(asdict(alert), ensure_ascii=False, default=str)


def _alert(text: str) -> Alert:
    content = json.loads(text)
    finding = content.pop("finding")
    for name in ("since_on", "until_on"):
        finding[name] = finding[name] and date.fromisoformat(finding[name])
    amount = finding["value_amount"]
    finding["value_amount"] = None if amount is None else Decimal(amount)
    for name in ("first_fired_on", "last_fired_on", "cleared_on"):
        content[name] = content[name] and date.fromisoformat(content[name])
    return Alert(finding=Finding(**finding), **content)
