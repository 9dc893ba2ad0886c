"""Write a benchmark company's marts by hand: `python -m benchmarks.by_hand HOME FILE DAY`."""

from __future__ import annotations

import json
import sys
import time
from importlib.resources import files
from pathlib import Path

import duckdb

MEMORY_LIMIT = "6GB"


def write_by_hand(home: Path, target: Path, as_of: str) -> list[tuple[str, float]]:
    """Run the scripts in order on the files of a company's inbox.

    The night has run before: what its cascade (a step in Python, timed apart) and its rules sheets
    say is read from its build file.

    Returns:
        Each script's name and seconds.
    """
    target.unlink(missing_ok=True)
    config = {"memory_limit": MEMORY_LIMIT, "temp_directory": str(target.parent / "spill")}
    timed = []
    with duckdb.connect(str(target), config=config) as con:
        con.execute(f"set variable inbox = '{home / 'inbox'}'")
        con.execute(f"attach '{home / 'warehouse' / 'build.duckdb'}' as night (read_only)")
        con.execute(f"set variable as_of = date '{as_of}'")
        scripts = [p for p in files("benchmarks.by_hand").iterdir() if p.name.endswith(".sql")]
        for script in sorted(scripts, key=lambda p: p.name):
            started = time.perf_counter()
            con.execute(script.read_text("utf-8"))
            timed.append((script.name, time.perf_counter() - started))
    return timed


if __name__ == "__main__":
    print(json.dumps(write_by_hand(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])))
