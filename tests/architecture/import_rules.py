"""Who may import whom: the one table of it, and the functions that hold source code to it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

PACKAGE = "pipelines"

# From the top down: a layer may import what stands below it.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("cli",),
    ("commands",),
    ("definitions",),
    ("checks",),
    ("assets",),
    ("orchestration",),
    ("spark",),
    ("dbt",),
    ("forgetting", "profiling"),
    ("operations",),
    ("bi", "landing", "publish", "sources", "steps", "tell"),
    ("core",),
)
# Read by every layer but core; imports nothing of the project.
SETTINGS = "settings"
# Stands apart, so that what it says was in the files is an independent answer.
DEMO = "demo"

# Edges that go beside or against the layers: importer, imported, why.
EXCEPTIONS: dict[tuple[str, str], str] = {
    ("cli", "demo"): "the command that writes the demo company",
    ("landing", "sources"): "landing asks a reader for the rows of a file",
    ("landing", "publish.files"): "atomic replacement of a file has one home",
    ("sources.presets", "landing.contract"): "a preset is checked against the entities' columns",
    ("publish.history", "landing.parquet"): "Parquet is written in one way",
    ("publish.intent", "landing.manifest"): "a finished publish is recorded with its night",
    ("bi", "publish.files"): "atomic replacement of a file has one home",
    ("tell.health", "publish.files"): "atomic replacement of a file has one home",
}

# core is pure: no orchestration, no database, no network, no processes.
FORBIDDEN_IN_CORE = frozenset(
    [
        "dagster",
        "dagster_dbt",
        "dbt",
        "duckdb",
        "sqlalchemy",
        "sqlite3",
        "great_expectations",
        "requests",
        "httpx",
        "urllib",
        "urllib3",
        "http",
        "socket",
        "subprocess",
        "tenacity",
        "filelock",
    ]
)
# Seconds each to import: no command pays for what it does not use.
HEAVY = frozenset(
    [
        "dagster",
        "dagster_dbt",
        "dagster_webserver",
        "dbt",
        "great_expectations",
        "duckdb",
        "pandas",
        "pyarrow",
        "sqlalchemy",
        "numpy",
        "pyspark",
        "scipy",
    ]
)


@dataclass(frozen=True)
class Import:
    """One import: which module does it, of what, in which line, and whether at import time."""

    importer: str
    imported: str
    line: int
    is_top_level: bool


def read_modules(root: Path) -> dict[str, str]:
    """Return the source of every module under root/pipelines by its dotted name."""
    modules = {}
    for path in sorted((root / PACKAGE).rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        modules[name] = path.read_text(encoding="utf-8")
    return modules


def imports_of(modules: Mapping[str, str]) -> list[Import]:
    """Return every import of every module; a name that is a module stands as that module."""
    return [
        found
        for importer, source in modules.items()
        for found in _imports(importer, source, modules)
    ]


def _imports(importer: str, source: str, modules: Mapping[str, str]) -> Iterator[Import]:
    tree = ast.parse(source)
    at_import = set(_run_at_import(tree))
    is_package = any(name.startswith(f"{importer}.") for name in modules)
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(node, importer, is_package)
            members = [f"{base}.{alias.name}" for alias in node.names]
            names = [member if member in modules else base for member in members]
        for name in dict.fromkeys(names):
            yield Import(importer, name, node.lineno, node in at_import)


def _absolute(node: ast.ImportFrom, importer: str, is_package: bool) -> str:
    if not node.level:
        return node.module or ""
    parts = importer.split(".")
    kept = parts[: len(parts) - node.level + (1 if is_package else 0)]
    return ".".join([*kept, *([node.module] if node.module else [])])


def _run_at_import(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what runs when the module is imported: not functions, not `if TYPE_CHECKING`."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            continue
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        yield child
        yield from _run_at_import(child)


def wrong_directions(modules: Mapping[str, str]) -> list[str]:
    """Name every import that goes against the layers, in words that say what to do."""
    problems = []
    for found in imports_of(modules):
        if found.imported != PACKAGE and not found.imported.startswith(f"{PACKAGE}."):
            continue
        importer, imported = _short(found.importer), _short(found.imported)
        if not _is_allowed(importer, imported):
            problems.append(
                f"{found.importer}, line {found.line}: {importer} must not import {imported}; "
                "the table stands in tests/architecture/import_rules.py"
            )
    return problems


def unplaced_modules(modules: Mapping[str, str]) -> list[str]:
    """Name modules that the table does not know: each new one is given its layer on purpose."""
    known = {member for layer in LAYERS for member in layer} | {SETTINGS, DEMO, ""}
    return sorted({_owner(_short(name)) for name in modules} - known)


def unused_exceptions(modules: Mapping[str, str]) -> list[tuple[str, str]]:
    """Name exceptions that no import needs any more."""
    edges = {(_short(found.importer), _short(found.imported)) for found in imports_of(modules)}
    return [
        exception
        for exception in EXCEPTIONS
        if not any(_matches(exception, importer, imported) for importer, imported in edges)
    ]


def _short(module: str) -> str:
    return module.removeprefix(PACKAGE).removeprefix(".")


def _owner(name: str) -> str:
    return name.split(".", maxsplit=1)[0]


def _matches(exception: tuple[str, str], importer: str, imported: str) -> bool:
    return all(
        name == prefix or name.startswith(f"{prefix}.")
        for prefix, name in zip(exception, (importer, imported), strict=True)
    )


def _is_allowed(importer: str, imported: str) -> bool:
    from_, to = _owner(importer), _owner(imported)
    if from_ == to or any(_matches(exception, importer, imported) for exception in EXCEPTIONS):
        return True
    if from_ in {SETTINGS, DEMO} or to in {DEMO, ""}:
        return False
    if to == SETTINGS:
        return from_ != "core"
    depth = {member: number for number, layer in enumerate(LAYERS) for member in layer}
    if from_ not in depth or to not in depth:
        return False
    return depth[from_] < depth[to]


def forbidden_in_core(modules: Mapping[str, str]) -> list[str]:
    """Name every import with which core would reach out of itself."""
    return [
        f"{found.importer}, line {found.line}: core is pure and must not import {found.imported}"
        for found in imports_of(modules)
        if _owner(_short(found.importer)) == "core"
        and found.imported.split(".")[0] in FORBIDDEN_IN_CORE
    ]


def import_cycles(modules: Mapping[str, str]) -> list[str]:
    """Name modules that need each other to load (imports inside functions do not count)."""
    needs: dict[str, set[str]] = {name: set() for name in modules}
    for found in imports_of(modules):
        if found.is_top_level and found.imported in modules and found.imported != found.importer:
            needs[found.importer].add(found.imported)
    # What needs nothing that is left goes first; what never can go stands in a cycle.
    while ready := [name for name, needed in needs.items() if not needed & needs.keys()]:
        for name in ready:
            del needs[name]
    return sorted(needs)


def heavy_at_start(modules: Mapping[str, str], start: str = f"{PACKAGE}.cli") -> list[str]:
    """Name heavy packages that importing `start` alone already brings in, with the way there."""
    imports = imports_of(modules)
    problems, seen, waiting = [], {start}, [(start, start)]
    while waiting:
        module, way = waiting.pop()
        for found in imports:
            if found.importer != module or not found.is_top_level:
                continue
            if found.imported.split(".")[0] in HEAVY:
                problems.append(f"{way} imports {found.imported} in line {found.line}")
            for name in _with_parents(found.imported):
                if name in modules and name not in seen:
                    seen.add(name)
                    waiting.append((name, f"{way} → {name}"))
    return problems


def _with_parents(module: str) -> list[str]:
    parts = module.split(".")
    return [".".join(parts[: count + 1]) for count in range(len(parts))]
