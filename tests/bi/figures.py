"""For each measure of the BI catalogue: what it is split by, and a mart's own figure of the same, written by hand."""

from __future__ import annotations

MONTH = "cast(date_trunc('month', {}) as date)"


def attained(metric: str, period: str = "month") -> str:
    """What the attainment mart says of a company's metric in each period."""
    return (
        "select period_start, actual from mart_target_attainment "
        f"where metric = '{metric}' and scope_type = 'company' and period_type = '{period}' "
        "and level = 'base' and is_in_force and actual <> 0"
    )


def attainment(column: str) -> str:
    return (
        f"select metric, period_type, scope_type, period_start, period_end, scope_id, {column} "
        "from mart_target_attainment where level = 'base' and is_in_force and metric in "
        "('signed_amount', 'collected_amount', 'new_customer_count', 'order_count', 'call_count', "
        f"'visit_count', 'quote_count', 'valid_lead_count', 'stage_advance_count') and {column} is not null"
    )


def of_scopes(mart: str, column: str, where: str = "true") -> str:
    return (
        f"select period_type, scope_type, period_start, scope_id, {column} from {mart} "
        f"where {where} and {column} is not null"
    )


TARGET_KEY = ["metric", "period_type", "scope_type", "period_start", "period_end", "scope_id"]
SCOPE_KEY = ["period_type", "scope_type", "period_start", "scope_id"]
FUNNEL_KEY = ["pipeline", "from_stage", "period_type", "scope_type", "period_start", "scope_id"]
COHORT_KEY = ["lead_source", "region", "week_start"]
WHOLE = "product_line = '(all)' and lead_source = '(all)' and tier = '(all)'"

# A week's target of a count has more than the two decimals that are published, and the mart's rate
# is of the exact one; rates of money are the same to the last digit.
MONEY = " and metric in ('signed_amount', 'collected_amount')"

# measure → columns that it is split by, and the query whose last column must equal it
FIGURES: dict[str, tuple[list[str], str]] = {
    "signed_amount": ([MONTH.format("booked_on")], attained("signed_amount")),
    "booked_order_count": (
        ["team"],
        "select team, count(distinct booking_id) from fct_booking group by 1",
    ),
    "collected_amount": ([MONTH.format("received_on")], attained("collected_amount")),
    "open_amount": (
        ["customer_id"],
        "select customer_id, expected_amount from mart_customer_tier where open_count > 0",
    ),
    "open_count": (
        ["team"],
        "select team, count(*) filter (where is_open) from fct_opportunity group by 1",
    ),
    "call_count": ([MONTH.format("occurred_on")], attained("call_count")),
    "visit_count": ([MONTH.format("occurred_on")], attained("visit_count")),
    "qualifying_contact_count": (
        ["person_id"],
        "select person_id, count(*) from fct_activity where is_qualifying group by 1",
    ),
    "quote_count": ([MONTH.format("issued_on")], attained("quote_count")),
    "quoted_amount": (["team"], "select team, sum(amount) from fct_quote group by 1"),
    "lead_count": (
        ["lead_source"],
        "select lead_source, count(*) from fct_lead group by 1",
    ),
    "valid_lead_count": ([MONTH.format("created_on")], attained("valid_lead_count")),
    "valid_lead_rate": (
        ["region"],
        "select region, avg(case when is_valid then 1.0 else 0.0 end) from fct_lead group by 1",
    ),
    "target_value": (TARGET_KEY, attainment("target")),
    "actual_value": (TARGET_KEY, attainment("actual")),
    "gap_value": (TARGET_KEY, attainment("gap")),
    "target_to_date_value": (TARGET_KEY, attainment("target_to_date")),
    "attainment_rate": (TARGET_KEY, attainment("attainment_rate") + MONEY),
    "pace_rate": (TARGET_KEY, attainment("pace_rate") + MONEY),
    "gap_cause_value": (
        ["metric", *SCOPE_KEY],
        "select metric, period_type, scope_type, period_start, scope_id, gap from mart_gap",
    ),
    "closing_open_amount": (SCOPE_KEY, of_scopes("mart_pipeline_coverage", "open_amount")),
    "closing_weighted_amount": (SCOPE_KEY, of_scopes("mart_pipeline_coverage", "weighted_amount")),
    "remaining_gap_amount": (SCOPE_KEY, of_scopes("mart_pipeline_coverage", "remaining_gap")),
    "coverage_ratio": (SCOPE_KEY, of_scopes("mart_pipeline_coverage", "coverage_ratio")),
    "won_count": (SCOPE_KEY, of_scopes("mart_win_rate", "won_count", WHOLE)),
    "lost_count": (SCOPE_KEY, of_scopes("mart_win_rate", "lost_count", WHOLE)),
    "won_amount": (SCOPE_KEY, of_scopes("mart_win_rate", "won_amount", WHOLE)),
    "lost_amount": (SCOPE_KEY, of_scopes("mart_win_rate", "lost_amount", WHOLE)),
    "win_rate": (SCOPE_KEY, of_scopes("mart_win_rate", "win_rate", WHOLE)),
    "win_rate_amount": (SCOPE_KEY, of_scopes("mart_win_rate", "win_rate_amount", WHOLE)),
    "stage_entered_count": (
        FUNNEL_KEY,
        f"select {', '.join(FUNNEL_KEY)}, entered from mart_funnel_conversion where lead_source = '(all)'",
    ),
    "stage_advanced_count": (
        FUNNEL_KEY,
        f"select {', '.join(FUNNEL_KEY)}, advanced from mart_funnel_conversion where lead_source = '(all)'",
    ),
    "stage_conversion_rate": (
        FUNNEL_KEY,
        f"select {', '.join(FUNNEL_KEY)}, plain_rate from mart_funnel_conversion "
        "where lead_source = '(all)' and plain_rate is not null",
    ),
    "cohort_lead_count": (
        COHORT_KEY,
        "select lead_source, region, week_start, leads from mart_lead_conversion",
    ),
    "cohort_opportunity_count": (
        COHORT_KEY,
        "select lead_source, region, week_start, to_opportunity from mart_lead_conversion",
    ),
    "lead_opportunity_rate": (
        COHORT_KEY,
        "select lead_source, region, week_start, opportunity_rate from mart_lead_conversion "
        "where opportunity_rate is not null",
    ),
    "followup_count": (
        ["person_id", "subject_type"],
        "select person_id, subject_type, count(*) from mart_followup_due group by all",
    ),
    "overdue_followup_count": (
        ["person_id"],
        "select person_id, count(*) filter (where status in ('overdue', 'high_risk')) "
        "from mart_followup_due group by 1",
    ),
    "overdue_followup_rate": (
        ["team"],
        "select team, avg(case when status in ('overdue', 'high_risk') then 1.0 else 0.0 end) "
        "from mart_followup_due group by 1",
    ),
    "due_to_date_amount": (
        ["order_id", "due_on", "instalment_no"],
        "select order_id, due_on, instalment_no, due_to_date_amount from mart_receivable",
    ),
    "met_amount": (
        ["order_id", "due_on", "instalment_no"],
        "select order_id, due_on, instalment_no, met_amount from mart_receivable",
    ),
    "overdue_amount": (
        ["order_id", "due_on", "instalment_no"],
        "select order_id, due_on, instalment_no, overdue_amount from mart_receivable",
    ),
    "collection_rate": (
        ["order_id", "due_on", "instalment_no"],
        "select order_id, due_on, instalment_no, collection_rate from mart_receivable "
        "where collection_rate is not null",
    ),
    "stalled_count": (
        ["person_id"],
        "select person_id, count(*) from mart_stalled_opportunity where is_stalled group by 1",
    ),
    "stalled_amount": (
        ["opportunity_id"],
        "select opportunity_id, amount from mart_stalled_opportunity where is_stalled",
    ),
}
