"""What the board reads of the marts: one query per kind of row, as small as pages need."""

from __future__ import annotations

from dataclasses import dataclass

_SCOPES = "scope_type in ('company', 'region', 'team', 'person')"
_RUNNING = "$as_of between period_start and period_end"
_QUARTER = (
    "between (select quarter_start_on from marts.dim_date where date_day = $as_of) and $as_of"
)
_YEAR = "between (select year_start_on from marts.dim_date where date_day = $as_of) and $as_of"
_MONTH = "between (select month_start_on from marts.dim_date where date_day = $as_of) and $as_of"
_BY_SCOPE = """
    grouping sets ((), (region), (team), (person_id))"""
_SCOPE_OF_SET = """
    case when grouping(person_id) = 0 then 'person' when grouping(team) = 0 then 'team'
        when grouping(region) = 0 then 'region' else 'company' end as scope_type,
    coalesce(case when grouping(person_id) = 0 then person_id when grouping(team) = 0 then team
        when grouping(region) = 0 then region else 'company' end, 'unknown') as scope_id"""


@dataclass(frozen=True)
class Query:
    """One query.

    Attributes:
        mart: where the rows stand; without it in the build file there are none.
        key: its key columns, which lead from a page back to the row.
        sql: the query; `$as_of` is D.
    """

    mart: str
    key: tuple[str, ...]
    sql: str


_PERIOD_KEY = ("period_type", "period_start", "period_end", "scope_type", "scope_id")
_TARGET_KEY = ("metric", "level", "scenario", *_PERIOD_KEY)

QUERIES: dict[str, Query] = {
    "attainment": Query(
        "mart_target_attainment",
        _TARGET_KEY,
        f"""
        select target.*, metric.unit, metric.metric_name_zh, metric.metric_name_en,
            metric.direction
        from marts.mart_target_attainment as target
        inner join marts.dim_metric as metric on target.metric = metric.metric
        where target.level = 'base' and target.is_in_force and target.{_SCOPES}
            and target.period_type in ('month', 'quarter', 'year') and {_RUNNING}
        order by target.scope_type, target.scope_id, target.metric, target.period_start
        """,
    ),
    "months": Query(
        "mart_target_attainment",
        _TARGET_KEY,
        f"""
        select metric, level, scenario, period_type, period_start, period_end, period_label,
            scope_type, scope_id, target, actual, status
        from marts.mart_target_attainment
        where level = 'base' and is_in_force and {_SCOPES} and metric = 'signed_amount'
            and period_type = 'month' and period_start <= $as_of
            and period_end > $as_of - interval 13 month
        order by scope_type, scope_id, period_start
        """,
    ),
    "target_day": Query(
        "fct_target_day",
        (),
        f"""
        select {_SCOPE_OF_SET}, target_on as day, sum(target) as amount
        from marts.fct_target_day
        where metric = 'signed_amount' and level = 'base'
            and scenario = (
                select max(scenario) from marts.mart_target_attainment
                where is_in_force and scope_type = 'company')
            and target_on between
                (select quarter_start_on from marts.dim_date where date_day = $as_of)
                and (select quarter_end_on from marts.dim_date where date_day = $as_of)
        group by target_on, {_BY_SCOPE}
        order by scope_type, scope_id, day
        """,
    ),
    "booking_day": Query(
        "fct_booking",
        (),
        f"""
        select {_SCOPE_OF_SET}, booked_on as day, sum(amount) as amount
        from marts.fct_booking
        where booked_on {_QUARTER} and amount is not null
        group by booked_on, {_BY_SCOPE}
        order by scope_type, scope_id, day
        """,
    ),
    "forecast": Query(
        "mart_attainment_forecast",
        (*_PERIOD_KEY, "forecast_week_start_on"),
        f"""
        select * from marts.mart_attainment_forecast
        where is_latest and {_SCOPES} and {_RUNNING}
        order by scope_type, scope_id, period_type
        """,
    ),
    "gap": Query(
        "mart_gap",
        ("metric", *_PERIOD_KEY),
        f"""
        select * from marts.mart_gap
        where {_SCOPES} and {_RUNNING} and metric = 'signed_amount'
            and period_type in ('month', 'quarter')
        order by scope_type, scope_id, period_type
        """,
    ),
    "gap_cause": Query(
        "mart_gap_cause",
        ("metric", *_PERIOD_KEY, "factor"),
        f"""
        select * from marts.mart_gap_cause
        where {_SCOPES} and {_RUNNING} and metric = 'signed_amount' and period_type = 'quarter'
        order by scope_type, scope_id, abs(contribution) desc, factor
        """,
    ),
    "funnel": Query(
        "mart_funnel_conversion",
        ("pipeline", "from_stage", "period_type", "period_start", "scope_type", "scope_id",
         "lead_source"),
        f"""
        select * from marts.mart_funnel_conversion
        where {_SCOPES} and period_type = 'quarter' and lead_source = '(all)'
            and period_start <= $as_of and period_start > $as_of - interval 9 month
        order by scope_type, scope_id, period_start desc, pipeline, from_stage_order
        """,
    ),
    "heatmap": Query(
        "mart_conversion_heatmap",
        ("pipeline", "stage", "person_id", "week_start"),
        """
        select * from marts.mart_conversion_heatmap
        where week_start = (
            select max(week_start) from marts.mart_conversion_heatmap where week_start <= $as_of)
        order by pipeline, stage_order, person_id
        """,
    ),
    "coverage": Query(
        "mart_pipeline_coverage",
        _PERIOD_KEY,
        f"""
        select * from marts.mart_pipeline_coverage
        where {_SCOPES} and {_RUNNING} and period_type in ('month', 'quarter')
        order by scope_type, scope_id, period_type
        """,
    ),
    "stalled": Query(
        "mart_stalled_opportunity",
        ("opportunity_id",),
        """
        select stalled.*, customer.customer_name
        from marts.mart_stalled_opportunity as stalled
        left join marts.dim_customer as customer using (customer_id)
        where stalled.is_stalled
        order by stalled.amount desc nulls last, stalled.opportunity_id
        """,
    ),
    "followup": Query(
        "mart_followup_due",
        ("subject_type", "subject_id"),
        """
        select due.*, person.region
        from marts.mart_followup_due as due
        left join marts.dim_person as person
            on due.person_id = person.person_id and person.is_current
        where due.status in ('due_soon', 'overdue', 'high_risk')
        order by due.tier, due.open_amount desc nulls last, due.overdue_workdays desc,
            due.subject_type, due.subject_id
        """,
    ),
    "leaderboard": Query(
        "mart_leaderboard",
        ("metric", "period_type", "period_start", "period_end", "person_id"),
        f"""
        select * from marts.mart_leaderboard
        where metric = 'signed_amount' and period_type in ('month', 'quarter') and {_RUNNING}
        order by period_type, attainment_rank nulls last, actual desc nulls last, person_id
        """,
    ),
    "alert": Query(
        "mart_alert",
        ("alert_key",),
        """
        select * from marts.mart_alert
        where cleared_on is null and not is_retracted
        order by kind, value_amount desc nulls last, alert_key
        """,
    ),
    "source_health": Query(
        "mart_source_health",
        ("source",),
        """
        select health.*, quality.asset is not null as is_late
        from marts.mart_source_health as health
        left join marts.mart_data_quality as quality
            on health.run_id = quality.run_id and quality.asset = 'sources/' || health.source
            and quality.check_name = 'is_fresh_enough' and not quality.passed
        where health.run_id = (
            select run_id from marts.mart_run order by started_at desc limit 1)
        order by is_late desc, health.age_workdays desc nulls last, health.source
        """,
    ),
    "failed_check": Query(
        "mart_data_quality",
        ("asset", "check_name"),
        """
        select * from marts.mart_data_quality
        where not passed and asset not like 'marts/%' and run_id = (
            select run_id from marts.mart_run order by started_at desc limit 1)
        order by asset, check_name
        """,
    ),
    "booking": Query(
        "fct_booking",
        ("booking_entry_id",),
        f"""
        select booking.*, customer.customer_name
        from marts.fct_booking as booking
        left join marts.dim_customer as customer using (customer_id)
        where booking.booked_on {_YEAR}
        order by booking.booked_on desc, booking.booking_entry_id
        """,
    ),
    "payment": Query(
        "fct_collection",
        ("collection_id",),
        f"""
        select payment.*, customer.customer_name
        from marts.fct_collection as payment
        left join marts.dim_customer as customer using (customer_id)
        where payment.received_on {_YEAR}
        order by payment.received_on desc, payment.collection_id
        """,
    ),
    "deal": Query(
        "fct_opportunity",
        ("opportunity_id",),
        f"""
        select deal.*, customer.customer_name
        from marts.fct_opportunity as deal
        left join marts.dim_customer as customer using (customer_id)
        where deal.is_open or deal.closed_on {_QUARTER}
        order by deal.is_open desc, deal.amount desc nulls last, deal.opportunity_id
        """,
    ),
    "activity": Query(
        "fct_activity",
        ("activity_id",),
        f"""
        select activity.*, customer.customer_name
        from marts.fct_activity as activity
        left join marts.dim_customer as customer using (customer_id)
        where activity.occurred_on {_MONTH}
        order by activity.occurred_on desc, activity.occurred_at desc, activity.activity_id
        """,
    ),
    "metric": Query("dim_metric", ("metric",), "select * from marts.dim_metric order by metric"),
    "person": Query(
        "dim_person",
        ("person_id", "valid_from"),
        "select * from marts.dim_person where is_current order by person_id",
    ),
    "org": Query(
        "dim_org",
        ("org_id", "valid_from"),
        """
        select * from marts.dim_org
        where valid_from <= $as_of and (valid_before is null or valid_before > $as_of)
        order by org_path
        """,
    ),
}  # fmt: skip
