"""One night in a process of its own, killed at a named point of it.

`python -m tests.faults.night_child HOME POINT NOTES`: POINT is `never`, `begin:STEP`, `end:STEP`, or
`change:N`, the Nth time that anything is made, renamed or removed, wherever in the night that comes.
`never` writes the steps and the number of changes to NOTES, for those who choose points.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from unittest import mock

from pipelines.commands.nightly import run_night
from pipelines.operations.night import Night
from pipelines.settings import CompanyFolder

# The morning after the demo company's last day, when messages may go out.
MORNING = datetime(2026, 3, 11, 1, 30, tzinfo=UTC)
CHANGES = frozenset({"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.symlink", "os.link"})
WRITES = os.O_WRONLY | os.O_RDWR


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Watch:
    """Counts what changes on disk and which steps ran, and ends the process at its point."""

    def __init__(self, point: str) -> None:
        self.kind, _, self.at = point.partition(":")
        self.changes = 0
        self.steps: list[tuple[str, int]] = []

    def hook(self, event: str, arguments: tuple[object, ...]) -> None:
        """Count one audited event if it changes a file."""
        if event == "open":
            path, _, flags = arguments
            is_change = isinstance(flags, int) and bool(flags & WRITES) and path != os.devnull
        else:
            is_change = event in CHANGES
        if is_change:
            self.changes += 1
            if self.kind == "change" and self.changes == int(self.at):
                _die()

    def patched_step(self) -> object:
        """Return the night's own step, with its beginning and end as points."""
        own = Night.step

        @contextmanager
        def step(night: Night, name: str) -> Iterator[None]:
            self.steps.append((name, self.changes))
            if (self.kind, self.at) == ("begin", name):
                _die()
            with own(night, name):
                yield
            if (self.kind, self.at) == ("end", name):
                _die()

        return step


def main(home: str, point: str, notes: str) -> None:
    """Run the night."""
    watch = Watch(point)
    sys.addaudithook(watch.hook)
    with (
        mock.patch.object(Night, "step", watch.patched_step()),
        mock.patch("pipelines.operations.alerts.tell.utc_now", lambda: MORNING),
    ):
        result = run_night(CompanyFolder(Path(home)))
    said = {
        "outcome": result.outcome,
        "reason": result.reason_en,
        "steps": watch.steps,
        "changes": watch.changes,
    }
    Path(notes).write_text(json.dumps(said), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
