"""Checks of what the sales manager wrote: the rules workbook, its metrics, and names on sheets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import dagster as dg

from pipelines.assets.models import check_result
from pipelines.checks.columns_on_sheets import (
    UnknownColumn,
    foreign_columns,
    own_columns,
    unknown_columns,
)
from pipelines.checks.expectation_checks import check_spec
from pipelines.checks.names_on_sheets import unknown_names
from pipelines.landing.company_rules import CompanyRules
from pipelines.landing.log import LandingLog
from pipelines.landing.rules import landed_entity_columns
from pipelines.operations.outcome import CheckDeclaration, CheckOutcome
from pipelines.orchestration.asset_keys import RULES, RULES_WORKBOOK, own_path
from pipelines.orchestration.resources import NightResource

if TYPE_CHECKING:
    import duckdb

SHOWN = 20
_WORKBOOK = tuple(own_path(RULES_WORKBOOK))
NEWEST_IN_FORCE = CheckDeclaration(
    _WORKBOOK, "newest_workbook_is_in_force", "warn",
    "the newest rules workbook has no wrong cell and is in force; else the last good version holds",
    "最新的规则工作簿没有错误单元格并已生效；否则沿用上一个正确的版本",
)  # fmt: skip
METRICS_COMPUTED = CheckDeclaration(
    _WORKBOOK, "every_metric_can_be_computed", "warn",
    "no row of the metrics sheet is wrong (such a one switches off that metric alone) or names a column of no file",
    "指标表没有写错的行（写错的一行只停用该指标），也没有用到任何文件都没有的列",
)  # fmt: skip
NAMES_KNOWN = CheckDeclaration(
    tuple(own_path(RULES)), "names_on_sheets_are_known", "warn",
    "every person, team, region and product that a sheet names is known, by its name or an alias",
    "表格里写到的人员、团队、大区和产品都认得（按名称或别名）",
)  # fmt: skip


def rulebook_checks() -> dg.AssetChecksDefinition:
    """Return the checks of the rules workbook and of names as one step."""
    declared = (NEWEST_IN_FORCE, METRICS_COMPUTED, NAMES_KNOWN)

    @dg.multi_asset_check(specs=[check_spec(d) for d in declared], name="check_rules")
    def check_rules(night: NightResource) -> Iterator[dg.AssetCheckResult]:
        import duckdb

        with duckdb.connect(str(night.night.folder.build_file), read_only=True) as con:
            names = judge_names(con, night.rules)
        outcomes = [
            judge_workbook(night.rules),
            judge_metrics(night.rules, _strangers(night)),
            names,
        ]
        night.night.log.checks(night.night.run_id, outcomes, night.night.seen_at)
        for outcome in outcomes:
            yield check_result(outcome)

    return check_rules


def judge_workbook(rules: CompanyRules) -> CheckOutcome:
    """Say which version is in force, who saved it and when, and what is wrong with a newer one."""
    newest = rules.readings[-1] if rules.readings else None
    wrong = [e for e in newest.errors if e.is_blocking] if newest else []
    held = rules.in_force
    sample: list[dict[str, object]] = [
        {
            "file": error.workbook, "sheet": error.sheet, "cell": error.cell, "value": error.value,
            "allowed": error.allowed_en, "允许": error.allowed_zh,
            "message_zh": error.message_zh, "message_en": error.message_en,
        }
        for error in wrong[:SHOWN]
    ]  # fmt: skip
    return CheckOutcome(
        NEWEST_IN_FORCE,
        rules.is_newest_in_force,
        {
            "in_force": held.rules_version if held else "default",
            "saved_by": held.modified_by if held else None,
            "saved_at": str(held.modified_at) if held and held.modified_at else None,
            "arrived_at": str(held.arrived_at) if held and held.arrived_at else None,
            "newest": newest.rules_version if newest else None,
            "wrong_cells": len(wrong),
        },
        sample,
        is_applicable=newest is not None,
    )


def _strangers(night: NightResource) -> list[UnknownColumn]:
    """Return the columns that metrics name and that no delivery up to D has."""
    columns = landed_entity_columns()
    foreign = foreign_columns(night.rules.tables, columns)
    entities = {entity for _, entity, _ in foreign}
    asked = [each.name for each in night.night.settings.sources if each.entity in entities]
    cutoff = night.night.cutoff_seq
    records = [r for r in LandingLog(night.night.folder.landing).all(asked) if r.seq <= cutoff]
    return unknown_columns(foreign, columns, own_columns(records))


def judge_metrics(rules: CompanyRules, strangers: Sequence[UnknownColumn] = ()) -> CheckOutcome:
    """List the metrics that are switched off and the cells that do it, then columns that nobody delivers."""
    off = rules.in_force.disabled_metrics if rules.in_force else {}
    said = [(metric, zh, en) for metric, (zh, en) in off.items()]
    said += [(each.metric, each.message_zh, each.message_en) for each in strangers]
    sample: list[dict[str, object]] = [
        {"metric": metric, "message_zh": zh, "message_en": en} for metric, zh, en in said[:SHOWN]
    ]
    figures = {"switched_off": len(off), "unknown_columns": len(strangers)}
    return CheckOutcome(METRICS_COMPUTED, not said, figures, sample)


def judge_names(con: duckdb.DuckDBPyConnection, rules: CompanyRules) -> CheckOutcome:
    """List names that nobody knows, each with where it stands and its nearest known names."""
    found = unknown_names(con, rules.tables["aliases"].to_pylist())
    sample: list[dict[str, object]] = [
        {
            "kind": each.kind, "name": each.value, "column": each.column, "rows": each.row_count,
            "first_at": each.source_row, "nearest": list(each.nearest),
            "message_zh": each.message_zh, "message_en": each.message_en,
        }
        for each in found[:SHOWN]
    ]  # fmt: skip
    figures = {"names": len(found), "rows": sum(each.row_count for each in found)}
    return CheckOutcome(NAMES_KNOWN, not found, figures, sample)
