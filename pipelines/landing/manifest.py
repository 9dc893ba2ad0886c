"""The archive's manifest: what arrived and which nights were published, in order, for ever."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from pipelines.publish.files import replace_file_atomically


@dataclass(frozen=True)
class Delivery:
    """One file, or one pull, as it arrived. Grain: one per source, name and content."""

    seq: int
    source: str
    name: str
    sha256: str
    size_bytes: int
    arrived_at: datetime
    modified_ns: int


@dataclass(frozen=True)
class Night:
    """A published night. Grain: one per publish; the newest of a D decides what that D knew."""

    as_of: date
    cutoff_seq: int
    run_id: str
    version: str
    published_at: datetime


@dataclass(frozen=True)
class Confirmation:
    """A person accepted that a landing shrank. Grain: one per source and landing."""

    source: str
    landing_id: str
    confirmed_at: datetime


@dataclass(frozen=True)
class Erasure:
    """Personal data was erased from the archive. Grain: one per `gapwise forget`; it names nobody.

    Attributes:
        erased_at: UTC.
        erased_by: the user of the machine who ran it.
        subject_kind: `customer`, `person`, `contact`, `lead`, joined by `+`.
        record_count: how many records of the sources they were.
        deliveries: which deliveries had their object replaced, by seq.
    """

    erased_at: datetime
    erased_by: str
    subject_kind: str
    record_count: int
    deliveries: tuple[int, ...]


class Manifest:
    """Append-only record of deliveries, nights and confirmations.

    A line is whole or it is not there: a crash while appending leaves a torn last line, which is
    cut off before the next append and never read.
    """

    def __init__(self, archive: Path) -> None:
        self._path = archive / "manifest.jsonl"
        self._known: tuple[int, list[Delivery]] = (0, [])
        self._newest: dict[tuple[str, str], Delivery] = {}

    def newest_of(self, source: str, name: str) -> Delivery | None:
        """Return what was last delivered under a name, if anything was."""
        self.deliveries()
        return self._newest.get((source, name))

    def deliveries(self) -> list[Delivery]:
        """Return every delivery in order of arrival; only what was appended since is read."""
        size = self._path.stat().st_size if self._path.is_file() else 0
        read_to, known = self._known
        if size != read_to:
            if size < read_to:
                read_to, known, self._newest = 0, [], {}
            content = self._read_from(read_to)
            new = [
                Delivery(**{**line, "arrived_at": datetime.fromisoformat(line["arrived_at"])})
                for line in _parsed(content, "delivery")
            ]
            self._newest |= {(delivery.source, delivery.name): delivery for delivery in new}
            self._known = (read_to + len(content), known + new)
        return self._known[1]

    def nights(self) -> list[Night]:
        """Return every published night in order of publishing."""
        return [
            Night(
                **{
                    **line,
                    "as_of": date.fromisoformat(line["as_of"]),
                    "published_at": datetime.fromisoformat(line["published_at"]),
                }
            )
            for line in self._lines("night")
        ]

    def confirmations(self) -> list[Confirmation]:
        """Return every confirmed fall."""
        return [
            Confirmation(**{**line, "confirmed_at": datetime.fromisoformat(line["confirmed_at"])})
            for line in self._lines("confirmation")
        ]

    def erasures(self) -> list[Erasure]:
        """Return every erasure of personal data."""
        return [
            Erasure(
                **{
                    **line,
                    "erased_at": datetime.fromisoformat(line["erased_at"]),
                    "deliveries": tuple(line["deliveries"]),
                }
            )
            for line in self._lines("erasure")
        ]

    def replace_deliveries(self, erased: Mapping[int, Delivery]) -> None:
        """Point deliveries at the objects that stand in the place of erased ones.

        Order, seq, source and times stay, so that a rebuild of any day decides as it did before. All
        of them change at once or none does.
        """
        lines = []
        for text in self._read_from(0).splitlines():
            line = json.loads(text)
            if line["kind"] == "delivery" and line["seq"] in erased:
                line = {"kind": "delivery", **asdict(erased[line["seq"]])}
            lines.append(json.dumps(line, ensure_ascii=False, default=_iso) + "\n")
        replace_file_atomically(self._path, "".join(lines).encode("utf-8"))
        self._known, self._newest = (0, []), {}

    def append(self, record: Delivery | Night | Confirmation | Erasure) -> None:
        """Write one record durably."""
        line = {"kind": type(record).__name__.lower(), **asdict(record)}
        text = json.dumps(line, ensure_ascii=False, default=_iso) + "\n"
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._cut_torn_line()
        with self._path.open("ab") as file:
            file.write(text.encode("utf-8"))
            file.flush()
            os.fsync(file.fileno())

    def _lines(self, kind: str) -> Iterator[dict[str, Any]]:
        return _parsed(self._read_from(0), kind)

    def _read_from(self, offset: int) -> bytes:
        """Return the whole lines after an offset; a torn last line is no line."""
        if not self._path.is_file():
            return b""
        with self._path.open("rb") as file:
            file.seek(offset)
            content = file.read()
        return content[: content.rfind(b"\n") + 1]

    def _cut_torn_line(self) -> None:
        if not self._path.is_file():
            return
        with self._path.open("rb+") as file:
            # The manifest grows for years; only its end can be torn.
            end = file.seek(0, os.SEEK_END)
            file.seek(max(0, end - 1))
            if file.read(1) in (b"", b"\n"):
                return
            file.seek(0)
            file.truncate(file.read().rfind(b"\n") + 1)


def _parsed(content: bytes, kind: str) -> Iterator[dict[str, Any]]:
    for text in content.splitlines():
        line = json.loads(text)
        if line.pop("kind") == kind:
            yield line


def _iso(value: object) -> str:
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"a manifest line cannot hold {type(value).__name__}")


def cutoff_for(manifest: Manifest, as_of: date) -> int:
    """Return the last delivery that a run of D may use.

    The newest or a never published D takes what has arrived by now; an older D takes what had
    arrived when it was last published, so that rebuilding the past gives the past.
    """
    frozen = frozen_cutoff(manifest, as_of)
    if frozen is not None:
        return frozen
    deliveries = manifest.deliveries()
    return deliveries[-1].seq if deliveries else 0


def frozen_cutoff(manifest: Manifest, as_of: date) -> int | None:
    """Return the last delivery of an older D that was published; None where D takes what is new."""
    nights = manifest.nights()
    of_that_day = [night for night in nights if night.as_of == as_of]
    if not of_that_day or as_of >= max(night.as_of for night in nights):
        return None
    return of_that_day[-1].cutoff_seq
