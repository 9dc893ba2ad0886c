"""The words of the board in one language: labels, statuses, stages, kinds of contact."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import yaml

from pipelines.core.rules.declaration import all_tables
from pipelines.core.rules.model import Text

LANGUAGES = ("zh", "en")
# Columns of the rules workbook whose choices name what marts carry as ids.
_CHOICES = (
    ("stages", "stage"),
    ("cadence", "qualifying_kinds"),
    ("alerts", "flag"),
)


@cache
def texts() -> Mapping[str, Text]:
    """Return every text of the board in both languages."""
    declared = yaml.safe_load(files(__package__).joinpath("words.yml").read_text("utf-8"))
    return {name: Text(*pair) for name, pair in declared.items()}


@cache
def _labels() -> Mapping[str, Text]:
    """Return what the rules workbook calls an id."""
    tables = all_tables()
    return {
        choice.id: choice.label
        for table, column in _CHOICES
        for choice in tables[table].column(column).choices
    }


class Words:
    """What a page says in its language; an unknown word is an error, an unknown id stays."""

    def __init__(self, language: str) -> None:
        self.language = language

    def __getattr__(self, name: str) -> str:
        try:
            return texts()[name].in_language(self.language)
        except KeyError:
            raise AttributeError(f"words.yml has no text {name!r}") from None

    def fill(self, name: str, *values: object) -> str:
        """Return a text with its places filled."""
        return str(getattr(self, name)).format(*values)

    def of(self, value: str | None) -> str:
        """Return what an id is called: a status, a stage, a kind; unknown ones as they are."""
        if value is None:
            return "–"
        found = texts().get(value) or _labels().get(value)
        return found.in_language(self.language) if found else value

    def flag(self, kind: str) -> str:
        """Return what an alert of this kind is called."""
        found = _labels().get(kind)
        return found.in_language(self.language) if found else kind

    def all_of(self, values: str | None) -> str:
        """Return a list of ids (`a|b`) as words."""
        comma = "、" if self.language == "zh" else ", "
        return comma.join(self.of(one) for one in values.split("|")) if values else "–"
