"""Meeting packs 会议包: what the morning, weekly, monthly and quarterly meetings need.

Board and workbook show them; nothing here knows how.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True)
class PackDeclaration:
    """One meeting pack before any day.

    Attributes:
        name: morning, weekly, monthly or quarterly.
        title_zh: what the meeting is about.
        title_en: the same in English.
        columns: (name, Chinese, English) in the order shown.
        sql: one row per line of the pack; `$as_of` is D.
    """

    name: str
    title_zh: str
    title_en: str
    columns: Sequence[tuple[str, str, str]]
    sql: str


@dataclass(frozen=True)
class Pack:
    """One meeting pack of a day.

    Attributes:
        declaration: what it is.
        as_of: D.
        rows: one mapping per line, by column.
    """

    declaration: PackDeclaration
    as_of: date
    rows: Sequence[Mapping[str, Any]]


_SCOPES = "target.scope_type in ('company', 'region', 'team', 'person')"
_PLAIN = "target.is_in_force and target.scope_id not in ('unknown', 'unallocated')"

PACKS: tuple[PackDeclaration, ...] = (
    PackDeclaration(
        "morning",
        "早会：A 级客户昨日变化",
        "Morning: what changed yesterday at A customers",
        (
            ("customer_name", "客户", "customer"),
            ("owner_id", "负责人", "owner"),
            ("change", "变化", "change"),
            ("detail", "内容", "detail"),
            ("amount", "金额", "amount"),
        ),
        """
        with changes as (
            select customer_id, 'contact' as change, kind as detail,
                cast(null as decimal(18, 2)) as amount
            from marts.fct_activity where occurred_on = $as_of
            union all
            select customer_id, 'booking', entry_kind, cast(sum(amount) as decimal(18, 2))
            from marts.fct_booking where booked_on = $as_of group by customer_id, entry_kind
            union all
            select customer_id, 'new_opportunity', opportunity_name, cast(amount as decimal(18, 2))
            from marts.fct_opportunity where created_on = $as_of
            union all
            select customer_id, outcome, opportunity_name, cast(amount as decimal(18, 2))
            from marts.fct_opportunity where closed_on = $as_of and outcome <> 'open'
        )
        select customer.customer_name, customer.owner_id, changes.change, changes.detail,
            changes.amount
        from changes inner join marts.dim_customer as customer using (customer_id)
        where customer.tier = 'A'
        order by changes.amount desc nulls last, customer.customer_name, changes.change,
            changes.detail
        """,
    ),
    PackDeclaration(
        "weekly",
        "周会：落后超过界限的目标、建议辅导与完成情况",
        "Weekly: targets that lag beyond the limit, proposed coaching, done or not",
        (
            ("scope_type", "范围类型", "scope type"),
            ("scope_name", "范围", "scope"),
            ("metric_name_zh", "指标", "metric (zh)"),
            ("metric_name_en", "指标（英文）", "metric"),
            ("period_label", "周期", "period"),
            ("lag_rate", "落后率", "lag"),
            ("gap_to_date", "截至日差距", "gap to date"),
            ("required_run_rate", "每工作日需完成", "needed a workday"),
            ("tasks_done", "已完成行动", "tasks done"),
            ("tasks_open", "未完成行动", "tasks open"),
        ),
        f"""
        with tasks as (
            -- a sheet names people by id or by name
            select person.person_id, coalesce(task.completed_on <= $as_of, false) as is_done
            from landed.tasks as task
            inner join marts.dim_person as person
                on person.is_current and task.assignee in (person.person_id, person.person_name)
        ),
        counted as (
            select person_id, count(*) filter (is_done) as tasks_done,
                count(*) filter (not is_done) as tasks_open
            from tasks group by person_id
        )
        select target.scope_type, target.scope_name, metric.metric_name_zh, metric.metric_name_en,
            target.period_label, target.lag_rate, target.gap_to_date, target.required_run_rate,
            coalesce(counted.tasks_done, 0) as tasks_done,
            coalesce(counted.tasks_open, 0) as tasks_open
        from marts.mart_target_attainment as target
        inner join marts.dim_metric as metric using (metric)
        left join counted on target.scope_type = 'person' and counted.person_id = target.scope_id
        where target.status = 'behind' and {_PLAIN} and {_SCOPES}
            and target.period_type in ('month', 'quarter')
            and $as_of between target.period_start and target.period_end
        order by target.lag_rate desc, target.scope_type, target.scope_name, target.metric,
            target.period_label
        """,
    ),
    PackDeclaration(
        "monthly",
        "月会：月末偏差与填报原因",
        "Monthly: deviations of the closed month with the typed cause",
        (
            ("scope_type", "范围类型", "scope type"),
            ("scope_name", "范围", "scope"),
            ("metric_name_zh", "指标", "metric (zh)"),
            ("metric_name_en", "指标（英文）", "metric"),
            ("period_label", "月份", "month"),
            ("target", "目标", "target"),
            ("actual", "实际", "actual"),
            ("deviation_rate", "偏差率", "deviation"),
            ("typed_reason", "填报原因", "typed cause"),
            ("typed_plan", "调整计划", "plan"),
        ),
        f"""
        with typed as (
            select metric, period_type, period_start, scope_type, scope_id,
                max_by(reason, reported_on) as typed_reason, max_by(plan, reported_on) as typed_plan
            from marts.mart_target_progress where reported_on <= $as_of
            group by metric, period_type, period_start, scope_type, scope_id
        ),
        closed as (
            select max(period_start) as period_start from marts.mart_target_attainment
            where period_type = 'month' and period_end <= $as_of
        )
        select target.scope_type, target.scope_name, metric.metric_name_zh, metric.metric_name_en,
            target.period_label, target.target, target.actual, target.deviation_rate,
            typed.typed_reason, typed.typed_plan
        from marts.mart_target_attainment as target
        inner join closed using (period_start)
        inner join marts.dim_metric as metric on target.metric = metric.metric
        left join typed on typed.metric = target.metric and typed.period_type = target.period_type
            and typed.period_start = target.period_start
            and typed.scope_type = target.scope_type and typed.scope_id = target.scope_id
        where target.needs_review and {_PLAIN} and {_SCOPES} and target.period_type = 'month'
        order by abs(target.deviation_rate) desc, target.scope_type, target.scope_name,
            target.metric
        """,
    ),
    PackDeclaration(
        "quarterly",
        "季会：目标、实际与下季建议",
        "Quarterly: target, actual, and the next proposal",
        (
            ("scope_type", "范围类型", "scope type"),
            ("scope_name", "范围", "scope"),
            ("metric_name_zh", "指标", "metric (zh)"),
            ("metric_name_en", "指标（英文）", "metric"),
            ("period_label", "季度", "quarter"),
            ("target", "目标", "target"),
            ("actual", "实际", "actual"),
            ("attainment_rate", "达成率", "attainment"),
            ("next_period_label", "下一季度", "next quarter"),
            ("next_target", "下季目标", "its target"),
            ("proposed_target", "下季建议", "proposal"),
        ),
        f"""
        with proposals as (
            select metric, scope_type, scope_id, period_start, period_label,
                sum(target) as next_target,
                sum(proposed_target) as proposed_target
            from marts.mart_target_basis where period_type = 'quarter' and period_start > $as_of
            group by metric, scope_type, scope_id, period_start, period_label
            qualify row_number() over (
                partition by metric, scope_type, scope_id order by period_start) = 1
        )
        select target.scope_type, target.scope_name, metric.metric_name_zh, metric.metric_name_en,
            target.period_label, target.target, target.actual, target.attainment_rate,
            proposals.period_label as next_period_label, proposals.next_target,
            proposals.proposed_target
        from marts.mart_target_attainment as target
        inner join marts.dim_metric as metric on target.metric = metric.metric
        left join proposals on proposals.metric = target.metric
            and proposals.scope_type = target.scope_type and proposals.scope_id = target.scope_id
        where target.target is not null and {_PLAIN}
            and (target.scope_type in ('company', 'region', 'team')
                -- units of the organisation that stand there under no other name
                or (target.scope_type = 'org' and target.scope_id not in (
                    select org_id from marts.dim_org where kind in ('company', 'region', 'team'))))
            and target.period_type = 'quarter'
            and $as_of between target.period_start and target.period_end
        order by target.scope_type, target.scope_name, target.metric
        """,
    ),
)


def meeting_pack(con: duckdb.DuckDBPyConnection, name: str, as_of: date) -> Pack:
    """Return one meeting pack.

    Args:
        con: the build file of D: schemas marts and landed.
        name: morning, weekly, monthly or quarterly.
        as_of: D; "yesterday" of the morning meeting.

    Raises:
        KeyError: no pack of that name.
    """
    declaration = {pack.name: pack for pack in PACKS}[name]
    rows = con.execute(declaration.sql, {"as_of": as_of}).fetchall()
    names = [column for column, _, _ in declaration.columns]
    return Pack(declaration, as_of, [dict(zip(names, row, strict=True)) for row in rows])
