"""Whether the proposed key tells the rows apart; where it does not, what would."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb

from pipelines.core.header_match import plain_header
from pipelines.landing.reshape import TWIN_NUMBER
from pipelines.profiling.questions import Question

if TYPE_CHECKING:
    from pipelines.profiling.candidates import Candidate
    from pipelines.profiling.matching import Match

_LINE_WORDS = (
    "line",
    "row",
    "item",
    "position",
    "pos",
    "seq",
    "sequential",
    "行号",
    "行",
    "序号",
    "明细",
)


# Lists that some systems export without their keys. People and customers are known by their names.
_MADE_KEYS = ("orders", "tasks", "quotes", "payments", "opportunities", "leads")
# What changes from export to export tells no row apart.
_CHANGING = ("status", "stage", "completed_on", "closed_at", "updated_at", "expected_close_on")


@dataclass(frozen=True)
class KeyFinding:
    """Rows that share a key, and what would tell them apart.

    Attributes:
        compose: canonical column → headers whose cells make it up, proposed and asked about.
        line: position of a header that numbers the lines of a document; None where there is none.
    """

    question: Question | None = None
    compose: tuple[tuple[str, tuple[str, ...]], ...] = ()
    line: int | None = None


def key_finding(
    con: duckdb.DuckDBPyConnection, candidate: Candidate, matches: Sequence[Match]
) -> KeyFinding:
    """Count the rows that share the proposed key with another one that says something else.

    Of such rows only the newest would count; orders have lines, which a second key column tells apart.
    """
    at = {match.column.name: match.position for match in matches}
    key = [at[name] for name in candidate.entity.key if name in at]
    composed = candidate.written.compose.keys() & set(candidate.entity.key)
    if not key and not composed and candidate.entity.name in _MADE_KEYS:
        return KeyFinding(compose=_made_key(candidate, matches))
    if not key or composed or candidate.entity.conflict == "error":
        return KeyFinding()
    sharing, rows = _sharing(con, candidate, key)
    if not sharing:
        return KeyFinding()
    if candidate.entity.name != "orders":
        return KeyFinding(_question(candidate, key, sharing, rows))
    if "line_no" not in at:
        line = _line(con, candidate, key)
        if line is not None:
            return KeyFinding(line=line)
    number = candidate.table.headers[key[0]]
    return KeyFinding(
        _question(candidate, key, sharing, rows), (("line_no", (number, TWIN_NUMBER)),)
    )


def _made_key(
    candidate: Candidate, matches: Sequence[Match]
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return what tells the rows of a list without numbers apart: its day, its words, a count."""
    told = ("date", "timestamp", "id", "name", "text")
    parts = [m.header for m in matches if m.column.type in told and m.column.name not in _CHANGING]
    return ((candidate.entity.key[0], (*dict.fromkeys(parts), TWIN_NUMBER)),) if parts else ()


def _sharing(
    con: duckdb.DuckDBPyConnection, candidate: Candidate, key: Sequence[int]
) -> tuple[int, int]:
    """Return how many different rows share their key with another one, and how many rows there are."""
    cells = [f"c{i}" for i in range(len(candidate.table.headers))]
    keys = ", ".join(f"c{i}" for i in key)
    found = con.execute(
        f"select coalesce(sum(n) filter (n > 1), 0), coalesce(sum(n), 0) from (select count(*) as n"
        f" from (select distinct {', '.join(cells)} from {candidate.table.relation})"
        f" where c{key[0]} is not null group by {keys})"
    ).fetchone()
    return (int(found[0]), int(found[1])) if found else (0, 0)


def _line(con: duckdb.DuckDBPyConnection, candidate: Candidate, key: Sequence[int]) -> int | None:
    """Return the header that numbers lines and, with the key, tells all rows apart."""
    for position, header in enumerate(candidate.table.headers):
        words = plain_header(header)
        named = any(
            word in words.split() or (not word.isascii() and word in words) for word in _LINE_WORDS
        )
        glued = words.replace(" ", "").endswith(("linenumber", "lineno", "linenum"))
        if position in key or not (named or glued):
            continue
        if not _sharing(con, candidate, [*key, position])[0]:
            return position
    return None


def _question(candidate: Candidate, key: Sequence[int], sharing: int, rows: int) -> Question:
    named = "、".join(candidate.table.headers[position] for position in key)
    return Question(
        f"{rows} 行中有 {sharing} 行的「{named}」与别的行相同，只取最新一行；一单多行请用 line_no 或 compose 区分",
        f"{sharing} of {rows} rows share their {named} with another row, of which only the newest counts; "
        "if they are lines of one document, tell them apart with line_no or compose",
    )
