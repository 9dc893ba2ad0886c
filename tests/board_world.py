"""A company small enough to be worked out on paper, in marts made from their contracts.

Two teams in one region; P1 sells, P2 is new. Texts that came from files carry HTML, formulas and paths, to see that
nothing of it reaches a page or a cell as anything but text.
"""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import yaml

from pipelines.operations.marts import SCHEMAS
from pipelines.operations.packs import PACKS, meeting_pack
from pipelines.tell.board.content import Content
from pipelines.tell.board.read import read_all

D = date(2026, 3, 10)
ROOT = Path(__file__).parents[1]
HOSTILE_NAME = "<script>alert(1)</script>"
HOSTILE_TEAM = "../../etc/\"passwd'"
FORMULA = "=cmd|'/c calc'!A1"
ATTAINMENT = {
    "metric": "signed_amount", "level": "base", "scenario": "base", "is_in_force": True,
    "period_type": "quarter", "period_start": date(2026, 1, 1), "period_end": date(2026, 3, 31),
    "period_label": "2026-Q1", "status": "behind", "workdays_elapsed": 44, "workdays_remaining": 15,
}  # fmt: skip


@cache
def contracts() -> dict[str, dict[str, str]]:
    """Columns and types of every mart, as dbt enforces them."""
    found = {}
    for file in sorted((ROOT / "dbt_project" / "models" / "marts").rglob("_*__models.yml")):
        for model in yaml.safe_load(file.read_text(encoding="utf-8"))["models"]:
            found[model["name"]] = {c["name"]: c["data_type"] for c in model["columns"]}
    return found


def empty_marts() -> duckdb.DuckDBPyConnection:
    """Every mart present, typed and empty, as for a company without any data."""
    con = duckdb.connect()
    con.execute("create schema marts; create schema landed")
    con.execute("create table landed.tasks (assignee varchar, completed_on date)")
    for name, columns in contracts().items():
        listed = ", ".join(f'"{column}" {kind}' for column, kind in columns.items())
        con.execute(f"create table marts.{name} ({listed})")
    for name, schema in SCHEMAS.items():
        con.register("empty", schema.empty_table())
        con.execute(f"create or replace table marts.{name} as from empty")
        con.unregister("empty")
    return con


def insert(con: duckdb.DuckDBPyConnection, mart: str, *rows: dict[str, Any]) -> None:
    """Add rows; columns that are not named stay empty."""
    for row in rows:
        names = ", ".join(f'"{name}"' for name in row)
        places = ", ".join("?" for _ in row)
        con.execute(f"insert into marts.{mart} ({names}) values ({places})", list(row.values()))


def small_marts() -> duckdb.DuckDBPyConnection:
    """The company of this module's first lines."""
    con = empty_marts()
    _dimensions(con)
    _targets(con)
    _pipeline(con)
    _rows(con)
    _health(con)
    return con


def content_of(con: duckdb.DuckDBPyConnection, company: str = "晨光医疗") -> Content:
    """What the board knows of these marts."""
    packs = [meeting_pack(con, pack.name, D) for pack in PACKS]
    return Content(read_all(con, D), D, company, packs)


def _dimensions(con: duckdb.DuckDBPyConnection) -> None:
    for offset in range(-120, 60):
        day = date.fromordinal(D.toordinal() + offset)
        month = day.replace(day=1)
        insert(con, "dim_date", {
            "date_day": day, "month_start_on": month,
            "quarter_start_on": day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1),
            "quarter_end_on": date(2026, 3, 31), "year_start_on": day.replace(month=1, day=1),
        })  # fmt: skip
    insert(
        con, "dim_metric",
        {"metric": "signed_amount", "metric_name_zh": "签单额", "metric_name_en": "Signed amount",
         "unit": "money", "direction": "higher", "definition_zh": "签约", "definition_en": "Signed",
         "formula": "sum"},
        {"metric": "order_count", "metric_name_zh": "订单数", "metric_name_en": "Orders",
         "unit": "count", "direction": "higher"},
    )  # fmt: skip
    insert(
        con, "dim_org",
        {"org_id": "O1", "org_name": "一队", "team": "一队", "region": "华东", "valid_from": D},
        {"org_id": "O2", "org_name": HOSTILE_TEAM, "team": HOSTILE_TEAM, "region": "华东",
         "valid_from": D},
    )  # fmt: skip
    insert(
        con, "dim_person",
        {"person_id": "P1", "person_name": HOSTILE_NAME, "team": "一队", "region": "华东",
         "is_current": True, "has_left": False, "valid_from": D},
        {"person_id": "p1", "person_name": "小写", "team": HOSTILE_TEAM, "region": "华东",
         "is_current": True, "has_left": False, "valid_from": D},
    )  # fmt: skip
    insert(con, "dim_customer", {"customer_id": "C1", "customer_name": FORMULA, "tier": "A"})


def _targets(con: duckdb.DuckDBPyConnection) -> None:
    figures = {
        "target": 1000000, "actual": 400000, "attainment_rate": 0.4, "gap": 600000,
        "target_to_date": 500000, "pace_rate": 0.8, "gap_to_date": 100000, "lag_rate": 0.2,
        "required_run_rate": 40000,
    }  # fmt: skip
    scopes = [
        ("company", "company", "company"), ("region", "华东", "华东"), ("team", "一队", "一队"),
        ("person", "P1", HOSTILE_NAME),
    ]  # fmt: skip
    for kind, id_, name in scopes:
        scope = {"scope_type": kind, "scope_id": id_, "scope_name": name}
        small = {"is_small_count": kind == "person"}
        insert(con, "mart_target_attainment", ATTAINMENT | figures | scope | small)
        period = {k: v for k, v in ATTAINMENT.items() if k.startswith("period_")}
        gap = {k: figures[k] for k in ("target", "actual", "gap", "gap_to_date")}
        insert(con, "mart_gap", {"metric": "signed_amount"} | period | gap | scope)
    unallocated = {"scope_type": "team", "scope_id": "unallocated", "scope_name": "unallocated"}
    insert(
        con, "mart_target_attainment",
        ATTAINMENT | unallocated | {"target": 5, "actual": 0, "attainment_rate": 0.0},
    )  # fmt: skip
    insert(con, "mart_leaderboard", {
        "metric": "signed_amount", "period_type": "quarter", "period_label": "2026-Q1",
        "period_start": date(2026, 1, 1), "period_end": date(2026, 3, 31), "person_id": "P1",
        "person_name": HOSTILE_NAME, "team": "一队", "attainment_rank": 1, "target": 1000000,
        "actual": 400000, "attainment_rate": 0.4, "places_gained": -2,
    })  # fmt: skip
    for day, amount in ((date(2026, 1, 5), 250000), (date(2026, 3, 30), 750000)):
        insert(con, "fct_target_day", {
            "metric": "signed_amount", "level": "base", "scenario": "base", "target_on": day,
            "person_id": "P1", "team": "一队", "region": "华东", "target": amount,
        })  # fmt: skip


def _pipeline(con: duckdb.DuckDBPyConnection) -> None:
    quarter = {k: v for k, v in ATTAINMENT.items() if k.startswith("period_")}
    company = {"scope_type": "company", "scope_id": "company", "scope_name": "company"}
    insert(con, "mart_attainment_forecast", quarter | company | {
        "is_latest": True, "target": 1000000, "booked_amount": 400000, "p10": 450000,
        "p50": 600000, "p90": 900000, "attainment_probability": 0.05,
        "forecast_week_start_on": date(2026, 3, 9), "swing_deals": HOSTILE_NAME,
    })  # fmt: skip
    insert(con, "mart_funnel_conversion", {
        "pipeline": "default", "from_stage": "quoting", "from_stage_order": 3,
        "period_type": "quarter", "period_start": date(2026, 1, 1), "period_label": "2026-Q1",
        "lead_source": "(all)", "entered": 40, "advanced": 10, "lost": 5, "open": 25,
        "plain_rate": 0.25, "reason": "immature", "is_sudden_drop": True, "baseline_rate": 0.5,
        **company,
    })  # fmt: skip
    insert(
        con, "mart_conversion_heatmap",
        {"pipeline": "default", "stage": "quoting", "stage_order": 3, "person_id": "P1",
         "person_name": HOSTILE_NAME, "week_start": date(2026, 3, 2), "week_label": "2026-W10",
         "entered_count": 12, "advanced_count": 6, "advance_rate": 0.5, "is_grey": False},
        {"pipeline": "default", "stage": "signing", "stage_order": 5, "person_id": "P1",
         "person_name": HOSTILE_NAME, "week_start": date(2026, 3, 2), "week_label": "2026-W10",
         "entered_count": 9, "advanced_count": 9, "advance_rate": 1.0, "is_grey": True},
    )  # fmt: skip
    insert(con, "mart_pipeline_coverage", quarter | company | {
        "coverage_ratio": 0.5, "required_coverage": 2.0, "open_amount": 300000,
        "weighted_amount": 120000, "overdue_amount": 0, "residual_gap": 480000,
    })  # fmt: skip


def _rows(con: duckdb.DuckDBPyConnection) -> None:
    place = {"person_id": "P1", "team": "一队", "region": "华东", "customer_id": "C1"}
    insert(con, "mart_stalled_opportunity", place | {
        "opportunity_id": "X1", "opportunity_name": FORMULA, "owner_name": HOSTILE_NAME,
        "stage": "quoting", "amount": 300000, "stage_workdays": 30, "allowed_workdays": 10,
        "is_stalled": True, "reasons": "over_allowed|no_contact",
    })  # fmt: skip
    insert(con, "mart_followup_due", {
        "customer_id": "C1", "customer_name": FORMULA, "person_id": "P1", "team": "一队",
        "owner_name": HOSTILE_NAME, "tier": "A", "status": "high_risk", "open_amount": 300000,
        "due_on": date(2026, 2, 1), "overdue_workdays": 20,
    })  # fmt: skip
    booking = place | {
        "entry_kind": "signed", "order_id": "S1", "source_row": "inbox/o.csv row 2",
        "product_line": "<b>",
    }  # fmt: skip
    insert(
        con, "fct_booking",
        booking | {"booking_entry_id": "b1", "booked_on": date(2026, 1, 20), "amount": 500000},
        booking | {"booking_entry_id": "b2", "booked_on": date(2026, 2, 3), "amount": -100000,
                   "entry_kind": "cancelled"},
        # in a currency without a rate, and the only one of its day
        booking | {"booking_entry_id": "b3", "booked_on": date(2026, 2, 5), "amount": None},
    )  # fmt: skip
    insert(con, "fct_collection", place | {
        "collection_id": "c1", "received_on": date(2026, 2, 2), "amount": 12345.67,
    })  # fmt: skip
    insert(con, "fct_opportunity", place | {
        "opportunity_id": "X1", "opportunity_name": FORMULA, "stage": "quoting", "is_open": True,
        "amount": 300000, "outcome": "open",
    })  # fmt: skip
    insert(con, "fct_activity", place | {
        "activity_id": "a1", "occurred_on": D, "kind": "visit", "is_qualifying": True,
        "content": HOSTILE_NAME, "next_step": "javascript:alert(1)",
    })  # fmt: skip
    insert(con, "mart_alert", {
        "alert_key": "k1", "kind": "target_behind", "severity": "high", "owner_id": "P1",
        "message_zh": f"落后 {HOSTILE_NAME}", "message_en": f"behind {HOSTILE_NAME}",
        "value_amount": 600000, "since_on": date(2026, 1, 1), "is_retracted": False,
    })  # fmt: skip


def _health(con: duckdb.DuckDBPyConnection) -> None:
    insert(con, "mart_run", {"run_id": "r1", "as_of": D, "started_at": "2026-03-11 01:00:00"})
    insert(
        con, "mart_source_health",
        {"run_id": "r1", "source": "crm", "entity": "orders", "rows_read": 10, "rows_landed": 9,
         "rows_quarantined": 1, "covers_until": D, "age_workdays": 0},
        {"run_id": "r1", "source": "old", "entity": "accounts", "rows_quarantined": 0,
         "covers_until": date(2026, 3, 5), "age_workdays": 3},
        # three workdays old as well, and within the limit of its own
        {"run_id": "r1", "source": "survey", "entity": "satisfaction", "rows_quarantined": 0,
         "covers_until": date(2026, 3, 5), "age_workdays": 3},
        {"run_id": "r0", "source": "yesterday", "entity": "orders", "age_workdays": 9,
         "rows_quarantined": 70},
    )  # fmt: skip
    insert(con, "mart_data_quality", {
        "run_id": "r1", "asset": "sources/old", "check_name": "is_fresh_enough", "passed": False,
        "severity": "warn", "description_zh": "新鲜", "description_en": "fresh",
        "figures": '{"age_workdays": 3}',
    })  # fmt: skip
