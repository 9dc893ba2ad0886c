"""SQLite files that broke are set aside, so that the next night begins a new one and needs no person."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from datetime import datetime
from pathlib import Path

logger = logging.getLogger("gapwise")

# Reading all of a file takes a second per gigabyte; of a larger one its schema has to do.
CHECKED_WHOLE_BYTES = 128 * 1024**2
BROKEN_MARK = ".broken-"
_COMPANIONS = ("-wal", "-shm", "-journal")


def set_aside_broken(files: Iterable[Path], now: datetime) -> list[Path]:
    """Rename each file that is no SQLite database any more, with its log, and say so.

    Args:
        files: the databases; those that are absent are none of ours.
        now: names what is set aside (UTC).

    Returns:
        What they are called now: `runs.db.broken-20260310T010203`.
    """
    moved = []
    for file in files:
        problem = _problem(file)
        if problem is None:
            continue
        aside = file.with_name(f"{file.name}{BROKEN_MARK}{now:%Y%m%dT%H%M%S}")
        for suffix in ("", *_COMPANIONS):
            part = file.with_name(file.name + suffix)
            if part.exists():
                part.rename(aside.with_name(aside.name + suffix))
        logger.warning(
            "%s is damaged (%s); it is kept as %s and a new one begins. Nothing of the marts is in it.",
            file, problem, aside.name,
        )  # fmt: skip
        moved.append(aside)
    return moved


def _problem(file: Path) -> str | None:
    """Say what is wrong with a database, or None: nothing, or it is only busy."""
    if not file.is_file():
        return None
    check = (
        "pragma quick_check(1)"
        if file.stat().st_size <= CHECKED_WHOLE_BYTES
        else "select 'ok' from (select count(*) from sqlite_master)"
    )
    try:
        with closing(sqlite3.connect(file, timeout=5)) as connection:
            (said,) = connection.execute(check).fetchone()
    except sqlite3.OperationalError as busy:
        logger.info("%s cannot be looked at now: %s", file, busy)
        return None
    except sqlite3.DatabaseError as broken:
        return str(broken)
    return None if said == "ok" else str(said)
