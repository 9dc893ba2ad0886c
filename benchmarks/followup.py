"""Build the customer and process marts alone: `python -m benchmarks.followup HOME ACTIVITIES`.

Customers, deals, orders, leads and activities come from the generator and are put where landing would
have put them; from there on it is the night's own code. 10,000,000 activities are those of size M; with
them stand its 200 people and 100,000 customers, and a tenth of its deals, which are another benchmark's.
What was measured is kept in results/followup.json, for the results page.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.funnel import SOURCES, hand_over_world, measure
from benchmarks.machine import describe_machine
from benchmarks.sizes import size_of

RESULTS = Path(__file__).parent / "results" / "followup.json"

MARTS = (
    "mart_customer_tier",
    "mart_followup_due",
    "mart_recycle_candidate",
    "mart_handover",
    "mart_collision",
    "mart_customer_cleanup",
    "mart_customer_lifecycle",
    "mart_tier_effort",
    "mart_followup_quality",
    "mart_lead_response",
    "mart_lead_response_week",
    "mart_process_compliance",
    "mart_adoption",
    "mart_adoption_field",
    "mart_workload",
)
WORLD = (
    *SOURCES,
    (
        "accounts",
        "account_id, name, owner_id, region, customer_type, lead_source, state, phone, created_at",
    ),
    (
        "orders",
        "order_id, line_no, account_id, person_id, signed_on, amount, currency, opportunity_id, "
        "product_line, status, cancelled_on",
    ),
    ("quotes", "quote_id, opportunity_id, issued_on, amount, person_id"),
    (
        "leads",
        "lead_id, name, phone, lead_source, owner_id, status, region, converted_account_id, "
        "converted_opportunity_id, created_at, assigned_at, first_response_at",
    ),
    (
        "activities",
        "activity_id, person_id, kind, account_id, opportunity_id, content, occurred_at",
    ),
)


def write_inputs(home: Path, activities: int) -> dict[str, int]:
    """Write a company with that many activities; return rows by landed table."""
    medium = size_of("M")
    size = replace(medium, opportunities=medium.opportunities // 10, activities=activities)
    return hand_over_world(home, size, WORLD, "orders")


def keep(activities: int, found: dict[str, Any], results: Path = RESULTS) -> None:
    """Keep what was measured of so many activities beside what was measured before."""
    kept = json.loads(results.read_text(encoding="utf-8")) if results.is_file() else {}
    limit = os.environ.get("GAPWISE_MEMORY_LIMIT")
    name = f"{activities} within {limit}" if limit else str(activities)
    kept[name] = found | {"machine": describe_machine()}
    ordered = {key: kept[key] for key in sorted(kept, key=lambda key: int(key.split()[0]))}
    results.write_text(json.dumps(ordered, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    place, number = Path(sys.argv[1]), int(sys.argv[2])
    keep(number, measure(place, write_inputs(place, number), MARTS, "fct_activity", False))
