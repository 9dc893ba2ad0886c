"""Presets: one data file per system that says which of its headers and values are which of ours."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from pipelines.landing.contract import load_entities
from pipelines.settings import ConfigurationError

PRESETS_DIR = Path(__file__).with_name("presets")


@dataclass(frozen=True)
class EntityPreset:
    """How one system writes one entity."""

    columns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    compose: dict[str, tuple[str, ...]] = field(default_factory=dict)
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    date_order: str = ""


@dataclass(frozen=True)
class Preset:
    """How one system writes what it exports."""

    name: str
    title: str
    entities: dict[str, EntityPreset]
    stages: tuple[dict[str, Any], ...] = ()

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
    return Preset(name, body["title"], entities, tuple(body.get("stages", ())))


def _sections(body: dict[str, Any]) -> dict[str, Any]:
    sections: dict[str, Any] = dict.fromkeys(load_entities()) if body.get("canonical_headers") else {}
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
    for name in [*columns, *(spec.get("compose") or {}), *(spec.get("constants") or {})]:
        declared.column(name)
    return EntityPreset(
        columns=columns,
        compose={name: tuple(parts) for name, parts in (spec.get("compose") or {}).items()},
        values=spec.get("values") or {},
        constants=spec.get("constants") or {},
        date_order=spec.get("date_order", ""),
    )
