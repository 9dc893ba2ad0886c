"""Spread one company target over 50,000 nodes and 365 days, into a file: time and memory.

Run: `PYTHONPATH=. .venv/bin/python benchmarks/cascade.py`.
Its figures stand in docs/methods/cascade.md.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pandas as pd

from pipelines.core.calendar import build_calendar
from pipelines.core.cascade import Grid, Shares, Tree, Unit, build_grid, build_tree, run_cascade
from pipelines.steps.cascade_inputs import UNIT_COLUMNS, blank_unit, object_frame
from pipelines.steps.cascade_tables import CascadeWriter, create_tables

YEAR_TARGET = Decimal("5000000000.00")
SEASON = {1: Decimal("0.3"), 2: Decimal("0.2"), 3: Decimal("0.3"), 4: Decimal("0.2")}
ALWAYS, FAR = date(1900, 1, 1), date(9999, 12, 31)
REGIONS, TEAMS_A_REGION = 50, 20


def organisation(nodes: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Lay out a company of regions, teams and people; every tenth leaves or is hired midyear."""
    units = [blank_unit("C", "C", None, "company", "/C/")]
    teams = []
    for region in range(REGIONS):
        path = f"/C/R{region}/"
        units.append(blank_unit(f"R{region}", f"R{region}", "C", "region", path))
        for number in range(TEAMS_A_REGION):
            team = f"T{region}-{number}"
            units.append(blank_unit(team, team, f"R{region}", "team", f"{path}{team}/"))
            teams.append(team)
    people = nodes - len(units)
    places = pd.DataFrame(
        {
            "person_id": [f"P{number}" for number in range(people)],
            "unit_id": [teams[number % len(teams)] for number in range(people)],
            "valid_from": ALWAYS,
            "valid_before": FAR,
            "hired_on": [date(2026, 5, 6) if n % 20 == 0 else None for n in range(people)],
            "left_on": [date(2026, 8, 14) if n % 20 == 10 else None for n in range(people)],
        }
    )
    return object_frame(units, UNIT_COLUMNS), places


def inputs(nodes: int) -> tuple[Grid, Tree, pd.DataFrame, pd.DataFrame, Shares]:
    """Build the year, the tree, the target and the shares."""
    calendar = build_calendar(date(2026, 1, 1), date(2026, 12, 31), calendar="CN")
    grid = build_grid(calendar, [(date(2026, 1, 1), date(2026, 12, 31))])
    units, places = organisation(nodes)
    tree = build_tree(grid, units, places)
    target = {
        "holder_kind": "unit", "holder_id": "C", "start_on": date(2026, 1, 1),
        "end_on": date(2026, 12, 31), "is_year": True, "value": Unit.money().minor(YEAR_TARGET),
        "effective_on": None, "line": 1,
    }  # fmt: skip
    history = {(person, 2026): Decimal(n % 97) for n, person in enumerate(places["person_id"])}
    ramp = {1: Decimal("0.25"), 2: Decimal("0.5"), 3: Decimal("0.75")}
    shares = Shares(quarter_weights=SEASON, history=history, ramp=ramp)
    return grid, tree, units, pd.DataFrame([target]), shares


def main() -> None:
    """Run the cascade into a database file and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nodes", type=int, default=50_000)
    nodes = parser.parse_args().nodes
    grid, tree, units, target, shares = inputs(nodes)
    before_mb = _peak_mb()
    wall, cpu = time.perf_counter(), time.process_time()
    with tempfile.TemporaryDirectory() as folder:  # noqa: SIM117 (the file goes before its folder)
        with duckdb.connect(str(Path(folder) / "atoms.duckdb")) as con:
            con.execute("set memory_limit = '512MB'")
            create_tables(con)
            names = {"metric": "signed_amount", "level": "base", "scenario": "base"}
            result = run_cascade(grid, tree, target, shares, Unit.money())
            spread = time.process_time() - cpu
            writer = CascadeWriter(con)
            sink = writer.sink(names, Unit.money(), grid, units)
            for arrays in result.atoms.arrays():
                sink.add(("(all)", "(all)"), result.atoms.tree, arrays)
            writer.flush()
            taken = time.perf_counter() - wall, time.process_time() - cpu
            [(days, total)] = con.execute(
                "select count(*), sum(value) from cascade.target_atom"
            ).fetchall()
    assert total == YEAR_TARGET, (total, YEAR_TARGET)
    print(
        f"{nodes:,} nodes × {grid.days} days: {days:,} atoms, sum {total:,.2f}; "
        f"wall {taken[0]:.1f} s, CPU {taken[1]:.1f} s ({spread:.1f} s to spread); "
        f"peak memory {_peak_mb():,.0f} MB ({before_mb:,.0f} MB before)"
    )


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
