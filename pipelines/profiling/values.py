"""What the words of a stage, kind or status mean: proposed where known, asked where not."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
from rapidfuzz import fuzz, process

from pipelines.core.names import normalise_name
from pipelines.landing.archive import Archive
from pipelines.landing.company_rules import company_rules
from pipelines.landing.contract import Column
from pipelines.profiling.questions import Question
from pipelines.settings import CompanySettings
from pipelines.sources.presets import ANY_VALUE, known_presets, load_preset

if TYPE_CHECKING:
    from pipelines.profiling.candidates import Candidate
    from pipelines.profiling.matching import Match

# More different words than this are no vocabulary.
MOST_WORDS = 40
ALIKE_FROM = 84.0
_STAGES = ("stage", "to_stage")
# Landing accepts any word in these, but without a known one the column is not what its header says.
_SOFT = ("status", "state", "size", "lifecycle_stage")
_DOUBTED = 0.75


@dataclass(frozen=True)
class ValueProposal:
    """One word of a column. Grain: column and spelling.

    Attributes:
        theirs: as written in the file.
        ours: what it means; '' where nobody knows.
        is_sure: known to a preset or to the rules; else only alike, and asked.
        is_native: landing knows it already, so that company.yml needs no line.
        rows: how many rows say it.
    """

    column: str
    theirs: str
    ours: str
    is_sure: bool
    is_native: bool
    rows: int


def value_proposals(
    con: duckdb.DuckDBPyConnection, candidate: Candidate, matches: Sequence[Match]
) -> tuple[list[Match], list[ValueProposal], list[Question]]:
    """Propose what the words of every column with a vocabulary mean.

    A column none of whose words is known keeps its header's claim only as a question.

    Returns:
        The matches, doubted where their words are all strange; proposals by column, most frequent
        word first; one question per column with unknown words.
    """
    settled, proposals, questions = [], [], []
    for match in matches:
        column = match.column
        has_words = column.accepted or column.name in (*_STAGES, *_SOFT)
        found = _proposed(con, candidate, match) if has_words else []
        settled.append(_doubted(match) if _is_strange(match, found) else match)
        proposals += found
        unknown = [each.theirs for each in found if not each.is_sure]
        if unknown and (column.accepted or column.name in _STAGES):
            questions.append(_question(column, unknown))
    return settled, proposals, questions


def _is_strange(match: Match, found: Sequence[ValueProposal]) -> bool:
    """Tell whether a header's claim has no word to show for it."""
    must_know = bool(match.column.accepted) or match.column.name == "state"
    is_known = not found or any(each.ours for each in found)
    return must_know and not is_known and not match.by_preset


def _doubted(match: Match) -> Match:
    return replace(match, confidence=min(match.confidence, _DOUBTED))


def _proposed(
    con: duckdb.DuckDBPyConnection, candidate: Candidate, match: Match
) -> list[ValueProposal]:
    cell, column = f"c{match.position}", match.column
    counted = con.execute(
        f"select trim({cell}) as word, count(*) from {candidate.table.relation}"
        f" where not cell_is_blank({cell}) group by word order by count(*) desc, word"
        f" limit {MOST_WORDS + 1}"
    ).fetchall()
    if len(counted) > MOST_WORDS:
        return []
    native = _native(candidate.entity.name, column, candidate.preset)
    others = _of_all_presets(candidate.entity.name, column.name)
    return [_one(column.name, word, rows, native, others) for word, rows in counted]


def _one(
    column: str, word: str, rows: int, native: Mapping[str, str], others: Mapping[str, str]
) -> ValueProposal:
    plain = normalise_name(word)
    if plain in native:
        return ValueProposal(column, word, native[plain], True, True, rows)
    if others.get(plain):
        return ValueProposal(column, word, others[plain], True, False, rows)
    known = {**{k: v for k, v in others.items() if v}, **native}
    alike = process.extractOne(plain, list(known), scorer=fuzz.WRatio, score_cutoff=ALIKE_FROM)
    # Half a word is like anything: 客户 in 客户推荐.
    ours = known[alike[0]] if alike and len(alike[0]) >= 3 else ""
    return ValueProposal(column, word, ours, False, False, rows)


def _native(entity: str, column: Column, preset: str) -> dict[str, str]:
    """Return what landing knows without a line in company.yml: rules, the preset, the contract."""
    words = {normalise_name(own): own for own in column.accepted}
    if column.name in _STAGES:
        words |= _default_stages()
    if preset:
        written = load_preset(preset).entity(entity).values.get(column.name, {})
        words |= {normalise_name(k): v for k, v in written.items() if k != ANY_VALUE}
    return words


@cache
def _of_all_presets(entity: str, column: str) -> dict[str, str]:
    """Return the words of every system; '' where two systems mean different things by one.

    Of stages only won and lost: the others belong to a system's own pipeline.
    """
    found: dict[str, str] = {}
    for name in known_presets():
        entities = load_preset(name).entities
        if entity not in entities:
            continue
        for theirs, ours in entities[entity].values.get(column, {}).items():
            plain = normalise_name(theirs)
            if theirs == ANY_VALUE or (column in _STAGES and ours not in ("won", "lost")):
                continue
            found[plain] = ours if found.get(plain, ours) == ours else ""
    return found


@cache
def _default_stages() -> dict[str, str]:
    """Return the stage words of a company that has changed nothing."""
    deals = {"name": "deals", "entity": "opportunities", "path": "*"}
    settings = CompanySettings.model_validate({"company": {"name": "any"}, "sources": [deals]})
    with tempfile.TemporaryDirectory(prefix="gapwise-profile-") as folder:
        rules = company_rules(settings, Archive(Path(folder)), 0)
    return dict(rules.vocabulary().words["stage"])


def _question(column: Column, unknown: Sequence[str]) -> Question:
    shown = "、".join(unknown[:12]) + ("…" if len(unknown) > 12 else "")
    ours = ", ".join(column.accepted) or "rules.xlsx / 阶段 stages"
    return Question(
        f"「{column.zh}」的这些值是什么意思：{shown}？（可选：{ours}）",
        f"What do these values of {column.name} mean: {shown}? (known: {ours})",
    )
