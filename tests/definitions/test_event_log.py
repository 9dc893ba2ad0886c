"""Dagster's event log in a company folder: kept connections, whole events."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest

from pipelines.dagster_storage import PooledSqliteEventLogStorage
from pipelines.nightly import prepare_dagster_home
from pipelines.settings import CompanyFolder


@dg.asset(check_specs=[dg.AssetCheckSpec("is_fine", asset="thing")])
def thing() -> dg.MaterializeResult:  # type: ignore[type-arg]
    return dg.MaterializeResult(
        metadata={"dagster/row_count": 3}, check_results=[dg.AssetCheckResult(passed=True)]
    )


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name in ("DAGSTER_HOME", "GAPWISE_HOME", "DO_NOT_TRACK"):
        monkeypatch.setenv(name, "")
    prepare_dagster_home(CompanyFolder(tmp_path))
    with dg.DagsterInstance.get() as made:
        yield made


def test_a_company_folder_uses_the_storage_that_keeps_its_connections(instance) -> None:
    assert type(instance.event_log_storage) is PooledSqliteEventLogStorage


def test_an_event_opens_no_new_engine(instance) -> None:
    dg.materialize([thing], instance=instance)
    storage = instance.event_log_storage
    engines = dict(storage._engines)
    second = dg.materialize([thing], instance=instance)
    new = set(storage._engines) - set(engines)
    assert new == {second.run_id}, "one file for the new run, none for its events"
    assert all(storage._engines[shard] is engine for shard, engine in engines.items())


def test_materialisations_and_checks_can_be_read_back(instance) -> None:
    dg.materialize([thing], instance=instance)
    latest = instance.get_latest_materialization_event(dg.AssetKey("thing"))
    assert latest is not None and latest.asset_materialization is not None
    assert latest.asset_materialization.metadata["dagster/row_count"].value == 3
    key = dg.AssetCheckKey(dg.AssetKey("thing"), "is_fine")
    [record] = instance.event_log_storage.get_latest_asset_check_execution_by_key([key]).values()
    assert (
        record.event is not None and record.event.dagster_event.asset_check_evaluation_data.passed
    )
