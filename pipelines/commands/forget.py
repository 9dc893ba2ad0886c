"""`gapwise forget`: say who is meant, ask, erase, and say what comes next."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime

import click

from pipelines.forgetting.erasure import forget
from pipelines.forgetting.plan import open_plan
from pipelines.forgetting.subject import Subject, find_subjects, read_facts
from pipelines.settings import CompanyFolder, ConfigurationError, load_company


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
