"""Where a company's rows come from: files, databases, services; one entry each in company.yml."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Discriminator, Field, Tag, field_validator, model_validator

from pipelines.settings.base import Strict, Word
from pipelines.settings.secrets import is_reference

SOURCE_NAME = re.compile(r"^[a-z][a-z0-9_]{1,62}$")
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
Load = Literal["snapshot", "delta", "append"]
# A source of which nothing is said comes every workday.
DAILY_MAX_AGE_WORKDAYS = 2


def _reference(value: str) -> str:
    if not is_reference(value):
        raise ValueError(
            "a secret must not stand in company.yml; write env:NAME and put the value into the "
            "environment or into secrets.env of the company folder"
        )
    return value


def _address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise ValueError("an address must begin with https://: keys would travel in the open")
    return value.rstrip("/")


SecretReference = Annotated[str, AfterValidator(_reference)]
Address = Annotated[str, AfterValidator(_address)]


class SourceBase(Strict):
    """What every source says, whatever it is read from."""

    name: str
    entity: str
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
    required: bool = False
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
    date_order: Literal["", "ymd", "mdy", "dmy"] = ""
    decimal: Literal[".", ","] = Field(".", description='"," where numbers read as 1.234,50')
    timezone: str | None = Field(None, description="Of naive times; default the company's")
    source_kind: Literal["crm", "erp", "sheet", "personal"] = "crm"

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


class FileSource(SourceBase):
    """Files that match a glob, each an export of one entity."""

    kind: Literal["file"] = "file"
    path: str = Field(description="Glob, relative to the company folder or absolute")
    load: Load = "snapshot"
    export_date: str = Field(
        "auto",
        description="auto (name, else arrival) | filename | arrival | column:<header> | a date",
    )
    covers: Literal["same_day", "previous_day"] = "same_day"
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = Field(None, description="Sheet name or glob; default every visible sheet")
    header_row: int | None = Field(None, ge=1)
    records: str | None = Field(
        None, description="Array of a JSON document that holds the rows: data/items"
    )
    has_header: bool = Field(
        True, description="false: the columns are called column_1, column_2, …"
    )

    @property
    def origin(self) -> str:
        """Where the rows come from, for people."""
        return self.path

    @field_validator("export_date", mode="before")
    @classmethod
    def _known_export_date(cls, value: Any) -> str:
        text = value.isoformat() if isinstance(value, date) else str(value)
        if text in {"auto", "filename", "arrival"} or text.startswith("column:"):
            return text
        try:
            return date.fromisoformat(text).isoformat()
        except ValueError as error:
            raise ValueError(
                f"export_date {text!r}: use auto, filename, arrival, column:<header> or YYYY-MM-DD"
            ) from error


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


class ServiceSource(PullSource):
    """A pull from a web service: always everything that the service holds."""

    @property
    def load(self) -> Load:
        """Each pull is a snapshot: what is missing from it was deleted over there."""
        return "snapshot"


class DatabaseSource(PullSource):
    """A table or a query of a database that SQLAlchemy can reach."""

    kind: Literal["database"]
    url: str = Field(
        description="env:NAME, or an SQLAlchemy URL without a password; postgresql+adbc://… pulls "
        "whole tables several times faster (pip install gapwise[fast])"
    )
    table: str | None = Field(
        None, description="Table or view, with its schema where needed: sales.orders"
    )
    query: str | None = Field(None, description="A SELECT; either this or table")
    cursor: str | None = Field(
        None, description="Column that grows with every change; then only new rows are pulled"
    )
    overlap_minutes: int = Field(
        60,
        ge=0,
        description="How far an incremental pull reaches back for rows that were committed late",
    )
    load: Load = Field("snapshot", description="default: delta with a cursor, else snapshot")

    @model_validator(mode="before")
    @classmethod
    def _load_by_cursor(cls, content: Any) -> Any:
        if isinstance(content, dict) and content.get("cursor") and "load" not in content:
            return content | {"load": "delta"}
        return content

    @model_validator(mode="after")
    def _is_whole(self) -> DatabaseSource:
        if (self.table is None) == (self.query is None):
            raise ValueError("give either `table:` or `query:`")
        if self.cursor and self.load != "delta":
            raise ValueError(
                f"`cursor:` pulls changed rows only, which `load: {self.load}` would take for all "
                "or count twice; leave `load:` out, or write `load: delta`"
            )
        return self

    @field_validator("url")
    @classmethod
    def _without_password(cls, value: str) -> str:
        if is_reference(value):
            return value
        if "://" not in value:
            raise ValueError("write env:NAME, or a URL such as sqlite:///erp.db")
        if urlsplit(value).password or "password=" in value.lower():
            raise ValueError("a password must not stand in company.yml; write url: env:NAME")
        return value

    @property
    def origin(self) -> str:
        """Where the rows come from, for people; never the address."""
        return f"database table {self.table}" if self.table else "database query"


class JiandaoyunSource(ServiceSource):
    """A form of 简道云 through its open API."""

    kind: Literal["jiandaoyun"]
    app: str = Field(description="app_id 应用 ID")
    form: str = Field(description="entry_id 表单 ID")
    key: SecretReference = Field(description="API key, as env:NAME")
    subform: str | None = Field(
        None, description="Sub-form (alias or _widget_ key) whose lines become the rows 子表单"
    )
    address: Address = "https://api.jiandaoyun.com"

    @property
    def origin(self) -> str:
        """Where the rows come from, for people."""
        return f"简道云 form {self.form}"


class FxiaokeSource(ServiceSource):
    """An object of 纷享销客 (ShareCRM) through its OpenAPI."""

    kind: Literal["fxiaoke"]
    object: str = Field(description="API name: AccountObj, NewOpportunityObj, …, object_x__c")
    app_id: str
    app_secret: SecretReference
    permanent_code: SecretReference
    user: str = Field(description="openUserId (FSUID_…) of an employee who may see every row")
    address: Address = "https://open.fxiaoke.com"

    @property
    def origin(self) -> str:
        """Where the rows come from, for people."""
        return f"纷享销客 {self.object}"


class GoogleSheetsSource(ServiceSource):
    """A Google sheet: published as CSV, or through the values API."""

    kind: Literal["google_sheets"]
    published: str | None = Field(None, description="Published CSV address, or env:NAME of it")
    spreadsheet: str | None = Field(None, description="Id of the spreadsheet, for the values API")
    sheet: str | None = Field(None, description="Tab; default the first (values API)")
    key: SecretReference | None = Field(None, description="API key, as env:NAME (values API)")
    header_row: int = Field(1, ge=1)
    address: Address = "https://sheets.googleapis.com"

    @model_validator(mode="after")
    def _is_whole(self) -> GoogleSheetsSource:
        if (self.published is None) == (self.spreadsheet is None):
            raise ValueError("give either `published:` or `spreadsheet:`")
        if self.spreadsheet and not self.key:
            raise ValueError(
                "`spreadsheet:` needs `key: env:NAME`, an API key of your Google project"
            )
        if self.published and (self.sheet or self.key):
            raise ValueError(
                "`sheet:` and `key:` belong to `spreadsheet:`; a published address has neither"
            )
        return self

    @field_validator("published")
    @classmethod
    def _published_address(cls, value: str | None) -> str | None:
        return value if value is None or is_reference(value) else _address(value)

    @property
    def origin(self) -> str:
        """Where the rows come from, for people."""
        return "Google sheet" + (f" {self.sheet}" if self.sheet else "")


def _kind(content: Any) -> str:
    """Return which kind an entry is; one without `kind:` is a file."""
    return str(content.get("kind", "file") if isinstance(content, dict) else content.kind)


SourceSettings = Annotated[
    Annotated[FileSource, Tag("file")]
    | Annotated[DatabaseSource, Tag("database")]
    | Annotated[JiandaoyunSource, Tag("jiandaoyun")]
    | Annotated[FxiaokeSource, Tag("fxiaoke")]
    | Annotated[GoogleSheetsSource, Tag("google_sheets")],
    Discriminator(
        _kind,
        custom_error_type="unknown_kind",
        custom_error_message="kind must be one of file, database, jiandaoyun, fxiaoke, "
        "google_sheets",
    ),
]
AnyPullSource = DatabaseSource | JiandaoyunSource | FxiaokeSource | GoogleSheetsSource
