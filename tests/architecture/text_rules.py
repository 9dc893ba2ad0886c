"""What no tracked file may say: addresses of registries, paths of one machine, leftovers."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

# The patterns are written so that this file does not match itself.
PATTERNS: dict[str, re.Pattern[str]] = {
    "address of a package registry": re.compile(
        r"pypi\.(?:org|python)|pythonhosted\.|//registry\.|npm(?:js|mirror)\.|conda\.anaconda\."
        r"|/pypi/(?:web/)?simple|/simple/?\s*$|proxy\.golang\.",
        re.IGNORECASE | re.MULTILINE,
    ),
    "option that names a package index": re.compile(
        r"--(?:extra-)?index-url[= ]\S|--find-links[= ]\S|PIP_(?:EXTRA_)?INDEX_URL\s*[=:]"
    ),
    "path of one machine": re.compile(
        r"(?<![\w.~}])/(?:root|work)/\w|(?<![\w.])/(?:home|Users)/[a-z]\w*/|(?<!\w)[A-Z]:\\Users\\"
    ),
    "leftover mark": re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X)\b"),
}


def problems_in(name: str, text: str) -> list[str]:
    """Name every forbidden thing in one file with its line."""
    return [
        f"{name}, line {text.count(chr(10), 0, match.start()) + 1}: {kind}: {match.group().strip()}"
        for kind, pattern in PATTERNS.items()
        for match in pattern.finditer(text)
    ]


def tracked_files(root: Path) -> list[str]:
    """Return the files that git tracks or would add.

    Raises:
        subprocess.CalledProcessError: root is no git work tree.
    """
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return sorted(name for name in set(listed.split("\0")) if name and (root / name).is_file())


def text_of(path: Path) -> str:
    """Return a file's text, empty for binary files."""
    content = path.read_bytes()
    return "" if b"\0" in content else content.decode("utf-8", errors="replace")
