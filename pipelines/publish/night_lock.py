"""Let only one night run at a time, and tell the second one who is at work."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from pipelines.publish.errors import PublishError
from pipelines.publish.files import replace_file_atomically
from pipelines.settings import CompanyFolder


@dataclass(frozen=True)
class LockHolder:
    """Who holds the night lock, as that process noted it; all None in its first instant.

    Attributes:
        pid: process number on its machine.
        purpose: `nightly`, `rollback`, `backfill`, …
        since: UTC time at which it took the lock, ISO 8601.
        as_of: the day it works on, ISO 8601, None where it works on no day.
    """

    pid: int | None = None
    purpose: str | None = None
    since: str | None = None
    as_of: str | None = None

    def __str__(self) -> str:
        if self.pid is None:
            return "another process, which has only just begun"
        day = "" if self.as_of is None else f" as of {self.as_of}"
        return f"process {self.pid} ({self.purpose}{day}, since {self.since})"


class NightRunningError(Exception):
    """Say who holds the night lock; nothing was done."""

    def __init__(self, holder: LockHolder) -> None:
        super().__init__(
            f"Another run is at work: {holder}. Wait for it to end, or end that process; "
            "its lock goes with it."
        )
        self.holder = holder


@contextmanager
def night_lock(
    folder: CompanyFolder,
    wait_seconds: float | None,
    *,
    as_of: date | None,
    since_at: datetime,
    purpose: str = "nightly",
    on_wait: Callable[[LockHolder], None] | None = None,
) -> Iterator[None]:
    """Hold the company's one lock for a whole run; it vanishes with the process, however it ends.

    Start helper processes by spawn, not by fork: a forked child shares the lock and keeps it alive
    after its parent was killed.

    Args:
        folder: the company folder.
        wait_seconds: how long to wait for another run; 0 not at all, None as long as it takes.
        as_of: the day worked on, for the message to a second run.
        since_at: UTC time of the start, for the same message.
        purpose: what runs, for the same message.
        on_wait: told once who is at work, before the waiting begins.

    Raises:
        NightRunningError: the other run did not end in time.
        NotImplementedError: the file system knows no locks; the folder must be on another one.
    """
    lock = _file_lock(folder)
    folder.make_private_folders()
    try:
        try:
            lock.acquire(timeout=0)
        except Timeout:
            if on_wait is not None:
                on_wait(read_holder(folder))
            lock.acquire(timeout=-1 if wait_seconds is None else wait_seconds)
    except Timeout as timeout:
        raise NightRunningError(read_holder(folder)) from timeout
    note = _note_of(folder)
    try:
        content = {
            "pid": os.getpid(),
            "purpose": purpose,
            "since": since_at.isoformat(),
            "as_of": None if as_of is None else as_of.isoformat(),
        }
        replace_file_atomically(note, json.dumps(content).encode())
        yield
    finally:
        note.unlink(missing_ok=True)  # before the release: afterwards it may be the next run's
        lock.release()


def is_night_running(folder: CompanyFolder) -> bool:
    """Tell whether some process, this one included, holds the night lock."""
    if not folder.lock_file.exists():
        return False
    lock = _file_lock(folder)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    lock.release()
    return False


def require_night_lock(folder: CompanyFolder) -> None:
    """Refuse to change what is published outside a locked run.

    Raises:
        PublishError: nobody holds the lock, so two runs could publish at once.
    """
    if not is_night_running(folder):
        raise PublishError(
            f"What {folder.published} shows changes only under the night lock. "
            "Wrap the call in night_lock(...)."
        )


def read_holder(folder: CompanyFolder) -> LockHolder:
    """Read who noted that it holds the lock. The note of a killed process stays until the next."""
    try:
        return LockHolder(**json.loads(_note_of(folder).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return LockHolder()


def _file_lock(folder: CompanyFolder) -> FileLock:
    # no fallback to a lock by mere existence of a file: that one would outlive a killed process
    return FileLock(folder.lock_file, thread_local=False, mode=0o644, fallback_to_soft=False)


def _note_of(folder: CompanyFolder) -> Path:
    return folder.lock_file.with_suffix(".holder.json")
