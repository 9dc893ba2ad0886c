"""The fast path to PostgreSQL: whole pulls as Arrow batches, where its columns allow it."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from decimal import Decimal
from pathlib import Path
from types import ModuleType

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from pipelines.core.cursor import CursorValue
from pipelines.sources.database_errors import (
    driver_missing,
    is_lost_state,
    is_refusal,
    told_failure,
)
from pipelines.sources.database_pull import (
    CONNECT_SECONDS,
    KEEP_ALIVE,
    DatabasePull,
    advanced,
    check_columns,
    inner_sql,
    notes_of,
)
from pipelines.sources.pull import Pulled, PullWriter, cell_text

DRIVER_NAME = "postgresql+adbc"
BATCH_BYTES = 4 * 1024**2
_BATCH_OPTION = "adbc.postgresql.batch_size_hint_bytes"
_TYPE = b"POSTGRESQL:type"
_DIGITS = r"^-?\d+(\.\d+)?$"
_DAYS = (-719_162, 2_932_896)  # 0001-01-01 and 9999-12-31, as days of the epoch


class Unfit(Exception):
    """A pull that holds what the fast path would write otherwise than the plain one does."""


def is_asked(url: str) -> bool:
    """Say whether a database URL asks for the fast path."""
    return url.startswith(f"{DRIVER_NAME}://")


def arrow_driver(name: str) -> ModuleType:
    """Return ADBC's driver, loaded when it is first needed.

    Raises:
        PullFailed: it is not installed.
    """
    try:
        return importlib.import_module("adbc_driver_postgresql.dbapi")
    except ImportError as error:
        raise driver_missing(error, name, DRIVER_NAME) from None


def pull_arrow(pull: DatabasePull, target: Path, definition: str) -> Pulled:
    """Write every row of a table or query to a Parquet file of text, column by column.

    Grain: as `pull_database`. Law: the cells are those that the plain path writes, text by text.

    Raises:
        Unfit: a column or value that the plain path must take; the file is to be written anew.
        ConnectionLost: the server cannot be reached, or went away in the middle.
        PullFailed: the query or the rights are in the way.
    """
    driver = arrow_driver(pull.source.name)
    dialect = URL.create("postgresql+psycopg").get_dialect()()
    statement = f"select * from {inner_sql(pull.source, dialect)} as pulled"
    with (
        _told(driver, pull.source.name),
        closing(driver.connect(_address(pull.url))) as connection,
        closing(connection.cursor()) as cursor,
    ):
        cursor.adbc_statement.set_options(**{_BATCH_OPTION: str(BATCH_BYTES)})
        cursor.execute(statement)
        return _written(pull, cursor.fetch_record_batch(), target, definition)


def _written(
    pull: DatabasePull, batches: pa.RecordBatchReader, target: Path, definition: str
) -> Pulled:
    columns = list(batches.schema.names)
    check_columns(pull.source, columns)
    kinds = [_kind(field) for field in batches.schema]
    place = columns.index(pull.source.cursor) if pull.source.cursor else None
    reached: CursorValue | None = None
    with PullWriter(target, columns) as writer:
        for batch in _read(batches):
            texts = [_text(batch.column(i), kind) for i, kind in enumerate(kinds)]
            writer.write_columns(texts)
            if place is not None:
                values = _cursor_values(batch.column(place), kinds[place])
                reached = advanced(pull, values, reached)
        writer.note(notes_of(definition, reached))
    return Pulled(target, writer.row_count)


def _read(batches: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
    """Yield batches; one that breaks off goes the plain way, which tells gone from refused."""
    while True:
        try:
            batch = batches.read_next_batch()
        except StopIteration:
            return
        except (OSError, pa.ArrowException) as error:
            raise Unfit(str(error)) from None
        yield batch


def _address(url: str) -> str:
    """Return the URL as libpq reads it, with time limits, always in UTF-8."""
    try:
        asked = make_url(url).set(drivername="postgresql")
    except ArgumentError:
        raise Unfit from None
    limits = {"connect_timeout": CONNECT_SECONDS, **KEEP_ALIVE}
    query = {name: str(value) for name, value in limits.items()} | {"client_encoding": "UTF8"}
    return asked.update_query_dict(query).render_as_string(hide_password=False)


@contextmanager
def _told(driver: ModuleType, name: str) -> Iterator[None]:
    """Turn what ADBC raises into words; what it cannot carry goes the plain way."""
    try:
        yield
    except driver.Error as error:
        text = " ".join(str(error).split()).split(" Query was:")[0][:500]
        state = error.sqlstate
        if state is None and not isinstance(error, driver.OperationalError):
            raise Unfit(text) from None
        lost = is_lost_state(state) if state else not is_refusal(text)
        raise told_failure(name, text, lost) from None


def _kind(field: pa.Field) -> str:
    kind = str((field.metadata or {}).get(_TYPE, b""), "utf-8")
    if kind not in _WRITERS:
        raise Unfit(f"{field.name}: {kind}")
    return kind


def _text(array: pa.Array, kind: str) -> pa.Array:
    try:
        texts = _WRITERS[kind](array)
        texts.validate(full=True)
    except (pa.ArrowInvalid, OverflowError) as error:
        raise Unfit(str(error)) from None
    return texts


def _as_text(array: pa.Array) -> pa.Array:
    return array.cast(pa.string())


def _each(array: pa.Array) -> pa.Array:
    return pa.array([cell_text(value) for value in array.to_pylist()], pa.string())


def _exact(array: pa.Array) -> pa.Array:
    texts = array.storage
    if not pc.all(pc.match_substring_regex(texts, _DIGITS), min_count=0).as_py():
        raise Unfit("a number without a value")
    return texts


def _days(array: pa.Array) -> pa.Array:
    bounds = pc.min_max(array.cast(pa.int32())).as_py()
    if bounds["min"] is not None and not _DAYS[0] <= bounds["min"] <= bounds["max"] <= _DAYS[1]:
        raise Unfit("a day before year 1 or after 9999")
    return _as_text(array)


def _moments(array: pa.Array) -> pa.Array:
    """Write times as ISO text; a whole second has no fraction, a moment in UTC ends in Z."""
    naive = array.cast(pa.timestamp("us"))
    _days(pc.floor_temporal(naive, unit="day").cast(pa.date32()))
    texts = pc.replace_substring(_as_text(naive), ".000000", "")
    if array.type.tz is None:
        return texts
    return pc.binary_join_element_wise(pc.replace_substring(texts, " ", "T"), "Z", "")


_WRITERS: Mapping[str, Callable[[pa.Array], pa.Array]] = {
    **dict.fromkeys(
        ("text", "varchar", "bpchar", "name", "int2", "int4", "int8", "bool"), _as_text
    ),
    **dict.fromkeys(("float8", "uuid"), _each),
    **dict.fromkeys(("timestamp", "timestamptz"), _moments),
    "numeric": _exact,
    "date": _days,
}


def _cursor_values(array: pa.Array, kind: str) -> list[object]:
    if kind == "numeric":
        return [None if text is None else Decimal(text) for text in array.storage.to_pylist()]
    return list(array.to_pylist())
