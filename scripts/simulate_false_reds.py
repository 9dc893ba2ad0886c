"""Simulate how often people who are on plan see a red light, workday by workday.

Run: `PYTHONPATH=. .venv/bin/python scripts/simulate_false_reds.py`. Its figures stand in
docs/methods/attainment.md. The light is the marts' own: the dbt macro, compiled.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import tempfile
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from pipelines.dbt.runner import _invoke
from pipelines.settings import CompanyFolder

SEED = 20260310
WORKDAYS = 65  # a quarter
SHOWN = (1, 5, 12, 13, 20, 33, 45, 64, 65)
THRESHOLDS = """
select 0.2 as behind_lag_rate, 0.1 as watch_lag_rate, 0.15 as ahead_rate,
    0.2 as grace_elapsed_rate
"""
LIGHT = """
select day.deals, day.workdays_elapsed, day.is_closed,
    {{ status_light('day', 'thresholds') }} as status,
    round(1 - day.pace_rate, 12) > thresholds.behind_lag_rate as by_percentage
from day cross join thresholds
"""


def compiled_light() -> str:
    """Return the marts' rule of lights as SQL over relations `day` and `thresholds`."""
    with tempfile.TemporaryDirectory() as home:
        folder = CompanyFolder(Path(home))
        folder.build_file.parent.mkdir(parents=True)
        with contextlib.redirect_stdout(io.StringIO()):  # dbt prints what it compiled
            result = _invoke(folder, ["compile", "--inline", LIGHT])
        return str(result.results[0].node.compiled_code)


def simulated_days(deals: int, reps: int, rng: np.random.Generator) -> pa.Table:
    """Simulate a quarter of people whose deals come by chance, as many as planned on average.

    Args:
        deals: planned in the quarter, counted in average deals: due evenly by workdays.
        reps: people to simulate.
        rng: seeded.

    Returns:
        Grain: one row per person and workday, with the columns that the light looks at. A deal's
        size is 1 on average (log-normal, a spread of 0.8), as money is counted in average deals.
    """
    counts = rng.poisson(deals / WORKDAYS, size=(reps, WORKDAYS))
    sizes = rng.lognormal(-0.32, 0.8, size=int(counts.sum()))
    of_day = np.zeros(counts.size)
    np.add.at(of_day, np.repeat(np.arange(counts.size), counts.ravel()), sizes)
    so_far = np.cumsum(of_day.reshape(counts.shape), axis=1).ravel()
    index = np.tile(np.arange(1, WORKDAYS + 1), reps)
    due = deals * index / WORKDAYS
    return pa.table(
        {
            "deals": np.full(len(index), deals),
            "target": np.full(len(index), float(deals)),
            "is_started": np.ones(len(index), dtype=bool),
            "is_closed": index == WORKDAYS,
            "workdays_elapsed": index,
            "period_workdays": np.full(len(index), WORKDAYS),
            "pace_rate": so_far / due,
            "due_count": due,
            "actual_count": np.floor(so_far),
            "is_small_count": (due < 5) & (index < WORKDAYS),
        }
    )


def false_reds(light: str, deals: int, reps: int) -> dict[int, tuple[float, float]]:
    """Return by workday index the share of red lights: of the light, and by percentage alone."""
    with duckdb.connect() as con:
        con.register("day", simulated_days(deals, reps, np.random.default_rng(SEED + deals)))
        con.execute(f"create table thresholds as {THRESHOLDS}")
        rows = con.execute(
            f"""
            select workdays_elapsed, avg((status = 'behind')::int), avg(by_percentage::int)
            from ({light}) group by all
            """
        ).fetchall()
    return {day: (red, naive) for day, red, naive in rows}


def main() -> None:
    """Print the table of docs/methods/attainment.md."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--reps", type=int, default=20_000)
    reps = parser.parse_args().reps
    light = compiled_light()
    print("| deals a quarter | rule | " + " | ".join(f"day {day}" for day in SHOWN) + " |")
    print("| --- | --- |" + " --- |" * len(SHOWN))
    for deals in (5, 15, 60):
        shares = false_reds(light, deals, reps)
        for at, rule in enumerate(("light", "percentage alone")):
            cells = " | ".join(f"{shares[day][at]:.1%}" for day in SHOWN)
            print(f"| {deals} | {rule} | {cells} |")


if __name__ == "__main__":
    main()
