"""The tables of the run log: what is kept of every night, of its steps, checks, sources, marts and assets."""

from __future__ import annotations

import sqlalchemy as sa

METADATA = sa.MetaData()

runs = sa.Table(
    "run",
    METADATA,
    sa.Column("run_id", sa.String, primary_key=True),
    sa.Column("as_of", sa.Date, nullable=False),
    sa.Column("code_version", sa.String, nullable=False),
    sa.Column("started_at", sa.DateTime, nullable=False),
    sa.Column("ended_at", sa.DateTime),
    sa.Column("outcome", sa.String),  # published, built, held, failed; NULL while running or killed
    sa.Column("reason_en", sa.String),
    sa.Column("reason_zh", sa.String),
    sa.Column("version", sa.String),
    sa.Column("rules_version", sa.String),  # NULL in nights of before it was recorded
)

steps = sa.Table(
    "step",
    METADATA,
    sa.Column("run_id", sa.String, primary_key=True),
    sa.Column("step_no", sa.Integer, primary_key=True),
    sa.Column("step", sa.String, nullable=False),
    sa.Column("started_at", sa.DateTime, nullable=False),
    sa.Column("seconds", sa.Float, nullable=False),
    sa.Column("error", sa.String),
    sa.Column("cpu_seconds", sa.Float),  # NULL in nights of before it was measured
    sa.Column("peak_memory_mb", sa.Float),
)

check_results = sa.Table(
    "check_result",
    METADATA,
    sa.Column("run_id", sa.String, primary_key=True),
    sa.Column("asset", sa.String, primary_key=True),
    sa.Column("check_name", sa.String, primary_key=True),
    sa.Column("severity", sa.String, nullable=False),
    sa.Column("kind", sa.String),  # data or flag; NULL in nights of before it was recorded
    sa.Column("passed", sa.Boolean, nullable=False),
    sa.Column("is_applicable", sa.Boolean, nullable=False),
    sa.Column("description_en", sa.String),
    sa.Column("description_zh", sa.String),
    sa.Column("figures", sa.String, nullable=False),
    sa.Column("sample", sa.String, nullable=False),
    sa.Column("checked_at", sa.DateTime, nullable=False),
)

source_results = sa.Table(
    "source_result",
    METADATA,
    sa.Column("run_id", sa.String, primary_key=True),
    sa.Column("source", sa.String, primary_key=True),
    sa.Column("entity", sa.String, nullable=False),
    sa.Column("file_count", sa.Integer, nullable=False),
    sa.Column("rows_read", sa.Integer, nullable=False),
    sa.Column("rows_landed", sa.Integer, nullable=False),
    sa.Column("rows_unchanged", sa.Integer, nullable=False),
    sa.Column("rows_quarantined", sa.Integer, nullable=False),
    sa.Column("rows_superseded", sa.Integer, nullable=False),
    sa.Column("rows_duplicate", sa.Integer, nullable=False),
    sa.Column("rows_skipped", sa.Integer, nullable=False),
    sa.Column("rows_held", sa.Integer, nullable=False),
    sa.Column("rows_deleted", sa.Integer, nullable=False),
    sa.Column("covers_until", sa.Date),
    sa.Column("age_workdays", sa.Integer),
    sa.Column("new_columns", sa.String, nullable=False),
    sa.Column("missing_columns", sa.String, nullable=False),
    sa.Column("problem_en", sa.String),
    sa.Column("problem_zh", sa.String),
)

mart_rows = sa.Table(
    "mart_rows",
    METADATA,
    sa.Column("run_id", sa.String, primary_key=True),
    sa.Column("mart", sa.String, primary_key=True),
    sa.Column("row_count", sa.Integer, nullable=False),
)

asset_results = sa.Table(
    "asset_result",
    METADATA,
    sa.Column("run_id", sa.String, primary_key=True),
    sa.Column("asset", sa.String, primary_key=True),
    sa.Column("status", sa.String, nullable=False),
    sa.Column("reasons_en", sa.String),
    sa.Column("reasons_zh", sa.String),
    sa.Column("materialized_at", sa.DateTime),
    sa.Column("row_count", sa.Integer),
    sa.Column("last_as_of", sa.Date),
    sa.Column("checks_passed", sa.Integer, nullable=False),
    sa.Column("checks_failed", sa.Integer, nullable=False),
)
