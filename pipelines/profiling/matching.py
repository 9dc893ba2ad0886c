"""Which header is which column: by its words, checked against its values; and how likely an entity is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.core.header_match import likeness, plain_header
from pipelines.landing.contract import Column
from pipelines.profiling.candidates import Candidate
from pipelines.profiling.guesses import GUESSED, guesses
from pipelines.profiling.names import NAMED_FROM, is_called_document, name_score
from pipelines.profiling.spellings import CANONICAL, VAGUE_WORDS, WORD, spellings

MAPPED_FROM, ASKED_FROM = 0.8, 0.5
# Two claims this close to each other are a question, however good both are.
CLOSE_CALL = 0.06
# A loader's own columns (_fivetran_start) yield to those of the system.
_BOOKKEEPING = 0.9
# Invoices that name their orders are asked about, however well they look like orders.
_ASKED_ENTITY = 0.64
# The key of a file that is called by its entity's name can be made of other columns.
_MADE_KEY = 0.5
# A table's only date needs no better name than that; among very many columns nobody looks for others.
_ONLY_DATE, _FEW_COLUMNS = 0.85, 40
_BARE_KEYS = frozenset({"id", "record id", "uuid", "guid", "key", "code", "number", "no", "编号"})


@dataclass(frozen=True)
class Match:
    """One header taken for one column. `confidence` 0 to 1; under MAPPED_FROM a person is asked."""

    column: Column
    header: str
    position: int
    confidence: float
    samples: tuple[str, ...]
    by_preset: bool = False

    @property
    def is_sure(self) -> bool:
        """Whether the mapping may stand without a person's word."""
        return self.confidence >= MAPPED_FROM


def match_columns(candidate: Candidate, called: str) -> list[Match]:
    """Assign headers to columns, the surest first; each header once, unless a required column needs it."""
    entity, known = candidate.entity, spellings()
    # A part of a key repeats: an order has lines.
    keys = set(entity.key) if len(entity.key) == 1 else set()
    plain = [plain_header(header) for header in candidate.table.headers]
    inside = [_inner_names(header) for header in candidate.table.headers]
    is_named = name_score(called, entity.name) >= NAMED_FROM
    scores: list[tuple[float, int, int, bool]] = []
    for number, column in enumerate(entity.columns):
        if column.name in candidate.made:
            continue
        said = candidate.preset_position(column.name)
        only_name = column.name == "name" and "name" in plain  # a username is no name beside one
        for position, header in enumerate(plain):
            if only_name and header != "name" and position != said:
                continue
            like = likeness(header, known[entity.name, column.name])
            for inner in inside[position]:
                like = max(like, 0.97 * likeness(inner, known[entity.name, column.name]))
            if candidate.table.headers[position].startswith("_"):
                like *= _BOOKKEEPING
            if position == said:
                like = max(like, 0.97)
            is_vague = ASKED_FROM <= like < _ONLY_DATE and header in VAGUE_WORDS
            if is_vague and _is_only_date(candidate, column, position):
                like = _ONLY_DATE
            if is_named and [column.name] == list(entity.key[:1]) and header in _BARE_KEYS:
                like = max(like, 0.85)  # the id in a file of users is a user's
            if like >= ASKED_FROM:
                fit = candidate.evidence[position].fit(column, column.name in keys)
                scores.append((round(like * fit, 4), number, position, position == said))
    return _with_guesses(candidate, _assigned(candidate, scores))


def _is_only_date(candidate: Candidate, column: Column, position: int) -> bool:
    """Tell whether a header is the one date of a table: 日期 of an order list is the day it was signed.

    Dates that are called by another column's name (下次跟进时间) are no rivals.
    """
    if column.name != candidate.entity.event_on or not candidate.evidence[position].is_date:
        return False
    known = spellings()
    named = {
        word
        for other in candidate.entity.columns
        if other.name != column.name
        for word, weight in known[candidate.entity.name, other.name].items()
        if weight >= WORD
    }
    headers = [plain_header(header) for header in candidate.table.headers]
    others = [at for at, text in enumerate(headers) if at != position and text not in named]
    return len(headers) <= _FEW_COLUMNS and not any(candidate.evidence[at].is_date for at in others)


def _inner_names(header: str) -> list[str]:
    """Return what a header that reaches into a JSON cell is called without the names around it."""
    parts = header.split(".")
    nested = len(parts) > 1 and not any(" " in part or not part for part in parts)
    return [plain_header(".".join(parts[at:])) for at in range(1, len(parts))] if nested else []


def _with_guesses(candidate: Candidate, matches: list[Match]) -> list[Match]:
    """Add what the values say about required columns that no header names; a person is asked."""
    columns = candidate.entity.columns
    found = {columns.index(match.column) for match in matches}
    guessed = [
        Match(
            columns[guess.number],
            candidate.table.headers[guess.position],
            guess.position,
            GUESSED,
            candidate.evidence[guess.position].samples,
        )
        for guess in guesses(candidate, found, {match.position for match in matches})
    ]
    return sorted([*matches, *guessed], key=lambda match: columns.index(match.column))


def _assigned(candidate: Candidate, scores: list[tuple[float, int, int, bool]]) -> list[Match]:
    columns = candidate.entity.columns
    taken: dict[int, Match] = {}
    used: set[int] = set()
    ordered = sorted(scores, key=lambda s: (not s[3], -s[0], s[1], s[2]))
    for reuse in (False, True):
        for score, number, position, by_preset in ordered:
            column = columns[number]
            free = position not in used or by_preset or (reuse and column.required)
            if number in taken or not free or score < ASKED_FROM:
                continue
            rivals = [s for s, n, p, _ in scores if n == number and p != position and p not in used]
            confidence = score
            # One header that two columns could claim is asked about, too: is a close date past or expected?
            rivals += [
                other
                for other, n, p, _ in scores
                if p == position and n != number and n not in taken and not columns[n].required
            ]
            # A column's own name is no guess, however much another header sounds like it.
            is_own_name = score >= CANONICAL and max(rivals, default=0.0) < CANONICAL
            if not by_preset and not is_own_name and rivals and max(rivals) > score - CLOSE_CALL:
                confidence = min(score * 0.8, 0.79)
            taken[number] = Match(
                column,
                candidate.table.headers[position],
                position,
                round(min(confidence, 0.99), 2),
                candidate.evidence[position].samples,
                by_preset,
            )
            used.add(position)
    return [taken[number] for number in sorted(taken)]


def missing_columns(candidate: Candidate, matches: Sequence[Match]) -> list[str]:
    """Return the required columns that nothing is sure to hold."""
    sure = {match.column.name for match in matches if match.is_sure}
    lacking = [
        c.name
        for c in candidate.entity.columns
        if c.required and c.name not in sure and not candidate.is_given(c.name)
    ]
    either = candidate.entity.any_required
    return lacking + ([either[0]] if either and not sure & set(either) else [])


def entity_score(candidate: Candidate, matches: Sequence[Match], called: str) -> float:
    """Score an entity: required columns found, headers explained, what the file is called."""
    found = {match.column.name: match.confidence for match in matches}
    required = [c.name for c in candidate.entity.columns if c.required]
    required += list(candidate.entity.any_required[:1])
    needed = [
        1.0 if candidate.is_given(name) and name not in found else found.get(name, 0.0)
        for name in required
    ]
    if "amount" in required and needed[required.index("amount")] == 0.0 and candidate.product:
        needed[required.index("amount")] = GUESSED
    absent = [name for name, score in zip(required, needed, strict=True) if score == 0.0]
    name = name_score(called, candidate.entity.name)
    # Values alone make no entity: some required column, or the file, must be called by its name.
    if name < NAMED_FROM and not any(score > GUESSED for score in needed):
        return 0.0
    # An export may have no key of its own (a person then says what makes one); date and amount it must have.
    if len(absent) > 1 or any(name not in candidate.entity.key for name in absent):
        return 0.0
    if absent and not candidate.preset and len(required) < 3 and name < NAMED_FROM:
        return 0.0
    if name >= NAMED_FROM and required[:1] == absent:
        needed[0] = _MADE_KEY
    explained = sum(m.confidence for m in matches) / min(max(len(candidate.table.headers), 1), 12)
    score = 0.5 * sum(needed) / len(needed) + 0.25 * min(explained, 1.0) + 0.25 * name
    score += 0.05 if candidate.preset else 0.0
    is_document = candidate.is_about_orders and is_called_document(called)
    return min(score, _ASKED_ENTITY) if is_document else score
