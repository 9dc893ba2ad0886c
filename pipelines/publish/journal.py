"""Remember what a publish was about to do, so that a crash between two flips can be repaired."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from pipelines.publish.errors import InterruptedPublishError
from pipelines.publish.files import fsync_directory, replace_file_atomically

State = Literal["staging", "flip"]
_STATES: dict[str, State] = {"staging": "staging", "flip": "flip"}


@dataclass(frozen=True)
class JournalEntry:
    """One open publish.

    Attributes:
        state: `staging`: no reader saw anything, take it back; `flip`: everything is staged,
            some readers may see it, complete it.
        version: the version that is being shown.
        is_new: made by this publish; False for a rollback, whose version must never be discarded.
        targets: names of all targets in the order of their flips.
    """

    state: State
    version: str
    is_new: bool
    targets: tuple[str, ...]


class Journal:
    """At most one open entry, on disk before the step that it announces begins."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, entry: JournalEntry) -> None:
        """Open an entry, or replace the open one; it is on disk when this returns."""
        text = json.dumps(asdict(entry), ensure_ascii=False, indent=2) + "\n"
        replace_file_atomically(self._path, text.encode())

    def read(self) -> JournalEntry | None:
        """Read the open entry; None if the last publish came to its end.

        Raises:
            InterruptedPublishError: the file was changed by hand.
        """
        try:
            content = json.loads(self._path.read_text(encoding="utf-8"))
            return JournalEntry(
                state=_STATES[content["state"]],
                version=str(content["version"]),
                is_new=bool(content["is_new"]),
                targets=tuple(content["targets"]),
            )
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError) as error:
            raise InterruptedPublishError(
                f"{self._path} cannot be read as a publish journal: {error!r}. Look at which "
                "version the links beside it show, delete it, and run a rollback to that version."
            ) from error

    def close(self) -> None:
        """End the open entry; none is no error."""
        self._path.unlink(missing_ok=True)
        if self._path.parent.is_dir():
            fsync_directory(self._path.parent)
