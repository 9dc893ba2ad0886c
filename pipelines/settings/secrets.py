"""Passwords and keys: named in company.yml as `env:NAME`, looked up only when they are used."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pipelines.settings.base import ConfigurationError

SECRETS_FILE = "secrets.env"
REFERENCE = re.compile(r"^env:[A-Za-z_][A-Za-z0-9_]*$")
HIDDEN = "***"
_LINE = re.compile(r"^(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)$")


class SecretUnavailable(ConfigurationError):
    """A secret is not where it should be, or lies open; said in both languages."""

    def __init__(self, message_en: str, message_zh: str) -> None:
        super().__init__(message_en)
        self.message_en, self.message_zh = message_en, message_zh


class Secret:
    """Hold a password, key or URL so that no log, error or picture of an object shows it."""

    __slots__ = ("_value", "name")

    def __init__(self, value: str, name: str) -> None:
        self._value, self.name = value, name

    def reveal(self) -> str:
        """Return the secret itself, for the one call that needs it."""
        return self._value

    def scrub(self, text: str) -> str:
        """Return a text without the secret, nor the password inside it where it is a URL."""
        for part in sorted(self._parts(), key=len, reverse=True):
            text = text.replace(part, HIDDEN)
        return text

    def _parts(self) -> set[str]:
        parts = {self._value}
        try:
            password = urlsplit(self._value).password
        except ValueError:
            password = None
        if password:
            parts |= {password, unquote(password)}
        return {part for part in parts if part}

    def __repr__(self) -> str:
        return f"Secret({self.name})"

    __str__ = __repr__

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError(f"{self!r} must not be written down; look it up again where it is used")


def is_reference(text: str) -> bool:
    """Say whether a text names a secret (`env:ERP_URL`) instead of being one."""
    return REFERENCE.match(text) is not None


def resolve_secret(reference: str, root: Path) -> Secret:
    """Look a secret up: in the environment, else in secrets.env of the company folder.

    Args:
        reference: `env:NAME`.
        root: the company folder.

    Raises:
        SecretUnavailable: in neither of them, or the file may be read by others than its owner.
    """
    name = reference.removeprefix("env:")
    value = os.environ.get(name) or _from_file(root / SECRETS_FILE).get(name)
    if not value:
        raise SecretUnavailable(
            f"secret {name} is not set; put it into the environment, or as a line {name}=… into "
            f"{SECRETS_FILE} of the company folder (readable by its owner only)",
            f"未设置机密 {name}；请设为环境变量，或在公司文件夹的 {SECRETS_FILE} 中写一行 {name}=…"
            "（该文件仅所有者可读）",
        )
    return Secret(value, reference)


def _from_file(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    _check_rights(path)
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SecretUnavailable(
            f"{path} cannot be read ({type(error).__name__}); it must be UTF-8, lines NAME=value",
            f"{path} 无法读取；应为 UTF-8 文本，每行一个 NAME=值",
        ) from None
    found = (_LINE.match(line.strip()) for line in lines)
    return {match[1]: _unquoted(match[2].strip()) for match in found if match}


def _check_rights(path: Path) -> None:
    if os.name != "posix":
        return
    status = path.stat()
    is_open = bool(stat.S_IMODE(status.st_mode) & 0o077)
    if is_open or status.st_uid != os.geteuid():
        fix = f"chmod 600 {path}" if is_open else f"chown {os.geteuid()} {path}"
        raise SecretUnavailable(
            f"{path} may be read by others than the user of this night; it is not used. Fix: {fix}",
            f"{path} 可被他人读取，因此不使用。修复：{fix}",
        )


def _unquoted(text: str) -> str:
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1]
    return text
