"""Which marts the script by hand leaves to the night, and why."""

from __future__ import annotations

from collections.abc import Iterable

WRITTEN_SINCE = "not written by hand yet when this was measured"
REASONS: dict[str, tuple[str, ...]] = {
    "made by a step in Python (forecast), timed apart": (
        "mart_attainment_forecast", "mart_forecast_accuracy",
    ),
    "says what the night itself did, with which rules; a script has no nights": (
        "dim_rules_version", "mart_alert", "mart_alert_message", "mart_asset_health",
        "mart_management_health", "mart_quarantine",
    ),
    "tells what changed since earlier nights; a script has no yesterday": (
        "mart_restatement", "mart_target_revision",
    ),
    "empty in a company that hands in no sheets of progress": ("mart_target_progress",),
}  # fmt: skip


def by_reason(marts: Iterable[str]) -> dict[str, list[str]]:
    """Return the marts that were left out, under the reason of each.

    Results outlive the script that they were measured with: what has no reason any more was left
    out then for want of its SQL.
    """
    why = {mart: reason for reason, of_reason in REASONS.items() for mart in of_reason}
    found: dict[str, list[str]] = {reason: [] for reason in (*REASONS, WRITTEN_SINCE)}
    for mart in marts:
        found[why.get(mart, WRITTEN_SINCE)].append(mart)
    return {reason: names for reason, names in found.items() if names}
