"""What a rules sheet is: its tables, columns, allowed values and default rows, as data."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeAlias

Value: TypeAlias = "str | int | Decimal | bool | dt.date | tuple[str, ...] | None"

COLUMN_TYPES = frozenset(
    {"text", "integer", "number", "rate", "money", "boolean", "date", "time", "hours"}
    | {"choice", "list", "metric", "period", "conditions"}
)


@dataclass(frozen=True)
class Text:
    """One text in both languages."""

    zh: str
    en: str

    def in_language(self, language: str) -> str:
        """Return the Chinese text for `zh`, the English one for `en`."""
        return self.zh if language == "zh" else self.en


@dataclass(frozen=True)
class Choice:
    """One allowed value: its id in tables, its labels on the sheet, further accepted words."""

    id: str
    label: Text
    words: tuple[str, ...] = ()

    def is_written(self, value: str) -> bool:
        """Tell whether somebody who wrote `value` meant this choice."""
        spellings = (self.id, self.label.zh, self.label.en, *self.words)
        return matching_key(value) in {matching_key(each) for each in spellings}


@dataclass(frozen=True)
class Column:
    """One column of a table, or one row of a settings block.

    Attributes:
        minimum, maximum: Inclusive bounds; `above` and `below` exclude the bound itself.
        is_open: A choice that also takes words of the company's own.
        blank: The value that an empty cell stands for (text as on the sheet).
        default: Settings only: the default as it would be written on the sheet.
        is_own_default: Marked ° in the documentation: our default, not taken from practice.
    """

    id: str
    type: str
    label: Text
    help: Text
    is_required: bool = False
    is_own_default: bool = False
    is_open: bool = False
    choices: tuple[Choice, ...] = ()
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    above: Decimal | None = None
    below: Decimal | None = None
    blank: object = None
    default: object = None


@dataclass(frozen=True)
class Table:
    """One block of a sheet; a settings block is a key | value | meaning list of one row of values.

    Attributes:
        id: Name of the table in schema `rules`.
        default_rows: Cells as they would be written, in column order.
        bad_rows_disable: A wrong row switches itself off instead of refusing the workbook.
    """

    id: str
    label: Text
    columns: tuple[Column, ...]
    is_settings: bool = False
    key: tuple[str, ...] = ()
    min_rows: int = 0
    default_rows: tuple[tuple[object, ...], ...] = ()
    bad_rows_disable: bool = False

    def column(self, column_id: str) -> Column:
        """Return the column of that id; an unknown id is a programming error."""
        return next(column for column in self.columns if column.id == column_id)


@dataclass(frozen=True)
class Sheet:
    """One sheet of the rules workbook."""

    id: str
    label: Text
    help: Text
    tables: tuple[Table, ...]


@dataclass(frozen=True)
class Row:
    """One typed row and the cells that it was read from (none for a default row)."""

    values: Mapping[str, Value]
    cells: Mapping[str, str] = field(default_factory=dict)
    is_disabled: bool = False


TableRows: TypeAlias = "dict[str, list[Row]]"


@dataclass(frozen=True)
class Finding:
    """Something wrong between cells: where it is, what stands there, what is allowed.

    `row` is an index into the table's rows; None is about the table as a whole.
    """

    table: str
    row: int | None
    column: str
    value: str
    allowed: Text


def matching_key(value: object) -> str:
    """Fold a sheet name, header or label so that spelling habits do not matter.

    Full width, spaces, capitals, underscores and the marks * and ° for required and own
    defaults are not part of a name.
    """
    folded = unicodedata.normalize("NFKC", str(value)).casefold()
    return "".join(ch for ch in folded if not ch.isspace() and ch not in "_*°※")
