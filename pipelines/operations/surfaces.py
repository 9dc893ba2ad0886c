"""Board and workbook of a night: written beside the shown ones, shown, and told of a hold."""

from __future__ import annotations

import re
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.operations.packs import PACKS, meeting_pack
from pipelines.publish.files import remove_path, replace_file_atomically
from pipelines.publish.layout import PublishedFolder
from pipelines.publish.links import flip_link, shown_target
from pipelines.publish.manifest import kept_manifests
from pipelines.publish.operations import PublishMeta
from pipelines.settings import CompanyFolder, CompanySettings

if TYPE_CHECKING:
    from pipelines.tell.board.write import Hold

_VERSIONED = re.compile(r"(?:board-(?P<board>.+)|workbook-(?P<book>.+)\.xlsx)")


@dataclass(frozen=True)
class Told:
    """What was written.

    Attributes:
        pages: files of the board, relative to it.
        sheets: rows by sheet of the workbook.
    """

    pages: tuple[str, ...]
    sheets: dict[str, int]


@dataclass(frozen=True)
class Draft:
    """Board and workbook of a version, whole, where no reader looks.

    Attributes:
        version: under which readers are to see them.
        board: the folder.
        workbook: the file.
        told: what is in them.
    """

    version: str
    board: Path
    workbook: Path
    told: Told


def draft_surfaces(
    build_file: Path, folder: CompanyFolder, settings: CompanySettings, as_of: date, version: str
) -> Draft:
    """Write board and workbook of a night beside the shown ones.

    A draft that was never shown is removed by the next one.

    Args:
        build_file: of D: schemas marts and landed.
        folder: the company's folder.
        settings: company.yml.
        as_of: D.
        version: under which readers are to see the night.

    Raises:
        OSError: disk full or no right to write; no half of a draft stays.
    """
    import duckdb

    from pipelines.tell.board.content import Content
    from pipelines.tell.board.read import read_all
    from pipelines.tell.board.write import write_board
    from pipelines.tell.workbook import write_workbook

    company = settings.company
    paths = PublishedFolder(folder)
    board = paths.drafts / paths.board_directory(version).name
    workbook = paths.drafts / paths.workbook_file(version).name
    remove_path(paths.drafts)
    with ExitStack() as undo, duckdb.connect(str(build_file), read_only=True) as con:
        undo.callback(remove_path, paths.drafts)
        rows = read_all(con, as_of)
        packs = [meeting_pack(con, pack.name, as_of) for pack in PACKS]
        content = Content(rows, as_of, company.name, packs)
        pages = write_board(board, content, company.languages, company.currency)
        book = write_workbook(con, content, company.languages, company.currency)
        replace_file_atomically(workbook, book.content)
        undo.pop_all()
    return Draft(version, board, workbook, Told(tuple(pages), book.sheets))


def show_surfaces(folder: CompanyFolder, draft: Draft) -> Told:
    """Show a draft: readers see the old board or the new one, never a mixture."""
    paths = PublishedFolder(folder)
    draft.board.rename(paths.board_directory(draft.version))
    draft.workbook.rename(paths.workbook_file(draft.version))
    flip_link(paths.board_link, paths.board_directory(draft.version))
    flip_link(paths.workbook_link, paths.workbook_file(draft.version))
    remove_path(paths.drafts)
    _prune(paths)
    return draft.told


def show_version(folder: CompanyFolder, version: str) -> None:
    """Let board and workbook show an earlier version too, where they were kept."""
    paths = PublishedFolder(folder)
    if paths.board_directory(version).is_dir():
        flip_link(paths.board_link, paths.board_directory(version))
    if paths.workbook_file(version).is_file():
        flip_link(paths.workbook_link, paths.workbook_file(version))


def show_state(folder: CompanyFolder, settings: CompanySettings, meta: PublishMeta) -> None:
    """Put a hold on top of every page and on the workbook's cover, or take it away.

    Args:
        folder: the company's folder.
        settings: company.yml.
        meta: how the last run ended and what readers see.
    """
    from pipelines.tell.board.write import show_hold
    from pipelines.tell.workbook_state import workbook_with_state

    paths = PublishedFolder(folder)
    languages = settings.company.languages
    if paths.board_link.exists():
        hold = _hold(meta, shown_target(paths.board_link), "board")
        show_hold(paths.board_link.resolve(), hold, languages[0])
    if paths.workbook_link.exists():
        hold = _hold(meta, shown_target(paths.workbook_link), "book")
        file = paths.workbook_link.resolve()
        told = workbook_with_state(file.read_bytes(), hold, languages)
        if told is not None:
            replace_file_atomically(file, told)


def _hold(meta: PublishMeta, shown: str | None, kind: str) -> Hold | None:
    """Return why what a link shows is not the last night; None where it is."""
    from pipelines.tell.board.write import Hold

    if meta.state != "published":
        return Hold(
            meta.state,
            meta.as_of_attempted.isoformat(),
            str(meta.reason_zh),
            str(meta.reason_en),
        )
    if shown is not None and _version_of(Path(shown).name, kind) != meta.version:
        return Hold(
            "behind",
            meta.as_of_attempted.isoformat(),
            f"数据表已更新到 {meta.as_of}",
            f"the marts show {meta.as_of}",
        )
    return None


def _version_of(name: str, kind: str) -> str | None:
    found = _VERSIONED.fullmatch(name)
    return found[kind] if found else None


def _prune(paths: PublishedFolder) -> None:
    """Remove boards and workbooks of versions that can no longer be shown again."""
    kept = {manifest.version for manifest in kept_manifests(paths)}
    shown = {shown_target(paths.board_link), shown_target(paths.workbook_link)}
    for path in sorted(paths.versions.iterdir()):
        found = _VERSIONED.fullmatch(path.name)
        if (
            found
            and (found["board"] or found["book"]) not in kept
            and f"versions/{path.name}" not in shown
        ):
            remove_path(path)
