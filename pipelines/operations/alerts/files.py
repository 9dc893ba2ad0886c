"""published/alerts/: every digest of a night as a text file, and the picture."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.core.alerts.digest import render
from pipelines.operations.alerts.outbox import Message
from pipelines.publish.files import replace_file_atomically
from pipelines.settings import CompanyFolder
from pipelines.tell.board.scopes import file_stem
from pipelines.tell.picture import TeamAttainment, attainment_png

if TYPE_CHECKING:
    import duckdb

KEPT_NIGHTS = 14
_TEAMS = """
    select scope_name, attainment_rate, status, period_label
    from marts.mart_target_attainment
    where metric = 'signed_amount' and is_in_force
        and scope_type = 'team' and period_type = 'month' and attainment_rate is not null
        and scope_id not in ('unknown', 'unallocated')
        and $as_of between period_start and period_end
    order by attainment_rate desc, scope_name
"""
_TITLES = {"zh": "签单额达成率（按团队）", "en": "signed amount, attainment by team"}


def alerts_folder(folder: CompanyFolder, as_of: date) -> Path:
    """Return where the digests of a night lie."""
    return folder.published / "alerts" / as_of.isoformat()


def write_digests(folder: CompanyFolder, as_of: date, messages: Sequence[Message]) -> list[Path]:
    """Write one text per recipient of a night, whole, and drop nights older than two weeks.

    Args:
        folder: the company's folder.
        as_of: D.
        messages: of any night; those that are no digest of D are passed over.
    """
    target = alerts_folder(folder, as_of)
    written = []
    for message in messages:
        if message.kind == "digest" and message.as_of == as_of:
            path = target / f"{file_stem(message.digest.recipient)}.md"
            text = render(message.digest, None, link=lambda words, url: f"[{words}]({url})")
            replace_file_atomically(path, f"{text}\n".encode())
            written.append(path)
    nights = sorted(path for path in target.parent.glob("????-??-??") if path.is_dir())
    for old in nights[:-KEPT_NIGHTS]:
        shutil.rmtree(old)
    return written


def write_picture(
    con: duckdb.DuckDBPyConnection, folder: CompanyFolder, as_of: date, language: str
) -> Path | None:
    """Draw attainment by team of the running month; None where no team has a target.

    Args:
        con: the build file of D.
        folder: the company's folder.
        as_of: D.
        language: of the title.
    """
    rows = con.execute(_TEAMS, {"as_of": as_of}).fetchall()
    if not rows:
        return None
    teams = [TeamAttainment(name, rate, status) for name, rate, status, _ in rows]
    path = _picture_path(folder, as_of, language)
    replace_file_atomically(path, attainment_png(teams, f"{rows[0][3]} {_TITLES[language]}"))
    return path


def picture_of(folder: CompanyFolder, message: Message) -> bytes | None:
    """Return the picture of a message's night; None where none was drawn."""
    path = _picture_path(folder, message.as_of, message.digest.language)
    return path.read_bytes() if path.is_file() else None


def _picture_path(folder: CompanyFolder, as_of: date, language: str) -> Path:
    return alerts_folder(folder, as_of) / f"attainment.{language}.png"
