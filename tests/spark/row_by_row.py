"""Two published nights, mart by mart and row by row: decimals exact, floats to 1e-9."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import duckdb

from pipelines.publish.history import history_order

FLOATS = ("DOUBLE", "FLOAT")
TOLERANCE = 1e-9


def differences(one: Path, other: Path) -> dict[str, str]:
    """Return what differs between the published marts of two company folders, by mart.

    Rows are joined by the mart's order of publication, which is its grain. Operations marts and
    columns outside content hashes tell of the run, not of the company.
    """
    manifest, again = (manifest_of(home) for home in (one, other))
    if manifest["marts"].keys() != again["marts"].keys():
        names = sorted(manifest["marts"].keys() ^ again["marts"].keys())
        return dict.fromkeys(names, "published by one engine only")
    marts = [name for name, mart in manifest["marts"].items() if not mart["is_operations"]]
    files = (home / "published" / "marts.duckdb" for home in (one, other))
    return differing_tables(*files, marts, manifest)


def differing_tables(
    one: Path, other: Path, marts: Iterable[str], manifest: Mapping[str, Any]
) -> dict[str, str]:
    """Return what differs between the marts of two database files, by mart.

    Args:
        one: a file with the marts in its schema `marts`.
        other: such a file again.
        marts: which of them.
        manifest: of a publish; it names their grain and the columns that tell of the run.
    """
    volatile = frozenset(manifest["volatile_columns"])
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'")
        for name, file in (("one", one), ("other", other)):
            con.execute(f"attach '{file.resolve()}' as {name} (read_only)")
        found = {mart: _differs(con, mart, manifest["marts"][mart], volatile) for mart in marts}
    return {mart: problem for mart, problem in found.items() if problem}


def compared_rows(home: Path) -> int:
    """Return how many rows there were to compare: a comparison of nothing proves nothing."""
    marts = manifest_of(home)["marts"].values()
    return sum(mart["rows"] for mart in marts if not mart["is_operations"])


def manifest_of(home: Path) -> dict:
    """Return what a company folder says of its publish."""
    return json.loads((home / "published" / "manifest.json").read_text(encoding="utf-8"))


def _differs(
    con: duckdb.DuckDBPyConnection, mart: str, described: dict, volatile: frozenset[str]
) -> str | None:
    columns, others = (
        con.execute(f"select * from (describe {db}.marts.{mart})").fetchall()
        for db in ("one", "other")
    )
    shapes = [[(name, type_) for name, type_, *_ in found] for found in (columns, others)]
    if shapes[0] != shapes[1]:
        return f"columns {sorted(set(shapes[0]) ^ set(shapes[1]))}"
    keys = described["info"].get("grain") or history_order()[mart]
    same_key = " and ".join(f'o."{key}" is not distinct from t."{key}"' for key in keys)
    checks = {
        name: _same(name, type_) for name, type_ in shapes[0] if name not in (*keys, *volatile)
    }
    differs = ", ".join(
        f'count(*) filter (not ({test})) as "{name}"' for name, test in checks.items()
    )
    lone = "count(*) filter (o.here is null or t.here is null) as lone_rows"
    counts = con.execute(
        f"select {', '.join([lone, *([differs] if differs else [])])} "
        f"from (select *, true as here from one.marts.{mart}) as o "
        f"full join (select *, true as here from other.marts.{mart}) as t on {same_key}"
    )
    names = [column[0] for column in counts.description]
    wrong = {n: c for n, c in zip(names, counts.fetchall()[0], strict=True) if c}
    return str(wrong) if wrong else None


def _same(name: str, type_: str) -> str:
    left, right = f'o."{name}"', f't."{name}"'
    if type_ not in FLOATS:
        return f"{left} is not distinct from {right}"
    close = f"abs({left} - {right}) <= {TOLERANCE} * greatest(1, abs({left}))"
    return f"coalesce({close} or {left} = {right}, {left} is null and {right} is null)"
