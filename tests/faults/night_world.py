"""A tiny company on the evening before its last night, and what a blow to that night left.

Every blow is struck on a copy: the night before is published, the last day's files lie in the inbox,
and one webhook takes the messages of all roles.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import yaml

from pipelines.demo import write_demo_company
from tests.nights import content_hashes
from tests.servers.robots import Hook

ROOT = Path(__file__).parents[2]
BEFORE, LAST = "2026-03-09", "20260310"
ROLES = ("rep", "manager", "director", "data_team")
WATCHED = ("mart_target_attainment", "mart_followup_due", "fct_opportunity", "mart_gap")
NIGHT_SECONDS = 600

Shown = tuple[tuple[int, int], ...]


@dataclass
class Outcome:
    """What became of one blow: the row of the fault table."""

    blow: str
    happened: str
    published_after: str
    shown: set[Shown]
    next_outcome: str
    hashes: dict[str, str]
    messages: Counter[str]
    resent: Counter[str]
    reads: int
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Undisturbed:
    """The night that nothing happened to, and the company before it."""

    base: Path
    before: Any
    after: Outcome
    steps: list[str]
    changes: int
    rehearsed: Any


def write_company(home: Path) -> None:
    """Write the tiny company, publish the night before its last, and put the last files in place."""
    write_demo_company(home, scale="tiny")
    path = home / "company.yml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    content["alerts"] = [{"channel": "webhook", "url": "env:T_HOOK", "to": r} for r in ROLES]
    del content["as_of"]
    path.write_text(yaml.safe_dump({**content, "as_of": BEFORE}, allow_unicode=True), "utf-8")
    waiting = home.parent / "waiting"
    late = [f for f in (home / "inbox").rglob(f"*{LAST}*") if f.is_file()]
    for file in late:
        target = waiting / file.relative_to(home / "inbox")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(file, target)
    with Hook() as hook:
        said = run(home, hook.address)
    assert said["outcome"] == "published", said
    shutil.copytree(waiting, home / "inbox", dirs_exist_ok=True)
    path.write_text(yaml.safe_dump({**content, "as_of": "2026-03-10"}, allow_unicode=True), "utf-8")


def run(home: Path, hook: str, point: str = "never", **more: str) -> dict[str, Any]:
    """Run a night in a process of its own; return what it said, or how it ended."""
    notes = home.parent / f"{home.name}.json"
    notes.unlink(missing_ok=True)
    ended = subprocess.run(
        [sys.executable, "-m", "tests.faults.night_child", str(home), point, str(notes)],
        cwd=ROOT,
        env={**os.environ, "T_HOOK": hook, **more},
        capture_output=True,
        text=True,
        timeout=NIGHT_SECONDS,
        check=False,
    )
    if notes.is_file():
        said: dict[str, Any] = json.loads(notes.read_text(encoding="utf-8"))
        return said
    return {"outcome": f"ended with {ended.returncode}", "error": ended.stderr[-2000:]}


def shown(home: Path) -> Shown:
    """Return what a BI tool that connects now is shown: rows and sum of hashes of some marts."""
    with duckdb.connect(str(home / "published" / "marts.duckdb"), read_only=True) as con:
        con.execute("use marts")
        found = []
        for mart in WATCHED:
            row = con.execute(f"select count(*), sum(hash(m)) from {mart} as m").fetchone()
            assert row is not None
            found.append((int(row[0]), int(row[1] or 0)))
    return tuple(found)


@contextmanager
def reading(home: Path) -> Iterator[tuple[set[Shown], Counter[str]]]:
    """Read in a loop with new connections, as BI does, while something else happens."""
    seen: set[Shown] = set()
    counted: Counter[str] = Counter()
    is_over = threading.Event()

    def loop() -> None:
        while not is_over.wait(1.0):
            try:
                seen.add(shown(home))
                counted["reads"] += 1
            except duckdb.Error as error:
                counted[f"failed: {error}"[:200]] += 1

    thread = threading.Thread(target=loop)
    thread.start()
    try:
        yield seen, counted
    finally:
        is_over.set()
        thread.join()


def messages_of(hook: Hook) -> tuple[Counter[str], Counter[str]]:
    """Return each message that arrived, and each that says that it may have come before."""
    first: Counter[str] = Counter()
    again: Counter[str] = Counter()
    for call in hook.calls:
        said = (call.body["recipient"], *(line["text"] for line in call.body["lines"]))
        (again if call.body["is_resent"] else first)["\n".join(said)] += 1
    return first, again


def strike(base: Path, home: Path, blow: str, happens: Callable[[Path, str], str]) -> Outcome:
    """Strike a copy of the company while BI reads it, run the next night, and tell what came of it."""
    shutil.copytree(base, home, symlinks=True)
    notes: list[str] = []
    with Hook() as hook:
        with reading(home) as (seen, counted):
            happened = happens(home, hook.address)
            after = manifest_day(home)
            said = run(home, hook.address)
        if "error" in said:
            notes.append(said["error"])
        first, again = messages_of(hook)
    failed = {what: times for what, times in counted.items() if what != "reads"}
    if failed:
        notes.append(f"reads failed: {failed}")
    outcome = Outcome(
        blow, happened, after, set(seen), said["outcome"],
        content_hashes(home), first, again, counted["reads"], notes,
    )  # fmt: skip
    shutil.rmtree(home, ignore_errors=True)
    return outcome


def manifest_day(home: Path) -> str:
    """Return the day that readers are shown."""
    text = (home / "published" / "manifest.json").read_text(encoding="utf-8")
    return str(json.loads(text)["as_of"])
