"""Replace files and links so that a reader sees the old one or the new one, never a half."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

TEMPORARY_MARK = ".tmp-"


def replace_file_atomically(
    path: Path, content: bytes | Callable[[BinaryIO], None], mode: int = 0o644
) -> None:
    """Put a whole new file in the place of the old one, even if the power fails meanwhile.

    Args:
        path: the file as its readers know it; its folder is made if absent.
        content: the bytes, or a function that writes them to the open binary file it is given.
        mode: permission bits, independent of the umask.

    Raises:
        OSError: disk full, no right to write, or what the writer raised. The old file then stands
            and no temporary file is left.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = _temporary_beside(path)
    try:
        # O_EXCL and 0600: nobody reads or plants the file before it is whole and has its rights
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            if isinstance(content, bytes):
                file.write(content)
            else:
                content(file)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    fsync_directory(path.parent)


def replace_link_atomically(link: Path, target: str) -> None:
    """Point a link at another file or folder in one step; whoever holds the old one open keeps it.

    Args:
        link: the link, absent or a symbolic link.
        target: what it shall name, relative to the link's folder.

    Raises:
        OSError: a real file or folder stands in the link's place, or the folder is not writable.
    """
    require_link_or_nothing(link)
    temporary = _temporary_beside(link)
    try:
        temporary.symlink_to(target)
        temporary.replace(link)
    finally:
        temporary.unlink(missing_ok=True)
    fsync_directory(link.parent)


def require_link_or_nothing(link: Path) -> None:
    """Refuse to replace a real file or folder that somebody put where a link belongs.

    Raises:
        FileExistsError: names the path and the fix.
    """
    if link.exists() and not link.is_symlink():
        raise FileExistsError(
            f"{link} is a real file or folder, but must be a link made by the publish. "
            "Move it elsewhere and run the night again."
        )


def fsync_file(path: Path) -> None:
    """Wait until a file's bytes are on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def fsync_directory(path: Path) -> None:
    """Wait until a folder's names are on disk."""
    fsync_file(path)


def remove_path(path: Path) -> None:
    """Remove a file, a link or a whole folder; removing what is not there is no error."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def remove_temporary_files(directory: Path) -> None:
    """Remove what a killed process left half-written in a folder (not in its subfolders)."""
    if directory.is_dir():
        for leftover in directory.glob(f".*{TEMPORARY_MARK}*"):
            remove_path(leftover)


def _temporary_beside(path: Path) -> Path:
    # the same folder, since only a rename within one file system is atomic
    return path.with_name(f".{path.name}{TEMPORARY_MARK}{os.getpid()}-{secrets.token_hex(4)}")
