"""Whether the target system is healthy: targets set, data of yesterday, warnings on and delivered."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

import pytest

from pipelines.operations.management_health import HEALTH_SCHEMA, management_health

DAY = date(2026, 3, 10)


def run(**values: Any) -> dict[str, Any]:
    return {
        "run_id": "r1", "as_of": DAY, "started_at": datetime(2026, 3, 11, 1), "outcome": "published",
    } | values  # fmt: skip


def check(
    asset: str, name: str, passed: bool, severity: str = "warn", rows: int = 0
) -> dict[str, Any]:
    return {
        "run_id": "r1", "asset": asset, "check_name": name, "passed": passed, "severity": severity,
        "figures": json.dumps({"rows": rows}),
    }  # fmt: skip


def required(source: str) -> dict[str, Any]:
    return check(f"sources/{source}", "is_fresh_enough", True, "error")


def source(name: str, age: int | None) -> dict[str, Any]:
    return {"run_id": "r1", "source": name, "age_workdays": age}


def message(status: str, kind: str = "digest") -> dict[str, Any]:
    return {"as_of": DAY, "kind": kind, "status": status}


TARGETS = check("marts/mart_target_attainment", "nobody_lacks_a_target", True)
OVERDUE = check("marts/mart_followup_due", "no_follow_up_is_overdue", False, rows=3)


def day(**given: list[dict[str, Any]]) -> dict[str, Any]:
    parts = {
        "runs": [run()],
        "checks": [TARGETS, required("orders")],
        "sources": [source("orders", 0)],
        "messages": [],
    } | given
    [row] = management_health(**parts).to_pylist()
    return row


def test_targets_for_all_data_of_yesterday_and_nothing_to_warn_of_is_healthy() -> None:
    row = day()
    assert (row["health"], row["reasons"], row["data_light"]) == ("healthy", None, "green")
    assert row["people_without_target_count"] == 0


def test_people_without_a_target_are_a_risk_and_counted() -> None:
    lacking = check("marts/mart_target_attainment", "nobody_lacks_a_target", False, rows=2)
    row = day(checks=[lacking, required("orders")], messages=[message("delivered")])
    assert (row["people_without_target_count"], row["reasons"]) == (2, "people_without_target")


@pytest.mark.parametrize(
    ("age", "light"), [(0, "green"), (1, "amber"), (3, "amber"), (4, "red"), (None, "red")]
)
def test_the_light_of_the_data_is_that_of_the_oldest_required_source(
    age: int | None, light: str
) -> None:
    row = day(
        checks=[TARGETS, required("orders"), required("deals")],
        sources=[source("orders", 0), source("deals", age), source("survey", 60)],
    )
    assert (row["data_light"], row["health"]) == (light, "healthy" if age == 0 else "at_risk")
    assert row["old_sources"] == (None if age == 0 else "deals")


def test_where_no_source_is_required_the_newest_speaks_for_all() -> None:
    row = day(checks=[TARGETS], sources=[source("orders", 1), source("survey", 60)])
    assert (row["required_source_count"], row["data_light"]) == (0, "amber")
    assert day(checks=[TARGETS], sources=[])["data_light"] == "red"


def test_warnings_that_became_no_message_are_off() -> None:
    row = day(checks=[TARGETS, OVERDUE, required("orders")])
    assert (row["is_warning_on"], row["reasons"]) == (False, "warnings_off")
    assert row["warning_kind_count"] == 1


def test_a_data_check_that_fails_is_no_warning_to_anybody() -> None:
    sums = check("marts/mart_gap", "sums", False, rows=3)
    row = day(checks=[TARGETS, sums, required("orders")])
    assert (row["warning_kind_count"], row["health"]) == (0, "healthy")


def test_one_message_that_did_not_arrive_is_a_risk_and_a_picture_is_no_message() -> None:
    checks = [TARGETS, OVERDUE, required("orders")]
    sent = [message("delivered"), message("no_channel"), message("refused", kind="picture")]
    row = day(checks=checks, messages=sent)
    assert (row["message_count"], row["delivered_message_count"]) == (2, 1)
    assert row["reasons"] == "warnings_not_delivered"
    assert day(checks=checks, messages=sent[:1])["health"] == "healthy"


def test_a_held_night_that_never_looked_at_targets_says_so_by_an_empty_count() -> None:
    row = day(runs=[run(outcome="held")], checks=[required("orders")])
    assert (row["people_without_target_count"], row["reasons"]) == (None, "not_published")


def test_a_day_is_judged_by_its_last_run() -> None:
    later = run(run_id="r2", started_at=datetime(2026, 3, 11, 5), outcome="failed")
    row = day(runs=[later, run()])
    assert (row["run_id"], row["outcome"]) == ("r2", "failed")


def test_without_any_run_the_mart_is_empty_and_typed() -> None:
    table = management_health([], [], [], [])
    assert (table.num_rows, table.schema) == (0, HEALTH_SCHEMA)
