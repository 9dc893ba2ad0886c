"""dbt in this process: parse once, build on the night's file, give back what every node did."""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.dbt.parsed import TESTS, manifest_dict, manifest_object, parsed_project
from pipelines.settings import CompanyFolder

PROJECT_DIR = Path(__file__).parents[2] / "dbt_project"
DUCKDB = "duckdb"
MB, GB = 1024**2, 1024**3
OUT_OF_MEMORY = "Out of Memory Error"  # as DuckDB says it
_GAVE_UP = (OUT_OF_MEMORY, "INTERNAL Error")
logger = logging.getLogger("gapwise")
# Lines are composed before they are left out; what a node said is in its result.
_QUIET = (
    "--log-level", "none", "--no-use-colors", "--no-send-anonymous-usage-stats",
    "--no-version-check",
)  # fmt: skip


class DbtFailed(Exception):
    """dbt could not run at all, or a model failed."""


@dataclass(frozen=True)
class NodeResult:
    """What dbt did with one node: a model or a test."""

    unique_id: str
    status: str
    seconds: float
    failures: int
    message: str


def target_dir(folder: CompanyFolder) -> Path:
    """Return where dbt keeps what it parsed and compiled for this company."""
    return folder.dagster_home / "dbt"


def parse(folder: CompanyFolder) -> Mapping[str, Any]:
    """Return the project's manifest as a dictionary, parsed if it changed since it last was."""
    return manifest_dict(_parsed(folder))


def prepare() -> None:
    """Parse the project once, when it is set up: no company's first night waits for it."""
    with tempfile.TemporaryDirectory() as scratch:
        parse(CompanyFolder(Path(scratch)))


def test_queries(folder: CompanyFolder) -> Mapping[str, str]:
    """Return the SQL of every data test by its unique id; the rows it gives are those that fail."""
    queries: Mapping[str, str] = json.loads((_parsed(folder) / TESTS).read_text(encoding="utf-8"))
    return queries


def _parsed(folder: CompanyFolder, engine: str = DUCKDB) -> Path:
    def parse_into(target: Path) -> None:
        _invoke(folder, ["parse", "--target", engine], target=target)
        if engine == DUCKDB:
            _compile_tests(target)

    # Names of relations are part of what is parsed, and engines name them differently.
    kept_as = "parsed" if engine == DUCKDB else f"parsed-{engine}"
    return parsed_project(PROJECT_DIR, target_dir(folder), parse_into, kept_as)


def _compile_tests(target: Path) -> None:
    """Keep the SQL of the data tests beside what was parsed; it holds for every company's build file."""
    aside = CompanyFolder(target / "compiling")
    aside.warehouse.mkdir(parents=True)
    result = _invoke(
        aside, ["compile", "--select", "resource_type:test"],
        manifest=manifest_object(target), target=aside.root,
    )  # fmt: skip
    queries = {node.node.unique_id: node.node.compiled_code for node in result.results}
    (target / TESTS).write_text(json.dumps(queries, ensure_ascii=False), encoding="utf-8")
    shutil.rmtree(aside.root)


def build(
    folder: CompanyFolder,
    selection: Sequence[str] = (),
    exclusion: Sequence[str] = (),
    *,
    engine: str = DUCKDB,
    part: str = "build",
) -> list[NodeResult]:
    """Build and test models into the build file, one after the other as they depend on each other.

    dbt unit tests are left out: they test the logic, not the night, and run in the test suite; so
    are exposures, in which there is nothing to build. Models on which the engine gave up (no
    memory beside another, a mistake of its own) are built once more, one by one, with what waited
    for them.

    Args:
        folder: the company's folder.
        selection: which models, in dbt's words; all without one.
        exclusion: which of them not.
        engine: the target of profiles.yml that runs them.
        part: `run` for models alone, `test` for their tests alone.
    """
    # What is written of a build beside its tables (manifest, graph, results) nobody reads.
    args = [part, "--no-write-json", "--target", engine]
    if part != "run":
        args += ["--exclude-resource-type", "unit_test", "--exclude-resource-type", "exposure"]
    chosen = (["--select", *selection] if selection else []) + (
        ["--exclude", *exclusion] if exclusion else []
    )
    results = _run(folder, [*args, *chosen], engine)
    if part != "run" or not any(_gave_up(result) for result in results):
        return results
    # Two large models held more together than the build may, or the engine met a mistake of its own:
    # alone, each has all the memory, and what the mistake lies in is turned off.
    names = [r.unique_id.rpartition(".")[2] for r in results if r.status != "success"]
    logger.warning("Built again one by one, since DuckDB gave up: %s", ", ".join(names))
    careful = [*args, "--threads", "1", "--select", *names]
    again = _run(folder, careful, engine, is_careful=True)
    by_id = {result.unique_id: result for result in (*results, *again)}
    return list(by_id.values())


def _run(
    folder: CompanyFolder, args: list[str], engine: str, *, is_careful: bool = False
) -> list[NodeResult]:
    parsed = manifest_object(_parsed(folder, engine))
    # Compiled SQL is written file by file, twice; in memory that costs nothing.
    with tempfile.TemporaryDirectory(prefix=_prefix(folder), dir=_in_memory()) as target:
        result = _invoke(
            folder, args, must_succeed=False, manifest=parsed, target=Path(target),
            log_level="none", is_careful=is_careful,
        )  # fmt: skip
    return [
        NodeResult(
            unique_id=node.node.unique_id,
            status=str(node.status),
            seconds=float(node.execution_time or 0),
            failures=int(node.failures or 0),
            message=str(node.message or ""),
        )
        for node in result.results
    ]


def _gave_up(result: NodeResult) -> bool:
    """Tell whether the engine, not the model, is what failed."""
    return result.status == "error" and any(said in result.message for said in _GAVE_UP)


def _invoke(
    folder: CompanyFolder,
    args: list[str],
    *,
    must_succeed: bool = True,
    manifest: Any = None,
    target: Path | None = None,
    log_level: str = "warn",
    is_careful: bool = False,
) -> Any:
    from dbt.cli.main import dbtRunner

    target = target or target_dir(folder)
    target.mkdir(parents=True, exist_ok=True)
    with _environment(folder, is_careful=is_careful):
        outcome = dbtRunner(manifest=manifest).invoke(
            [*args, *_places(target), "--log-level-file", log_level, *_QUIET]
        )
        _close_connections()
    if outcome.exception is not None:
        raise DbtFailed(str(outcome.exception)) from outcome.exception
    if must_succeed and not outcome.success:
        raise DbtFailed(f"dbt {args[0]} failed; see {target / 'logs' / 'dbt.log'}")
    return outcome.result


def _places(target: Path) -> list[str]:
    return [
        "--project-dir", str(PROJECT_DIR), "--profiles-dir", str(PROJECT_DIR),
        "--target-path", str(target), "--log-path", str(target / "logs"),
    ]  # fmt: skip


@contextlib.contextmanager
def _environment(folder: CompanyFolder, *, is_careful: bool = False) -> Iterator[None]:
    """Point the profile at this company's build file for the length of one call."""
    given = {"GAPWISE_BUILD_FILE": str(folder.build_file)}
    given["GAPWISE_CACHING_OPERATORS"] = "false" if is_careful else "true"
    given["GAPWISE_MEMORY_LIMIT"] = os.environ.get("GAPWISE_MEMORY_LIMIT") or memory_limit(
        machine_memory()
    )
    before = {name: os.environ.get(name) for name in given}
    os.environ.update(given)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def memory_limit(machine_bytes: int) -> str:
    """Return what the build may hold in memory before it spills to disk, in DuckDB's words.

    Two fifths of the machine, and 5 GB at most: a night stays within 8 GB whatever the company.

    Args:
        machine_bytes: memory of the machine, or of the container it runs in.
    """
    return f"{min(machine_bytes * 2 // 5, 5 * GB) // MB}MiB"


def machine_memory() -> int:
    """Return the bytes of memory of this machine, or of the container if it has less."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with contextlib.suppress(OSError, ValueError):  # no container, or one without a limit ("max")
        memory = min(memory, int(Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii")))
    return memory


def remove_leftovers(folder: CompanyFolder) -> None:
    """Delete what a killed build of this company left in memory; call it under the night's lock."""
    for left in Path(_in_memory() or tempfile.gettempdir()).glob(f"{_prefix(folder)}*"):
        shutil.rmtree(left, ignore_errors=True)


def _prefix(folder: CompanyFolder) -> str:
    company = hashlib.sha256(str(folder.build_file.resolve()).encode()).hexdigest()[:12]
    return f"gapwise-dbt-{company}-"


def _in_memory() -> Path | None:
    """Return a folder that is kept in memory, where the system has one."""
    shared = Path("/dev/shm")
    return shared if shared.is_dir() and os.access(shared, os.W_OK) else None


def _close_connections() -> None:
    """Let go of the build file: dbt keeps its connection, and with it the write lock."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
