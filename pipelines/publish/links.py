"""Show one of several kept versions under a fixed name, by a link that is replaced in one step."""

from __future__ import annotations

import os
from pathlib import Path

from pipelines.publish.errors import PublishError
from pipelines.publish.files import remove_path, replace_link_atomically


def flip_link(link: Path, versioned: Path) -> None:
    """Let the fixed name show this version; done already is no error.

    Raises:
        PublishError: the version is not there; a link into nothing would break every reader.
    """
    if not versioned.exists():
        raise PublishError(
            f"{versioned} is missing, so {link.name} cannot show it and stays as it is. "
            "Publish that day again."
        )
    target = os.path.relpath(versioned, link.parent)
    if shown_target(link) != target:
        replace_link_atomically(link, target)


def discard_unshown(link: Path, versioned: Path) -> None:
    """Remove a version that the fixed name does not show.

    Raises:
        PublishError: readers are shown this very version.
    """
    if shown_target(link) == os.path.relpath(versioned, link.parent):
        raise PublishError(f"{versioned} is what {link} shows; it is not removed.")
    remove_path(versioned)


def shown_target(link: Path) -> str | None:
    """Read what a link names, relative to its folder; None if there is no link."""
    return str(link.readlink()) if link.is_symlink() else None
