"""A night with Dagster's records in PostgreSQL, as deploy/dagster-postgres.yaml sets it up."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.nights import night
from tests.servers.databases import postgres
from tests.small_world import write_small_world

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.deep(topic="servers")


def test_a_night_runs_on_postgres_storage_and_leaves_its_records_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("dagster_postgres", reason="the extra `deploy` is not installed")
    home = write_small_world(tmp_path / "company")
    (home / "dagster").mkdir()
    shutil.copy(ROOT / "deploy" / "dagster-postgres.yaml", home / "dagster" / "dagster.yaml")
    with postgres(tmp_path / "pg") as server:
        # Without the driver's name SQLAlchemy 2.1 takes psycopg 3, which Dagster's storage does not speak.
        url = server.url.replace("postgresql+psycopg://", "postgresql+psycopg2://")
        monkeypatch.setenv("DAGSTER_POSTGRES_URL", url)
        result = night(home)
        assert result.outcome == "published", result.reason_en
        assert server.scalar("select status from runs") == "SUCCESS"
        kind = "dagster_event_type = 'ASSET_MATERIALIZATION'"
        assert server.scalar(f"select count(*) from event_logs where {kind}") >= 20
        assert server.scalar("select count(*) from asset_keys") >= 20
    assert not list((home / "dagster").rglob("*.db")), "nothing went to SQLite beside it"
