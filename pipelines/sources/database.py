"""Pull a table or query of a database into Parquet: bounded memory, whole or from a cursor on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, make_url, text
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from pipelines.core.cursor import (
    CursorValue,
    begin_from,
)
from pipelines.settings.sources import DatabaseSource
from pipelines.sources.database_arrow import Unfit, arrow_driver, is_asked, pull_arrow
from pipelines.sources.database_errors import driver_missing, failure_of
from pipelines.sources.database_pull import (
    CONNECT_SECONDS,
    KEEP_ALIVE,
    DatabasePull,
    advanced,
    check_columns,
    inner_sql,
    literally,
    notes_of,
    quoted,
)
from pipelines.sources.pull import Pulled, PullFailed, PullWriter, UnreadableValue, cell_text

BATCH_ROWS = 5_000
SILENCE_SECONDS = 600
# psycopg 3 for PostgreSQL and PyMySQL for the others, unless the URL names another driver.
_DRIVERS = {"postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg",
            "postgresql+adbc": "postgresql+psycopg",
            "mysql": "mysql+pymysql", "mariadb": "mariadb+pymysql"}  # fmt: skip


def pull_database(pull: DatabasePull, target: Path, definition: str) -> Pulled:
    """Write the rows of one pull to a Parquet file of text.

    Grain: one row per row of the table or query. An incremental pull holds every row whose cursor
    is NULL or not before the value reached, less the overlap; its file carries how far it came.

    Raises:
        ConnectionLost: the server cannot be reached, or went away in the middle.
        PullFailed: the query, the rights or a column's type are in the way.
    """
    if pull.reached is None and is_asked(pull.url):
        with suppress(Unfit):
            return pull_arrow(pull, target, definition)
    return _pull_rows(pull, target, definition)


def _pull_rows(pull: DatabasePull, target: Path, definition: str) -> Pulled:
    with _connected(pull) as connection, _told(pull.source.name):
        statement, parameters = _statement(pull, connection)
        result = connection.execution_options(
            stream_results=True, max_row_buffer=BATCH_ROWS
        ).execute(text(statement), parameters)
        columns = list(result.keys())
        check_columns(pull.source, columns)
        place = columns.index(pull.source.cursor) if pull.source.cursor else None
        with PullWriter(target, columns) as writer:
            reached = pull.reached
            for rows in result.partitions(BATCH_ROWS):
                writer.write([_texts(pull.source, columns, row) for row in rows])
                if place is not None:
                    reached = advanced(pull, (row[place] for row in rows), reached)
            writer.note(notes_of(definition, reached))
    return Pulled(target, writer.row_count)


def reach_database(pull: DatabasePull) -> None:
    """Connect and name the source, for `gapwise doctor`; raises as `pull_database`."""
    if is_asked(pull.url):
        arrow_driver(pull.source.name)
    with _connected(pull) as connection, _told(pull.source.name):
        connection.execute(text("select 1"))
        inner = literally(inner_sql(pull.source, connection.dialect))
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
        return {"connect_timeout": CONNECT_SECONDS, **KEEP_ALIVE}
    if url.drivername.endswith("+pymysql"):
        return {"connect_timeout": CONNECT_SECONDS, "read_timeout": SILENCE_SECONDS}
    return {}


def _statement(pull: DatabasePull, connection: Connection) -> tuple[str, dict[str, CursorValue]]:
    inner = literally(inner_sql(pull.source, connection.dialect))
    if pull.source.cursor is None or pull.reached is None:
        return f"select * from {inner} as pulled", {}
    cursor = literally(quoted(pull.source.cursor, connection.dialect))
    begin = begin_from(pull.reached, timedelta(minutes=pull.source.overlap_minutes))
    # A row without a cursor value can only be pulled again each time: it would be lost otherwise.
    where = f"pulled.{cursor} >= :begin_from or pulled.{cursor} is null"
    return f"select * from {inner} as pulled where {where}", {"begin_from": begin}


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
