"""The words that companies use for stages and causes, tied to the ids of the rules workbook."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from pipelines.core.names import normalise_name
from pipelines.core.rules.declaration import all_tables
from pipelines.core.rules.model import Text


def stage_vocabulary(tables: Mapping[str, pa.Table]) -> dict[str, str]:
    """Map every known way to write a stage to its id, of all pipelines.

    Where two pipelines use one word for different stages, the first of the sheet keeps it.

    Args:
        tables: Rules tables, as `rules_tables` returns them.

    Returns:
        normalise_name(word) → stage id: ids, Chinese and English names, aliases. Names and ids
        win over aliases.
    """
    labels = {choice.id: choice for choice in all_tables()["stages"].column("stage").choices}
    rows = tables["stages"].to_pylist()
    words: dict[str, str] = {}
    for row in rows:
        stage = row["stage"]
        choice = labels.get(stage)
        own = (choice.label.zh, choice.label.en, *choice.words) if choice else ()
        for word in (stage, *own):
            words.setdefault(normalise_name(word), stage)
    for row in rows:
        for alias in (row["aliases"] or "").strip("|").split("|"):
            if alias:
                words.setdefault(normalise_name(alias), row["stage"])
    return words


def stage_names() -> dict[str, Text]:
    """Return how shipped stages are called in Chinese and English; own ones keep their word."""
    return choice_names("stages", "stage")


def choice_names(table: str, column: str) -> dict[str, Text]:
    """Return how the shipped choices of a rules column are called in Chinese and English."""
    return {choice.id: choice.label for choice in all_tables()[table].column(column).choices}


def cause_vocabulary() -> dict[str, str]:
    """Map every known way to name a cause of a gap to its id: 客户太少 is volume."""
    words: dict[str, str] = {}
    for choice in all_tables()["actions"].column("cause").choices:
        for word in (choice.id, choice.label.zh, choice.label.en, *choice.words):
            words.setdefault(normalise_name(word), choice.id)
    return words
