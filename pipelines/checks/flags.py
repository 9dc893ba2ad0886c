"""Business flags: what the sales team should do. Always warnings: a flag never holds a night."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import dagster as dg

from pipelines.assets.models import check_result
from pipelines.checks.expectation_checks import check_spec
from pipelines.operations.outcome import CheckDeclaration, CheckOutcome
from pipelines.resources import NightResource

if TYPE_CHECKING:
    import duckdb

SAMPLE_ROWS = 5


@dataclass(frozen=True)
class Flag:
    """A condition on a mart's rows that somebody should act on.

    Attributes:
        mart: the mart that it is about.
        name: unique on that mart.
        condition: SQL condition of a row that raises it.
        figure: SQL aggregate that says how much is at stake, beside the count of rows.
        sample: columns that lead a person to the row; nothing personal.
        en: what should be true when nobody needs to act.
        zh: the same in Chinese.
    """

    mart: str
    name: str
    condition: str
    figure: str
    sample: tuple[str, ...]
    en: str
    zh: str

    @property
    def declaration(self) -> CheckDeclaration:
        """The flag as a declared check of severity warn."""
        return CheckDeclaration(("marts", self.mart), self.name, "warn", self.en, self.zh)


AS_OF = "(select max(as_of) from reference.company)"
RUNNING = f"period_start <= {AS_OF} and period_end >= {AS_OF}"
LAST_CLOSED_MONTH = f"""
    period_end = (
        select max(month_end_on) from reference.calendar_day where month_end_on <= {AS_OF}
    )
"""
TEAMS = """
    scope_type in ('company', 'region', 'team', 'person')
    and scope_id not in ('unknown', 'unallocated')
"""
HAS_TARGET = f"""
    select scope_id from marts.mart_target_attainment
    where scope_type = 'person' and metric = 'signed_amount' and period_type = 'month'
    and is_in_force and target > 0 and {RUNNING}
"""
# Asked of teams in which anybody has a target: a company without targets for people lacks none.
WITHOUT_TARGET = f"""
    is_current and not has_left and person_id not in ({HAS_TARGET})
    and team in (select team from marts.dim_person where is_current and person_id in ({HAS_TARGET}))
"""

FLAGS: tuple[Flag, ...] = (
    Flag(
        mart="mart_followup_due",
        name="no_follow_up_is_overdue",
        condition="status in ('overdue', 'high_risk')",
        figure="sum(open_amount)",
        sample=("customer_id", "person_id", "tier", "due_on", "overdue_workdays", "open_amount"),
        en="every customer was contacted within the cadence of its tier",
        zh="每个客户都在其等级的跟进频率内得到跟进",
    ),
    Flag(
        mart="mart_followup_due",
        name="no_follow_up_is_at_high_risk",
        condition="status = 'high_risk'",
        figure="sum(open_amount)",
        sample=("customer_id", "person_id", "tier", "due_on", "overdue_workdays", "open_amount"),
        en="no customer has waited longer than the high-risk multiple of its cadence",
        zh="没有客户的等待时间超过高风险倍数",
    ),
    Flag(
        mart="mart_target_attainment",
        name="no_target_is_behind",
        condition=f"status = 'behind' and is_in_force and {TEAMS} and {RUNNING}",
        figure="sum(gap_to_date)",
        sample=("metric", "period_label", "scope_type", "scope_id", "lag_rate", "gap_to_date"),
        en="no running target lags by more than the limit of the rules workbook",
        zh="没有进行中的目标落后超过规则中的限额",
    ),
    Flag(
        mart="mart_target_attainment",
        name="no_closed_month_needs_a_review",
        condition=f"needs_review and is_in_force and {TEAMS} and {LAST_CLOSED_MONTH}",
        figure="sum(abs(gap))",
        sample=("metric", "period_label", "scope_type", "scope_id", "deviation_rate", "gap"),
        en="the month that closed last deviates by no more than the review limit",
        zh="最近结束的月份偏差未超过复盘限额",
    ),
    Flag(
        mart="mart_target_attainment",
        name="no_target_is_two_closed_weeks_behind",
        condition=f"weeks_behind_streak >= 2 and is_in_force and {TEAMS} and {RUNNING}",
        figure="sum(gap_to_date)",
        sample=("metric", "period_label", "scope_type", "scope_id", "weeks_behind_streak"),
        en="nobody has been behind for two closed weeks in a row",
        zh="没有连续两周落后的目标",
    ),
    Flag(
        mart="mart_target_attainment",
        name="no_market_move_asks_for_calibration",
        condition=f"needs_calibration and is_in_force and target > 0 and {RUNNING}",
        figure="sum(target)",
        sample=("metric", "period_label", "scope_type", "scope_id", "target"),
        en="the market moved by no more than the limit in a running target's period",
        zh="进行中的目标期内市场变动未超过校准限额",
    ),
    Flag(
        mart="mart_target_cascade",
        name="no_split_leaves_the_elastic_band",
        condition="is_in_force and level = 'base' and scenario = 'base' and band <> 'inside' "
        f"and {RUNNING}",
        figure="sum(abs(unallocated))",
        sample=("metric", "period_label", "node_id", "over_assignment", "band", "unallocated"),
        en="what the children hold stays inside the elastic band around their parent's target",
        zh="下级目标合计都在弹性区间之内",
    ),
    Flag(
        mart="mart_target_progress",
        name="no_typed_actual_is_off",
        condition=f"is_typed_off and reported_on > {AS_OF} - 31",
        figure="sum(abs(difference_amount))",
        sample=(
            "metric",
            "period_label",
            "scope_id",
            "typed_actual",
            "computed_actual",
            "source_row",
        ),
        en="what was typed into the progress sheet lies within 1 % of the computed figure",
        zh="进度表填报的实际值与计算值相差不超过1%",
    ),
    Flag(
        mart="mart_target_progress",
        name="every_progress_row_is_understood",
        condition=f"problem is not null and reported_on > {AS_OF} - 31",
        figure="count(*)",
        sample=("metric", "period_label", "scope_id", "problem", "source_row"),
        en="every row of the progress sheet names a metric, a period and a scope that are known",
        zh="进度表每一行的指标、期间与范围都能识别",
    ),
    Flag(
        mart="mart_target_progress",
        name="no_lag_is_left_without_a_reason",
        condition=f"is_reason_missing and week_start_on > {AS_OF} - 14",
        figure="count(*)",
        sample=("metric", "period_label", "scope_type", "scope_id", "week_label", "lag_rate"),
        en="whoever ended a week behind has said why",
        zh="周末落后的范围都已填写未达成原因",
    ),
    Flag(
        mart="dim_person",
        name="nobody_in_a_team_with_targets_is_without_one",
        condition=WITHOUT_TARGET,
        figure="count(*)",
        sample=("person_id", "team", "region"),
        en="everybody in a team whose people have targets has one this month",
        zh="有个人目标的团队中，每位在岗人员本月都有目标",
    ),
    Flag(
        mart="mart_attainment_forecast",
        name="no_target_is_unlikely_near_its_end",
        condition="is_probability_low and scope_type in ('company', 'region', 'team', 'person')",
        figure="sum(target - expected_amount)",
        sample=("period_label", "scope_type", "scope_id", "attainment_probability", "swing_deals"),
        en="no target near its end has a forecast probability under the threshold of the rules workbook",
        zh="没有临近期末的目标，其预测达成概率低于规则中的阈值",
    ),
)


def flag_checks() -> dg.AssetChecksDefinition:
    """Return all business flags as one step on the built marts."""

    @dg.multi_asset_check(
        specs=[check_spec(flag.declaration) for flag in FLAGS], name="business_flags"
    )
    def business_flags(night: NightResource) -> Iterator[dg.AssetCheckResult]:
        import duckdb

        with night.night.step("raise business flags"):
            with duckdb.connect(str(night.night.folder.build_file), read_only=True) as con:
                outcomes = [raise_flag(con, flag) for flag in FLAGS]
            night.night.log.checks(night.night.run_id, outcomes, night.night.seen_at)
        for outcome in outcomes:
            yield check_result(outcome)

    return business_flags


def raise_flag(con: duckdb.DuckDBPyConnection, flag: Flag) -> CheckOutcome:
    """Count the rows of one flag and take a few of them as a sample, worst order of the mart."""
    table = f"marts.{flag.mart}"
    counted = con.execute(
        f"select count(*) filter ({flag.condition}), {flag.figure} filter ({flag.condition}), count(*) from {table}"
    ).fetchone()
    count, stake, rows = counted or (0, None, 0)
    sample = con.execute(
        f"select {', '.join(flag.sample)} from {table} where {flag.condition} "
        f"order by {', '.join(flag.sample)} limit {SAMPLE_ROWS}"
    ).fetchall()
    return CheckOutcome(
        declaration=flag.declaration,
        passed=count == 0,
        figures={"rows": count, "at_stake": None if stake is None else str(stake)},
        sample=[{n: _plain(v) for n, v in zip(flag.sample, row, strict=True)} for row in sample],
        is_applicable=rows > 0,
    )


def _plain(value: object) -> object:
    return value if isinstance(value, str | int | float | bool | None) else str(value)
