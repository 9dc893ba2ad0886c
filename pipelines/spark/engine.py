"""Build a night's models on Spark: inputs handed over, the same dbt project, tables taken back."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Mapping, Sequence
from types import TracebackType
from typing import Any

import duckdb

from pipelines.dbt.runner import NodeResult, build, parse
from pipelines.settings import BUILD_CONFIG, CompanyFolder
from pipelines.spark.exchange import bring_back, hand_over, register
from pipelines.spark.session import open_session

INPUTS = ("landed", "rules", "reference", "matching")
STEPS = ("cascade", "forecast")
MODELS = ("staging", "intermediate", "marts")
PUBLISHED = "marts"


class SparkEngine:
    """One night's Spark: opened when the first model is built, closed when the night ends.

    Models run on Spark; the Python steps between them, the tests and all that follows read the
    build file, where Spark's tables stand as if they had been built there.
    """

    def __init__(self, folder: CompanyFolder) -> None:
        """Take a company; nothing is started yet."""
        self._folder = folder
        self._lake = folder.warehouse / "spark"
        self._session: Any = None
        self._handed: set[str] = set()

    def __enter__(self) -> SparkEngine:
        """Return the engine itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop what was started."""
        self.close()

    def close(self) -> None:
        """Stop the session; its tables stay where views of the build file read them."""
        if self._session is not None:
            self._session.stop()
            self._session = None

    def build(
        self, selection: Sequence[str] = (), exclusion: Sequence[str] = ()
    ) -> list[NodeResult]:
        """Build models on Spark and put them into the build file, where their tests are judged.

        A view is built when it stands in both: one that only the build file refused is told as failed.
        """
        self._start()
        self._hand_over_new()
        built = build(self._folder, selection, exclusion, engine="spark", part="run")
        refused = {r.unique_id: r for r in self._bring_back(built) if r.status != "success"}
        return [refused.get(result.unique_id, result) for result in built]

    def _start(self) -> None:
        if self._session is not None:
            return
        shutil.rmtree(self._lake, ignore_errors=True)
        self._lake.mkdir(parents=True)
        self._session = open_session(self._lake)
        for schema in (*INPUTS, *STEPS, *MODELS):
            self._session.sql(f"drop schema if exists `{schema}` cascade")
            place = (self._lake / schema).as_uri()
            self._session.sql(f"create schema `{schema}` location '{place}'")

    def _hand_over_new(self) -> None:
        """Give Spark the schemas that were written since: inputs first, then what steps made."""
        with duckdb.connect(str(self._folder.build_file), config=BUILD_CONFIG) as con:
            found = con.execute("select distinct schema_name from duckdb_tables()").fetchall()
            new = {name for (name,) in found if name in (*INPUTS, *STEPS)} - self._handed
            tables = hand_over(con, self._lake, new)
        register(self._session, tables)
        self._handed |= new

    def _bring_back(self, built: Sequence[NodeResult]) -> list[NodeResult]:
        """Put what Spark built into the build file; return how its views fared there."""
        nodes = parse(self._folder)["nodes"]
        succeeded = [nodes[r.unique_id] for r in built if r.status == "success"]
        tables = {
            (node["schema"], node["name"]): _required(node)
            for node in succeeded
            if node["config"]["materialized"] == "table"
        }
        with duckdb.connect(str(self._folder.build_file), config=BUILD_CONFIG) as con:
            bring_back(con, self._lake, tables, copied_schema=PUBLISHED)
        # Tests read views where they run: in the build file.
        views = [n["name"] for n in succeeded if n["config"]["materialized"] == "view"]
        return build(self._folder, views, part="run") if views else []


def _required(node: Mapping[str, Any]) -> Collection[str]:
    """Return the columns of a model that its contract says are never NULL."""
    if not node["config"].get("contract", {}).get("enforced"):
        return ()
    return tuple(
        column["name"]
        for column in node["columns"].values()
        if any(constraint["type"] == "not_null" for constraint in column.get("constraints", ()))
    )
