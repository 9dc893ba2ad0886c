"""The night as a Dagster resource: the lock is taken when a run begins, the books are closed when it ends."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg
from pydantic import PrivateAttr

from pipelines.dbt import runner
from pipelines.dbt.runner import DUCKDB, NodeResult, build
from pipelines.landing.archive import remove_leftovers
from pipelines.landing.company_rules import CompanyRules, company_rules
from pipelines.landing.manifest import Manifest
from pipelines.landing.side_by_side import SourcesLanding
from pipelines.operations.alerts.company import quiet_hours_in
from pipelines.operations.alerts.tell import AlertDesk
from pipelines.operations.asset_health import judge_assets
from pipelines.operations.closing import record_outcome, write_health, write_operations
from pipelines.operations.night import Night, code_version, run_log_of
from pipelines.operations.run_tables import check_results
from pipelines.operations.surfaces import Draft, draft_surfaces, show_state
from pipelines.orchestration.asset_keys import source_key
from pipelines.orchestration.helper import Work, begin
from pipelines.orchestration.materialized import planned_and_materialized
from pipelines.publish.intent import complete_recorded_publish
from pipelines.publish.night_lock import night_lock
from pipelines.publish.publisher import recover
from pipelines.publish.targets import extra_targets
from pipelines.settings import CompanyFolder, load_company

if TYPE_CHECKING:
    from pipelines.spark.engine import SparkEngine


class NightResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Hold one company's night for the length of a run.

    Attributes:
        home: the company folder.
        publish_older: show readers a D older than the one they see (`--publish`).
        wait_seconds: how long to wait for another run of this company; None: until it ends.
        engine: what builds the models, duckdb or spark.
    """

    home: str
    publish_older: bool = False
    wait_seconds: float | None = None
    engine: str = DUCKDB

    _night: Night | None = PrivateAttr(default=None)
    _rules: CompanyRules | None = PrivateAttr(default=None)
    _landing: SourcesLanding | None = PrivateAttr(default=None)
    _instance: dg.DagsterInstance | None = PrivateAttr(default=None)
    _spark: SparkEngine | None = PrivateAttr(default=None)
    _steps: frozenset[str] = PrivateAttr(default=frozenset())
    _draft: Work[Draft] | None = PrivateAttr(default=None)

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[NightResource]:
        """Take the lock, mend what a crash left, run, and close the books whatever happened."""
        folder = CompanyFolder(Path(self.home))
        settings = load_company(folder)
        as_of = date.fromisoformat(context.dagster_run.tags["dagster/partition"])  # type: ignore[union-attr]
        seen_at = datetime.now(UTC)
        with night_lock(folder, self.wait_seconds, as_of=as_of, since_at=seen_at):
            log = run_log_of(folder)
            recover(folder, extra_targets(folder, settings))
            complete_recorded_publish(folder)
            AlertDesk(folder, settings).settle()
            remove_leftovers(folder.archive)
            shutil.rmtree(folder.warehouse / "work", ignore_errors=True)
            runner.remove_leftovers(folder)
            self._night = Night(
                folder=folder,
                settings=settings,
                as_of=as_of,
                run_id=str(context.run_id),
                seen_at=seen_at,
                log=log,
                publishes=self.publish_older or _is_newest(folder, as_of),
            )
            self._instance = context.instance
            self._steps = frozenset(context.dagster_run.step_keys_to_execute or ())  # type: ignore[union-attr]
            log.start(self._night.run_id, as_of, code_version(), seen_at)
            try:
                yield self
            finally:
                if self._landing is not None:
                    self._landing.close()
                if self._spark is not None:
                    self._spark.close()
                ended_at = datetime.now(UTC)
                run = record_outcome(log, self._night.run_id, ended_at)
                self.record_health(is_over=True)
                try:
                    self._tell_if_unpublished(run)
                finally:
                    meta = write_operations(folder, settings, log, run, as_of, ended_at)
                    if meta is not None:
                        show_state(folder, settings, meta)
                    write_health(folder, settings, log)

    def record_health(self, *, is_over: bool) -> None:
        """Enter into the run log how every asset of this run is by now."""
        night = self.night
        if self._instance is None:
            raise RuntimeError("assets have a health only while a run executes")
        planned, materialized = planned_and_materialized(self._instance, night.run_id)
        health = judge_assets(
            planned,
            materialized,
            night.log.of_run(check_results, night.run_id),
            night.log.newest_of_assets(night.run_id),
            night.as_of,
            is_over=is_over,
        )
        night.log.assets(night.run_id, health)

    def _tell_if_unpublished(self, run: Mapping[str, object]) -> None:
        """Let the data team know of a night that was held back or failed."""
        if run["outcome"] not in ("held", "failed"):
            return
        night = self.night
        desk = AlertDesk(night.folder, night.settings)
        desk.settle()  # what was staged for a night that readers do not see is forgotten
        reasons = (str(run["reason_en"]), str(run["reason_zh"]))
        quiet = quiet_hours_in(self.rules.tables["alerts_settings"])
        desk.tell_data_team(night.as_of, str(run["outcome"]), reasons, quiet)
        desk.send()

    def build(
        self, selection: Sequence[str] = (), exclusion: Sequence[str] = ()
    ) -> list[NodeResult]:
        """Build models on this night's engine, without their tests."""
        if self.engine == DUCKDB:
            return build(self.night.folder, selection, exclusion, part="run")
        if self._spark is None:
            from pipelines.spark.engine import SparkEngine

            self._spark = SparkEngine(self.night.folder)
        return self._spark.build(selection, exclusion)

    def begin_draft(self) -> Work[Draft]:
        """Begin board and workbook of this night, once: its marts are finished, and the publish takes its time."""
        if self._draft is None:
            night = self.night
            self._draft = begin(
                draft_surfaces,
                night.folder.build_file,
                night.folder,
                night.settings,
                night.as_of,
                night.version,
            )
        return self._draft

    @property
    def night(self) -> Night:
        """The night of this run."""
        if self._night is None:
            raise RuntimeError("the night exists only while a run executes")
        return self._night

    @property
    def rules(self) -> CompanyRules:
        """The rules in force for this night, read once."""
        if self._rules is None:
            night = self.night
            self._rules = company_rules(night.settings, night.archive, night.cutoff_seq)
        return self._rules

    @property
    def landing(self) -> SourcesLanding:
        """What lands the sources; asked for the first, it begins with all that this run will ask for."""
        if self._landing is None:
            night = self.night
            steps = {"__".join(source_key(s.name).path): s for s in night.settings.sources}
            ahead = [steps[name] for name in sorted(self._steps & steps.keys())]
            self._landing = SourcesLanding(
                night.folder,
                night.settings,
                self.rules.vocabulary(),
                night.seen_at,
                ahead,
            )
        return self._landing


def _is_newest(folder: CompanyFolder, as_of: date) -> bool:
    """Return whether no later D is published."""
    return all(night.as_of <= as_of for night in Manifest(folder.archive).nights())
