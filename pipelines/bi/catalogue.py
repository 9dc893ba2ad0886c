"""The measures that BI tools show, read once and held against the contracts of the marts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

MEASURES_FILE = Path(__file__).parent / "measures.yml"
_AGGREGATES = ("sum", "count", "count_distinct")
Filters = Mapping[str, tuple[Any, ...]]


class CatalogueError(Exception):
    """measures.yml and the contracts do not fit; names the entry and what is known."""


@dataclass(frozen=True)
class Column:
    """One column of a mart as its contract says."""

    name: str
    type: str
    en: str
    zh: str
    unit: str


@dataclass(frozen=True)
class Table:
    """One mart in a BI model.

    Attributes:
        name: of the mart.
        en: what a row is, in English.
        zh: the same in Chinese.
        grain: columns that identify a row.
        columns: by name, in the order of the contract.
        day: the date that its figures stand on; empty for a list.
        by: columns that figures are split by.
        one_of: columns over whose values nothing may be added.
        where: rows that every measure of the table is about.
        latest_by: key and date of the one row that a list keeps per key.
    """

    name: str
    en: str
    zh: str
    grain: tuple[str, ...]
    columns: Mapping[str, Column]
    day: str = ""
    by: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()
    where: Filters = field(default_factory=dict)
    latest_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Measure:
    """A sum or a count over the rows of one mart."""

    name: str
    table: Table
    aggregate: str
    column: str
    where: Filters
    unit: str
    en: str
    zh: str


@dataclass(frozen=True)
class Ratio:
    """A sum over a sum, both of one mart."""

    name: str
    of: Measure
    to: tuple[Measure, ...]
    unit: str
    en: str
    zh: str

    @property
    def table(self) -> Table:
        """Return the mart that both sums are of."""
        return self.of.table


@dataclass(frozen=True)
class Relation:
    """A column of a fact that leads to the key of a list."""

    table: str
    column: str
    to_table: str
    to_column: str


@dataclass(frozen=True)
class Catalogue:
    """Everything that a BI model is written from."""

    tables: Mapping[str, Table]
    measures: Mapping[str, Measure]
    ratios: Mapping[str, Ratio]
    relations: tuple[Relation, ...]

    def of_table(self, table: str) -> list[Measure | Ratio]:
        """Return the measures and ratios of one mart, measures first."""
        return [one for one in self.figures if one.table.name == table]

    @property
    def figures(self) -> list[Measure | Ratio]:
        """Return every measure, then every ratio."""
        return [*self.measures.values(), *self.ratios.values()]


def load_catalogue(manifest: Mapping[str, Any]) -> Catalogue:
    """Read measures.yml and describe its tables by their contracts.

    Args:
        manifest: the parsed dbt project.

    Raises:
        CatalogueError: an entry names a mart, a column or a measure that is not there.
    """
    said, contracts = _said(), _contracts(manifest)
    tables = {name: _table(name, entry or {}, contracts) for name, entry in said["tables"].items()}
    measures = {name: _measure(name, entry, tables) for name, entry in said["measures"].items()}
    ratios = {name: _ratio(name, entry, measures) for name, entry in said["ratios"].items()}
    return Catalogue(tables, measures, ratios, _relations(said, tables))


def mart_tables(manifest: Mapping[str, Any]) -> list[Table]:
    """Return every mart as its contract describes it, by name."""
    contracts = _contracts(manifest)
    return [_table(name, {}, contracts) for name in sorted(contracts)]


def _contracts(manifest: Mapping[str, Any]) -> dict[str, Any]:
    return {
        node["name"]: node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["schema"] == "marts"
    }


@cache
def _said() -> dict[str, Any]:
    said: dict[str, Any] = yaml.safe_load(MEASURES_FILE.read_text(encoding="utf-8"))
    return said


def _table(name: str, entry: Mapping[str, Any], contracts: Mapping[str, Any]) -> Table:
    node = _known(name, contracts, f"tables: {name}")
    columns = {
        key: Column(key, column["data_type"], column["description"], meta["zh"], meta["unit"])
        for key, column in node["columns"].items()
        for meta in [column.get("config", {}).get("meta") or column["meta"]]
    }
    meta = node["config"]["meta"]
    table = Table(
        name=name,
        en=node["description"],
        zh=meta["zh"],
        grain=tuple(meta["grain"]),
        columns=columns,
        day=entry.get("day", ""),
        by=tuple(entry.get("by", ())),
        one_of=tuple(entry.get("one_of", ())),
        where=_filters(entry),
        latest_by=tuple(entry.get("latest_by", ())),
    )
    days = (table.day,) if table.day else ()
    for column in (*table.by, *table.one_of, *table.where, *table.latest_by, *days):
        _known(column, columns, f"tables: {name}")
    return table


def _filters(entry: Mapping[str, Any]) -> Filters:
    return {column: tuple(values) for column, values in entry.get("where", {}).items()}


def _measure(name: str, entry: Mapping[str, Any], tables: Mapping[str, Table]) -> Measure:
    place = f"measures: {name}"
    table = _known(entry["table"], tables, place)
    aggregates = [one for one in _AGGREGATES if one in entry]
    if len(aggregates) != 1:
        raise CatalogueError(f"measures.yml, {place}: give one of {', '.join(_AGGREGATES)}")
    where = {**table.where, **_filters(entry)}
    column = entry[aggregates[0]]
    for used in (column, *where):
        _known(used, table.columns, place)
    return Measure(
        name, table, aggregates[0], column, where, entry["unit"], entry["en"], entry["zh"]
    )


def _ratio(name: str, entry: Mapping[str, Any], measures: Mapping[str, Measure]) -> Ratio:
    place = f"ratios: {name}"
    named = entry["to"] if isinstance(entry["to"], list) else [entry["to"]]
    of, *to = (_known(one, measures, place) for one in (entry["of"], *named))
    if {measure.table.name for measure in to} != {of.table.name}:
        raise CatalogueError(f"measures.yml, {place}: both sides must be of one table")
    return Ratio(name, of, tuple(to), entry.get("unit", "rate"), entry["en"], entry["zh"])


def _relations(said: Mapping[str, Any], tables: Mapping[str, Table]) -> tuple[Relation, ...]:
    found = []
    for table in tables.values():
        if not table.day:
            continue
        found.append(Relation(table.name, table.day, *said["day_relation"].split(".")))
        # marts of many scopes have rows of all product lines together, which no list knows
        links = {c: to for c, to in said["relations"].items() if c in table.by}
        found += [Relation(table.name, c, *to.split(".")) for c, to in links.items()]
    for relation in found:
        _known(relation.to_column, tables[relation.to_table].columns, "relations")
    return tuple(found)


def _known(name: str, known: Mapping[str, Any], place: str) -> Any:
    if name not in known:
        raise CatalogueError(
            f"measures.yml, {place}: {name!r} is unknown; known are {', '.join(sorted(known))}"
        )
    return known[name]
