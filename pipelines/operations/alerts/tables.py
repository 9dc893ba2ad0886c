"""Tables of alerts and of messages, in the file of the run log: kept across nights."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

_metadata = sa.MetaData()

# Grain: one row per publish version that had alerts to tell; staged, then committed.
batches = sa.Table(
    "alert_batch",
    _metadata,
    sa.Column("version", sa.String, primary_key=True),
    sa.Column("as_of", sa.Date, nullable=False),
    sa.Column("is_committed", sa.Boolean, nullable=False),
)

# Grain: one row per version and alert
states = sa.Table(
    "alert_state",
    _metadata,
    sa.Column("version", sa.String, primary_key=True),
    sa.Column("alert_key", sa.String, primary_key=True),
    sa.Column("content", sa.String, nullable=False),
)

# Grain: one row per message: one recipient, one channel, one night
messages = sa.Table(
    "alert_message",
    _metadata,
    sa.Column("message_id", sa.String, primary_key=True),
    sa.Column("version", sa.String, nullable=False),
    sa.Column("as_of", sa.Date, nullable=False),
    sa.Column("kind", sa.String, nullable=False),  # digest, picture, run
    sa.Column("channel", sa.String),  # NULL: no channel serves the recipient
    sa.Column("recipient", sa.String, nullable=False),
    sa.Column("address", sa.String),  # the recipient's own e-mail, where the channel is mail
    sa.Column("content", sa.String, nullable=False),
    sa.Column("line_count", sa.Integer, nullable=False),
    sa.Column("not_before_at", sa.DateTime, nullable=False),
    # staged, waiting, sending, delivered, uncertain, refused, no_channel
    sa.Column("status", sa.String, nullable=False),
    sa.Column("is_resent", sa.Boolean, nullable=False),
    sa.Column("attempt_count", sa.Integer, nullable=False),
    sa.Column("last_attempt_at", sa.DateTime),
    sa.Column("delivered_at", sa.DateTime),
    sa.Column("reason_en", sa.String),
    sa.Column("reason_zh", sa.String),
)

# Grain: one row per message and alert that it tells
message_lines = sa.Table(
    "alert_message_line",
    _metadata,
    sa.Column("message_id", sa.String, primary_key=True),
    sa.Column("alert_key", sa.String, primary_key=True),
)

# Grain: one row per attempt, kept as long as a service counts it
attempts = sa.Table(
    "alert_attempt",
    _metadata,
    sa.Column("attempt_id", sa.Integer, primary_key=True),
    sa.Column("channel", sa.String, nullable=False),
    sa.Column("started_at", sa.DateTime, nullable=False),
)


def open_tables(path: Path) -> sa.Engine:
    """Open the file of the run log; its folder and the tables are made where they are absent."""
    path.parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(f"sqlite:///{path}", poolclass=sa.NullPool)
    _metadata.create_all(engine)
    return engine


def utc_naive(moment: datetime) -> datetime:
    """Drop the zone of a moment in UTC: SQLite keeps none."""
    return moment.astimezone(UTC).replace(tzinfo=None)
