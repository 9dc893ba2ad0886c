"""Web services that rows come from: 简道云, 纷享销客, Google Sheets."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, field_validator, model_validator

from pipelines.settings.secrets import is_reference
from pipelines.settings.source_base import Load, PullSource

LOOPBACK = {"127.0.0.1", "localhost", "::1"}


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
Address = Annotated[
    str, AfterValidator(_address), Field(description="Where the service answers, if not there")
]


class ServiceSource(PullSource):
    """A pull from a web service: always everything that the service holds."""

    @property
    def load(self) -> Load:
        """Each pull is a snapshot: what is missing from it was deleted over there."""
        return "snapshot"


class JiandaoyunSource(ServiceSource):
    """A form of 简道云 through its open API."""

    kind: Literal["jiandaoyun"] = Field(description="简道云")
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

    kind: Literal["fxiaoke"] = Field(description="纷享销客")
    object: str = Field(description="API name: AccountObj, NewOpportunityObj, …, object_x__c")
    app_id: str = Field(description="Of the app in the developer console 应用 ID")
    app_secret: SecretReference = Field(description="Its secret, as env:NAME")
    permanent_code: SecretReference = Field(
        description="The company's code, as env:NAME 永久授权码"
    )
    user: str = Field(description="openUserId (FSUID_…) of an employee who may see every row")
    address: Address = "https://open.fxiaoke.com"

    @property
    def origin(self) -> str:
        """Where the rows come from, for people."""
        return f"纷享销客 {self.object}"


class GoogleSheetsSource(ServiceSource):
    """A Google sheet: published as CSV, or through the values API."""

    kind: Literal["google_sheets"] = Field(description="Google Sheets")
    published: str | None = Field(None, description="Published CSV address, or env:NAME of it")
    spreadsheet: str | None = Field(None, description="Id of the spreadsheet, for the values API")
    sheet: str | None = Field(None, description="Tab; default the first (values API)")
    key: SecretReference | None = Field(None, description="API key, as env:NAME (values API)")
    header_row: int = Field(1, ge=1, description="Row of the header")
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
