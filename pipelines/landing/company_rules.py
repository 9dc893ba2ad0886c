"""The company's rules as of one night: the workbook from inbox through archive to tables."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd
import pyarrow as pa

from pipelines.core.names import normalise_name
from pipelines.core.rules.formulas import control_point_tests, formula_tables
from pipelines.core.rules.vocabulary import cause_vocabulary, stage_names, stage_vocabulary
from pipelines.landing.archive import Archive, FileStillChanging
from pipelines.landing.mapping import Vocabulary
from pipelines.landing.rules import (
    RulesReading,
    choose_rules_in_force,
    landed_entity_columns,
    parse_rules_workbook,
    rules_tables,
    rules_version_log,
    say_rules_in_force,
)
from pipelines.settings import CompanyFolder, CompanySettings
from pipelines.sources.presets import load_preset

RULES_SOURCE = "rules"
# Wherever a sheet names a person, by name or by id.
PEOPLE_COLUMNS = (
    "person", "person_id", "owner_id", "manager_id", "responsible_id", "assignee", "reported_by",
    "auditor", "changed_by",
)  # fmt: skip


@dataclass(frozen=True)
class CompanyRules:
    """The rules in force and how they came to be.

    Attributes:
        tables: one Arrow table per sheet, each row with `rules_version`; the metrics sheet's
            formulas and the control points' checks taken apart; and `workbook_version`, every
            version that arrived.
        stages: every stage that this company's deals can stand in, presets' own included.
        stage_versions: the same for every list of stages that was ever in force, oldest first.
        readings: every version that arrived, good or not, in order.
        message: which version is in force and what is wrong with a newer one, (English, Chinese).
    """

    tables: dict[str, pa.Table]
    stages: pa.Table
    stage_versions: pa.Table
    readings: tuple[RulesReading, ...]
    in_force: RulesReading | None
    message: tuple[str, str]

    @property
    def is_newest_in_force(self) -> bool:
        """Return whether the last workbook that arrived is the one in force."""
        return not self.readings or self.in_force == self.readings[-1]

    def vocabulary(self) -> Vocabulary:
        """Return the words that landing resolves: stages strictly, names through aliases."""
        words: dict[str, dict[str, str]] = {"stage": _stage_words(self.tables, self.stages)}
        words["to_stage"] = words["from_stage"] = words["stage"]
        words["metric"] = _metric_words(self.tables)
        words["cause"] = cause_vocabulary()
        for row in self.tables["aliases"].to_pylist():
            for column in PEOPLE_COLUMNS if row["kind"] == "person" else (row["kind"],):
                words.setdefault(column, {})[normalise_name(row["alias"])] = row["name"]
        return Vocabulary(words, frozenset({"stage", "to_stage"}))

    def calendar_overrides(self) -> pd.DataFrame | None:
        """Return the company's own days off and make-up workdays, None where there are none."""
        rows = self.tables["calendar"].to_pylist()
        if not rows:
            return None
        return pd.DataFrame(
            {
                "day_on": [row["day_on"] for row in rows],
                "is_workday": [row["day_kind"] == "workday" for row in rows],
                "name": [row["day_note"] for row in rows],
            }
        )


def admit_rules(folder: CompanyFolder, archive: Archive, seen_at: datetime) -> str | None:
    """Archive rules.xlsx if there is one; return why it could not be taken tonight, if so."""
    if not folder.rules_workbook.is_file():
        return None
    try:
        archive.admit(RULES_SOURCE, folder.rules_workbook, folder.rules_workbook.name, seen_at)
    except FileStillChanging as error:
        return str(error)
    return None


def company_rules(settings: CompanySettings, archive: Archive, cutoff_seq: int) -> CompanyRules:
    """Read the rules that D may know: the last good workbook, else the defaults."""
    readings = tuple(
        parse_rules_workbook(archive.read_bytes(delivery), delivery.name, delivery.arrived_at)
        for delivery in archive.manifest.deliveries()
        if delivery.source == RULES_SOURCE and delivery.seq <= cutoff_seq
    )
    in_force, _ = choose_rules_in_force(readings)
    tables = rules_tables(in_force)
    aliases, columns = tables["aliases"].to_pylist(), landed_entity_columns()
    formulas = formula_tables(tables["metrics"].to_pylist(), aliases, columns)
    formulas["control_point_test"] = control_point_tests(
        tables["control_points"].to_pylist(), aliases, columns
    )
    said = say_rules_in_force(readings)
    return CompanyRules(
        tables | formulas | {"workbook_version": rules_version_log(readings)},
        _all_stages(settings, tables),
        _stage_versions(settings, readings, in_force),
        readings,
        in_force,
        (said.en, said.zh),
    )


def _stage_versions(
    settings: CompanySettings, readings: tuple[RulesReading, ...], in_force: RulesReading | None
) -> pa.Table:
    """List every list of stages that was in force, in order: a rank belongs to its list.

    Grain: one row per pipeline version and stage. A workbook that leaves the stages as they were
    is no new version. `known_on` is the day on which the list arrived.
    """
    rows: list[dict[str, Any]] = []
    last: list[dict[str, Any]] | None = None
    version_no = 0
    usable = [reading for reading in readings if reading.is_usable and in_force is not None]
    or_defaults: list[RulesReading | None] = [*usable] or [None]
    for reading in or_defaults:
        listed = _all_stages(settings, rules_tables(reading)).drop_columns(["rules_version"])
        stages = listed.to_pylist()
        if stages == last:
            continue
        last, version_no = stages, version_no + 1
        arrived_at = reading.arrived_at if reading else None
        known_on = arrived_at.date() if arrived_at else None
        rows += [{**row, "pipeline_version": version_no, "known_on": known_on} for row in stages]
        if reading is in_force:
            break
    return pa.Table.from_pylist(rows, schema=STAGE_VERSION_SCHEMA)


def _all_stages(settings: CompanySettings, tables: dict[str, pa.Table]) -> pa.Table:
    """Return the workbook's stages and those of pipelines that only a preset knows."""
    names = stage_names()
    rows = [
        {
            **row,
            "stage_name_zh": names[row["stage"]].zh if row["stage"] in names else row["stage"],
            "stage_name_en": names[row["stage"]].en if row["stage"] in names else row["stage"],
        }
        for row in tables["stages"].to_pylist()
    ]
    known = {row["pipeline"] for row in rows}
    presets = {source.preset for source in settings.sources if source.preset}
    for name in sorted(presets):
        for stage in load_preset(name).stages:
            if stage["pipeline"] not in known:
                rows.append(_preset_stage(stage))
    return pa.Table.from_pylist(rows, schema=STAGE_SCHEMA)


def _preset_stage(stage: dict) -> dict:  # type: ignore[type-arg]
    return {
        "pipeline": stage["pipeline"],
        "stage": stage["stage"],
        "stage_name_zh": stage["name_zh"],
        "stage_name_en": stage["name_en"],
        "stage_order": stage["stage_order"],
        "outcome": stage["outcome"],
        "is_signed": stage.get("is_signed", stage["outcome"] == "won"),
        "is_after_sale": stage.get("is_after_sale", False),
        "allowed_workdays": stage.get("allowed_workdays"),
    }


STAGE_SCHEMA = pa.schema(
    [
        ("pipeline", pa.string()),
        ("stage", pa.string()),
        ("stage_name_zh", pa.string()),
        ("stage_name_en", pa.string()),
        ("stage_order", pa.int64()),
        ("outcome", pa.string()),
        ("is_signed", pa.bool_()),
        ("is_after_sale", pa.bool_()),
        ("default_probability_rate", pa.decimal128(18, 6)),
        ("allowed_workdays", pa.int64()),
        ("rules_version", pa.string()),
    ]
)


STAGE_VERSION_SCHEMA = pa.schema(
    [
        ("pipeline_version", pa.int64()),
        ("known_on", pa.date32()),
        *(field for field in STAGE_SCHEMA if field.name != "rules_version"),
    ]
)


def _metric_words(tables: dict[str, pa.Table]) -> dict[str, str]:
    """Return normalised spelling → metric: ids, names of both languages, then aliases."""
    words: dict[str, str] = {}
    rows = tables["metrics"].to_pylist()
    for row in rows:
        for spelling in (row["metric"], row["name"], row["name_en"]):
            if spelling:
                words.setdefault(normalise_name(spelling), row["metric"])
    for row in rows:
        for alias in (row["aliases"] or "").strip("|").split("|"):
            if alias:
                words.setdefault(normalise_name(alias), row["metric"])
    return words


def _stage_words(tables: dict[str, pa.Table], stages: pa.Table) -> dict[str, str]:
    """Return normalised spelling → stage, for every name in either language and every alias."""
    words: dict[str, str] = {}
    for row in stages.to_pylist():
        for spelling in (row["stage"], row["stage_name_zh"], row["stage_name_en"]):
            words.setdefault(normalise_name(spelling), row["stage"])
    return words | stage_vocabulary(tables)
