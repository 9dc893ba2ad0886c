"""Profile a file: its entity and mapping with a confidence each; what is unsure is asked, not guessed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from pipelines.landing.pivot import is_period_header
from pipelines.profiling.candidates import Candidate, candidates
from pipelines.profiling.keys import KeyFinding, key_finding
from pipelines.profiling.matching import (
    ASKED_FROM,
    Match,
    entity_score,
    match_columns,
    missing_columns,
)
from pipelines.profiling.nested import with_nested
from pipelines.profiling.questions import Question, questions_about
from pipelines.profiling.values import ValueProposal, value_proposals
from pipelines.sources.errors import FileUnreadable
from pipelines.sources.files import FileOptions, TextTable, read_tables
from pipelines.sources.headers import is_label
from pipelines.sources.presets import known_presets, load_preset

# A key of a database, a moment, or a whole document is no name of a column, whatever stands around it.
_IS_VALUE = re.compile(
    r"[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}|\d{4}-\d\d-\d\d[ T]\d\d:\d\d|^.{200}",
    re.DOTALL,
)
ENTITY_SURE_FROM, RIVAL_WITHIN = 0.65, 0.04


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
        compose, multiply: columns that could be made of others, asked about; `made` are sure.
        kind: of contact, as the file's name says it of all rows; '' where a column does.
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
    compose: tuple[tuple[str, tuple[str, ...]], ...] = field(default=())
    multiply: tuple[tuple[str, tuple[str, ...]], ...] = field(default=())
    made: tuple[tuple[str, tuple[str, ...]], ...] = field(default=())
    decimal: str = "."
    kind: str = ""


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
        shown = with_nested(con, shown)
        called = f"{path.stem} {shown.sheet}"
        readings = list(candidates(con, shown, called=called))
        profiles.append(_judged(con, shown, has_header, readings, path))
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
    values = [
        header
        for header in table.headers
        if _IS_VALUE.search(header) or not (is_label(header) or is_period_header(header))
    ]
    return len(values) >= 0.4 * len(table.headers)


def _judged(
    con: duckdb.DuckDBPyConnection,
    table: TextTable,
    has_header: bool,
    readings: Sequence[Candidate],
    path: Path,
) -> TableProfile:
    """Choose the likeliest reading; a reading nearly as likely makes the entity a question."""
    scored = _ranked(readings, f"{path.stem} {table.sheet}")
    best_score, best, matches = scored[0]
    keys = key_finding(con, best, matches) if best_score >= ASKED_FROM else KeyFinding()
    if keys.line is not None:
        matches = _with_line(best, matches, keys.line)
    if best_score < ASKED_FROM:
        return TableProfile(
            table, has_header, "", round(best_score, 2), _rivals(scored, ""), "", (), table.headers, (), (), "", ()
        )  # fmt: skip
    rivals = _rivals([s for s in scored if s[0] >= best_score - RIVAL_WITHIN], best.entity.name)
    matches, values, about_values = value_proposals(con, best, matches)
    lacking = missing_columns(best, matches)
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
        questions=(
            *doubts,
            *asked.questions,
            *about_values,
            *([keys.question] if keys.question else []),
        ),
        values=tuple(values),
        compose=keys.compose,
        made=tuple(best.made.items()),
        multiply=(("amount", best.product),) if best.product and "amount" in lacking else (),
        kind="" if any(m.column.name == "kind" for m in matches) else best.kind_by_name,
        decimal="," if any(_has_decimal_comma(best, match) for match in matches) else ".",
    )


def _ranked(
    readings: Sequence[Candidate], called: str
) -> list[tuple[float, Candidate, list[Match]]]:
    """Score every reading of a table that is called so, the likeliest first."""
    scored = []
    for candidate in readings:
        matches = match_columns(candidate, called)
        scored.append((entity_score(candidate, matches, called), candidate, matches))
    return sorted(scored, key=lambda each: -each[0])


def _has_decimal_comma(candidate: Candidate, match: Match) -> bool:
    is_figure = match.column.type in ("money", "number", "integer")
    return is_figure and candidate.evidence[match.position].has_decimal_comma


def _with_line(candidate: Candidate, matches: Sequence[Match], position: int) -> list[Match]:
    """Take a header that tells an order's lines apart, and is called so, for their number."""
    header, seen = candidate.table.headers[position], candidate.evidence[position]
    line = Match(candidate.entity.column("line_no"), header, position, 0.9, seen.samples)
    others = [m for m in matches if m.position != position and m.column.name != "line_no"]
    order = [column.name for column in candidate.entity.columns]
    return sorted([*others, line], key=lambda match: order.index(match.column.name))


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
