"""What "well named" means for a file that is profiled: a rule over its headers, computed, never listed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from pipelines.core.header_match import plain_header
from pipelines.landing.contract import Column, Entity, load_entities

WORDS = Path(__file__).parents[1] / "tests" / "real_data" / "well_named_words.yml"
# owner_id and assignee are people; the others are called by the thing itself.
_PEOPLE = ("owner", "manager", "assignee", "changed", "responsible")
_OWN_KINDS = {"stage": "stage", "to_stage": "stage", "kind": "kind", "status": "stage"}
# A glued header (closedate, SALESORDERID) holds a word at its beginning or end.
_GLUED_FROM = 4


def is_well_named(answer: dict[str, Any]) -> bool:
    """Tell whether a table's headers say in words what its required columns hold.

    Args:
        answer: the table's entity and, by column, the headers that hold it (profile_answers.yml).
    """
    if "entity" not in answer:
        return False
    entity = load_entities()[answer["entity"]]
    columns = answer["columns"]
    return all(
        any(_says(header, entity, column) for header in _listed(columns.get(column.name)))
        for column in entity.columns
        if _must_be_named(entity, column, columns)
    )


def _must_be_named(entity: Entity, column: Column, columns: dict[str, Any]) -> bool:
    is_absent_key = column.name in entity.key and column.name not in columns
    return column.required and not is_absent_key


def _listed(headers: str | Sequence[str] | None) -> Sequence[str]:
    return [headers] if isinstance(headers, str) else headers or ()


def _says(header: str, entity: Entity, column: Column) -> bool:
    plain = plain_header(header)
    is_numbered = plain.startswith("column ") and plain.split()[-1].isdigit()
    return not is_numbered and any(_holds(plain, word) for word in _words(entity, column))


def _holds(plain: str, word: str) -> bool:
    if not word.isascii():
        return word in plain
    tokens = plain.split()
    glued = (token for token in tokens if len(word) >= _GLUED_FROM or word == "id")
    return word in tokens or any(t.startswith(word) or t.endswith(word) for t in glued)


def _words(entity: Entity, column: Column) -> Iterator[str]:
    """Yield the words of which a column's header must hold one."""
    kinds, things = _written()["kinds"], _written()["things"]
    if column.name in _OWN_KINDS:
        yield from kinds[_OWN_KINDS[column.name]]
    elif column.type == "id":
        stem = column.name.split("_")[0]
        yield from kinds["id"]
        yield from things.get("person" if stem in _PEOPLE else stem, ())
    elif column.type in ("date", "timestamp"):
        yield from kinds["date"]
    elif column.type in ("name", "text"):
        yield from kinds["name"]
        yield from things.get(entity.key[0].split("_")[0] if entity.key else "", ())
    else:
        yield from kinds[column.type]


@cache
def _written() -> dict[str, dict[str, list[str]]]:
    body: dict[str, dict[str, list[str]]] = yaml.safe_load(WORDS.read_text(encoding="utf-8"))
    return body
