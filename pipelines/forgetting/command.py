"""`gapwise forget`: erase one person or customer everywhere, and log that it was done."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import click

from pipelines.forgetting.folder import drop_derived, erase_archive, erase_files, files_left
from pipelines.forgetting.plan import Plan, make_plan, open_plan, plan_file, write_plan
from pipelines.forgetting.subject import Subject, find_subjects, read_facts
from pipelines.landing.manifest import Erasure, Manifest
from pipelines.publish.errors import PublishError
from pipelines.publish.night_lock import NightRunningError, night_lock
from pipelines.settings import CompanyFolder, ConfigurationError, load_company


@dataclass(frozen=True)
class Forgotten:
    """What an erasure did: deliveries of the archive rewritten, other files rewritten."""

    delivery_count: int = 0
    file_count: int = 0


class ValuesLeft(PublishError):
    """Some file still holds what was to be erased; nothing is logged as done."""


def subjects_of(folder: CompanyFolder, asked: str) -> list[Subject]:
    """Return everybody whom a name, phone, e-mail or id may mean.

    Raises:
        ConfigurationError: nobody; says what can be asked for.
    """
    load_company(folder)
    found = find_subjects(folder, read_facts(folder), asked)
    if not found:
        raise ConfigurationError(
            "no person, customer, contact or lead has that id, name, phone, e-mail or account; "
            "write it as the source writes it, or use the record's id"
        )
    return found


def forget_at_terminal(
    folder: CompanyFolder, asked: str | None, *, is_sure: bool, is_finish: bool
) -> int:
    """List who is meant, ask, erase, and say what comes next; return the exit code."""
    if open_plan(folder) is not None:
        if not is_finish:
            raise ConfigurationError(
                "an erasure was cut short; run `gapwise forget --finish` first, then ask again"
            )
    elif is_finish or asked is None:
        raise ConfigurationError(
            "name a person or customer by id, name, phone or e-mail; nothing is left to finish"
        )
    elif not _is_meant(subjects_of(folder, asked), is_sure=is_sure):
        return 2
    done = forget(folder, None if is_finish else asked, datetime.now(UTC))
    click.echo(
        f"Erased: {done.delivery_count} deliveries in the archive and {done.file_count} other "
        "files rewritten. Run `gapwise nightly` now: landing and warehouse are built anew. Erase "
        "it in the systems that deliver to the inbox too, or their next export brings it back; and "
        "in backups."
    )
    return 0


def _is_meant(subjects: Sequence[Subject], *, is_sure: bool) -> bool:
    """Show who would be erased, and return whether whoever asked confirms it."""
    for subject in subjects:
        click.echo(f"{subject.kind:<10} {subject.label}  ({len(subject.records)} records)")
    if is_sure:
        return True
    if len(subjects) > 1 or not sys.stdin.isatty():
        click.echo("Nothing was erased. Name one of them by its id, or erase all with --yes.")
        return False
    return click.confirm("This cannot be undone. Erase?")


def forget(
    folder: CompanyFolder,
    asked: str | None,
    now: datetime,
    at: Callable[[str], None] = lambda _point: None,
) -> Forgotten:
    """Erase everybody whom `asked` means; one that was cut short is finished instead.

    Args:
        folder: the company folder.
        asked: id, name, phone or e-mail; None: only finish what was begun.
        now: when it is done, for the log (UTC).
        at: called with the name of each point that a crash could follow.

    Raises:
        ConfigurationError: nobody is meant, or a night is running.
        ValuesLeft: a file could not be cleaned; it is named, and the erasure stays open.
    """
    try:
        with night_lock(folder, 0, as_of=None, since_at=now, purpose="forget"):
            begun = open_plan(folder)
            done = _carry_out(folder, begun, now, at) if begun else None
            if asked is None:
                return done or Forgotten()
            facts = read_facts(folder) if begun is None else []
            subjects = find_subjects(folder, facts, asked)
            if not subjects and done:
                return done
            if not subjects:
                raise ConfigurationError("nobody is recorded under that any longer")
            plan = make_plan(subjects, facts)
            write_plan(folder, plan)
            at("planned")
            return _carry_out(folder, plan, now, at)
    except NightRunningError as error:
        raise ConfigurationError(f"{error}; try again when it has ended") from error


def _carry_out(
    folder: CompanyFolder, plan: Plan, now: datetime, at: Callable[[str], None]
) -> Forgotten:
    """Erase in an order that may stop anywhere and be begun again: sources first, the log last."""
    eraser = plan.eraser
    deliveries = tuple(sorted({*plan.deliveries, *erase_archive(folder, eraser)}))
    write_plan(folder, replace(plan, deliveries=deliveries))
    at("archive")
    drop_derived(folder)
    at("derived")
    files = erase_files(folder, eraser)
    at("files")
    left = files_left(folder, eraser)
    if left:
        named = ", ".join(str(path.relative_to(folder.root)) for path in left[:10])
        raise ValuesLeft(
            f"{len(left)} files still hold what was to be erased: {named}. Delete or mend them, "
            "then run `gapwise forget --finish`."
        )
    Manifest(folder.archive).append(
        Erasure(now, getpass.getuser(), "+".join(plan.kinds), plan.record_count, deliveries)
    )
    plan_file(folder).unlink()
    return Forgotten(len(deliveries), files)
