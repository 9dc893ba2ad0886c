"""Every known spelling of every canonical column: entities, presets and people's own words."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from pipelines.core.header_match import plain_header
from pipelines.landing.contract import load_entities
from pipelines.sources.presets import known_presets, load_preset

SPELLINGS_FILE = Path(__file__).with_name("spellings.yml")
# Words that fit too many columns to prove one.
VAGUE_WORDS = frozenset(
    [
        "id",
        "name",
        "type",
        "status",
        "value",
        "date",
        "title",
        "label",
        "number",
        "source",
        "code",
        "state",
        "time",
        "user",
        "key",
        "owner",
        "编号",
        "名称",
        "类型",
        "状态",
        "日期",
        "时间",
        "姓名",
        "来源",
        "数量",
        "序号",
    ]
) | {"last name", "external id", "source id"}
CANONICAL, PRESET, WORD, VAGUE_CANONICAL, VAGUE = 1.0, 0.97, 0.93, 0.85, 0.7
# A name stands for an id where there is none: Customer Name yields to Customer ID.
NAMED = 0.85
_KEY_WORDS = re.compile(r"\b(?:id|no|number|code|ref)\b|编号|编码|单号|号$|id$")


@cache
def spellings() -> dict[tuple[str, str], dict[str, float]]:
    """Return (entity, column) → plain spelling → how much it says by itself, 0 to 1."""
    said: dict[str, list[str]] = _written()["any"]
    also: dict[str, list[str]] = _written()["also"]
    known: dict[tuple[str, str], dict[str, float]] = {}
    for entity in load_entities().values():
        for column in entity.columns:
            weights = known.setdefault((entity.name, column.name), {})
            for text in (column.zh, column.name):
                _add(weights, text, CANONICAL)
            for text in (*said.get(column.name, ()), *also.get(column.name, ())):
                _add(weights, text, NAMED if column.type == "id" and _is_a_name(text) else WORD)
    for preset in known_presets():
        for entity_name, written in load_preset(preset).entities.items():
            for column_name, headers in written.columns.items():
                for header in headers:
                    _add(known[entity_name, column_name], header, PRESET)
    return known


@cache
def common_headers() -> frozenset[str]:
    """Return plain headers that many systems write: they tell nothing about whose export a file is."""
    own = {text for e in load_entities().values() for c in e.columns for text in (c.zh, c.name)}
    said = {text for texts in _written()["any"].values() for text in texts}
    return frozenset(plain_header(text) for text in own | said) | VAGUE_WORDS


@cache
def entity_words() -> dict[str, tuple[str, ...]]:
    """Return entity → the words by which files and sheets of it are called."""
    said: dict[str, list[str]] = _written()["words"]
    return {
        entity.name: tuple(
            plain_header(w) for w in (entity.zh, entity.name, *said.get(entity.name, ()))
        )
        for entity in load_entities().values()
    }


@cache
def kind_words() -> dict[str, tuple[str, ...]]:
    """Return kind of contact → the words by which files of such contacts are called."""
    said: dict[str, list[str]] = _written()["kinds"]
    return {kind: tuple(plain_header(word) for word in words) for kind, words in said.items()}


@cache
def document_words() -> tuple[str, ...]:
    """Return the words by which files of papers about orders are called."""
    said: list[str] = _written()["documents"]
    return tuple(plain_header(word) for word in said)


def _is_a_name(text: str) -> bool:
    return not _KEY_WORDS.search(plain_header(text))


def _add(weights: dict[str, float], text: str, weight: float) -> None:
    plain = plain_header(text)
    if plain in VAGUE_WORDS:
        weight = VAGUE_CANONICAL if weight == CANONICAL else VAGUE
    weights[plain] = max(weights.get(plain, 0.0), weight)


@cache
def _written() -> dict[str, Any]:
    body: dict[str, Any] = yaml.safe_load(SPELLINGS_FILE.read_text(encoding="utf-8"))
    return body
