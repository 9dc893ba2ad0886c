"""Presets: one data file per system that says which of its headers and values are which of ours."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from pipelines.landing.contract import load_entities
from pipelines.settings import ConfigurationError
from pipelines.sources.options import Lookup

PRESETS_DIR = Path(__file__).with_name("presets")


Conditions = dict[str, tuple[str, ...]]  # header: values, spelling aside
ANY_VALUE = "*"  # in a condition or an override: whatever is filled in


@dataclass(frozen=True)
class Pivot:
    """A change log: a row says that `field` of a record got `value` at a time.

    It is folded into one row per key with the newest value of each field; `latest` adds a column
    with whichever of several fields changed last, written `field|value`.
    """

    key: tuple[str, ...]
    field_name: str
    value: str
    at: str
    latest: Conditions = field(default_factory=dict)


@dataclass(frozen=True)
class EntityPreset:
    """How one system writes one entity. docs/presets.md explains every entry with an example."""

    columns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    compose: dict[str, tuple[str, ...]] = field(default_factory=dict)
    join: dict[str, str] = field(default_factory=dict)
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    date_order: str = ""
    where: Conditions = field(default_factory=dict)
    where_not: Conditions = field(default_factory=dict)
    only_where: dict[str, Conditions] = field(default_factory=dict)
    overrides: dict[str, dict[str, dict[str, str]]] = field(default_factory=dict)
    pivot: Pivot | None = None
    records: str = ""
    lookups: tuple[Lookup, ...] = ()
    marks: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Preset:
    """How one system writes what it exports."""

    name: str
    title: str
    entities: dict[str, EntityPreset]
    stages: tuple[dict[str, Any], ...] = ()
    canonical_headers: bool = False

    def entity(self, name: str) -> EntityPreset:
        """Return the mapping of one entity.

        Raises:
            ConfigurationError: the preset does not know that entity; those that it knows are listed.
        """
        if name not in self.entities:
            known = ", ".join(self.entities)
            raise ConfigurationError(
                f"preset {self.name!r} has no mapping for entity {name!r}; it has: {known}"
            )
        return self.entities[name]


def known_presets() -> list[str]:
    """Return the names of all presets, in alphabetical order."""
    return sorted(path.stem for path in PRESETS_DIR.glob("*.yml"))


@cache
def load_preset(name: str) -> Preset:
    """Read one preset.

    Raises:
        ConfigurationError: there is none of that name; the known ones are listed.
    """
    path = PRESETS_DIR / f"{name}.yml"
    if name not in known_presets():
        raise ConfigurationError(f"unknown preset {name!r}; known: {', '.join(known_presets())}")
    body = yaml.safe_load(path.read_text(encoding="utf-8"))
    entities = {
        entity: _entity_preset(entity, spec or {}, body.get("canonical_headers", False))
        for entity, spec in _sections(body).items()
    }
    return Preset(
        name,
        body["title"],
        entities,
        tuple(body.get("stages") or ()),
        body.get("canonical_headers", False),
    )


def _sections(body: dict[str, Any]) -> dict[str, Any]:
    sections: dict[str, Any] = (
        dict.fromkeys(load_entities()) if body.get("canonical_headers") else {}
    )
    for entity, spec in (body.get("entities") or {}).items():
        sections[entity] = spec
    return sections


def _entity_preset(entity: str, spec: dict[str, Any], canonical_headers: bool) -> EntityPreset:
    declared = load_entities()[entity]
    columns: dict[str, tuple[str, ...]] = {}
    if canonical_headers:
        columns = {column.name: (column.zh, column.name) for column in declared.columns}
    for name, headers in (spec.get("columns") or {}).items():
        own = (headers,) if isinstance(headers, str) else tuple(headers)
        columns[name] = own + columns.get(name, ())
    compose = {name: tuple(parts) for name, parts in (spec.get("compose") or {}).items()}
    only_where = {
        name: _conditions(conditions) for name, conditions in (spec.get("only_where") or {}).items()
    }
    constants = {name: str(value) for name, value in (spec.get("constants") or {}).items()}
    overrides = {name: _words(cells) for name, cells in (spec.get("overrides") or {}).items()}
    for name in [
        *columns,
        *compose,
        *only_where,
        *overrides,
        *constants,
        *(spec.get("values") or {}),
    ]:
        declared.column(name)
    return EntityPreset(
        columns=columns,
        compose=compose,
        join=spec.get("join") or {},
        values=_words(spec.get("values") or {}),
        constants=constants,
        date_order=spec.get("date_order", ""),
        where=_conditions(spec.get("where") or {}),
        where_not=_conditions(spec.get("where_not") or {}),
        only_where=only_where,
        overrides=overrides,
        pivot=_pivot(spec["pivot"]) if spec.get("pivot") else None,
        records=spec.get("records", ""),
        lookups=tuple(Lookup(**lookup) for lookup in spec.get("lookups") or ()),
        marks=spec.get("marks") or {},
    )


def _conditions(written: dict[str, Any]) -> Conditions:
    """Return header: values as texts; YAML reads a bare yes or 1 as something else."""
    return {
        header: tuple(_text(v) for v in (values if isinstance(values, list) else [values]))
        for header, values in written.items()
    }


def _words(written: dict[str, dict[Any, Any]]) -> dict[str, dict[str, str]]:
    return {
        column: {_text(theirs): _text(ours) for theirs, ours in words.items()}
        for column, words in written.items()
    }


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _pivot(written: dict[str, Any]) -> Pivot:
    return Pivot(
        key=tuple(written["key"]),
        field_name=written["field"],
        value=written["value"],
        at=written["at"],
        latest=_conditions(written.get("latest") or {}),
    )
