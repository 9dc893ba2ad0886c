"""What company.yml is made of: strict models, and the error that names what is wrong."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict


class ConfigurationError(Exception):
    """company.yml, a preset or a command line cannot be used as it stands (exit code 2)."""


class Strict(BaseModel):
    """A part of company.yml: unknown entries are errors, and errors never repeat a value."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class PlainWords(yaml.SafeLoader):
    """Read YAML in which only true and false are truth values: a column may be called No, Yes or On."""


PlainWords.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in found if tag != "tag:yaml.org,2002:bool"]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
for _first in "tTfF":
    PlainWords.yaml_implicit_resolvers.setdefault(_first, []).append(
        ("tag:yaml.org,2002:bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"))
    )


def _as_text(value: object) -> object:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float | date) else value


# A header or a word of a file, as text: what YAML takes for a number, a day or a truth value, too.
Word = Annotated[str, BeforeValidator(_as_text)]
