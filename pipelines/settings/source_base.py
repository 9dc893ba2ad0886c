"""What every entry of `sources:` in company.yml says, and what every source that is asked for its rows has."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field, field_validator

from pipelines.settings.base import Strict, Word

SOURCE_NAME = re.compile(r"^[a-z][a-z0-9_]{1,62}$")
Load = Literal["snapshot", "delta", "append"]
# A source of which nothing is said comes every workday.
DAILY_MAX_AGE_WORKDAYS = 2


class SourceBase(Strict):
    """What every source says, whatever it is read from."""

    name: str = Field(description="Lower-case letters, digits and _; unique")
    entity: str = Field(description="What its rows are: opportunities, orders, activities, …")
    preset: str | None = Field(None, description="Named mapping of a system's export")
    columns: dict[str, Word | list[Word]] = Field(
        default_factory=dict, description="canonical column: header, overriding the preset"
    )
    values: dict[str, dict[Word, Word]] = Field(
        default_factory=dict, description="canonical column: {value in the file: our value}"
    )
    constants: dict[str, Word] = Field(
        default_factory=dict, description="canonical column: the value of every row"
    )
    compose: dict[str, list[Word]] = Field(
        default_factory=dict, description="canonical column: headers whose cells make it up"
    )
    where: dict[str, list[Word]] | None = Field(
        None,
        description="header: values of the rows that count, instead of the preset's; {} takes all",
    )
    as_numbers: list[str] = Field(
        default_factory=list, description="canonical columns whose numbers the sheet shows as dates"
    )
    required: bool = Field(False, description="Whether its age or a fall may hold the night")
    max_age_workdays: int = Field(
        DAILY_MAX_AGE_WORKDAYS,
        ge=1,
        description="Workdays after which the newest export is too old: holds the night if the source "
        "is required. Above 2 it says of any other source that it comes less often than daily",
    )
    multiply: dict[str, list[Word]] = Field(
        default_factory=dict,
        description="canonical column: headers to multiply: Quantity, Price, 1-Discount (a share off)",
    )
    fill_down: list[Word] = Field(
        default_factory=list,
        description="headers filled in a document's first line alone, its number first",
    )
    date_order: Literal["", "ymd", "mdy", "dmy"] = Field("", description="What 3/5/24 means")
    decimal: Literal[".", ","] = Field(".", description='"," where numbers read as 1.234,50')
    timezone: str | None = Field(None, description="Of naive times; default the company's")
    source_kind: Literal["crm", "erp", "sheet", "personal"] = Field(
        "crm", description="personal: somebody's own spreadsheet, whose customers are counted apart"
    )

    @property
    def comes_daily(self) -> bool:
        """Whether an export that misses a workday is worth a warning before it is too old."""
        return self.required or self.max_age_workdays <= DAILY_MAX_AGE_WORKDAYS

    @field_validator("name")
    @classmethod
    def _plain_name(cls, value: str) -> str:
        if not SOURCE_NAME.match(value):
            raise ValueError(
                f"source name {value!r}: use lower-case letters, digits and _, a letter first"
            )
        return value


class PullSource(SourceBase):
    """A source that is asked for its rows; each answer is archived as a file named by its time."""

    @property
    def export_date(self) -> str:
        """A pull is dated by its name, which carries the time of the pull."""
        return "filename"

    @property
    def covers(self) -> Literal["same_day", "previous_day"]:
        """A pull's name has a time of day, so this word is never asked."""
        return "same_day"
