"""The rules workbook: read, judged, versioned; the last good version stays in force."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from pathlib import Path

import pyarrow as pa
import yaml

from pipelines.core.rules.model import Row, TableRows, Text
from pipelines.core.rules.references import EntityColumns, entity_columns
from pipelines.core.rules.tables import DEFAULT_VERSION, arrow_tables, default_rules
from pipelines.landing.rules_errors import CellError
from pipelines.landing.rules_judge import judge_layout
from pipelines.landing.rules_layout import find_tables
from pipelines.landing.rules_workbook import RulesFileError, open_workbook

__all__ = [
    "CellError",
    "RulesReading",
    "choose_rules_in_force",
    "landed_entity_columns",
    "parse_rules_workbook",
    "read_rules",
    "rules_tables",
    "rules_version_log",
    "rules_version_of",
    "say_rules_in_force",
]


@dataclass(frozen=True)
class RulesReading:
    """One landed version of the rules workbook, good or not.

    Attributes:
        name: File name.
        rules_version: First 12 hex digits of the content's SHA-256.
        arrived_at: When the archive received it (UTC).
        modified_by, modified_at: Who saved the file last and when, as the file says.
        rows: Typed rows per table; meaningful only where `is_usable`.
        errors: Wrong cells; those of the metrics sheet switch off one metric each.
        notes: Missing and unknown sheets, parts, columns and settings.
        disabled_metrics: Metric id → reason, Chinese and English.
    """

    name: str
    rules_version: str
    arrived_at: dt.datetime | None = None
    modified_by: str | None = None
    modified_at: dt.datetime | None = None
    rows: TableRows = field(default_factory=dict)
    errors: tuple[CellError, ...] = ()
    notes: tuple[Text, ...] = ()
    disabled_metrics: dict[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def is_usable(self) -> bool:
        """Whether this version may come into force."""
        return not any(error.is_blocking for error in self.errors)


def rules_version_of(data: bytes) -> str:
    """Name a version of the workbook by its content."""
    return hashlib.sha256(data).hexdigest()[:12]


@cache
def landed_entity_columns() -> EntityColumns:
    """Return the columns that rules may name per entity, handed over or derived."""
    text = files("pipelines.landing").joinpath("entities.yml").read_text("utf-8")
    return entity_columns(yaml.safe_load(text))


def read_rules(path: Path) -> RulesReading:
    """Read the rules workbook that lies in the company folder."""
    return parse_rules_workbook(path.read_bytes(), path.name)


def parse_rules_workbook(
    data: bytes, name: str, arrived_at: dt.datetime | None = None
) -> RulesReading:
    """Read one version of the rules workbook, in Chinese, English or a mixture of both.

    Never raises for what the file holds: an unreadable file is a reading with one error.

    Returns:
        The reading; see RulesReading. What is missing stands at its default.
    """
    reading = RulesReading(name, rules_version_of(data), arrived_at)
    try:
        book = open_workbook(data)
    except RulesFileError as error:
        problem = CellError.of(name, ("", ""), None, "", error.text)
        return replace(reading, errors=(problem,))
    judged = judge_layout(name, find_tables(book.sheets), landed_entity_columns())
    return replace(
        reading,
        modified_by=book.modified_by,
        modified_at=book.modified_at,
        rows=judged.rows,
        errors=tuple(judged.errors),
        notes=tuple(judged.notes),
        disabled_metrics=judged.disabled_metrics,
    )


def rules_tables(reading: RulesReading | None) -> dict[str, pa.Table]:
    """Build the tables of schema `rules`; None stands for the shipped defaults.

    Returns:
        Table id → Arrow table (schemas in `core.rules.tables.arrow_schema`), each row with
        `rules_version`; typed even when empty. Money is DECIMAL(18,4), rates DECIMAL(9,6).

    Raises:
        ValueError: The reading has wrong cells and must not come into force.
    """
    if reading is None:
        return default_rules()
    if not reading.is_usable:
        raise ValueError(
            f"{reading.name} version {reading.rules_version} has wrong cells; "
            "take the version that choose_rules_in_force returns"
        )
    return arrow_tables(_stored_rows(reading), reading.rules_version, reading.disabled_metrics)


def _stored_rows(reading: RulesReading) -> TableRows:
    seen: set[object] = set()
    metrics: list[Row] = []
    for row in reading.rows["metrics"]:
        if row.values["metric"] not in seen:  # a metric written twice is switched off, once
            metrics.append(row)
            seen.add(row.values["metric"])
    return reading.rows | {"metrics": metrics}


def choose_rules_in_force(
    readings: Sequence[RulesReading],
) -> tuple[RulesReading | None, tuple[CellError, ...]]:
    """Take the newest good version; the wrong ones after it are refused with their errors.

    Args:
        readings: Every version that has arrived, in order of arrival.

    Returns:
        (version in force, errors of the versions that arrived after it). None means that no good
        version has ever arrived and the shipped defaults hold.
    """
    refused: list[CellError] = []
    for reading in reversed(readings):
        if reading.is_usable:
            return reading, tuple(refused)
        refused[:0] = reading.errors
    return None, tuple(refused)


def say_rules_in_force(readings: Sequence[RulesReading]) -> Text:
    """Say in one sentence which rules made tonight's figures, and which version was refused."""
    in_force, refused = choose_rules_in_force(readings)
    if in_force is None:
        zh, en = "规则：出厂默认值", "Rules: the shipped defaults"
    else:
        by = in_force.modified_by or "?"
        on = f"{in_force.arrived_at:%Y-%m-%d %H:%M} UTC" if in_force.arrived_at else "?"
        zh = f"规则：{in_force.name} 版本 {in_force.rules_version}（{by} 保存，{on} 收到）"
        en = (
            f"Rules: {in_force.name} version {in_force.rules_version} (saved by {by}, arrived {on})"
        )
    if refused:
        newest = readings[-1]
        zh += (
            f"。较新的版本 {newest.rules_version} 有 {len(refused)} 处错误，未生效："
            f"{refused[0].message_zh}"
        )
        en += (
            f". The newer version {newest.rules_version} is not in force because of "
            f"{len(refused)} wrong cell(s): {refused[0].message_en}"
        )
    return Text(zh, en)


_LOG_SCHEMA = pa.schema(
    [
        pa.field("rules_version", pa.string(), nullable=False),
        pa.field("file_name", pa.string()),
        pa.field("arrived_at", pa.timestamp("us", tz="UTC")),
        pa.field("modified_by", pa.string()),
        pa.field("modified_at", pa.timestamp("us", tz="UTC")),
        pa.field("is_usable", pa.bool_(), nullable=False),
        pa.field("is_in_force", pa.bool_(), nullable=False),
        pa.field("error_count", pa.int64(), nullable=False),
    ]
)


def rules_version_log(readings: Sequence[RulesReading]) -> pa.Table:
    """List every version that has arrived: when, who saved it, and whether it is in force.

    Grain: one row per version, in order of arrival; one row `default` where none is in force.
    """
    in_force, _ = choose_rules_in_force(readings)
    rows: list[dict[str, object]] = [
        {
            "rules_version": each.rules_version,
            "file_name": each.name,
            "arrived_at": each.arrived_at,
            "modified_by": each.modified_by,
            "modified_at": each.modified_at,
            "is_usable": each.is_usable,
            "is_in_force": each is in_force,
            "error_count": len(each.errors),
        }
        for each in readings
    ]
    if in_force is None:
        rows.append(
            {
                "rules_version": DEFAULT_VERSION,
                "is_usable": True,
                "is_in_force": True,
                "error_count": 0,
            }
        )
    return pa.Table.from_pylist(rows, schema=_LOG_SCHEMA)
