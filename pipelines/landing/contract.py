"""What each entity must look like: read from entities.yml, the one home of canonical columns."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

ENTITIES_FILE = Path(__file__).with_name("entities.yml")

# One landed type per declared type: DuckDB and Spark read them alike from Parquet.
SQL_TYPES = {
    "id": "VARCHAR",
    "text": "VARCHAR",
    "name": "VARCHAR",
    "phone": "VARCHAR",
    "email": "VARCHAR",
    "period": "VARCHAR",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "money": "DECIMAL(18,4)",
    "number": "DECIMAL(18,6)",
    "integer": "BIGINT",
    "boolean": "BOOLEAN",
}


@dataclass(frozen=True)
class Column:
    """One canonical column of an entity."""

    name: str
    type: str
    zh: str
    required: bool = False
    personal: bool = False
    accepted: tuple[str, ...] = ()

    @property
    def sql_type(self) -> str:
        """Type that the column lands in."""
        return SQL_TYPES[self.type]

    @property
    def local_date_name(self) -> str | None:
        """Name of the local date landed beside a timestamp: created_at → created_on."""
        return f"{self.name.removesuffix('_at')}_on" if self.type == "timestamp" else None


@dataclass(frozen=True)
class Entity:
    """One kind of thing that a company hands over."""

    name: str
    zh: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    order_by: str | None = None
    event_on: str | None = None
    any_required: tuple[str, ...] = ()
    conflict: str = "newest"
    tracked: tuple[str, ...] = ()
    pivot: tuple[str, str] | None = None

    @property
    def event_date(self) -> str | None:
        """Name of the landed local date on which a row happened, if the entity has one."""
        if self.event_on is None:
            return None
        return self.column(self.event_on).local_date_name or self.event_on

    def column(self, name: str) -> Column:
        """Return one column; KeyError names the entity's columns."""
        for column in self.columns:
            if column.name == name:
                return column
        known = ", ".join(column.name for column in self.columns)
        raise KeyError(f"{self.name} has no column {name!r}; it has {known}")

    @property
    def landed_columns(self) -> tuple[tuple[str, str], ...]:
        """Return (name, SQL type) of every landed business column, local dates included."""
        out: list[tuple[str, str]] = []
        for column in self.columns:
            out.append((column.name, column.sql_type))
            if column.local_date_name:
                out.append((column.local_date_name, "DATE"))
        return tuple(out)


@cache
def load_entities() -> dict[str, Entity]:
    """Return every entity by name, in the order of entities.yml."""
    declared = yaml.safe_load(ENTITIES_FILE.read_text(encoding="utf-8"))
    return {name: _entity(name, body) for name, body in declared.items()}


def _entity(name: str, body: dict) -> Entity:  # type: ignore[type-arg]
    columns = tuple(
        Column(
            name=column,
            type=spec["type"],
            zh=spec["zh"],
            required=spec.get("required", False),
            personal=spec.get("personal", False),
            accepted=tuple(spec.get("accepted", ())),
        )
        for column, spec in body["columns"].items()
    )
    names = {column.name for column in columns}
    unknown = [key for key in body["key"] if key not in names]
    if unknown:
        raise ValueError(f"entities.yml: key of {name} names unknown columns {unknown}")
    return Entity(
        name=name,
        zh=body["zh"],
        key=tuple(body["key"]),
        columns=columns,
        order_by=body.get("order_by"),
        event_on=body.get("event_on"),
        any_required=tuple(body.get("any_required", ())),
        conflict=body.get("conflict", "newest"),
        tracked=tuple(body.get("tracked", ())),
        pivot=(body["pivot"]["period"], body["pivot"]["value"]) if "pivot" in body else None,
    )
