"""Run a benchmark of one size and keep what was measured as JSON."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

from benchmarks.company import Load
from benchmarks.compare import compare_marts, marts_left_out, marts_of
from benchmarks.generate import SEED, deliver, found_company
from benchmarks.machine import describe_machine
from benchmarks.measure import ProgramFailed, peak_of_all, run_measured, run_nightly
from benchmarks.sizes import AS_OF, Size

RESULTS = Path(__file__).parent / "results"
WHOLE = ("generate", "first", "checks", "by_hand", "second_full", "second_delta")
PARTS = (*WHOLE, "landing")
MB = 1024**2


class Bench:
    """One size, its working folder and what was measured so far.

    Every part is kept as soon as it is measured, so that a run that was stopped is not lost.
    """

    def __init__(self, size: Size, work: Path, results: Path = RESULTS) -> None:
        self.size = size
        self.work = work / slug_of(size.name)
        self.files = self.work / "files"
        self.target = results / f"{slug_of(size.name)}.json"
        self.found: dict[str, Any] = {}
        if self.target.is_file():
            self.found = json.loads(self.target.read_text(encoding="utf-8"))

    def run(self, parts: tuple[str, ...] = WHOLE) -> None:
        """Measure parts in their order; each needs those before it."""
        self.work.mkdir(parents=True, exist_ok=True)
        do: dict[str, Callable[[], dict[str, Any]]] = {
            "generate": self.generate,
            "landing": self.landing,
            "first": lambda: self.first_night("snapshot"),
            "checks": self.checks,
            "by_hand": self.by_hand,
            "second_full": lambda: self.second_night("snapshot", "second_full"),
            "second_delta": lambda: {
                "first": self.first_night("delta"),
                "second": self.second_night("delta", "second_delta"),
            },
        }
        for part in parts:
            self.found[part] = do[part]()
            self.found[part]["machine"] = describe_machine()
            self.found["size"] = asdict(self.size) | {"seed": SEED}
            self.target.parent.mkdir(parents=True, exist_ok=True)
            self.target.write_text(json.dumps(self.found, indent=1) + "\n", encoding="utf-8")

    def generate(self) -> dict[str, Any]:
        """Write the files of both nights."""
        shutil.rmtree(self.files, ignore_errors=True)
        code, cost = run_measured(
            ["benchmarks", "generate", self.size.name, str(self.files)], self.log("generate")
        )
        if code:
            raise ProgramFailed(f"the generator failed; see {self.log('generate')}")
        return {
            "cost": asdict(cost),
            "csv_mb": {f.name: _mb(f) for f in sorted(self.files.iterdir()) if f.is_dir()},
        }

    def landing(self) -> dict[str, Any]:
        """Land a new company's files, the night's first steps alone."""
        home, log = self.work / "company_landing", self.log("landing")
        shutil.rmtree(home, ignore_errors=True)
        found_company(home, self.files, "snapshot")
        code, cost = run_measured(["benchmarks.landing", str(home), AS_OF.isoformat()], log)
        if code:
            raise ProgramFailed(f"landing failed; see {log}")
        landed = json.loads(log.read_text(encoding="utf-8").splitlines()[-1])
        shutil.rmtree(home)
        cost = peak_of_all(cost, landed["steps"])
        return {"outcome": "landed", "cost": asdict(cost), **landed}

    def first_night(self, load: Load) -> dict[str, Any]:
        """Run the night of a new company."""
        shutil.rmtree(self.home(load), ignore_errors=True)
        found_company(self.home(load), self.files, load)
        return run_nightly(self.home(load), AS_OF, self.log(f"first_{load}"))

    def checks(self) -> dict[str, Any]:
        """Judge the first night's build file once more, every kind of check by itself."""
        log = self.log("checks")
        home = str(self.home("snapshot"))
        code, cost = run_measured(["benchmarks.checks", home, AS_OF.isoformat()], log)
        if code:
            raise ProgramFailed(f"the checks failed; see {log}")
        kinds = json.loads(log.read_text(encoding="utf-8").splitlines()[-1])
        return {"cost": asdict(peak_of_all(cost, kinds)), "kinds": kinds}

    def second_night(self, load: Load, exports: str) -> dict[str, Any]:
        """Deliver 1 % of new and changed rows and run the night after."""
        deliver(self.home(load), self.files / exports)
        return run_nightly(self.home(load), AS_OF + timedelta(days=1), self.log(exports))

    def by_hand(self) -> dict[str, Any]:
        """Run the script by hand on the files of the first night and compare what it wrote."""
        home, target = self.home("snapshot"), self.work / "by_hand.duckdb"
        log = self.log("by_hand")
        arguments = [str(home), str(target), AS_OF.isoformat()]
        code, cost = run_measured(["benchmarks.by_hand", *arguments], log)
        if code:
            raise ProgramFailed(f"the script by hand failed; see {log}")
        build_file = home / "warehouse" / "build.duckdb"
        needed = ["benchmarks.needed", str(home), *marts_of(target)]
        code, needed_cost = run_measured(needed, self.log("needed"))
        if code:
            raise ProgramFailed(f"the needed marts failed; see {self.log('needed')}")
        compared = compare_marts(build_file, target)
        return {
            "cost": asdict(cost),
            "scripts": json.loads(log.read_text(encoding="utf-8").splitlines()[-1]),
            "compared": [asdict(c) | {"is_equal": c.is_equal} for c in compared],
            "left_out": marts_left_out(build_file, target),
            "needed_cost": asdict(needed_cost),
        }

    def home(self, load: Load) -> Path:
        """Return the company folder whose files come as full exports or as deltas."""
        return self.work / f"company_{load}"

    def log(self, part: str) -> Path:
        """Return where a part's output is kept."""
        return self.work / f"{part}.log"


def slug_of(name: str) -> str:
    """Return a size's name as part of a path."""
    return name.replace("/", "-")


def _mb(folder: Path) -> float:
    return round(sum(f.stat().st_size for f in folder.iterdir()) / MB, 1)
