"""Dagster's event log in a company folder: kept connections, whole events."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import dagster as dg
import pytest

from pipelines.orchestration.event_log import PooledSqliteEventLogStorage
from pipelines.orchestration.instance import prepare_dagster_home
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


@pytest.mark.parametrize(
    ("module", "is_kept"),
    [
        ("pipelines.moved_elsewhere", False),
        ("pipelines.no_such_package.event_log", False),
        ("dagster_postgres.event_log", True),  # an administrator's own
    ],
)
def test_settings_that_name_a_module_of_another_version_are_written_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, is_kept: bool
) -> None:
    for name in ("DAGSTER_HOME", "GAPWISE_HOME", "DO_NOT_TRACK"):
        monkeypatch.setenv(name, "")
    folder = CompanyFolder(tmp_path)
    config = folder.dagster_home / "dagster.yaml"
    config.parent.mkdir()
    before = f"event_log_storage:\n  module: {module}\n  class: X\n"
    config.write_text(before, encoding="utf-8")
    prepare_dagster_home(folder)
    assert (config.read_text(encoding="utf-8") == before) is is_kept


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


def _stored(storage: PooledSqliteEventLogStorage, run_id: str) -> list[str]:
    """Read what another process would see of a run: committed events alone."""
    path = storage.path_for_shard(run_id)
    with sqlite3.connect(path) as other:
        rows = other.execute("select dagster_event_type from event_logs order by id").fetchall()
    return [str(kind) for (kind,) in rows]


def _seen_between(
    storage: PooledSqliteEventLogStorage, seen: list[list[str]]
) -> dg.AssetsDefinition:
    """Two assets in one step, and what others see of the run between them."""

    @dg.multi_asset(specs=[dg.AssetSpec("one"), dg.AssetSpec("two")], name="both")
    def both(context):
        yield dg.MaterializeResult(asset_key="one")
        seen.append(_stored(storage, context.run_id))
        yield dg.MaterializeResult(asset_key="two")

    return both


def test_a_burst_is_committed_together_and_a_step_that_ends_commits_it(instance) -> None:
    storage = instance.event_log_storage
    seen: list[list[str]] = []

    with storage.grouping():
        run = dg.materialize([_seen_between(storage, seen)], instance=instance)
    assert seen[0][-1] == "STEP_START", "the first of the burst waits for what follows it"
    committed = _stored(storage, run.run_id)
    assert committed.count("ASSET_MATERIALIZATION") == 2
    assert committed[-1] == "PIPELINE_SUCCESS"


def test_an_event_outside_a_group_is_committed_at_once(instance) -> None:
    storage = instance.event_log_storage
    seen: list[list[str]] = []

    dg.materialize([_seen_between(storage, seen)], instance=instance)
    assert seen[0][-1] == "ASSET_MATERIALIZATION"


def test_an_old_burst_does_not_wait_for_its_end(instance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.orchestration.event_log.GROUP_SECONDS", 0.0)
    storage = instance.event_log_storage
    with storage.grouping():
        instance.report_runless_asset_event(dg.AssetMaterialization("late"))
        latest = instance.get_latest_materialization_event(dg.AssetKey("late"))
        assert latest is not None
        path = storage.path_for_shard("index")
        with sqlite3.connect(path) as other:
            assert other.execute("select count(*) from event_logs").fetchone() == (1,)


def test_checks_in_a_burst_are_about_the_newest_materialisation_of_their_day(instance) -> None:
    days = dg.StaticPartitionsDefinition(["2026-03-10"])

    @dg.asset(
        partitions_def=days,
        check_specs=[dg.AssetCheckSpec(name, asset="mart") for name in ("sums", "keys")],
    )
    def mart() -> dg.MaterializeResult:  # type: ignore[type-arg]
        results = [dg.AssetCheckResult(check_name=name, passed=True) for name in ("sums", "keys")]
        return dg.MaterializeResult(check_results=results)

    with instance.event_log_storage.grouping():
        for _ in range(2):
            run = dg.materialize([mart], partition_key="2026-03-10", instance=instance)
            judged = run.get_asset_check_evaluations()
            assert [check.target_materialization_data.run_id for check in judged] == [
                run.run_id,
                run.run_id,
            ]
