"""The run log: what every night did, kept across nights in one small database.

It is a record of events, not of business facts: it stands outside content hashes and is the one thing
besides the archive that a rebuild does not bring back.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path

import sqlalchemy as sa

from pipelines.landing.log import LandingRecord
from pipelines.operations.asset_health import AssetHealth
from pipelines.operations.outcome import CheckOutcome
from pipelines.operations.run_tables import (
    METADATA,
    asset_results,
    check_results,
    mart_rows,
    runs,
    source_results,
    steps,
)
from pipelines.operations.usage import Usage


class RunLog:
    """Write and read the record of nights. Every call is one transaction."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._engine = sa.create_engine(f"sqlite:///{path}", poolclass=sa.NullPool)
        METADATA.create_all(self._engine)
        self._add_new_columns()

    def start(self, run_id: str, as_of: date, code_version: str, started_at: datetime) -> None:
        """Record that a night began; a second attempt of the same run replaces the first."""
        with self._engine.begin() as connection:
            for table in (runs, steps, check_results, source_results, mart_rows, asset_results):
                connection.execute(sa.delete(table).where(table.c.run_id == run_id))
            connection.execute(
                sa.insert(runs).values(
                    run_id=run_id,
                    as_of=as_of,
                    code_version=code_version,
                    started_at=_utc(started_at),
                )
            )

    def end(
        self,
        run_id: str,
        outcome: str,
        ended_at: datetime,
        reason: tuple[str, str] | None = None,
        version: str | None = None,
    ) -> None:
        """Record how a night ended; `reason` is (English, Chinese)."""
        reason_en, reason_zh = reason or (None, None)
        with self._engine.begin() as connection:
            connection.execute(
                sa.update(runs)
                .where(runs.c.run_id == run_id)
                .values(
                    outcome=outcome,
                    ended_at=_utc(ended_at),
                    reason_en=reason_en,
                    reason_zh=reason_zh,
                    version=version,
                )
            )

    def ruled_by(self, run_id: str, rules_version: str) -> None:
        """Record which version of the rules workbook makes a night's rows."""
        with self._engine.begin() as connection:
            of_run = sa.update(runs).where(runs.c.run_id == run_id)
            connection.execute(of_run.values(rules_version=rules_version))

    def step(
        self, run_id: str, step: str, started_at: datetime, usage: Usage, error: str | None
    ) -> None:
        """Record what one step cost and, if it failed, why."""
        with self._engine.begin() as connection:
            done = sa.select(sa.func.count()).select_from(steps).where(steps.c.run_id == run_id)
            number = connection.execute(done).scalar_one()
            connection.execute(
                sa.insert(steps).values(
                    run_id=run_id,
                    step_no=number + 1,
                    step=step,
                    started_at=_utc(started_at),
                    seconds=usage.seconds,
                    error=error,
                    cpu_seconds=usage.cpu_seconds,
                    peak_memory_mb=usage.peak_memory_mb,
                )
            )

    def checks(self, run_id: str, outcomes: Iterable[CheckOutcome], checked_at: datetime) -> None:
        """Record what checks found."""
        rows = [
            {
                "run_id": run_id,
                "asset": "/".join(outcome.declaration.asset),
                "check_name": outcome.declaration.name,
                "severity": outcome.declaration.severity,
                "kind": outcome.declaration.kind,
                "passed": outcome.passed,
                "is_applicable": outcome.is_applicable,
                "description_en": outcome.declaration.description_en,
                "description_zh": outcome.declaration.description_zh,
                "figures": _json(dict(outcome.figures)),
                "sample": _json([dict(row) for row in outcome.sample]),
                "checked_at": _utc(checked_at),
            }
            for outcome in outcomes
        ]
        self._replace(check_results, rows, ("run_id", "asset", "check_name"))

    def source(
        self,
        run_id: str,
        source: str,
        entity: str,
        new: Iterable[LandingRecord],
        covers_until: date | None,
        age_workdays: int | None,
        problem: tuple[str, str] | None,
    ) -> None:
        """Record what a night took from one source."""
        records = list(new)
        row = {
            "run_id": run_id,
            "source": source,
            "entity": entity,
            "file_count": len(records),
            "rows_read": sum(r.counts.read for r in records),
            "rows_landed": sum(r.counts.landed for r in records),
            "rows_unchanged": sum(r.counts.unchanged for r in records),
            "rows_quarantined": sum(r.counts.quarantined for r in records),
            "rows_superseded": sum(r.superseded for r in records),
            "rows_duplicate": sum(r.counts.exact_duplicates for r in records),
            "rows_skipped": sum(r.counts.skipped for r in records),
            "rows_held": sum(r.counts.held for r in records),
            "rows_deleted": sum(r.deleted for r in records),
            "covers_until": covers_until,
            "age_workdays": age_workdays,
            "new_columns": _json(sorted({name for r in records for name in r.new_columns})),
            "missing_columns": _json(sorted({name for r in records for name in r.missing_columns})),
            "problem_en": problem[0] if problem else None,
            "problem_zh": problem[1] if problem else None,
        }
        self._replace(source_results, [row], ("run_id", "source"))

    def marts(self, run_id: str, rows: dict[str, int]) -> None:
        """Record the row count of every mart built."""
        found = [{"run_id": run_id, "mart": mart, "row_count": n} for mart, n in rows.items()]
        self._replace(mart_rows, found, ("run_id", "mart"))

    def assets(self, run_id: str, found: Iterable[AssetHealth]) -> None:
        """Record how every asset is; what was said of this run before is forgotten."""
        rows = [
            {
                "run_id": run_id,
                "asset": health.asset,
                "status": health.status,
                "reasons_en": "\n".join(en for en, _ in health.reasons) or None,
                "reasons_zh": "\n".join(zh for _, zh in health.reasons) or None,
                "materialized_at": _utc(health.materialized.at) if health.materialized else None,
                "row_count": health.materialized.row_count if health.materialized else None,
                "last_as_of": health.last_as_of,
                "checks_passed": health.checks_passed,
                "checks_failed": health.checks_failed,
            }
            for health in found
        ]
        with self._engine.begin() as connection:
            connection.execute(sa.delete(asset_results).where(asset_results.c.run_id == run_id))
            if rows:
                connection.execute(sa.insert(asset_results), rows)

    def newest_of_assets(self, run_id: str) -> dict[str, date]:
        """Return the newest D as of which each asset was materialised by another run."""
        with self._engine.connect() as connection:
            query = (
                sa.select(asset_results.c.asset, sa.func.max(asset_results.c.last_as_of))
                .where(asset_results.c.run_id != run_id, asset_results.c.last_as_of.is_not(None))
                .group_by(asset_results.c.asset)
            )
            return dict(connection.execute(query).tuples().all())

    def rows(self, table: sa.Table) -> list[dict[str, object]]:
        """Return a whole table, oldest run first."""
        with self._engine.connect() as connection:
            order = (
                sa.select(table).join(runs, runs.c.run_id == table.c.run_id)
                if table is not runs
                else sa.select(table)
            )
            found = connection.execute(
                order.order_by(runs.c.started_at, *table.primary_key.columns)
            )
            return [dict(row) for row in found.mappings()]

    def rows_of_runs(self) -> list[dict[str, object]]:
        """Return every run, oldest first."""
        return self.rows(runs)

    def of_run(self, table: sa.Table, run_id: str) -> list[dict[str, object]]:
        """Return the rows of one run."""
        with self._engine.connect() as connection:
            query = sa.select(table).where(table.c.run_id == run_id)
            found = connection.execute(query.order_by(*table.primary_key.columns))
            return [dict(row) for row in found.mappings()]

    def last(self) -> dict[str, object] | None:
        """Return the latest run."""
        with self._engine.connect() as connection:
            query = sa.select(runs).order_by(runs.c.started_at.desc()).limit(1)
            row = connection.execute(query).mappings().first()
            return dict(row) if row else None

    def _add_new_columns(self) -> None:
        """Add what this version records and an older one did not; its old nights read NULL."""
        known = sa.inspect(self._engine)
        with self._engine.begin() as connection:
            for table in METADATA.sorted_tables:
                there = {column["name"] for column in known.get_columns(table.name)}
                for column in table.columns:
                    if column.name not in there:
                        kind = column.type.compile(self._engine.dialect)
                        connection.execute(
                            sa.text(f'alter table "{table.name}" add column "{column.name}" {kind}')
                        )

    def _replace(
        self, table: sa.Table, rows: list[dict[str, object]], key: tuple[str, ...]
    ) -> None:
        if not rows:
            return
        with self._engine.begin() as connection:
            for row in rows:
                same = sa.and_(*(table.c[name] == row[name] for name in key))
                connection.execute(sa.delete(table).where(same))
            connection.execute(sa.insert(table), rows)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str, sort_keys=isinstance(value, dict))


def _utc(moment: datetime) -> datetime:
    """Drop the zone of a UTC time: SQLite keeps none."""
    return moment.replace(tzinfo=None)
