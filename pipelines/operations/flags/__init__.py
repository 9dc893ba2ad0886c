"""Business flags, declared in one place: what raises them, what they say and to whom.

Each YAML file of this folder holds the flags of one subject. To add one, write its declaration:
the asset check, the row in `mart_alert` and the line in the digest follow from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Literal

import yaml
from pydantic import Field, TypeAdapter

from pipelines.operations.outcome import CheckDeclaration
from pipelines.settings.base import Strict


class Flag(Strict):
    """A condition on a mart's rows that somebody should act on, its parts SQL expressions.

    Attributes:
        kind: the row of the sheet alerts in the rules workbook that switches it.
        mart: the mart that it is about; its asset carries the check.
        source: what stands after `from`, where the mart alone does not say enough.
        name: of the check, unique on that mart: what is true when nobody needs to act.
        severity: high, medium or low; `good` is good news, told and no check.
        en: what holds when the check passes.
        zh: the same in Chinese.
        where: which rows raise it; `$as_of` is D.
        skips_leavers: leave out rows of a person_id who has left: what they leave is told once, as
            without an owner.
        told_once_of: of targets only: a column by which one figure is known again. Left out are a longer
            period with the same target and figure, and an org unit that a company, region or team
            row stands for already.
        key: columns that make it the same matter on every night.
        scope_type: what kind of thing it is about: a word, or an expression.
        scope_id: its id.
        scope_name: its name.
        owner_id: who has to act; `null` for the head of the scope.
        value_amount: what is at stake in reporting currency; orders the digest.
        since_on: since when.
        until_on: good news only: after this day its absence says nothing.
        figures: what the texts quote, by name; `…_rate` is shown as per cent.
        choices: figures that list choices of a rules sheet, by name: `table.column`; they are
            quoted in the language of the text.
        what_zh: what it is about, quoting figures and {scope_name}.
        what_en: the same in English.
        do_zh: what to do.
        do_en: the same in English.
    """

    kind: str
    mart: str
    source: str | None = None
    name: str
    severity: Literal["high", "medium", "low", "good"]
    en: str
    zh: str
    where: str
    skips_leavers: bool = False
    told_once_of: str | None = None
    key: list[str] = Field(min_length=1)
    scope_type: str
    scope_id: str
    scope_name: str
    owner_id: str
    value_amount: str
    since_on: str
    until_on: str = "null"
    figures: Mapping[str, str]
    choices: Mapping[str, str] = {}
    what_zh: str
    what_en: str
    do_zh: str
    do_en: str

    @property
    def is_check(self) -> bool:
        """Good news is nothing that a check could find wanting."""
        return self.severity != "good"

    @property
    def declaration(self) -> CheckDeclaration:
        """The flag as a declared check of severity warn: it never holds a night."""
        return CheckDeclaration(("marts", self.mart), self.name, "warn", self.en, self.zh, "flag")


@cache
def declared_flags() -> tuple[Flag, ...]:
    """Return all business flags, by file and in the order of each."""
    folder = resources.files(__name__)
    files = sorted(
        (file for file in folder.iterdir() if file.name.endswith(".yml")), key=lambda f: f.name
    )
    parsed = (yaml.safe_load(file.read_text(encoding="utf-8")) for file in files)
    return tuple(flag for part in parsed for flag in TypeAdapter(list[Flag]).validate_python(part))
