"""Profile a file: its entity and mapping with a confidence each; what is unsure is asked, not guessed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
from rapidfuzz import fuzz

from pipelines.core.header_match import likeness, plain_header
from pipelines.landing.contract import Column
from pipelines.landing.pivot import is_period_header
from pipelines.profiling.candidates import Candidate, candidates
from pipelines.profiling.questions import Question, questions_about
from pipelines.profiling.spellings import entity_words, spellings
from pipelines.profiling.values import ValueProposal, value_proposals
from pipelines.sources.errors import FileUnreadable
from pipelines.sources.files import FileOptions, TextTable, read_tables
from pipelines.sources.headers import is_label
from pipelines.sources.presets import known_presets, load_preset

MAPPED_FROM, ASKED_FROM = 0.8, 0.5
# Two claims this close to each other are a question, however good both are.
CLOSE_CALL = 0.06
ENTITY_SURE_FROM, RIVAL_WITHIN = 0.65, 0.04


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


@dataclass(frozen=True)
class TableProfile:
    """What one table of a file seems to be.

    Attributes:
        table: as it lies in the file.
        entity: name of the likeliest entity; '' where none fits.
        rivals: other entities nearly as likely, with their scores.
        preset: name of the system whose export this is; '' where it is nobody's.
        matches: in the order of the entity's columns.
        unmapped: headers that no column takes.
        missing: required columns that no header is sure to hold.
        questions: what a person has to say, in both languages.
        values: what the words of stages, kinds and states mean.
    """

    table: TextTable
    has_header: bool
    entity: str
    confidence: float
    rivals: tuple[tuple[str, float], ...]
    preset: str
    matches: tuple[Match, ...]
    unmapped: tuple[str, ...]
    missing: tuple[str, ...]
    given: tuple[str, ...]
    date_order: str
    as_numbers: tuple[str, ...]
    questions: tuple[Question, ...] = field(default=())
    values: tuple[ValueProposal, ...] = field(default=())


def profile_file(
    path: Path, con: duckdb.DuckDBPyConnection, work_dir: Path, options: FileOptions
) -> list[TableProfile]:
    """Profile every table of a file.

    Args:
        path: any file that sources can read.
        con: a landing connection, with the cell macros.
        work_dir: an empty folder for unpacked copies.
        options: what is known already (encoding, sheet, header row).

    Raises:
        FileUnreadable: the file cannot be read; it says why and what to declare.
    """
    document = _document_profiles(path, con, work_dir, options)
    if document:
        return document
    tables = read_tables(path, con, work_dir=work_dir / "plain", options=options)
    profiles = []
    for number, table in enumerate(tables):
        shown, has_header = table, options.has_header
        if has_header and _is_headless(table):
            bare = FileOptions(**{**vars(options), "has_header": False})
            again = read_tables(path, con, work_dir=work_dir / f"bare{number}", options=bare)
            shown, has_header = again[number], False
        profiles.append(_judged(con, shown, has_header, list(candidates(con, shown)), path))
    return profiles


def _document_profiles(
    path: Path, con: duckdb.DuckDBPyConnection, work_dir: Path, options: FileOptions
) -> list[TableProfile]:
    """Read a JSON document by every preset that knows where its records lie; [] for any other file."""
    if path.suffix.lower() != ".json" or not path.read_bytes()[:64].lstrip().startswith(b"{"):
        return []
    profiles = []
    for preset in known_presets():
        for entity, written in load_preset(preset).entities.items():
            if not written.records:
                continue
            reading = FileOptions(
                **{**vars(options), "records": written.records, "lookups": written.lookups}
            )
            try:
                (table,) = read_tables(
                    path, con, work_dir=work_dir / f"{preset}-{entity}", options=reading
                )
            except FileUnreadable:
                continue
            found = [c for c in candidates(con, table, preset) if c.entity.name == entity]
            if found:
                profiles.append(_judged(con, table, True, found, path))
    return profiles


def _is_headless(table: TextTable) -> bool:
    """Tell whether the header is a row of values: figures and days are no names of columns."""
    values = [h for h in table.headers if not is_label(h) and not is_period_header(h)]
    return len(values) >= 0.4 * len(table.headers)


def _judged(
    con: duckdb.DuckDBPyConnection,
    table: TextTable,
    has_header: bool,
    readings: Sequence[Candidate],
    path: Path,
) -> TableProfile:
    """Choose the likeliest reading; a reading nearly as likely makes the entity a question."""
    scored = []
    for candidate in readings:
        matches = match_columns(candidate)
        scored.append(
            (_entity_score(candidate, matches, f"{path.stem} {table.sheet}"), candidate, matches)
        )
    scored.sort(key=lambda each: -each[0])
    best_score, best, matches = scored[0]
    if best_score < ASKED_FROM:
        return TableProfile(
            table, has_header, "", round(best_score, 2), _rivals(scored, ""), "", (), table.headers, (), (), "", ()
        )  # fmt: skip
    rivals = _rivals([s for s in scored if s[0] >= best_score - RIVAL_WITHIN], best.entity.name)
    matches, values, about_values = value_proposals(con, best, matches)
    lacking = _missing(best, matches)
    used = {match.position for match in matches}
    asked = questions_about(best, matches, lacking)
    doubts = () if best_score >= ENTITY_SURE_FROM and not rivals else (_which_entity(best, rivals),)
    return TableProfile(
        table=table,
        has_header=has_header,
        entity=best.entity.name,
        confidence=round(min(best_score, 0.99), 2),
        rivals=rivals,
        preset=best.preset,
        matches=tuple(matches),
        unmapped=tuple(h for i, h in enumerate(best.table.headers) if i not in used),
        missing=tuple(lacking),
        given=tuple(c.name for c in best.entity.columns if best.is_given(c.name)),
        date_order=asked.date_order,
        as_numbers=asked.as_numbers,
        questions=(*doubts, *asked.questions, *about_values),
        values=tuple(values),
    )


def _which_entity(best: Candidate, rivals: Sequence[tuple[str, float]]) -> Question:
    others = ", ".join(name for name, _ in rivals)
    return Question(
        f"这是「{best.entity.zh}」（{best.entity.name}）吗？"
        + (f"也可能是 {others}" if others else ""),
        f"Are these {best.entity.name}?" + (f" Or: {others}" if others else ""),
    )


def _rivals(
    scored: Sequence[tuple[float, Candidate, list[Match]]], but: str
) -> tuple[tuple[str, float], ...]:
    best: dict[str, float] = {}
    for score, candidate, _ in scored:
        if candidate.entity.name != but:
            best.setdefault(candidate.entity.name, round(score, 2))
    return tuple(list(best.items())[:3])


def match_columns(candidate: Candidate) -> list[Match]:
    """Assign headers to columns, the surest first; each header once, unless a required column needs it."""
    entity, known = candidate.entity, spellings()
    # A part of a key repeats: an order has lines.
    keys = set(entity.key) if len(entity.key) == 1 else set()
    plain = [plain_header(header) for header in candidate.table.headers]
    scores: list[tuple[float, int, int, bool]] = []
    for number, column in enumerate(entity.columns):
        said = candidate.preset_position(column.name)
        for position, header in enumerate(plain):
            like = likeness(header, known[entity.name, column.name])
            if position == said:
                like = max(like, 0.97)
            if like >= ASKED_FROM:
                fit = candidate.evidence[position].fit(column, column.name in keys)
                scores.append((round(like * fit, 4), number, position, position == said))
    return _assigned(candidate, scores)


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
            if not by_preset and rivals and max(rivals) > score - CLOSE_CALL:
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


def _missing(candidate: Candidate, matches: Sequence[Match]) -> list[str]:
    """Return the required columns that nothing is sure to hold."""
    sure = {match.column.name for match in matches if match.is_sure}
    lacking = [
        c.name
        for c in candidate.entity.columns
        if c.required and c.name not in sure and not candidate.is_given(c.name)
    ]
    either = candidate.entity.any_required
    return lacking + ([either[0]] if either and not sure & set(either) else [])


def _entity_score(candidate: Candidate, matches: Sequence[Match], called: str) -> float:
    """Score an entity: required columns found, headers explained, what the file is called."""
    found = {match.column.name: match.confidence for match in matches}
    required = [c.name for c in candidate.entity.columns if c.required]
    required += list(candidate.entity.any_required[:1])
    needed = [
        1.0 if candidate.is_given(name) and name not in found else found.get(name, 0.0)
        for name in required
    ]
    absent = [name for name, score in zip(required, needed, strict=True) if score == 0.0]
    # An export may have no key of its own (a person then says what makes one); date and amount it must have.
    if len(absent) > 1 or any(name not in candidate.entity.key for name in absent):
        return 0.0
    if absent and not candidate.preset and len(required) < 3:
        return 0.0
    explained = sum(m.confidence for m in matches) / min(max(len(candidate.table.headers), 1), 12)
    name = _name_score(plain_header(called), entity_words()[candidate.entity.name])
    score = 0.5 * sum(needed) / len(needed) + 0.25 * min(explained, 1.0) + 0.25 * name
    return score + (0.05 if candidate.preset else 0.0)


def _name_score(called: str, words: Sequence[str]) -> float:
    tokens = set(called.split())
    best = 0.0
    for word in words:
        if set(word.split()) <= tokens or (not word.isascii() and word in called):
            best = max(best, 0.8 + 0.04 * min(len(word.split()), 5))
        else:
            best = max(best, fuzz.token_sort_ratio(called, word) / 100 * 0.6)
    return min(best, 1.0)
