"""mart_alert and mart_alert_message: what fired, who was told, what was delivered, what is over."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from pipelines.core.alerts.model import Alert
from pipelines.operations.alerts.states import AlertStates
from pipelines.operations.alerts.tables import messages

_TIME = pa.timestamp("us")

ALERT_SCHEMAS: Mapping[str, pa.Schema] = {
    # Grain: one row per alert that is open or was cleared in the last 90 days
    "mart_alert": pa.schema(
        [
            ("alert_key", pa.string()),
            ("kind", pa.string()),
            ("severity", pa.string()),
            ("scope_type", pa.string()),
            ("scope_id", pa.string()),
            ("scope_name", pa.string()),
            ("owner_id", pa.string()),
            ("manager_id", pa.string()),
            ("message_zh", pa.string()),
            ("message_en", pa.string()),
            ("value_amount", pa.decimal128(18, 2)),
            ("since_on", pa.date32()),
            ("figures", pa.string()),
            ("first_fired_on", pa.date32()),
            ("last_fired_on", pa.date32()),
            ("escalation", pa.string()),
            ("told", pa.string()),
            ("delivered_at", _TIME),
            ("cleared_on", pa.date32()),
            ("is_retracted", pa.bool_()),
        ]
    ),
    # Grain: one row per message: one recipient, one channel, one night
    "mart_alert_message": pa.schema(
        [
            ("message_id", pa.string()),
            ("as_of", pa.date32()),
            ("kind", pa.string()),
            ("channel", pa.string()),
            ("recipient", pa.string()),
            ("line_count", pa.int64()),
            ("status", pa.string()),
            ("is_resent", pa.bool_()),
            ("attempt_count", pa.int64()),
            ("not_before_at", _TIME),
            ("delivered_at", _TIME),
            ("reason_zh", pa.string()),
            ("reason_en", pa.string()),
        ]
    ),
}


def alert_marts(engine: sa.Engine) -> dict[str, pa.Table]:
    """Return both marts as they stand now, typed also when empty.

    The addresses of recipients are left out; the state is that of the night being published,
    else of the last one that was told.
    """
    states = AlertStates(engine)
    delivered: dict[str, dict[date, datetime]] = {}
    for (key, as_of), at in states.first_deliveries().items():
        delivered.setdefault(key, {})[as_of] = at
    alerts = states.state_of(states.shown_version())
    with engine.connect() as connection:
        sent = connection.execute(
            sa.select(messages).order_by(messages.c.as_of, messages.c.message_id)
        )
        content: dict[str, list[dict[str, Any]]] = {
            "mart_alert": [
                _row(alert, delivered.get(key, {})) for key, alert in sorted(alerts.items())
            ],
            "mart_alert_message": [dict(row) for row in sent.mappings()],
        }
    return {
        name: pa.Table.from_pylist(content[name], schema=schema)
        for name, schema in ALERT_SCHEMAS.items()
    }


def _row(alert: Alert, delivered: Mapping[date, datetime]) -> dict[str, Any]:
    finding = alert.finding
    # messages of an earlier occurrence of the same matter do not count
    own = [at for as_of, at in delivered.items() if as_of >= alert.first_fired_on]
    return {
        "alert_key": alert.key,
        "kind": finding.kind,
        "severity": finding.severity,
        "scope_type": finding.scope_type,
        "scope_id": finding.scope_id,
        "scope_name": finding.scope_name,
        "owner_id": alert.responsible_id,
        "manager_id": alert.manager_id,
        "message_zh": finding.message_zh,
        "message_en": finding.message_en,
        "value_amount": finding.value_amount,
        "since_on": finding.since_on,
        "figures": json.dumps(dict(finding.figures), ensure_ascii=False),
        "first_fired_on": alert.first_fired_on,
        "last_fired_on": alert.last_fired_on,
        "escalation": alert.escalation,
        "told": json.dumps(dict(alert.told), ensure_ascii=False),
        "delivered_at": min(own, default=None),
        "cleared_on": alert.cleared_on,
        "is_retracted": alert.is_retracted,
    }
