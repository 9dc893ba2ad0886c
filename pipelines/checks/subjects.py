"""The tables that expectations are about: what was handed over, and what readers get."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from pipelines.core.sql_text import quote_name
from pipelines.dbt.parsed import is_personal
from pipelines.landing.contract import Entity, load_entities
from pipelines.landing.state import LINEAGE_COLUMNS

LANDED, MARTS = "landed", "marts"
# Kinds of key column that identify a row without naming anybody.
SAMPLE_KEY_TYPES = ("id", "date", "timestamp", "period")


@dataclass(frozen=True)
class Subject:
    """One table of the build file, as far as expectations need to know it.

    Attributes:
        schema: landed or marts.
        name: its name.
        zh: what people call it in Chinese; English is its name.
        columns: every column, in the order of its contract.
        way_back: columns of a sample row: they lead to the row and name nobody.
    """

    schema: str
    name: str
    zh: str
    columns: tuple[str, ...]
    way_back: tuple[str, ...]

    @property
    def asset(self) -> tuple[str, str]:
        """Key of its asset."""
        return (self.schema, self.name)

    @property
    def table(self) -> str:
        """The table, quoted."""
        return f"{self.schema}.{quote_name(self.name)}"


@cache
def landed_subjects() -> dict[str, Subject]:
    """Return the landed table of every entity, in the order of entities.yml."""
    return {name: _landed(entity) for name, entity in load_entities().items()}


def _landed(entity: Entity) -> Subject:
    keys = [
        name
        for name in entity.key
        if entity.column(name).type in SAMPLE_KEY_TYPES and not entity.column(name).personal
    ]
    columns = tuple(name for name, _ in (*entity.landed_columns, *LINEAGE_COLUMNS))
    return Subject(LANDED, entity.name, entity.zh, columns, ("source", "source_row", *keys))


def mart_subjects(manifest: Mapping[str, Any]) -> dict[str, Subject]:
    """Return every mart by its contract: its grain leads to a row, and its source row where it has one.

    Args:
        manifest: dbt's manifest.
    """
    found = {}
    for node in manifest["nodes"].values():
        if node["resource_type"] != "model" or node["schema"] != MARTS:
            continue
        meta = node["config"].get("meta") or {}
        columns = tuple(node["columns"])
        personal = {name for name, column in node["columns"].items() if is_personal(column)}
        wanted = [*meta.get("grain", ()), *(["source_row"] if "source_row" in columns else [])]
        way_back = tuple(dict.fromkeys(name for name in wanted if name not in personal))
        found[node["name"]] = Subject(MARTS, node["name"], meta.get("zh", ""), columns, way_back)
    return dict(sorted(found.items()))
