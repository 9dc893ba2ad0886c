"""Write the marts of a benchmark company by hand: `python -m benchmarks.by_hand INBOX FILE DAY`."""

from __future__ import annotations

import json
import sys
import time
from importlib.resources import files
from pathlib import Path

import duckdb

MEMORY_LIMIT = "6GB"


def write_by_hand(inbox: Path, target: Path, as_of: str) -> list[tuple[str, float]]:
    """Run the scripts in order; return each one's name and seconds."""
    target.unlink(missing_ok=True)
    config = {"memory_limit": MEMORY_LIMIT, "temp_directory": str(target.parent / "spill")}
    timed = []
    with duckdb.connect(str(target), config=config) as con:
        con.execute(f"set variable inbox = '{inbox}'")
        con.execute(f"set variable as_of = date '{as_of}'")
        scripts = [p for p in files("benchmarks.by_hand").iterdir() if p.name.endswith(".sql")]
        for script in sorted(scripts, key=lambda p: p.name):
            started = time.perf_counter()
            con.execute(script.read_text("utf-8"))
            timed.append((script.name, time.perf_counter() - started))
    return timed


if __name__ == "__main__":
    print(json.dumps(write_by_hand(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])))
