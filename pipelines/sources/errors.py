"""What can be wrong with a file as a whole, and what is worth a note, in Chinese and English."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Note:
    """Tell a person one thing about how a file was read; nothing failed.

    `code` is stable (`encoding`, `hidden_sheet`, `date1904`, …), the texts are for people.
    """

    code: str
    zh: str
    en: str


class FileUnreadable(Exception):
    """Say that a file cannot be read: which, where in it, why, and what to do about it.

    `row` counts as a person does in that file, `byte_offset` counts from 0 in the decoded member.
    """

    def __init__(
        self,
        message_zh: str,
        message_en: str,
        *,
        file: str = "",
        sheet: str = "",
        row: int | None = None,
        column: str | None = None,
        value: str | None = None,
        fix_zh: str = "",
        fix_en: str = "",
        byte_offset: int | None = None,
    ) -> None:
        self.message_zh, self.message_en = message_zh, message_en
        self.file, self.sheet, self.row, self.column = file, sheet, row, column
        self.value = value if value is None or len(value) <= 200 else value[:200] + "…"
        self.fix_zh, self.fix_en, self.byte_offset = fix_zh, fix_en, byte_offset
        super().__init__(self.text("en"))

    def text(self, language: str) -> str:
        """Word the error in one language: place, reason, fix."""
        zh = language == "zh"
        places = (
            (self.file, ""),
            (self.sheet, "工作表 " if zh else "sheet "),
            (self.row, "行 " if zh else "row "),
            (self.column, "列 " if zh else "column "),
            (self.byte_offset, "字节 " if zh else "byte "),
            (self.value, "值 " if zh else "value "),
        )
        where = ", ".join(f"{word}{what}" for what, word in places if what not in ("", None))
        reason, fix = (self.message_zh, self.fix_zh) if zh else (self.message_en, self.fix_en)
        return ": ".join(part for part in (where, reason) if part) + (f" → {fix}" if fix else "")

    def __str__(self) -> str:
        return self.text("en")

    def __reduce__(self) -> tuple[object, ...]:
        # keyword-only arguments are lost by the default, and errors cross process borders
        return _rebuild, (type(self), self.message_zh, self.message_en, self._places())

    def _places(self) -> dict[str, object]:
        names = ("file", "sheet", "row", "column", "value", "fix_zh", "fix_en", "byte_offset")
        return {name: getattr(self, name) for name in names}


def _rebuild(
    kind: type[FileUnreadable], zh: str, en: str, places: dict[str, object]
) -> FileUnreadable:
    return kind(zh, en, **places)  # type: ignore[arg-type]


class EmptyFile(FileUnreadable):
    """There is nothing in the file."""


class UndecodableBytes(FileUnreadable):
    """The bytes are in no encoding that the ladder accepts, or not in the declared one."""


class LimitExceeded(FileUnreadable):
    """The file is larger, deeper, wider or slower than the limits allow."""


class BrokenQuotes(FileUnreadable):
    """A quotation mark is opened and never closed, so that rows cannot be told apart."""


class UnknownFormat(FileUnreadable):
    """The content is of a kind that is not read, whatever the file is called."""


class PasswordProtected(FileUnreadable):
    """The file is locked with a password."""


class DamagedFile(FileUnreadable):
    """The file is of a known kind, but broken or cut off."""


class NoSuchSheet(FileUnreadable):
    """The workbook has no sheet of the declared name."""
