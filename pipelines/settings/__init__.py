"""One company's folder and its company.yml: connections, paths and switches (business rules live in rules.xlsx)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date, time
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import Field, ValidationError, field_validator, model_validator

from pipelines.settings.alerts import AlertChannel
from pipelines.settings.base import ConfigurationError, PlainWords, Strict
from pipelines.settings.publish import Publish, RowPolicies
from pipelines.settings.services import FxiaokeSource, GoogleSheetsSource, JiandaoyunSource
from pipelines.settings.source_base import PullSource
from pipelines.settings.sources import AnyPullSource, DatabaseSource, FileSource, SourceSettings

__all__ = [
    "Actuals",
    "AlertChannel",
    "AnyPullSource",
    "Company",
    "CompanyFolder",
    "CompanySettings",
    "ConfigurationError",
    "CustomPeriod",
    "DatabaseSource",
    "FileSource",
    "FxiaokeSource",
    "GoogleSheetsSource",
    "JiandaoyunSource",
    "Publish",
    "PullSource",
    "Quality",
    "RowPolicies",
    "SourceSettings",
    "company_json_schema",
    "load_company",
    "resolve_home",
]


# How DuckDB opens a build file: one that the power cut short is built again.
BUILD_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "fsync_mode": "none",
    "checkpoint_threshold": "4GB",
}
# What archive and build hold in full is for the night's user and group; readers have published/.
PRIVATE_MODE = 0o750


@dataclass(frozen=True)
class CompanyFolder:
    """Name every path of one company folder.

    Code and company are apart: this folder is all that differs between two companies.
    """

    root: Path

    @property
    def company_yml(self) -> Path:
        """Settings: sources, calendar, publishing."""
        return self.root / "company.yml"

    @property
    def rules_workbook(self) -> Path:
        """The sales manager's rules."""
        return self.root / "rules.xlsx"

    @property
    def inbox(self) -> Path:
        """Where files are delivered."""
        return self.root / "inbox"

    @property
    def archive(self) -> Path:
        """Every delivery unchanged, and the manifest; never deleted."""
        return self.root / "archive"

    @property
    def landing(self) -> Path:
        """Rows as Parquet, by entity and landing date; rebuilt from the archive."""
        return self.root / "landing"

    @property
    def warehouse(self) -> Path:
        """What the night works with; rebuilt from the archive."""
        return self.root / "warehouse"

    @property
    def build_file(self) -> Path:
        """The database that a night builds and nobody else reads."""
        return self.warehouse / "build.duckdb"

    @property
    def history(self) -> Path:
        """Changed rows of each night."""
        return self.warehouse / "history"

    @property
    def lock_file(self) -> Path:
        """Held while a night runs."""
        return self.warehouse / "night.lock"

    @property
    def published(self) -> Path:
        """What readers see."""
        return self.root / "published"

    @property
    def data_docs(self) -> Path:
        """What was expected of the data and found, as pages; written on held nights too."""
        return self.published / "data_docs"

    @property
    def dagster_home(self) -> Path:
        """Dagster's own records."""
        return self.root / "dagster"

    def make_private_folders(self) -> None:
        """Make the folders in which phones and e-mail stand in full, closed to everybody but user and group.

        One that is there keeps its rights: whoever runs the machine may have chosen others.
        """
        for folder in (self.archive, self.landing, self.warehouse, self.dagster_home):
            folder.mkdir(mode=PRIVATE_MODE, parents=True, exist_ok=True)


class Company(Strict):
    """Who the company is and how it counts time."""

    name: str = Field(description="Shown on the board. 公司名称")
    timezone: str = Field("Asia/Shanghai", description="IANA name; D is the end of a local day")
    currency: str = Field("CNY", pattern=r"^[A-Z]{3}$", description="Reporting currency, ISO 4217")
    calendar: str = Field("CN", description="CN, another ISO country, or weekdays")
    fiscal_year_start_month: int = Field(
        1, ge=1, le=12, description="Other than 1: years and quarters are FY2026, FY2026-Q1"
    )
    week_start: Literal["monday", "sunday"] = Field(
        "monday", description="First day of a week 每周从哪天开始"
    )
    languages: list[Literal["zh", "en"]] = Field(
        ["zh", "en"],
        min_length=1,
        description="Of board, workbook and messages; the first is the one they open in",
    )

    @field_validator("timezone")
    @classmethod
    def _known_timezone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(
                f"unknown time zone {value!r}; use an IANA name such as Asia/Shanghai"
            ) from error
        return value


class CustomPeriod(Strict):
    """A period that is no calendar month, quarter or year."""

    label: str = Field(description="How reports call it")
    start: date = Field(description="First day")
    end: date = Field(description="Last day, part of the period")

    @model_validator(mode="after")
    def _ordered(self) -> CustomPeriod:
        if self.end < self.start:
            raise ValueError(f"custom period {self.label!r} ends before it starts")
        return self


class Actuals(Strict):
    """Which event counts as signed."""

    signed_amount: Literal["orders", "won_opportunities"] | None = Field(
        None, description="default: orders where a source delivers orders, else won opportunities"
    )


class Quality(Strict):
    """When a file is blocked."""

    max_bad_row_rate: float = Field(
        0.05, gt=0, le=1, description="A file with a larger share of bad rows is blocked"
    )
    min_bad_rows: int = Field(20, ge=1, description="Fewer bad rows than this never block a file")


class CompanySettings(Strict):
    """company.yml, validated."""

    company: Company = Field(description="Name, time zone, currency, calendar, languages")
    as_of: date | None = Field(None, description="Fixes D (demo, tests); default: yesterday")
    day_close: time = Field(time(18, 0), description="Exports before it cover the previous day")
    actuals: Actuals = Field(Actuals(), description="Which event counts as signed")
    sources: list[SourceSettings] = Field(
        min_length=1,
        description="Files, databases and services; across sources the first has the last word",
    )
    custom_periods: list[CustomPeriod] = Field(
        default_factory=list, description="Periods to report that no target names"
    )
    quality: Quality = Field(Quality(), description="When a file is blocked")
    publish: Publish = Field(Publish(), description="PostgreSQL, and how many versions are kept")
    nightly_at: time = Field(time(3, 0), description="Local time of the scheduled night")
    alerts: list[AlertChannel] = Field(default_factory=list, description="Where alerts go")
    board_url: str | None = Field(
        None, pattern=r"^https?://\S+$", description="Where people read the board"
    )

    @model_validator(mode="after")
    def _names_are_unique(self) -> CompanySettings:
        names = [source.name for source in self.sources]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two sources share a name: {', '.join(twice)}")
        return self

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which a day ends."""
        return ZoneInfo(self.company.timezone)

    @property
    def signed_amount_source(self) -> str:
        """Where signed amount comes from: the setting, else orders where any source delivers them."""
        if self.actuals.signed_amount:
            return self.actuals.signed_amount
        has_orders = any(source.entity == "orders" for source in self.sources)
        return "orders" if has_orders else "won_opportunities"

    def source(self, name: str) -> SourceSettings:
        """Return one source.

        Raises:
            ConfigurationError: no source of that name; the known ones are listed.
        """
        for source in self.sources:
            if source.name == name:
                return source
        known = ", ".join(source.name for source in self.sources)
        raise ConfigurationError(f"no source named {name!r} in company.yml; known: {known}")


def resolve_home(home: str | None) -> CompanyFolder:
    """Return the company folder that a command works on: --home, GAPWISE_HOME, company/ or demo/."""
    from_environment = home or os.environ.get("GAPWISE_HOME")
    candidates = [Path(from_environment)] if from_environment else [Path("company"), Path("demo")]
    for path in candidates:
        if (path / "company.yml").is_file():
            return CompanyFolder(path.resolve())
    raise ConfigurationError(
        f"no company.yml in {' or '.join(map(str, candidates))}; create a company folder with "
        "`gapwise init DIR` or `gapwise demo DIR`, or name one with --home"
    )


def load_company(folder: CompanyFolder) -> CompanySettings:
    """Read and validate company.yml.

    Raises:
        ConfigurationError: missing or wrong; every wrong entry is named with its place and the fix.
    """
    path = folder.company_yml
    if not path.is_file():
        raise ConfigurationError(
            f"{path} does not exist. Create a company folder with: gapwise init {folder.root}"
        )
    try:
        content = yaml.load(path.read_text(encoding="utf-8-sig"), PlainWords)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} is no readable YAML (UTF-8): {error}") from error
    if not isinstance(content, dict):
        raise ConfigurationError(f"{path} must hold settings such as `company:` and `sources:`")
    content.pop("$schema", None)
    try:
        return CompanySettings.model_validate(content)
    except ValidationError as error:
        lines = [
            f"  {'.'.join(str(part) for part in problem['loc'])}: {problem['msg']}"
            for problem in error.errors()
        ]
        raise ConfigurationError(f"{path}:\n" + "\n".join(lines)) from None


def company_json_schema() -> dict[str, Any]:
    """Return the JSON Schema of company.yml for editors."""
    return CompanySettings.model_json_schema()
