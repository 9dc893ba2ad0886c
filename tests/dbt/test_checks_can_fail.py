"""Every check that dbt makes of the models: the row that fails it, and the same company without it."""

from __future__ import annotations

import re
from copy import deepcopy
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.dbt.runner import _invoke
from pipelines.settings import CompanyFolder

ROOT = Path(__file__).parents[2]
D = date(2026, 3, 10)
Rows = dict[str, list[dict[str, Any]]]
Change = tuple[str, dict[str, Any]]  # of a table's first row

COMPANY: Rows = {"company": [{"as_of": D}]}
ACTUALS: Rows = COMPANY | {
    "mart_actuals_check": [
        {"check_id": "1", "problem": "order_without_opportunity", "signed_on": date(2026, 3, 2),
         "won_on": None, "first_received_on": None, "opportunity_amount": None,
         "order_amount": 100, "paid_amount": 0, "source_row": "orders.csv row 2"},
    ],
}  # fmt: skip
CELL = {
    "version_no": 1, "metric": "signed_amount", "level": "base", "scenario": "base",
    "product_line": "(all)", "customer_type": "(all)", "segment_start": date(2026, 1, 1),
}  # fmt: skip
CASCADE: Rows = {
    "target_cell": [
        CELL | {"member_id": "T1", "member_kind": "unit", "parent_id": "R", "value": 60,
                "unallocated": 0},
        CELL | {"member_id": "T2", "member_kind": "unit", "parent_id": "R", "value": 30,
                "unallocated": 30},
        CELL | {"member_id": "R", "member_kind": "unit", "parent_id": None, "value": 100,
                "unallocated": 10},
    ],
}  # fmt: skip
FLOW = {"scope_type": "company", "scope_id": "company", "residual_count": 0, "residual_amount": 0}
WEEK = {"week_label": "2026-W11", "week_start": date(2026, 3, 9), "week_end": date(2026, 3, 15)}
LIFECYCLE: Rows = COMPANY | {
    "mart_customer_lifecycle": [FLOW | WEEK | {"end_count": 1}],
    "int_customer": [{"state": "active"}, {"state": "invalid"}],
}
PLACE = {
    "metric": "signed_amount", "period_type": "month", "period_start": date(2026, 2, 1),
    "period_end": date(2026, 2, 28), "scope_type": "company", "scope_id": "company",
}  # fmt: skip
GAP: Rows = {
    "mart_gap_cause": [PLACE | {"contribution": 70}, PLACE | {"contribution": 30}],
    "int_gap_effect": [
        {"gap_no": 1, "volume": 70.0, "conversion": 20.0, "deal_size": 5.0, "mix": 0.0,
         "direct_value": 0.0, "reversal_value": -5.0, "plan_mismatch": 0.0, "value_1": 200.0},
    ],
    "int_gap_frame": [
        PLACE | {"gap_no": 1, "gap": 100, "gap_to_date": 100, "target": 300,
                 "driver_basis": "opportunity"},
    ],
}  # fmt: skip
SEGMENTS: Rows = {
    "int_gap_effect": GAP["int_gap_effect"],
    "int_gap_segment": [
        {"gap_no": 1, "segment_by": "channel", "plan_source": "own_history", "reach_0": 10.0,
         "share_0": 1.0, "rate_0": 0.5, "value_per_win_0": 59.0, "reach_1": 10.0, "share_1": 1.0,
         "rate_1": 0.4, "value_per_win_1": 50.0},
    ],
}  # fmt: skip
DECISIONS: Rows = {
    "dim_customer_record": [
        {"record": "crm:A1", "account_id": "A1", "customer_id": "A1"},
        {"record": "crm:A2", "account_id": "A2", "customer_id": "A2"},
    ],
    "decisions": [{"record_a": "crm：A1", "record_b": "A2", "decision": "keep_apart"}],
    "decision_problem": [{"record_a": "x", "record_b": "y", "problem": "unknown_record"}],
}
CODES: Rows = {
    "customer_record": [
        {"customer_id": "A1", "valid_credit_code": "X", "matched_by": "phone"},
        {"customer_id": "A1", "valid_credit_code": "X", "matched_by": "none"},
    ],
    "dim_customer": [{"customer_id": "A1"}],
}
BRIDGE: Rows = COMPANY | {
    "period": [{"period_type": "quarter", "period_start": date(2026, 1, 1),
                "period_end": date(2026, 3, 31)}],
    "int_opportunity_segment": [
        {"standing": "open", "valid_from": date(2026, 3, 1), "valid_before": date(2026, 4, 1),
         "expected_close_on": date(2026, 3, 20)},
    ],
    "mart_pipeline_bridge": [FLOW | WEEK | {"end_count": 1}],
}  # fmt: skip
PROGRESS: Rows = COMPANY | {
    "mart_target_progress": [
        {"metric": "signed_amount", "period_label": "2026-02", "scope_type": "team",
         "scope_id": "T1", "problem": None, "problem_en": None, "reported_on": date(2026, 3, 2),
         "is_typed_off": False, "typed_actual": 100, "computed_actual": 100, "source_row": "row 2"},
    ],
}  # fmt: skip
VISITS: Rows = {
    "fct_stage_visit": [
        {"opportunity_id": "O1", "visit_no": 2, "stage": "quoting",
         "entered_on": date(2026, 2, 2), "exited_on": None},
        {"opportunity_id": "O1", "visit_no": 1, "stage": "initial_contact",
         "entered_on": date(2026, 1, 5), "exited_on": date(2026, 2, 2)},
    ],
    "int_opportunity": [{"opportunity_id": "O1", "stage": "quoting"}],
}  # fmt: skip
LINE = {"metric": "signed_amount", "level": "base", "scenario": "base"}
# R was given 100, of it 30 for X; N 50 for X and no whole: 150 days' worth.
FEBRUARY = date(2026, 2, 1)
SLICE = CELL | {"segment_start": FEBRUARY, "member_kind": "unit", "parent_id": "company"}
TOP = LINE | {
    "is_in_force": True, "node_kind": "unit", "parent_node_id": None, "period_type": "month",
    "period_start": FEBRUARY, "period_end": date(2026, 2, 28), "customer_type": "(all)",
}  # fmt: skip
DAYS: Rows = {
    "fct_target_day": [
        LINE | {"target_on": date(2026, 2, 2), "target": 60},
        LINE | {"target_on": date(2026, 2, 3), "target": 90},
    ],
    "mart_target_cascade": [
        TOP | {"product_line": "(all)", "target": 100},
        TOP | {"product_line": "X", "target": 80},
    ],
    "target_version": [LINE | {"version_no": 1, "is_in_force": True}],
    "target_cell": [
        SLICE | {"member_id": "R", "origin": "given", "value": 100, "unallocated": 100},
        SLICE | {"member_id": "T", "origin": "none", "value": 0, "unallocated": 0},
        SLICE | {"product_line": "X", "member_id": "R", "origin": "given", "value": 30,
                 "unallocated": 0},
        SLICE | {"product_line": "X", "member_id": "T", "origin": "equal", "value": 30,
                 "unallocated": 30, "parent_id": "R"},
        SLICE | {"product_line": "X", "member_id": "N", "origin": "given", "value": 50,
                 "unallocated": 10},
        SLICE | {"product_line": "X", "member_id": "P", "member_kind": "person", "origin": "equal",
                 "value": 40, "unallocated": 0, "parent_id": "N"},
    ],
    "int_org_path": [
        {"org_id": "R", "org_path": "/R/"}, {"org_id": "T", "org_path": "/R/T/"},
        {"org_id": "N", "org_path": "/N/"},
    ],
    "int_org_path_node": [
        {"org_id": "R", "org_path": "/R/"}, {"org_id": "R", "org_path": "/R/T/"},
        {"org_id": "T", "org_path": "/R/T/"}, {"org_id": "N", "org_path": "/N/"},
    ],
    "calendar_day": [{"date_day": FEBRUARY, "month_start_on": FEBRUARY}],
}  # fmt: skip
ACCURACY: Rows = {
    "mart_forecast_accuracy": [
        {"horizon": "30", "scope_id": "(all)", "decile": "(all)", "judged_count": 20,
         "period_type": "month", "scope_type": "person", "called_rate": 0.5, "attained_rate": 0.4,
         "inside_rate": 0.7},
    ],
}  # fmt: skip

# Twenty deals typed at 40 %, 15 points above what such deals come to.
DEALS: Rows = {
    "int_open_opportunity": [
        {"pipeline": "default", "stage": "quoting", "is_calibrated": True,
         "typed_probability_rate": 0.4, "win_probability_rate": 0.25},
    ] * 20,
}  # fmt: skip

# check: a company in order, and changes that each break what the check says
CASES: dict[str, tuple[Rows, list[Change]]] = {
    "actuals_agree": (
        ACTUALS, [("mart_actuals_check", {"problem": "paid_above_order"})],
    ),
    "cascade_children_sum_to_their_parent": (CASCADE, [("target_cell", {"value": 59})]),
    "customer_bridge_has_no_residual": (
        {"mart_customer_bridge": [FLOW]},
        [("mart_customer_bridge", {"residual_count": 1}),
         ("mart_customer_bridge", {"residual_amount": Decimal("-0.01")})],
    ),
    "customer_lifecycle_has_no_residual": (
        LIFECYCLE,
        [("mart_customer_lifecycle", {"residual_count": 1}),
         ("mart_customer_lifecycle", {"end_count": 2}), ("int_customer", {"state": "invalid"})],
    ),
    "every_customer_decision_can_be_followed": (
        {"dim_customer_record": DECISIONS["dim_customer_record"], "decision_problem": []}, [],
    ),
    "forecast_is_calibrated": (
        ACCURACY,
        [("mart_forecast_accuracy", {"attained_rate": 0.34}),
         ("mart_forecast_accuracy", {"inside_rate": 0.59})],
    ),
    "funnel_flow_has_no_residual": (
        {"mart_funnel_flow": [FLOW]},
        [("mart_funnel_flow", {"residual_count": -1}),
         ("mart_funnel_flow", {"residual_amount": Decimal("0.01")})],
    ),
    "gap_causes_sum_to_the_gap": (
        GAP,
        [("mart_gap_cause", {"contribution": Decimal("69.99")}), ("mart_gap_cause", {"scope_id": "x"}),
         ("int_gap_effect", {"volume": 69.0})],
    ),
    "gap_segments_sum_to_their_scope": (
        SEGMENTS, [("int_gap_segment", {"rate_0": 0.51}), ("int_gap_effect", {"mix": 1.0})],
    ),
    "no_decision_is_overruled": (
        DECISIONS,
        [("dim_customer_record", {"customer_id": "A2"}), ("decisions", {"decision": "merge"})],
    ),
    "no_merge_joins_two_credit_codes": (CODES, [("customer_record", {"valid_credit_code": "Y"})]),
    "pipeline_bridge_end_recounts": (
        BRIDGE,
        [("mart_pipeline_bridge", {"end_count": 2}), ("int_opportunity_segment", {"standing": "won"})],
    ),
    "pipeline_bridge_has_no_residual": (
        {"mart_pipeline_bridge": [FLOW]},
        [("mart_pipeline_bridge", {"residual_count": 2}),
         ("mart_pipeline_bridge", {"residual_amount": Decimal("0.01")})],
    ),
    "progress_rows_are_understood": (
        PROGRESS,
        [("mart_target_progress", {"problem": "unknown_scope", "problem_en": "nobody knows T1"})],
    ),
    "stage_visit_ends_where_the_deal_stands": (
        VISITS,
        [("int_opportunity", {"stage": "won"}), ("fct_stage_visit", {"entered_on": date(2026, 2, 3)})],
    ),
    "target_days_sum_to_the_period_target": (
        DAYS, [("fct_target_day", {"target": Decimal("59.99")}), ("mart_target_cascade", {"target": 101}),
               ("target_cell", {"origin": "none"})],
    ),
    "typed_actuals_are_close_to_the_computed": (
        PROGRESS, [("mart_target_progress", {"is_typed_off": True})],
    ),
    "typed_probabilities_are_near_the_calibrated": (
        DEALS,
        [("int_open_opportunity", {"typed_probability_rate": 0.45}),
         ("int_open_opportunity", {"win_probability_rate": 0.2})],
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Every check's SQL, its tables named without their schema."""
    folder = CompanyFolder(tmp_path_factory.mktemp("compiled"))
    folder.build_file.parent.mkdir(parents=True)
    result = _invoke(folder, ["compile", "--select", "test_type:singular"])
    return {
        node.node.name: re.sub(r'"build"\."(\w+)"\."(\w+)"', r"\2", node.node.compiled_code)
        for node in result.results
    }


def failures(sql: str, tables: Rows) -> int:
    """Run a check on tables in memory and count what it finds."""
    con = duckdb.connect()
    for name, rows in tables.items():
        columns = rows[0] if rows else {"record_a": "", "record_b": "", "problem": ""}
        listed = ", ".join(f"{column} {_type_of(name, column, rows)}" for column in columns)
        con.execute(f"create table {name} ({listed})")
        for row in rows:
            marks = ", ".join("?" * len(row))
            con.execute(f"insert into {name} values ({marks})", [*row.values()])
    return len(con.execute(sql).fetchall())


def _type_of(table: str, column: str, rows: list[dict[str, Any]]) -> str:
    value = next((row[column] for row in rows if row[column] is not None), None)
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, date) or column.endswith("_on"):
        return "date"
    if isinstance(value, float):
        return "double"
    return "decimal(18,2)" if isinstance(value, int | Decimal) else "varchar"


def test_every_check_of_dbt_has_its_case_and_no_other() -> None:
    files = {path.stem for path in (ROOT / "dbt_project" / "tests").glob("*.sql")}
    assert set(CASES) == files


@pytest.mark.parametrize("check", CASES)
def test_a_check_passes_where_all_is_in_order_and_fails_for_what_it_claims(
    compiled: dict[str, str], check: str
) -> None:
    tables, changes = CASES[check]
    assert failures(compiled[check], tables) == 0
    for table, change in changes:
        broken = deepcopy(tables)
        broken[table][0] |= change
        assert failures(compiled[check], broken) > 0, (table, change)


def test_a_decision_that_cannot_be_followed_is_listed(compiled: dict[str, str]) -> None:
    tables, _ = CASES["every_customer_decision_can_be_followed"]
    listed = tables | {"decision_problem": DECISIONS["decision_problem"]}
    assert failures(compiled["every_customer_decision_can_be_followed"], listed) == 1


def test_nineteen_deals_say_nothing_of_typed_probabilities(compiled: dict[str, str]) -> None:
    wild = DEALS["int_open_opportunity"][0] | {"typed_probability_rate": 1.0}
    check = compiled["typed_probabilities_are_near_the_calibrated"]
    assert failures(check, {"int_open_opportunity": [wild] * 19}) == 0
    assert failures(check, {"int_open_opportunity": [wild] * 20}) == 1


def test_two_rows_of_one_grain_are_found() -> None:
    text = (ROOT / "dbt_project" / "tests" / "generic" / "unique_grain.sql").read_text("utf-8")
    sql = re.sub(r"\{[#%].*?[#%]\}", "", text).replace("{{ model }}", "given")
    sql = sql.replace("{{ columns | join(', ') }}", "a, b")
    assert failures(sql, {"given": [{"a": "1", "b": "1"}, {"a": "1", "b": "2"}]}) == 0
    assert failures(sql, {"given": [{"a": "1", "b": "1"}, {"a": "1", "b": "1"}]}) == 1
