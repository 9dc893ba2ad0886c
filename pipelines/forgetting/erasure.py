"""Carry an erasure out: every copy in the company's folder, in an order that a crash cannot harm."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from pipelines.forgetting.folder import drop_derived, erase_archive, erase_files, files_left
from pipelines.forgetting.plan import Plan, make_plan, open_plan, plan_file, write_plan
from pipelines.forgetting.subject import find_subjects, read_facts
from pipelines.landing.manifest import Erasure, Manifest
from pipelines.publish.errors import PublishError
from pipelines.publish.night_lock import NightRunningError, night_lock
from pipelines.settings import CompanyFolder, ConfigurationError


@dataclass(frozen=True)
class Forgotten:
    """What an erasure did: deliveries of the archive rewritten, other files rewritten."""

    delivery_count: int = 0
    file_count: int = 0


class ValuesLeft(PublishError):
    """Some file still holds what was to be erased; nothing is logged as done."""


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
