"""Where a company's rows come from: files, databases, services; one entry each in company.yml."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Discriminator, Field, Tag, field_validator, model_validator

from pipelines.settings.secrets import is_reference
from pipelines.settings.services import FxiaokeSource, GoogleSheetsSource, JiandaoyunSource
from pipelines.settings.source_base import Load, PullSource, SourceBase


class FileSource(SourceBase):
    """Files that match a glob, each an export of one entity."""

    kind: Literal["file"] = Field("file", description="A source without a kind is files")
    path: str = Field(description="Glob, relative to the company folder or absolute")
    load: Load = Field(
        "snapshot", description="snapshot: a missing key is deleted; delta: upserts; append: adds"
    )
    export_date: str = Field(
        "auto",
        description="auto (name, else arrival) | filename | arrival | column:<header> | a date",
    )
    covers: Literal["same_day", "previous_day"] = Field(
        "same_day", description="Which day an export shows whose name has a date and no time"
    )
    encoding: str | None = Field(
        None, description="Of text files; default by their bytes: UTF-8, GB18030, UTF-16"
    )
    delimiter: str | None = Field(None, description="Of text files; default by their first lines")
    sheet: str | None = Field(None, description="Sheet name or glob; default every visible sheet")
    header_row: int | None = Field(None, ge=1, description="As a person counts; default found")
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


class DatabaseSource(PullSource):
    """A table or a query of a database that SQLAlchemy can reach."""

    kind: Literal["database"] = Field(description="A database")
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
