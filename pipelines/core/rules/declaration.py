"""The rules workbook as declared in `sheets/*.yml`: a new rule is data."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from pipelines.core.rules.model import COLUMN_TYPES, Choice, Column, Sheet, Table, Text

_COLUMN_KEYS = frozenset(
    {"type", "label", "help", "required", "own", "open", "choices"}
    | {"min", "max", "above", "below", "blank", "default"}
)


class RuleDeclarationError(ValueError):
    """The shipped declaration of a sheet contradicts itself; names file, table and column."""


def _resource(name: str) -> Any:
    # The declaration is part of the package, like code: reading it is no input of a night.
    return yaml.safe_load(files("pipelines.core.rules").joinpath(name).read_text("utf-8"))


@cache
def all_sheets() -> tuple[Sheet, ...]:
    """List every sheet of the rules workbook in the order of the template."""
    folder = files("pipelines.core.rules").joinpath("sheets")
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".yml"))
    return tuple(_sheet(_resource(f"sheets/{name}")) for name in names)


@cache
def all_tables() -> Mapping[str, Table]:
    """Name every table of schema `rules` by its id."""
    return {table.id: table for sheet in all_sheets() for table in sheet.tables}


@cache
def sheet_of_table() -> Mapping[str, Sheet]:
    """Say on which sheet each table stands."""
    return {table.id: sheet for sheet in all_sheets() for table in sheet.tables}


@cache
def derived_columns() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    """Name the columns that the warehouse derives per entity, with type and Chinese name."""
    return dict(_resource("derived_columns.yml"))


def _sheet(raw: Mapping[str, Any]) -> Sheet:
    label = Text(*raw["label"])
    tables = tuple(_table(each, label) for each in raw["tables"])
    return Sheet(raw["sheet"], label, Text(*raw["help"]), tables)


def _table(raw: Mapping[str, Any], sheet_label: Text) -> Table:
    if "settings" in raw:
        columns = tuple(_column(name, each) for name, each in raw["values"].items())
        return Table(raw["settings"], Text("设置", "Settings"), columns, is_settings=True)
    columns = tuple(_column(name, each) for name, each in raw["columns"].items())
    rows = tuple(tuple(row) for row in raw["rows"])
    ragged = [row for row in rows if len(row) != len(columns)]
    if ragged:
        raise RuleDeclarationError(
            f"{raw['table']}: {ragged[0]} has {len(ragged[0])} cells for {len(columns)} columns"
        )
    return Table(
        id=raw["table"],
        label=Text(*raw["label"]) if "label" in raw else sheet_label,
        columns=columns,
        key=tuple(raw["key"]),
        min_rows=raw.get("min_rows", 0),
        default_rows=rows,
        bad_rows_disable=raw.get("bad_rows_disable", False),
    )


def _column(name: str, raw: Mapping[str, Any]) -> Column:
    unknown = set(raw) - _COLUMN_KEYS
    if unknown or raw["type"] not in COLUMN_TYPES:
        raise RuleDeclarationError(f"{name}: unknown {sorted(unknown)} or type {raw['type']!r}")
    low, high = raw.get("min"), raw.get("max")
    if raw["type"] == "rate":
        # A share unless the declaration says otherwise: 20 typed for 20 % must not pass.
        low = 0 if low is None and "above" not in raw else low
        high = 1 if high is None and "below" not in raw else high
    is_setting = "default" in raw
    return Column(
        id=name,
        type=raw["type"],
        label=Text(*raw["label"]),
        help=Text(*raw["help"]),
        is_required=raw.get("required", is_setting),
        is_own_default=raw.get("own", False),
        is_open=raw.get("open", False),
        choices=_choices(raw.get("choices")),
        minimum=_decimal(low),
        maximum=_decimal(high),
        above=_decimal(raw.get("above")),
        below=_decimal(raw.get("below")),
        blank=raw.get("blank"),
        default=raw.get("default"),
    )


def _choices(raw: Any) -> tuple[Choice, ...]:
    if raw is None:
        return ()
    if isinstance(raw, str):
        raw = _resource("choices.yml")[raw]
    return tuple(
        Choice(str(key), Text(words[0], words[1]), tuple(words[2:])) for key, words in raw.items()
    )


def _decimal(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))
