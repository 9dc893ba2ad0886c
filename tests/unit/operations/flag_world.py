"""A build file with what flags look at, and for each mart a row that is near to raising one."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa

from pipelines.operations.flags import declared_flags

D = date(2026, 3, 10)  # a Tuesday; 11 March is a workday
FLAGS = {flag.kind: flag for flag in declared_flags()}

FOLLOW_UP = {
    "subject_type": "customer", "customer_id": "C1", "customer_name": "晨星医院", "person_id": "P1", "tier": "A",
    "status": "overdue", "due_on": date(2026, 3, 6), "last_contact_on": date(2026, 2, 27),
    "overdue_workdays": 2, "open_amount": Decimal("50000.00"),
    "next_step_on": date(2026, 3, 9), "is_next_step_missed": True, "next_step_overdue_workdays": 1,
}  # fmt: skip
TIER = {
    "customer_id": "C1", "customer_name": "晨星医院", "person_id": "P1", "tier": "B",
    "previous_tier": "A", "tier_move": "down", "tier_since_on": date(2026, 3, 4), "state": "active",
    "expected_amount": Decimal("50000.00"),
}  # fmt: skip
RECYCLE = {
    "customer_id": "C1", "customer_name": "晨星医院", "person_id": "P1", "tier": "C",
    "status": "candidate", "due_on": date(2025, 12, 1), "recycle_on": date(2026, 3, 10),
    "overdue_workdays": 66, "open_amount": Decimal("0.00"),
}  # fmt: skip
ORPHAN = {
    "person_id": "P9", "person_name": "李雷", "manager_id": "P1", "left_on": date(2026, 2, 27),
    "item_type": "customer", "item_id": "C1", "item_name": "晨星医院", "state": "active",
    "open_amount": Decimal("50000.00"), "days_without_owner": 11,
}  # fmt: skip
STALLED = {
    "opportunity_id": "O1", "opportunity_name": "影像采购", "person_id": "P1", "pipeline": "default",
    "stage": "quoting", "amount": Decimal("80000.00"), "stage_since_on": date(2026, 2, 2),
    "stage_workdays": 18, "allowed_workdays": 10, "is_stalled": True, "reasons": "over_allowed",
    "expected_close_on": date(2026, 4, 1), "overdue_close_days": 0, "p80_workdays": None,
    "last_contact_on": date(2026, 3, 9),
}  # fmt: skip
COVERAGE = {
    "period_type": "month", "period_label": "2026-03", "period_start": date(2026, 3, 1),
    "period_end": date(2026, 3, 31), "scope_type": "team", "scope_id": "T1", "scope_name": "华东一队",
    "coverage_ratio": 1.5, "required_coverage": 1.6, "residual_gap": Decimal("1000.00"),
}  # fmt: skip
TARGET = {
    "metric": "signed_amount", "level": "base", "scenario": "base", "period_type": "month",
    "period_label": "2026-03", "period_start": date(2026, 3, 1), "period_end": date(2026, 3, 31),
    "scope_type": "person", "scope_id": "P1", "scope_name": "李雷", "responsible_id": None,
    "is_given": True, "status": "normal", "lag_rate": 0.25, "deviation_rate": -0.25,
    "gap": Decimal("900.00"), "gap_to_date": Decimal("250.00"), "target": Decimal("1000.00"),
    "target_to_date": Decimal("350.00"), "actual": Decimal("100.00"), "needs_review": False,
    "required_run_rate": Decimal("56.25"), "weeks_behind_streak": 0, "attained_on": None,
    "workdays_early": None, "is_in_force": True, "needs_calibration": False,
    "market_move_rate": None,
}  # fmt: skip
PROGRESS = {
    "metric": "signed_amount", "period_label": "2026-03", "scope_type": "person", "scope_id": "P1",
    "scope_name": "李雷", "responsible_id": None, "week_start_on": date(2026, 3, 2),
    "week_label": "2026-W10", "lag_rate": 0.25, "is_reason_missing": True,
}  # fmt: skip
CASCADE = {
    "metric": "signed_amount", "level": "base", "scenario": "base", "product_line": "(all)",
    "customer_type": "(all)", "node_id": "N1", "node_name": "华东", "is_in_force": True,
    "period_type": "month", "period_label": "2026-03", "period_start": date(2026, 3, 1),
    "period_end": date(2026, 3, 31), "target": Decimal("1000.00"), "children_sum": Decimal("900.00"),
    "unallocated": Decimal("100.00"), "over_assignment": -0.1, "band": "under_assigned",
}  # fmt: skip
ACTION = {
    "kind": "proposed", "metric": "signed_amount", "period_label": "2026-Q1",
    "period_start": date(2026, 1, 1), "scope_type": "team", "scope_id": "T1",
    "scope_name": "华东一队", "owner_id": "P2", "residual_gap": Decimal("500.00"),
    "action": "增加线索来源", "action_en": "add sources of leads",
}  # fmt: skip
FORECAST = {
    "period_type": "month", "period_label": "2026-03", "scope_type": "person", "scope_id": "P1",
    "scope_name": "李雷", "is_probability_low": True, "attainment_probability": 0.2,
    "target": Decimal("1000.00"), "expected_amount": Decimal("400.00"),
}  # fmt: skip
PERSONAL = {
    "source": "private", "source_kind": "personal", "person_id": "P1", "owner_name": "李雷",
    "personal_only_customer_count": 2,
}  # fmt: skip
LEAD = {
    "lead_id": "L1", "person_id": "P1", "is_late": True, "is_valid": True, "is_responded": False,
    "created_on": date(2026, 3, 3), "respond_minutes": None, "waiting_minutes": 9000.0,
    "limit_minutes": 60.0, "steps_missed_count": 0, "missed_steps": None, "clock": "clock",
}  # fmt: skip
RECORDS = {
    "person_id": "P1", "person_name": "李雷", "week": "2026-W10", "week_start_on": date(2026, 3, 2),
    "record_count": 5, "complete_count": 4, "stop_phrase_count": 1,
}  # fmt: skip
CONTROL = {
    "person_id": "P1", "person_name": "李雷", "control_point": "evidence", "consecutive_fails": 2,
    "failing_since_at": datetime(2026, 3, 9, 2), "is_escalated": True,
}  # fmt: skip
LOAD = {
    "person_id": "P1", "person_name": "李雷", "customer_count": 60, "open_lead_count": 20,
    "load_ratio": 1.6, "is_workload_high": True,
}  # fmt: skip
CLOSED = {
    "period_label": "2026-02", "period_start": date(2026, 2, 1), "period_end": date(2026, 2, 28),
    "needs_review": True,
}  # fmt: skip


def built(mart: str, *rows: dict[str, Any]) -> duckdb.DuckDBPyConnection:
    """Return a build file in memory with what flags look at."""
    con = duckdb.connect()
    con.execute("create schema marts; create schema reference")
    con.register("given", pa.Table.from_pylist(list(rows)))
    con.execute(f"create table marts.{mart} as from given")
    con.execute(
        """
        create table reference.company as select '纸上公司' as company_name;
        create table marts.dim_date as select unnest([date '2026-03-10', date '2026-03-11',
            date '2026-03-12']) as date_day, true as is_workday;
        create table marts.dim_metric as select 'signed_amount' as metric, '签单额' as metric_name_zh,
            'Signed amount' as metric_name_en, 'money' as unit
            union all select 'visit_count', '拜访数', 'Visits', 'count';
        create table marts.dim_org as select 'O1' as org_id, '华东' as org_name, 'region' as kind,
            '华东' as region, null as team
            union all select 'O2', '上海一区', 'area', '华东', null
            union all select 'O3', '上海队', 'team', '华东', '上海队'
            union all select 'O0', '纸上公司', 'company', null, null;
        create table marts.dim_stage as select 'default' as pipeline, 'quoting' as stage,
            '报价中' as stage_name_zh, 'Quoting' as stage_name_en, 10 as allowed_workdays;
        create table marts.dim_person as select 'P1' as person_id, '李雷' as person_name,
            'P2' as manager_id, true as is_current, false as has_left
            union all select 'P2', '韩梅', null, true, false
            union all select 'P9', '王五', 'P2', false, true;
        create table if not exists marts.mart_customer_tier as
            select unnest(['P1', 'P9']) as person_id, 'active' as state;
        create table if not exists marts.fct_opportunity as
            select 'P9' as person_id, 'open' as outcome;
        """
    )
    return con
