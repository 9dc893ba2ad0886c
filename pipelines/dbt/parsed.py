"""The parsed dbt project, kept beside its files: reading it takes a tenth of parsing it.

dbt parses some hundred files in five seconds and asks the profile whether what it kept still holds;
the profile names the company's build file, so that it never would. What is kept here goes by the
content of the project alone, for every company.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from filelock import FileLock

MANIFEST = "manifest.json"
STATE = "partial_parse.msgpack"
TESTS = "tests.json"
"""What is kept: the manifest twice, as a dictionary and as dbt's own object, and the SQL of the tests."""
_SOURCES = (".sql", ".yml")
_NO_SOURCES = ("target", "logs", "dbt_packages")
_KEPT = 4
_UNDER_WAY = "parsing-"


def project_key(project: Path) -> str:
    """Name a state of the project: the content of its files and the versions that read them."""
    digest = hashlib.sha256(f"{MANIFEST} {STATE} {TESTS}\n".encode())
    for package in ("dbt-core", "dbt-adapters", "dbt-duckdb"):
        digest.update(f"{package} {version(package)}\n".encode())
    for path in sorted(project.rglob("*")):
        inside = path.relative_to(project)
        if path.suffix in _SOURCES and inside.parts[0] not in _NO_SOURCES:
            digest.update(f"{inside} {path.stat().st_size}\n".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:20]


def parsed_project(
    project: Path, fallback: Path, parse: Callable[[Path], object], kept_as: str = "parsed"
) -> Path:
    """Return the folder of the project's parsed state, parsing it if it is not there yet.

    Args:
        project: the dbt project; its `target` holds what was parsed, if it can be written.
        fallback: where it is kept instead.
        parse: runs dbt's parser with a folder as its target.
        kept_as: the folder's name; what was parsed for another engine stands beside it.
    """
    key = project_key(project)
    places = [project / "target" / kept_as, fallback / kept_as]
    for place in places:
        if (place / key / STATE).is_file():
            return place / key
    place = next(p for p in places if _can_write(p) or p is places[-1])
    place.mkdir(parents=True, exist_ok=True)
    with _one_at_a_time(place) as is_alone:
        if not (place / key / STATE).is_file():
            if is_alone:
                _forget_parses_cut_short(place)
            _parse(project, place, key, parse)
    return place / key


@contextmanager
def _one_at_a_time(place: Path) -> Iterator[bool]:
    """Let the code servers of ten companies parse once: who comes second finds what the first wrote.

    Yields whether nobody else parses now: a file system that knows no locks cannot tell, and costs
    each of them a parse.
    """
    lock = FileLock(place / "parsing.lock", thread_local=False, fallback_to_soft=False)
    with ExitStack() as held:
        with suppress(NotImplementedError):
            held.enter_context(lock)
        yield lock.is_locked


def _parse(project: Path, place: Path, key: str, parse: Callable[[Path], object]) -> None:
    """Parse aside and move, so that a parse cut short is never taken for a whole one."""
    aside = Path(tempfile.mkdtemp(prefix=_UNDER_WAY, dir=place))
    try:
        parse(aside)
        for name in (MANIFEST, STATE):
            if not (aside / name).is_file():
                raise FileNotFoundError(f"dbt parsed {project} without writing {aside / name}")
        _move(aside, place / key)
        _forget_all_but_newest(place)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


@cache
def manifest_dict(parsed: Path) -> Mapping[str, Any]:
    """Return the parsed project as a dictionary, as dbt's manifest.json has it."""
    manifest: Mapping[str, Any] = json.loads((parsed / MANIFEST).read_text(encoding="utf-8"))
    return manifest


@cache
def manifest_object(parsed: Path) -> Any:
    """Return the parsed project as dbt's own object, which a build goes by."""
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumuro_decoder

    packed = (parsed / STATE).read_bytes()
    manifest = Manifest.from_msgpack(packed, decoder=extended_mashumuro_decoder)
    manifest.build_flat_graph()  # type: ignore[no-untyped-call]
    return manifest


def _can_write(place: Path) -> bool:
    there = next(folder for folder in (place, *place.parents) if folder.is_dir())
    return os.access(there, os.W_OK)


def _move(aside: Path, to: Path) -> None:
    """Put a finished parse in its place; whoever was there first is as good."""
    try:
        aside.rename(to)
    except OSError:
        if not (to / STATE).is_file():
            raise


def _forget_parses_cut_short(place: Path) -> None:
    """Remove what parsers that were killed left behind."""
    for aside in place.glob(f"{_UNDER_WAY}*/"):
        shutil.rmtree(aside, ignore_errors=True)


def _forget_all_but_newest(place: Path) -> None:
    """Remove what was parsed of older states of the project; another process may still read one."""
    states = [
        path
        for path in place.iterdir()
        if (path / STATE).is_file() and not path.name.startswith(_UNDER_WAY)
    ]
    states.sort(key=lambda path: path.stat().st_mtime_ns, reverse=True)
    for path in states[_KEPT:]:
        shutil.rmtree(path, ignore_errors=True)


def is_personal(column: Mapping[str, Any]) -> bool:
    """Return whether a column's contract calls it personal data."""
    meta = (column.get("config") or {}).get("meta") or column.get("meta") or {}
    return bool(meta.get("personal"))
