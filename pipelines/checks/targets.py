"""Checks of targets as they were understood: their calendar, and lines that could not be placed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import dagster as dg

from pipelines.assets.models import check_result
from pipelines.checks.expectation_checks import check_spec
from pipelines.operations.outcome import CheckDeclaration, CheckOutcome
from pipelines.orchestration.asset_keys import CASCADE, own_path
from pipelines.orchestration.resources import NightResource

if TYPE_CHECKING:
    import duckdb

SHOWN = 20
CALENDAR_DECIDED = CheckDeclaration(
    tuple(own_path(CASCADE)), "no_target_rests_on_a_provisional_calendar", "warn",
    "the official calendar of every target's year is published; until then its days are a guess",
    "每个目标年度的法定节假日安排均已公布；公布之前按暂定日历分解到天",
)  # fmt: skip
TARGETS_UNDERSTOOD = CheckDeclaration(
    tuple(own_path(CASCADE)), "every_target_is_understood", "warn",
    "no target line names an unknown unit or person, contradicts itself or lies outside "
    "the calendar",
    "每一行目标都能识别：组织和人员已知，没有自相矛盾，也在日历范围内",
)  # fmt: skip


def target_checks() -> dg.AssetChecksDefinition:
    """Return the checks of targets as one step after the cascade."""
    declared = (CALENDAR_DECIDED, TARGETS_UNDERSTOOD)

    @dg.multi_asset_check(specs=[check_spec(d) for d in declared], name="check_cascade")
    def check_targets(night: NightResource) -> Iterator[dg.AssetCheckResult]:
        import duckdb

        with duckdb.connect(str(night.night.folder.build_file), read_only=True) as con:
            outcomes = [judge_calendar(con), judge_lines(con)]
        night.night.log.checks(night.night.run_id, outcomes, night.night.seen_at)
        for outcome in outcomes:
            yield check_result(outcome)

    return check_targets


def judge_calendar(con: duckdb.DuckDBPyConnection) -> CheckOutcome:
    """List the years whose targets rest on days that nobody has decided yet."""
    rows = con.execute(
        """
        select year(days.date_day) as target_year,
            any_value(days.calendar_source) as calendar_source,
            count(distinct lines.line) as targets, count(distinct days.date_day) as days,
            min(lines.source_row) as first_at
        from cascade.target_line as lines
        inner join reference.calendar_day as days
            on days.date_day between lines.start_on and lines.end_on
        where days.is_provisional and lines.removed_on is null
            -- A week over New Year's Eve is of the year that it began in.
            and (lines.period_type <> 'week' or year(days.date_day) = year(lines.start_on))
            and lines.end_on >= (select max(as_of) from reference.company)
        group by target_year order by target_year
        """
    ).fetchall()
    sample: list[dict[str, object]] = [
        {
            "year": year, "calendar_source": source, "targets": targets, "days": days,
            "first_at": first_at,
            "message_zh": f"{year} 年的放假安排尚未公布，{targets} 个目标按暂定日历（{source}）"
            "分解；公布后重跑即可，或在规则工作簿“日历”表中填写。",
            "message_en": f"the holidays of {year} are not published yet; {targets} target(s) are "
            f"spread by a provisional calendar ({source}). They move when it is, or fill in the "
            "sheet Calendar of the rules workbook.",
        }
        for year, source, targets, days, first_at in rows
    ]  # fmt: skip
    years = ", ".join(str(row[0]) for row in rows)
    given = con.execute("select count(*) from cascade.target_line").fetchall()[0][0]
    return CheckOutcome(
        CALENDAR_DECIDED, not rows, {"years": years or None}, sample, is_applicable=given > 0
    )


def judge_lines(con: duckdb.DuckDBPyConnection) -> CheckOutcome:
    """List target lines with a problem, each with what is wrong in both languages."""
    rows = con.execute(
        """
        select source_row, problem, message_zh, message_en, count(*) over () as total
        from cascade.target_line
        where problem is not null and problem <> 'finer_exceeds' and removed_on is null
        order by line limit 20
        """
    ).fetchall()
    sample: list[dict[str, object]] = [
        {"first_at": at, "problem": problem, "message_zh": zh, "message_en": en}
        for at, problem, zh, en, _ in rows
    ]
    given = con.execute("select count(*) from cascade.target_line").fetchall()[0][0]
    total = rows[0][4] if rows else 0
    return CheckOutcome(
        TARGETS_UNDERSTOOD, not rows, {"lines": total}, sample, is_applicable=given > 0
    )
