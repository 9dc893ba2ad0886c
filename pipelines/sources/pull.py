"""A pull: what a database or a service answered, as a Parquet file of text for the archive."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.settings.secrets import Secret


class PullFailed(Exception):
    """A source did not give its rows; the last landing stays in force. Said in both languages."""

    def __init__(self, message_en: str, message_zh: str) -> None:
        super().__init__(message_en)
        self.message_en, self.message_zh = message_en, message_zh

    def without(self, secrets: Iterable[Secret]) -> PullFailed:
        """Return the same failure with every secret blotted out."""
        english, chinese = self.message_en, self.message_zh
        for secret in secrets:
            english, chinese = secret.scrub(english), secret.scrub(chinese)
        return type(self)(english, chinese)


class ConnectionLost(PullFailed):
    """The other side could not be reached, or went away in the middle; trying again may help."""


@dataclass(frozen=True)
class Pulled:
    """What a pull wrote: a Parquet file and its rows."""

    path: Path
    row_count: int


class UnreadableValue(Exception):
    """A value that no cell of text can stand for, such as an image."""


def cell_text(value: object) -> str | None:
    """Write a value as the text that landing types: exact decimals, ISO dates, UTC times end in Z.

    A time without a zone stays without one; nested values become JSON.

    Raises:
        UnreadableValue: bytes, or a type that is not known here.
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    for kinds, write in _WRITERS:
        if isinstance(value, kinds):
            return write(value)
    raise UnreadableValue(type(value).__name__)


def _moment_text(value: datetime) -> str:
    if value.tzinfo is None:
        return value.isoformat(sep=" ")
    try:
        return value.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
    except OverflowError:
        return value.isoformat()


# In this order: a bool is an int, a time stamp is a date.
_WRITERS: tuple[tuple[tuple[type, ...], Callable[[Any], str]], ...] = (
    ((str,), str),
    ((bool,), lambda value: "true" if value else "false"),
    ((Decimal,), lambda value: format(value, "f")),
    ((datetime,), _moment_text),
    ((date, time), lambda value: value.isoformat()),
    ((int, float, UUID, timedelta), str),
    ((dict, list, tuple), lambda value: json.dumps(value, ensure_ascii=False, default=cell_text)),
)


class PullWriter:
    """Write rows of text to Parquet, batch by batch, so that no pull is held in memory."""

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        self._schema = pa.schema([pa.field(name, pa.string()) for name in columns])
        self._writer = pq.ParquetWriter(path, self._schema, compression="zstd")
        self.path, self.row_count = path, 0

    def write(self, rows: Sequence[Sequence[str | None]]) -> None:
        """Append one batch; each row has a cell per column."""
        if not rows:
            return
        self.write_columns([pa.array(cells, pa.string()) for cells in zip(*rows, strict=True)])

    def write_columns(self, arrays: Sequence[pa.Array]) -> None:
        """Append one batch that stands in columns of text already."""
        table = pa.table(list(arrays), schema=self._schema)
        self._writer.write_table(table)
        self.row_count += table.num_rows

    def note(self, notes: dict[str, str]) -> None:
        """Add facts about the pull to the file's own metadata."""
        self._writer.add_key_value_metadata(notes)

    def __enter__(self) -> PullWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self._writer.close()


class RecordSheet:
    """Gather records whose columns are known only at the end, as services give them.

    They wait in a text file; columns stand in the order in which they were first seen.
    """

    BATCH_ROWS = 5_000

    def __init__(self, target: Path, columns: Iterable[str]) -> None:
        self._target = target
        self._waiting = target.with_suffix(".records")
        self._columns = dict.fromkeys(columns)
        self._file = self._waiting.open("w", encoding="utf-8")

    def add(self, record: Mapping[str, str | None]) -> None:
        """Append one record."""
        self._columns |= dict.fromkeys(record)
        self._file.write(json.dumps(dict(record), ensure_ascii=False) + "\n")

    def finish(self) -> Pulled:
        """Write the Parquet file."""
        self._file.close()
        names = list(self._columns)
        batch: list[list[str | None]] = []
        with (
            PullWriter(self._target, names) as writer,
            self._waiting.open(encoding="utf-8") as lines,
        ):
            for line in lines:
                record = json.loads(line)
                batch.append([record.get(name) for name in names])
                if len(batch) == self.BATCH_ROWS:
                    writer.write(batch)
                    batch = []
            writer.write(batch)
        self._waiting.unlink()
        return Pulled(self._target, writer.row_count)
