"""The shipped rules are the figures that the product promises, written out by hand."""

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
import yaml

from pipelines.core.rules import all_sheets, all_tables, default_rules, stage_vocabulary
from pipelines.core.rules.checks import check_rules
from pipelines.core.rules.declaration import sheet_of_table
from pipelines.core.rules.reference_page import rules_reference_page
from pipelines.core.rules.references import entity_columns, resolve_references
from pipelines.core.rules.tables import arrow_schema, default_rows
from pipelines.core.rules.vocabulary import cause_vocabulary

D = Decimal

ROOT = Path(__file__).parents[4]
ENTITIES = yaml.safe_load((ROOT / "pipelines/landing/entities.yml").read_text("utf-8"))


def rows(table, *columns):
    return [tuple(row[c] for c in columns) for row in default_rules()[table].to_pylist()]


def settings(table):
    (row,) = default_rules()[table].to_pylist()
    return {name: value for name, value in row.items() if name != "rules_version"}


def test_the_workbook_has_the_twenty_four_sheets_in_order():
    assert [(sheet.id, sheet.label.zh) for sheet in all_sheets()] == [
        ("stages", "阶段"), ("lifecycle", "生命周期"), ("tiers", "分级"), ("cadence", "跟进频率"),
        ("followup_record", "跟进规范"), ("lead_sop", "线索SOP"), ("recycle", "回收"),
        ("status", "红黄绿灯"), ("metrics", "指标"), ("season", "季节权重"), ("alerts", "提醒"),
        ("weights", "分解权重"), ("reserve", "弹性空间"), ("process_targets", "过程指标"),
        ("scorecard", "考核"), ("incentive", "激励"), ("control_points", "关键控制点"),
        ("scenarios", "预案"), ("actions", "行动计划"), ("drivers", "计划驱动"),
        ("organisation", "组织"), ("aliases", "别名"),
        ("decisions", "合并决定"), ("calendar", "日历"),
    ]  # fmt: skip


def test_the_stages_shipped_are_five_open_ones_of_ten_or_fifteen_workdays_then_won_and_lost():
    assert rows("stages", "stage_order", "stage", "outcome", "is_signed", "allowed_workdays") == [
        (1, "initial_contact", "open", False, 10),
        (2, "needs_confirmed", "open", False, 10),
        (3, "quoting", "open", False, 10),
        (4, "negotiating", "open", False, 15),
        (5, "signing", "open", True, 10),
        (6, "won", "won", True, None),
        (7, "lost", "lost", False, None),
    ]
    assert rows("stages", "default_probability_rate") == [
        (D("0.1"),), (D("0.25"),), (D("0.5"),), (D("0.75"),), (D("0.9"),), (D(1),), (D(0),)
    ]  # fmt: skip
    assert set(rows("stages", "is_after_sale", "pipeline")) == {(False, "default")}


def test_the_lifecycle_shipped_has_four_stages_and_three_states():
    assert rows("lifecycle", "kind", "lifecycle") == [
        ("stage", "potential"), ("stage", "interested"), ("stage", "negotiating"),
        ("stage", "closed_deal"), ("state", "active"), ("state", "paused"), ("state", "invalid"),
    ]  # fmt: skip


def test_the_tiers_shipped_are_a_by_strategy_or_half_a_million_b_by_a_hundred_thousand_else_c():
    assert rows("tiers", "rule_order", "tier", "criterion", "at_least_amount", "below_amount") == [
        (1, "A", "is_strategic", None, None),
        (2, "A", "six_month_signed_amount", D(500_000), None),
        (3, "A", "expected_amount", D(1_000_000), None),
        (4, "B", "six_month_signed_amount", D(100_000), D(500_000)),
        (5, "B", "expected_amount", D(300_000), D(1_000_000)),
        (6, "C", "otherwise", None, None),
    ]
    assert rows("tier_overrides", "account") == []


def test_the_cadence_shipped_is_a_week_for_a_a_fortnight_for_b_and_a_month_for_c():
    columns = ("tier", "per_period", "cadence_workdays", "cadence_days", "needs_reports_per_month")
    assert rows("cadence", *columns) == [
        ("A", "week", 5, 7, 1),
        ("B", "fortnight", 10, 14, 0),
        ("C", "month", 22, 30, 0),
    ]
    assert rows("cadence", "qualifying_kinds") == [
        ("|visit|video|",),
        ("|visit|video|call|message|",),
        ("|visit|video|call|message|email|material|",),
    ]
    assert settings("cadence_settings") == {
        "mode": "rolling",
        "day_kind": "workdays",
        "fortnight_starts_on": dt.date(2024, 1, 1),
        "due_soon_rate": D("0.2"),
        "remind_cadences": D(1),
        "copy_manager_cadences": D("1.5"),
        "high_risk_cadences": D(2),
        "lead_tier": "C",
    }


def test_a_followup_record_as_shipped_needs_five_fields_and_ten_characters():
    assert rows("followup_record", "field", "is_required") == [
        ("time", True), ("method", True), ("content", True), ("feedback", True), ("next_step", True)
    ]  # fmt: skip
    assert settings("followup_record_settings") == {"min_content_characters": 10}
    assert rows("followup_stop_phrases", "phrase") == [("已联系",), ("有意向",), ("跟进中",)]


def test_the_lead_sop_shipped_answers_within_an_hour_and_offers_only_after_the_trial():
    assert settings("lead_sop_settings") == {
        "first_response_hours": D(1),
        "template_in_force": "education",
    }
    assert rows("lead_sop", "step_order", "step", "within_hours", "only_after_step", "clock") == [
        (1, "welcome", D(1), None, "clock"),
        (2, "call", D(24), None, "clock"),
        (3, "trial", D(48), None, "clock"),
        (4, "offer", D(72), "trial", "clock"),
        (5, "second_followup", D(168), None, "clock"),
    ]


def test_recycling_as_shipped_comes_after_three_cadences_with_warnings_seven_and_three_days_before():
    assert settings("recycle_settings") == {
        "overdue_cadences": D(3),
        "protecting_stage_order": 2,
        "is_protected_by_contract": True,
        "first_warning_days": 7,
        "last_warning_days": 3,
    }


def test_the_lights_shipped_turn_at_ten_and_twenty_percent_behind_and_fifteen_ahead():
    assert settings("status") == {
        "behind_lag_rate": D("0.20"),
        "watch_lag_rate": D("0.10"),
        "ahead_rate": D("0.15"),
        "week_lag": D("0.10"),
        "review_deviation_rate": D("0.15"),
        "market_move_rate": D("0.15"),
        "grace_elapsed_rate": D("0.20"),
    }


def test_metrics_hold_every_named_metric_with_its_formula_parts():
    named = {
        "signed_amount", "collected_amount", "new_customer_count", "order_count",
        "repurchase_rate", "call_count", "visit_count", "quote_count", "valid_lead_count",
        "stage_advance_count", "effective_contact_count", "high_potential_followed_count",
    }  # fmt: skip
    table = {row["metric"]: row for row in default_rules()["metrics"].to_pylist()}
    assert named <= set(table)
    assert all(row["is_enabled"] for row in table.values())
    assert {name for name, row in table.items() if row["direction"] == "lower"} >= {
        "churn_rate", "first_response_minutes", "collection_cycle_days"
    }  # fmt: skip
    signed = table["signed_amount"]
    parts = ("entity", "date_column", "value_column", "aggregate", "unit", "direction")
    assert [signed[p] for p in parts] == [
        "orders", "signed_on", "amount", "sum", "money", "higher"
    ]  # fmt: skip
    assert {"营收", "成交额", "业绩"} <= set(signed["aliases"].strip("|").split("|"))
    again = table["repurchase_rate"]
    assert (again["aggregate"], again["window_months"]) == ("ratio", 12)
    assert again["numerator_metric"] == "repurchasing_customer_count"
    assert again["denominator_metric"] == "buying_customer_count"
    assert table["visit_count"]["conditions"] == "kind = visit"


def test_the_season_shipped_is_30_20_30_20_and_months_go_by_workdays():
    assert rows("season", "metric", "kind", "position", "weight_rate") == [
        (None, "quarter", 1, D("0.3")),
        (None, "quarter", 2, D("0.2")),
        (None, "quarter", 3, D("0.3")),
        (None, "quarter", 4, D("0.2")),
    ]
    assert settings("season_settings") == {
        "quarter_basis": "weights",
        "month_basis": "workdays",
        "proposal_years": 3,
    }


def test_alerts_as_shipped_climb_after_two_and_five_workdays_and_keep_quiet_from_nine_to_eight():
    assert settings("alerts_settings") == {
        "quiet_from": "21:00",
        "quiet_to": "08:00",
        "work_from": "09:00",
        "work_to": "18:00",
        "default_clock": "clock",
    }
    ladder = ("owner_after_workdays", "manager_after_workdays", "director_after_workdays")
    assert set(rows("alerts", "is_on", *ladder, "cleared_after_nights")) == {(True, 0, 2, 5, 2)}
    limits = [row for row in rows("alerts", "flag", "threshold_rate", "days_before_end") if row[1]]
    assert limits == [("forecast_probability_low", D("0.5"), 30)]


def test_everything_is_split_by_history_as_shipped_and_over_assigned_by_a_tenth_at_most():
    assert settings("weights_settings") == {
        "region_basis": "history",
        "product_line_basis": "history",
        "customer_type_basis": "history",
        "team_basis": "history",
        "person_basis": "history",
        "over_assignment_min_rate": D(0),
        "over_assignment_max_rate": D("0.10"),
    }
    assert rows("weights", "member") == []


def test_the_reserve_shipped_is_a_tenth_within_10_to_15_and_never_over_30_percent():
    assert settings("reserve_settings") == {
        "reserve_rate": D("0.10"),
        "usual_from_rate": D("0.10"),
        "usual_to_rate": D("0.15"),
        "highest_rate": D("0.30"),
    }


def test_the_process_targets_shipped_ask_30_contacts_a_week_and_8_high_potential_ones_a_day():
    assert rows("process_targets", "metric", "per_period", "target") == [
        ("call_count", "week", None),
        ("visit_count", "week", None),
        ("quote_count", "week", None),
        ("valid_lead_count", "week", None),
        ("stage_advance_count", "week", None),
        ("effective_contact_count", "week", D(30)),
        ("high_potential_followed_count", "day", D(8)),
    ]


def test_the_scorecard_shipped_weighs_20_30_20_30_and_is_capped_at_120():
    assert rows("scorecard", "metric", "weight_rate") == [
        ("visit_count", D("0.2")),
        ("win_rate", D("0.3")),
        ("collection_cycle_days", D("0.2")),
        ("satisfaction_score", D("0.3")),
    ]
    assert settings("scorecard_settings") == {"cap_score": D(120), "is_renormalised": False}


def test_the_incentive_shipped_pays_in_full_from_80_percent_and_half_below_70():
    assert settings("incentive_settings") == {
        "mode": "factor",
        "protective_below_rate": D("0.70"),
        "protective_factor": D("0.5"),
        "anchor_rate": D("0.80"),
        "anchor_factor": D("1.0"),
        "step_rate": D("0.05"),
        "step_factor": D("0.2"),
        "accrual_from_rate": D("0.80"),
        "bonus_pool_amount": None,
    }
    accrual = rows("incentive_accrual", "over_rate", "accrual_rate")
    assert accrual[0] == (D("1.0"), D("1.1"))
    assert accrual[-1] == (D("1.4"), D("1.5"))


def test_the_control_points_shipped_ask_five_open_questions_and_evidence():
    columns = ("control_point", "entity", "column", "operator", "value", "kind")
    assert rows("control_points", *columns) == [
        ("open_questions", "activities", "open_questions_asked", "at_least", "5", "mandatory"),
        ("evidence", "activities", "attachment", "filled", None, "mandatory"),
    ]
    assert settings("control_points_settings") == {
        "yellow_after_fails": 1,
        "red_after_fails": 2,
        "escalate_after_fails": 2,
        "audit_records_per_person": 2,
    }
    assert settings("process_targets_settings") == {
        "workload_high_times": D("1.5"),
        "rarely_filled_rate": D("0.05"),
    }


def test_the_scenarios_shipped_are_a_tenth_more_the_same_and_a_twentieth_less():
    assert rows("scenarios", "scenario", "change_rate", "target_factor") == [
        ("A", D("0.10"), D("1.1")),
        ("B", D("0"), D("1")),
        ("C", D("0.05"), D("0.95")),
    ]
    assert all(actions for (actions,) in rows("scenarios", "actions"))
    assert settings("scenarios_settings") == {"scenario_in_force": "base"}


def test_the_actions_shipped_name_one_for_each_of_four_causes():
    assert rows("actions", "cause", "action", "action_en") == [
        ("volume", "增加线索来源", "More lead sources"),
        ("deal_size", "推广高价值套餐", "High-value packages"),
        ("conversion", "改进谈判策略", "Better negotiation strategy"),
        ("collections", "调整付款条件", "Payment terms"),
    ]
    assert rows("action_reasons", "reason", "reason_cause") == [
        ("竞品价格战", "price"),
        ("客户决策延迟", "slip"),
        ("大客户流失", "loss"),
    ]


@pytest.mark.parametrize("table", ["drivers", "organisation", "aliases", "decisions", "calendar"])
def test_what_only_the_company_knows_starts_empty_and_typed(table):
    assert default_rules()[table].num_rows == 0
    assert not any(pa.types.is_null(kind) for kind in default_rules()[table].schema.types)


def test_money_is_decimal_18_4_and_rates_decimal_9_6_and_every_table_has_its_version():
    for table_id, table in all_tables().items():
        schema = arrow_schema(table)
        assert schema.field("rules_version").type == pa.string()
        for column in table.columns:
            if column.type == "money":
                assert schema.field(column.id).type == pa.decimal128(18, 4), table_id
            if column.type == "rate":
                assert schema.field(column.id).type == pa.decimal128(9, 6), table_id


def test_the_largest_allowed_value_of_every_column_fits_its_type():
    for table in all_tables().values():
        for column in table.columns:
            limit = column.maximum if column.maximum is not None else column.below
            if column.type in {"number", "rate", "hours"}:
                assert limit is not None, (table.id, column.id)
                field = arrow_schema(table).field(column.id).type
                pa.array([D(limit)], type=field)


def test_the_shipped_rules_contradict_nothing():
    columns = entity_columns(ENTITIES)
    resolved, unknown = resolve_references(default_rows(), columns)
    assert unknown == []
    assert check_rules(resolved, columns) == []


def test_every_entity_that_a_rule_may_name_is_landed():
    named = {choice.id for choice in all_tables()["metrics"].column("entity").choices}
    assert named <= set(ENTITIES)
    points = {choice.id for choice in all_tables()["control_points"].column("entity").choices}
    assert points == {"activities", "opportunities", "accounts", "leads", "orders"}
    assert points <= set(ENTITIES)


def test_the_contact_kinds_are_those_of_the_landing_contract():
    kinds = {choice.id for choice in all_tables()["cadence"].column("qualifying_kinds").choices}
    assert kinds == set(ENTITIES["activities"]["columns"]["kind"]["accepted"])


def test_every_column_has_help_and_a_header_of_its_own_in_both_languages():
    for table in all_tables().values():
        for language in ("zh", "en"):
            labels = [column.label.in_language(language) for column in table.columns]
            assert len(labels) == len(set(labels)), table.id
            assert all(column.help.in_language(language) for column in table.columns), table.id
    assert len(sheet_of_table()) == len(all_tables())


def test_stage_vocabulary_knows_ids_names_and_aliases():
    words = stage_vocabulary(default_rules())
    assert words["签约待付款"] == "signing"
    assert words["signed awaiting payment"] == "signing"
    assert words["won"] == words["赢单"] == "won"
    assert words["initial_contact"] == words["初步接触"] == "initial_contact"
    assert "没见过" not in words


def test_a_word_that_two_pipelines_use_means_the_first_ones_stage():
    schema = arrow_schema(all_tables()["stages"])
    own = pa.Table.from_pylist(
        [
            {
                "pipeline": "default",
                "stage": "试点",
                "aliases": "|POC|Ｐｉｌｏｔ|",
                "rules_version": "v",
            },
            {"pipeline": "渠道", "stage": "won", "aliases": "|POC|", "rules_version": "v"},
        ],
        schema=schema,
    )
    assert stage_vocabulary({"stages": own})["poc"] == "试点"
    assert stage_vocabulary({"stages": own})["pilot"] == "试点"


def test_the_reference_page_is_current():
    page = (ROOT / "docs/rules-workbook.md").read_text("utf-8")
    assert page == rules_reference_page(), "write rules_reference_page() to docs/rules-workbook.md"


def test_cause_vocabulary_knows_ids_and_names_in_both_languages():
    words = cause_vocabulary()
    assert words["客户太少"] == words["customers too few"] == words["volume"] == "volume"
    assert words["回款慢"] == "collections"
    assert "天气不好" not in words
