"""Where the script by hand is short of the night: marts left out or written otherwise, and why."""

from __future__ import annotations

from collections.abc import Iterable

NOT_YET = "SQL, not written by hand yet"
REASONS: dict[str, tuple[str, ...]] = {
    "made by a step in Python (matching, forecast), timed apart": (
        "dim_customer_record", "mart_attainment_forecast", "mart_customer_match",
        "mart_forecast_accuracy",
    ),
    "says what the night itself did, with which rules; a script has no nights": (
        "dim_rules_version", "mart_alert", "mart_alert_message", "mart_asset_health",
        "mart_management_health", "mart_quarantine",
    ),
    "tells what changed since earlier nights; a script has no yesterday": (
        "mart_restatement", "mart_target_revision",
    ),
    "empty in a company without these inputs (control points, sheets, plans, tasks)": (
        "mart_audit_sample", "mart_process_compliance", "mart_target_progress",
    ),
    NOT_YET: (
        "mart_action_plan", "mart_actuals_check", "mart_adoption", "mart_adoption_field",
        "mart_collision", "mart_conversion_heatmap", "mart_customer_bridge",
        "mart_customer_cleanup", "mart_customer_coverage", "mart_customer_lifecycle",
        "mart_customer_tier", "mart_daily_brief", "mart_followup_quality", "mart_gap",
        "mart_gap_cause", "mart_gap_cause_segment", "mart_handover", "mart_incentive",
        "mart_lead_response", "mart_lead_response_week", "mart_pipeline_coverage",
        "mart_process_kpi", "mart_recycle_candidate", "mart_sales_contribution",
        "mart_sales_rhythm", "mart_scorecard", "mart_scorecard_component",
        "mart_season_proposal", "mart_target_basis", "mart_target_cascade",
        "mart_target_suggestion", "mart_team_capacity", "mart_tier_effort", "mart_workload",
    ),
}  # fmt: skip

_TIERS = "the tier of each event's day, and the scope tier, are not written by hand yet"
# Written, but no longer as the night writes them: ratios that rest on these say too little.
BEHIND = {
    "dim_customer": "records, lifecycle and version are not written by hand yet",
    "dim_metric": "formulas and switched-off metrics of the sheet are not written by hand yet",
    "fct_activity": _TIERS,
    "fct_booking": _TIERS,
    "fct_collection": _TIERS,
    "fct_lead": _TIERS,
    "fct_opportunity": _TIERS,
    "fct_quote": _TIERS,
    "mart_followup_due": "customers only; leads, deals and what a date is due to are not",
    "mart_funnel_conversion": _TIERS,
    "mart_funnel_flow": _TIERS,
    "mart_leaderboard": "process metrics of the sheet are not written by hand yet",
    "mart_loss_reason": _TIERS,
    "mart_scenario": "process metrics of the sheet are not written by hand yet",
    "mart_target_attainment": "process metrics of the sheet are not written by hand yet",
    "mart_win_rate": _TIERS,
}


def by_reason(marts: Iterable[str]) -> dict[str, list[str]]:
    """Return the marts that were left out, under the reason of each.

    Raises:
        KeyError: a mart has no reason: write it by hand, or say here why not.
    """
    why = {mart: reason for reason, of_reason in REASONS.items() for mart in of_reason}
    found: dict[str, list[str]] = {reason: [] for reason in REASONS}
    for mart in marts:
        found[why[mart]].append(mart)
    return {reason: names for reason, names in found.items() if names}
