"""Nights of whole companies on either engine, each in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
# A tiny company on a small machine: little memory, few parts, nothing planned twice, and no second
# compiler for queries that run once; but room for what the first one compiled (without the second
# it has 48 MB, and throws away what it needs again) and for classes (21 MB, and memory is swept
# whenever they are full). None of it decides what a figure means.
SMALL = {
    "GAPWISE_SPARK_CONF": "spark.driver.memory=1200m spark.sql.shuffle.partitions=2 "
    "spark.sql.adaptive.enabled=false",
    "JDK_JAVA_OPTIONS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC "
    "-XX:ReservedCodeCacheSize=256m -XX:MetaspaceSize=512m",
}


def run_python(*arguments: str, **environment: str) -> None:
    """Run Python as from a shell, so that no session is left behind; what it said is in the error."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{arguments}: {done.stdout[-3000:]}\n{done.stderr[-6000:]}"


def run_night(home: Path, engine: str, **environment: str) -> None:
    """Run one night of a company folder."""
    night = ("-m", "pipelines.cli", "nightly", "--home", str(home), "--engine", engine)
    run_python(*night, **environment)
