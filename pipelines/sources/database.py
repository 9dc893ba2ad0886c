"""Pull a table or query of a database into Parquet: bounded memory, whole or from a cursor on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import URL, Connection, Engine, create_engine, make_url, text
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from pipelines.core.cursor import (
    CursorUnusable,
    CursorValue,
    begin_from,
    encode_cursor,
    furthest,
)
from pipelines.settings.sources import DatabaseSource
from pipelines.sources.database_errors import driver_missing, failure_of
from pipelines.sources.pull import Pulled, PullFailed, PullWriter, UnreadableValue, cell_text

BATCH_ROWS = 5_000
CONNECT_SECONDS = 10
SILENCE_SECONDS = 600
REACHED = "gapwise.cursor_reached"
DEFINITION = "gapwise.definition"
# psycopg 3 for PostgreSQL and PyMySQL for the others, unless the URL names another driver.
_DRIVERS = {"postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg",
            "mysql": "mysql+pymysql", "mariadb": "mariadb+pymysql"}  # fmt: skip


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


def pull_database(pull: DatabasePull, target: Path, definition: str = "") -> Pulled:
    """Write the rows of one pull to a Parquet file of text.

    Grain: one row per row of the table or query. An incremental pull holds every row whose cursor
    is NULL or not before the value reached, less the overlap; its file carries how far it came.

    Raises:
        ConnectionLost: the server cannot be reached, or went away in the middle.
        PullFailed: the query, the rights or a column's type are in the way.
    """
    with _connected(pull) as connection, _told(pull.source.name):
        statement, parameters = _statement(pull, connection)
        result = connection.execution_options(
            stream_results=True, max_row_buffer=BATCH_ROWS
        ).execute(text(statement), parameters)
        columns = list(result.keys())
        _check_columns(pull.source, columns)
        with PullWriter(target, columns) as writer:
            reached = pull.reached
            for rows in result.partitions(BATCH_ROWS):
                writer.write([_texts(pull.source, columns, row) for row in rows])
                reached = _advanced(pull, columns, rows, reached)
            writer.note({DEFINITION: definition})
            if reached is not None:
                writer.note({REACHED: encode_cursor(reached)})
    return Pulled(target, writer.row_count)


def reach_database(pull: DatabasePull) -> None:
    """Connect and name the source, for `gapwise doctor`; raises as `pull_database`."""
    with _connected(pull) as connection, _told(pull.source.name):
        connection.execute(text("select 1"))
        inner = _inner(pull.source, connection)
        connection.execute(text(f"select * from {inner} as asked where 1 = 0")).close()


@contextmanager
def _connected(pull: DatabasePull) -> Iterator[Connection]:
    name = pull.source.name
    try:
        url = _driver_url(make_url(pull.url), name, pull.root)
    except ArgumentError:
        raise PullFailed(
            f"{name}: `url:` is no database URL; write it as postgresql://user:password@host/database",
            f"{name}：url 不是数据库地址；应写成 postgresql://用户:密码@主机/库名",
        ) from None
    try:
        engine = create_engine(url, poolclass=NullPool, connect_args=_connect_arguments(url))
    except (ImportError, NoSuchModuleError) as error:
        raise driver_missing(error, name, url.drivername) from None
    try:
        connection = _connect(engine, name)
        try:
            yield connection
        finally:
            _close(connection)
    finally:
        engine.dispose()


def _connect(engine: Engine, name: str) -> Connection:
    try:
        return engine.connect()
    except SQLAlchemyError as error:
        raise failure_of(error, name, while_connecting=True) from None


def _close(connection: Connection) -> None:
    """Close a connection that may be broken already; what broke it is told, not this."""
    with suppress(SQLAlchemyError):
        connection.close()


@contextmanager
def _told(name: str) -> Iterator[None]:
    """Turn what a driver raises into words; the driver's own error may show the address."""
    try:
        yield
    except SQLAlchemyError as error:
        raise failure_of(error, name, while_connecting=False) from None
    except (UnicodeDecodeError, UnicodeEncodeError) as error:
        raise PullFailed(
            f"{name}: a text is not in the encoding that the database declares ({error.reason}); "
            "correct the encoding of the connection in `url:` or of the table.",
            f"{name}：有文本与数据库声明的编码不符；请修正 url 中的连接编码或数据表的编码。",
        ) from None


def _driver_url(url: URL, name: str, root: Path) -> URL:
    """Name the driver, and open SQLite files for reading only: a wrong path must not create one."""
    if url.get_backend_name() != "sqlite":
        return url.set(drivername=_DRIVERS.get(url.drivername, url.drivername))
    path = root / (url.database or "")
    if not path.is_file():
        raise PullFailed(
            f"{name}: there is no SQLite file {path}; correct `url:` (a relative path counts from "
            "the company folder)",
            f"{name}：没有 SQLite 文件 {path}；请改正 url（相对路径从公司文件夹算起）",
        )
    return url.set(database=f"file:{path}", query={"mode": "ro", "uri": "true"})


def _connect_arguments(url: URL) -> dict[str, Any]:
    """Never wait for ever: for a connection seconds, for a silent server minutes."""
    if url.drivername.endswith(("+psycopg", "+psycopg2")):
        alive = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
        return {"connect_timeout": CONNECT_SECONDS, **alive}
    if url.drivername.endswith("+pymysql"):
        return {"connect_timeout": CONNECT_SECONDS, "read_timeout": SILENCE_SECONDS}
    return {}


def _statement(pull: DatabasePull, connection: Connection) -> tuple[str, dict[str, CursorValue]]:
    inner = _inner(pull.source, connection)
    if pull.source.cursor is None or pull.reached is None:
        return f"select * from {inner} as pulled", {}
    cursor = _quoted(pull.source.cursor, connection)
    begin = begin_from(pull.reached, timedelta(minutes=pull.source.overlap_minutes))
    # A row without a cursor value can only be pulled again each time: it would be lost otherwise.
    where = f"pulled.{cursor} >= :begin_from or pulled.{cursor} is null"
    return f"select * from {inner} as pulled where {where}", {"begin_from": begin}


def _inner(source: DatabaseSource, connection: Connection) -> str:
    if source.table is not None:
        return ".".join(_quoted(part, connection) for part in source.table.split("."))
    return "(" + _literally((source.query or "").strip().rstrip(";")) + "\n)"


def _quoted(name: str, connection: Connection) -> str:
    # Not the preparer's own `quote`: it doubles percent signs for the driver, and so does `text`.
    marks = connection.dialect.identifier_preparer
    inner = name.replace(marks.escape_quote, marks.escape_quote * 2)
    return _literally(f"{marks.initial_quote}{inner}{marks.final_quote}")


def _literally(sql: str) -> str:
    """A colon in a query or a name is a cast or a time, never a parameter."""
    return sql.replace(":", "\\:")


def _check_columns(source: DatabaseSource, columns: Sequence[str]) -> None:
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


def _texts(
    source: DatabaseSource, columns: Sequence[str], row: Sequence[object]
) -> list[str | None]:
    cells: list[str | None] = []
    for name, value in zip(columns, row, strict=True):
        try:
            cells.append(cell_text(value))
        except UnreadableValue as error:
            raise PullFailed(
                f"{source.name}: column {name!r} holds {error}, which is no text, number or date. "
                f"Leave it out with `query:`, or cast it there: cast({name} as …)",
                f"{source.name}：列 {name} 的类型 {error} 不是文本、数字或日期。"
                f"请用 query 去掉该列，或在查询中转换：cast({name} as …)",
            ) from None
    return cells


def _advanced(
    pull: DatabasePull,
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
    reached: CursorValue | None,
) -> CursorValue | None:
    if pull.source.cursor is None:
        return None
    place = columns.index(pull.source.cursor)
    try:
        return furthest(reached, (row[place] for row in rows), pull.pulled_at, pull.zone)
    except CursorUnusable as error:
        raise PullFailed(
            f"{pull.source.name}: cursor {pull.source.cursor!r} holds {error}; name a column of "
            "times or numbers, or leave `cursor:` out to pull everything",
            f"{pull.source.name}：游标列 {pull.source.cursor} 的值不可比较；"
            "请改用时间或数字列，或去掉 cursor 全量读取",
        ) from None
