"""One pull of a database, by whatever path: what is asked, its columns, how far it came."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Dialect

from pipelines.core.cursor import CursorUnusable, CursorValue, encode_cursor, furthest
from pipelines.settings.sources import DatabaseSource
from pipelines.sources.pull import PullFailed

REACHED = "gapwise.cursor_reached"
DEFINITION = "gapwise.definition"

# Nobody waits for ever: seconds for a connection, about a minute for a dead line (libpq's words).
CONNECT_SECONDS = 10
KEEP_ALIVE = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}


@dataclass(frozen=True)
class DatabasePull:
    """One pull to be made.

    Attributes:
        source: what is pulled.
        url: where from; it may hold a password and is never shown.
        root: the company folder, from which a path to an SQLite file counts.
        reached: cursor value of the pull before; None pulls everything.
        pulled_at: when the pull began (UTC).
        zone: time zone of times without one.
    """

    source: DatabaseSource
    url: str
    root: Path
    reached: CursorValue | None
    pulled_at: datetime
    zone: ZoneInfo


def inner_sql(source: DatabaseSource, dialect: Dialect) -> str:
    """Return what a source is read from: its table's quoted name, or its query in parentheses."""
    if source.table is not None:
        return ".".join(quoted(part, dialect) for part in source.table.split("."))
    return "(" + (source.query or "").strip().rstrip(";") + "\n)"


def quoted(name: str, dialect: Dialect) -> str:
    """Quote a name of company.yml; it can hold anything and is never SQL."""
    # Not the preparer's own `quote`: it doubles percent signs for the driver, and so does `text`.
    marks = dialect.identifier_preparer
    inner = name.replace(marks.escape_quote, marks.escape_quote * 2)
    return f"{marks.initial_quote}{inner}{marks.final_quote}"


def literally(sql: str) -> str:
    """Write SQL for `text`: a colon in a query or a name is a cast or a time, never a parameter."""
    return sql.replace(":", "\\:")


def check_columns(source: DatabaseSource, columns: Sequence[str]) -> None:
    """Refuse two columns of one name, and a cursor that is not there.

    Raises:
        PullFailed: naming the column and the fix.
    """
    twice = sorted({name for name in columns if columns.count(name) > 1})
    if twice:
        raise PullFailed(
            f"{source.name}: the query gives two columns named {twice[0]!r}; name one with `as`",
            f"{source.name}：查询结果有两列同名 {twice[0]}；请用 as 改名",
        )
    if source.cursor is not None and source.cursor not in columns:
        raise PullFailed(
            f"{source.name}: there is no column {source.cursor!r} to be the cursor; the columns "
            f"are: {', '.join(columns)}",
            f"{source.name}：没有可作游标的列 {source.cursor}；现有列：{', '.join(columns)}",
        )


def advanced(
    pull: DatabasePull, values: Iterable[object], reached: CursorValue | None
) -> CursorValue | None:
    """Return how far a pull came with the cursor values of one more batch.

    Raises:
        PullFailed: the values have no order in time or number.
    """
    try:
        return furthest(reached, values, pull.pulled_at, pull.zone)
    except CursorUnusable as error:
        raise PullFailed(
            f"{pull.source.name}: cursor {pull.source.cursor!r} holds {error}; name a column of "
            "times or numbers, or leave `cursor:` out to pull everything",
            f"{pull.source.name}：游标列 {pull.source.cursor} 的值不可比较；"
            "请改用时间或数字列，或去掉 cursor 全量读取",
        ) from None


def notes_of(definition: str, reached: CursorValue | None) -> dict[str, str]:
    """Return what a pulled file says of itself: what decided its rows, and how far it came."""
    notes = {DEFINITION: definition}
    return notes if reached is None else notes | {REACHED: encode_cursor(reached)}
