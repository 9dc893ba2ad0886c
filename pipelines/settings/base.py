"""What company.yml is made of: strict models, and the error that names what is wrong."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class ConfigurationError(Exception):
    """company.yml, a preset or a command line cannot be used as it stands (exit code 2)."""


class Strict(BaseModel):
    """A part of company.yml: unknown entries are errors, and errors never repeat a value."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
