"""Contradictions between cells: each rule has a set that keeps it and a set that breaks it."""

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from pipelines.core.rules import all_tables
from pipelines.core.rules.checks import check_rules
from pipelines.core.rules.model import Row
from pipelines.core.rules.references import entity_columns, resolve_references
from pipelines.core.rules.remarks import remarks
from pipelines.core.rules.tables import default_rows

D = Decimal

ROOT = Path(__file__).parents[4]
COLUMNS = entity_columns(
    yaml.safe_load((ROOT / "pipelines/landing/entities.yml").read_text("utf-8"))
)


def row(table, **values):
    blank = {column.id: None for column in all_tables()[table].columns}
    assert set(values) <= set(blank)
    return Row(blank | values)


def changed(table, index, **values):
    """The shipped rules with one row changed."""
    rows = default_rows()
    rows[table][index] = Row({**rows[table][index].values, **values})
    return rows


def added(table, *rows_of_table):
    rows = default_rows()
    rows[table] = [*rows[table], *rows_of_table]
    return rows


def places(rows):
    resolved, unknown = resolve_references(rows, COLUMNS)
    return [(f.table, f.row, f.column) for f in [*unknown, *check_rules(resolved, COLUMNS)]]


@pytest.mark.parametrize(("weight", "is_whole"), [
    ("0.3001", True), ("0.30011", False), ("0.2999", True), ("0.29989", False)])  # fmt: skip
def test_scorecard_weights_sum_to_one_within_a_hundredth_of_a_percent(weight, is_whole):
    found = places(changed("scorecard", 3, weight_rate=D(weight)))
    assert found == ([] if is_whole else [("scorecard", 0, "weight_rate")])


def test_season_weights_that_do_not_sum_to_one_are_refused():
    assert places(changed("season", 1, weight_rate=D("0.25"))) == [("season", 0, "weight_rate")]


def test_a_season_set_is_whole():
    rows = default_rows()
    rows["season"] = [
        row("season", kind="quarter", position=1, weight_rate=D("0.5")),
        row("season", kind="quarter", position=2, weight_rate=D("0.5")),
    ]
    assert places(rows) == [("season", 0, "position")]


def test_months_by_weights_need_twelve_month_weights():
    rows = changed("season_settings", 0, month_basis="weights")
    assert places(rows) == [("season_settings", 0, "month_basis")]
    twelfths = [D("0.0834")] * 4 + [D("0.0833")] * 8
    rows["season"] += [
        row("season", kind="month", position=n, weight_rate=share)
        for n, share in enumerate(twelfths, start=1)
    ]
    assert places(rows) == []


def test_written_shares_sum_to_one_under_each_parent():
    shares = [
        row("weights", dimension="region", member="华东", share_rate=D("0.6")),
        row("weights", dimension="region", member="华南", share_rate=D("0.4")),
        row("weights", dimension="team", parent="华东", member="上海", share_rate=D("0.7")),
        row("weights", dimension="team", parent="华东", member="杭州", share_rate=D("0.2")),
    ]
    assert places(added("weights", *shares)) == [("weights", 2, "share_rate")]


def test_a_split_by_shares_needs_shares():
    rows = changed("weights_settings", 0, team_basis="share")
    assert places(rows) == [("weights_settings", 0, "team_basis")]


def test_stage_orders_are_unique_within_a_pipeline_only():
    assert places(changed("stages", 1, stage_order=1)) == [("stages", 1, "stage_order")]
    second = [
        row("stages", pipeline="渠道", stage=s, stage_order=n, outcome=end, is_signed=end == "won")
        for n, (s, end) in enumerate([("接洽", "open"), ("won", "won"), ("lost", "lost")], 1)
    ]  # fmt: skip
    assert places(added("stages", *second)) == []


@pytest.mark.parametrize("missing", ["won", "lost"])
def test_every_pipeline_has_a_won_and_a_lost_stage(missing):
    rows = default_rows()
    rows["stages"] = [each for each in rows["stages"] if each.values["outcome"] != missing]
    assert places(rows) == [("stages", 0, "outcome")]


def test_won_is_signed_and_lost_is_not():
    assert places(changed("stages", 5, is_signed=False)) == [("stages", 5, "is_signed")]
    assert places(changed("stages", 6, is_signed=True)) == [("stages", 6, "is_signed")]


def test_a_stage_alias_belongs_to_one_stage():
    rows = changed("stages", 1, aliases=("报价 中",))
    rows["stages"][2] = Row({**rows["stages"][2].values, "stage": "报价中"})
    assert places(rows) == [("stages", 1, "aliases")]


def test_an_entry_point_is_a_control_point():
    assert places(changed("stages", 2, entry_points=("evidence",))) == []
    assert places(changed("stages", 2, entry_points=("盖章",))) == [("stages", 2, "entry_points")]


def test_tier_rules_end_with_otherwise_once():
    assert ("tiers", 5, "criterion") in places(changed("tiers", 5, rule_order=0))
    rows = default_rows()
    rows["tiers"] = rows["tiers"][:5]
    assert places(rows)[0] == ("tiers", 4, "criterion")


def test_a_tier_rule_below_a_looser_one_of_its_kind_is_refused():
    assert places(changed("tiers", 3, at_least_amount=D(499_999), below_amount=D(500_000))) == []
    shadowed = changed("tiers", 3, at_least_amount=D(500_000), below_amount=D(600_000))
    assert places(shadowed) == [("tiers", 3, "at_least_amount")]


def test_a_shadowed_tier_rule_shadows_none_of_its_kind_that_a_looser_one_still_takes():
    rows = changed("tiers", 3, at_least_amount=D(600_000), below_amount=None)
    rows["tiers"][4] = Row(
        {**rows["tiers"][4].values, "criterion": "six_month_signed_amount", "at_least_amount": D(550_000)}
    )  # fmt: skip
    assert places(rows) == [("tiers", 3, "at_least_amount"), ("tiers", 4, "at_least_amount")]


def test_a_tier_by_amount_needs_its_amount_and_one_by_anything_else_has_none():
    assert places(changed("tiers", 1, at_least_amount=None)) == [("tiers", 1, "at_least_amount")]
    assert places(changed("tiers", 0, at_least_amount=D(1))) == [("tiers", 0, "at_least_amount")]
    assert places(changed("tiers", 0, below_amount=D(1))) == [("tiers", 0, "below_amount")]


def test_tier_bounds_run_upwards():
    same = changed("tiers", 3, below_amount=D(100_000))
    assert places(same) == [("tiers", 3, "below_amount")]
    assert places(changed("tiers", 3, below_amount=D(100_001))) == []


def test_a_tier_without_a_cadence_and_a_cadence_without_a_tier_are_refused():
    assert places(changed("tiers", 5, tier="D")) == [
        ("cadence", 2, "tier"), ("cadence", None, "tier"), ("cadence_settings", 0, "lead_tier")
    ]  # fmt: skip


def test_an_override_names_a_known_tier():
    good = {"account": "C1", "approved_by": "李", "expires_on": dt.date(2026, 6, 30)}
    assert places(added("tier_overrides", row("tier_overrides", override_tier="a", **good))) == []
    found = places(added("tier_overrides", row("tier_overrides", override_tier="S", **good)))
    assert found == [("tier_overrides", 0, "override_tier")]


@pytest.mark.parametrize(
    ("table", "column", "good", "bad"),
    [
        ("status", "watch_lag_rate", "0.199999", "0.2"),
        ("incentive_settings", "protective_below_rate", "0.799999", "0.8"),
        ("cadence_settings", "copy_manager_cadences", "2", "2.000001"),
        ("cadence_settings", "remind_cadences", "1.5", "1.500001"),
        ("weights_settings", "over_assignment_min_rate", "0.1", "0.100001"),
        ("reserve_settings", "usual_from_rate", "0.15", "0.150001"),
        ("recycle_settings", "last_warning_days", "6", "7"),
        ("control_points_settings", "yellow_after_fails", "2", "3"),
    ],
)
def test_a_lower_limit_stays_under_its_higher_one(table, column, good, bad):
    assert places(changed(table, 0, **{column: D(good)})) == []
    assert places(changed(table, 0, **{column: D(bad)})) == [(table, 0, column)]


def test_fortnights_start_on_a_monday():
    assert places(changed("cadence_settings", 0, fortnight_starts_on=dt.date(2024, 1, 8))) == []
    found = places(changed("cadence_settings", 0, fortnight_starts_on=dt.date(2024, 1, 9)))
    assert found == [("cadence_settings", 0, "fortnight_starts_on")]


def test_a_lead_step_waits_for_an_earlier_step_of_its_template():
    assert places(changed("lead_sop", 2, only_after_step="offer")) == [
        ("lead_sop", 2, "only_after_step")
    ]
    assert places(changed("lead_sop", 2, only_after_step="trial")) == [
        ("lead_sop", 2, "only_after_step")
    ]
    first = row("lead_sop", template="医疗", step_order=1, step="签到", within_hours=D(1))
    then = {"template": "医疗", "step_order": 2, "step": "报价", "within_hours": D(24)}
    own = row("lead_sop", **then, only_after_step="签到")
    assert places(added("lead_sop", first, own)) == []
    others = row("lead_sop", **then, only_after_step="welcome")
    assert places(added("lead_sop", first, others)) == [("lead_sop", 6, "only_after_step")]
    found = places(changed("lead_sop_settings", 0, template_in_force="医疗"))
    assert found == [("lead_sop_settings", 0, "template_in_force")]


def test_no_reserve_exceeds_the_highest():
    rows = changed("reserve_settings", 0, highest_rate=D("0.2"))
    rows["reserve"] = [row("reserve", reserve_rate=D("0.2"))]
    assert places(rows) == []
    rows["reserve"] = [row("reserve", reserve_rate=D("0.200001"))]
    assert places(rows) == [("reserve", 0, "reserve_rate")]


def test_accrual_rates_climb_and_accrual_needs_them():
    assert places(changed("incentive_accrual", 2, accrual_rate=D("1.19"))) == [
        ("incentive_accrual", 2, "accrual_rate")
    ]
    rows = changed("incentive_settings", 0, mode="accrual")
    assert places(rows) == []
    rows["incentive_accrual"] = []
    assert places(rows) == [("incentive_settings", 0, "mode")]


def test_the_scenario_in_force_exists():
    assert places(changed("scenarios_settings", 0, scenario_in_force="C")) == []
    found = places(changed("scenarios_settings", 0, scenario_in_force="D"))
    assert found == [("scenarios_settings", 0, "scenario_in_force")]


def test_alert_ladders_climb_and_thresholds_stand_where_they_are_used():
    assert places(changed("alerts", 0, director_after_workdays=2)) == []
    assert places(changed("alerts", 0, director_after_workdays=1)) == [
        ("alerts", 0, "director_after_workdays")
    ]
    assert places(changed("alerts", 0, manager_after_workdays=None)) == []
    over_a_gap = {"owner_after_workdays": 5, "manager_after_workdays": None}
    assert places(changed("alerts", 0, **over_a_gap, director_after_workdays=5)) == []
    assert places(changed("alerts", 0, **over_a_gap, director_after_workdays=4)) == [
        ("alerts", 0, "director_after_workdays")
    ]
    assert places(changed("alerts", 0, threshold_rate=D("0.2"))) == [
        ("alerts", 0, "threshold_rate")
    ]
    assert places(changed("alerts", 11, threshold_rate=None)) == [("alerts", 11, "threshold_rate")]


@pytest.mark.parametrize(("work_to", "is_forward"), [("09:01", True), ("09:00", False)])
def test_working_hours_run_forward(work_to, is_forward):
    found = places(changed("alerts_settings", 0, work_from="09:00", work_to=work_to))
    assert found == ([] if is_forward else [("alerts_settings", 0, "work_from")])


def test_stages_and_states_of_the_lifecycle_have_an_order_each():
    again = changed("lifecycle", 1, lifecycle_order=1)
    assert places(again) == [("lifecycle", 1, "lifecycle_order")]


def test_control_point_values_fit_their_test():
    assert places(changed("control_points", 0, value="很多")) == [("control_points", 0, "value")]
    assert places(changed("control_points", 0, value=None)) == [("control_points", 0, "value")]
    assert places(changed("control_points", 1, value="有")) == [("control_points", 1, "value")]


def test_a_process_target_names_a_metric_by_id_name_or_alias():
    for name in ("visit_count", "拜访数", "Visits", "客户拜访量", "ＶＩＳＩＴＳ"):
        rows = changed("process_targets", 1, metric=name)
        resolved, unknown = resolve_references(rows, COLUMNS)
        assert unknown == []
        assert resolved["process_targets"][1].values["metric"] == "visit_count"
    assert places(changed("process_targets", 1, metric="visit")) == [
        ("process_targets", 1, "metric")
    ]


def test_a_key_comes_once():
    twice = row("calendar", day_on=dt.date(2026, 5, 4), day_kind="off")
    again = row("calendar", day_on=dt.date(2026, 5, 4), day_kind="workday")
    assert places(added("calendar", twice, again)) == [("calendar", 1, "day_on")]


def test_an_alias_stands_for_one_name_and_that_name_is_final():
    def alias(alias, name, kind="person"):
        return row("aliases", kind=kind, alias=alias, name=name)

    assert places(added("aliases", alias("U1024", "张三"), alias("U1024", "华东", "region"))) == []
    assert places(added("aliases", alias("GTXPro", "GTX Pro", "product_line"))) == []
    assert places(added("aliases", alias("Ｕ1024", "张三"), alias("u1024", "李四"))) == [
        ("aliases", 1, "alias")
    ]
    assert places(added("aliases", alias("U1", "小张"), alias("小张", "张三"))) == [
        ("aliases", 0, "name")
    ]


def test_the_organisation_is_a_tree_with_validity():
    def node(node, parent, start=None, end=None):
        return row(
            "organisation", node=node, parent=parent, kind="team", valid_from=start, valid_to=end
        )

    tree = [node("集团", None), node("华东", "集团"), node("上海", "华东")]
    assert places(added("organisation", *tree)) == []
    assert places(added("organisation", *tree, node("杭州", "华西"))) == [
        ("organisation", 3, "parent")
    ]
    ring = places(added("organisation", node("甲", "乙"), node("乙", "甲")))
    assert ring == [("organisation", 0, "parent"), ("organisation", 1, "parent")]
    june, july = dt.date(2026, 6, 30), dt.date(2026, 7, 1)
    moved = [node("集团", None), node("上海", "集团", None, june), node("上海", "集团", july)]
    assert places(added("organisation", *moved)) == []
    moved[2] = node("上海", "集团", june)
    assert places(added("organisation", *moved)) == [("organisation", 2, "valid_from")]
    backwards = node("南京", None, july, june)
    assert places(added("organisation", backwards)) == [("organisation", 0, "valid_to")]


def test_merge_decisions_do_not_contradict_each_other():
    def pair(a, b, decision):
        return row("decisions", record_a=a, record_b=b, decision=decision, decided_by="王")

    assert places(added("decisions", pair("a", "b", "merge"), pair("b", "c", "keep_apart"))) == []
    detour = [pair("a", "b", "merge"), pair("b", "c", "merge"), pair("a", "c", "keep_apart")]
    assert places(added("decisions", *detour)) == [("decisions", 2, "decision")]
    turned = [pair("a", "b", "merge"), pair("b", "a", "merge")]
    assert places(added("decisions", *turned)) == [("decisions", 1, "record_b")]
    assert places(added("decisions", pair("a", "A ", "merge"))) == [("decisions", 0, "record_b")]


OWN = {
    "metric": "大额客户数", "name": "大额客户数", "computed_by": "formula", "entity": "orders",
    "date_column": "signed_on", "value_column": "account_id", "aggregate": "distinct",
    "reach_at_least": D(800_000), "reach_column": "amount", "unit": "count",
    "periods": ("month",), "direction": "higher",
}  # fmt: skip
RATIO = {
    "metric": "客单价", "name": "客单价", "computed_by": "formula", "aggregate": "ratio",
    "numerator_metric": "签单额", "denominator_metric": "order_count", "unit": "money",
    "periods": ("month",), "direction": "higher",
}  # fmt: skip


@pytest.mark.parametrize(
    ("base", "change", "column"),
    [
        (OWN, {}, None),
        (OWN, {"date_column": "签订日期", "value_column": "客户编号"}, None),
        (OWN, {"reach_column": "金额"}, None),
        (OWN, {"conditions": "医院等级 = 三甲"}, None),
        (OWN, {"date_column": "amount"}, "date_column"),
        (OWN, {"date_column": None}, "date_column"),
        (OWN, {"value_column": "医院"}, "value_column"),
        (OWN, {"entity": None}, "entity"),
        (OWN, {"aggregate": "count"}, "aggregate"),
        (OWN, {"reach_at_least": None}, "reach_at_least"),
        (OWN, {"reach_column": "status"}, "reach_column"),
        (
            OWN | {"reach_at_least": None, "reach_column": None},
            {"aggregate": "sum", "value_column": "status"},
            "value_column",
        ),
        (OWN, {"numerator_metric": "call_count"}, "numerator_metric"),
        (OWN, {"computed_by": "built_in"}, "computed_by"),
        (OWN, {"aliases": ("业绩",)}, "aliases"),
        (RATIO, {}, None),
        (RATIO, {"denominator_metric": None}, "denominator_metric"),
        (RATIO, {"denominator_metric": "repurchase_rate"}, "denominator_metric"),
        (RATIO, {"numerator_metric": "没有"}, "numerator_metric"),
        (RATIO, {"entity": "orders"}, "entity"),
    ],
)  # fmt: skip
def test_a_metric_of_the_companys_own_names_columns_that_fit_what_is_computed(base, change, column):
    found = places(added("metrics", row("metrics", **(base | change))))
    assert found == ([] if column is None else [("metrics", 28, column)])


def test_a_built_in_metric_keeps_its_formula_but_takes_other_names():
    assert places(changed("metrics", 0, name="合同额", aliases=("大单",))) == []
    assert places(changed("metrics", 0, date_column="cancelled_on")) == [
        ("metrics", 0, "date_column")
    ]
    assert places(changed("metrics", 0, direction="lower")) == [("metrics", 0, "direction")]


def test_a_sheet_that_must_not_be_empty_is_not():
    rows = default_rows()
    rows["scorecard"] = []
    assert places(rows) == [("scorecard", None, "metric")]


@pytest.mark.parametrize(("rate", "is_usual"), [
    ("0.10", True), ("0.15", True), ("0.099999", False), ("0.150001", False)])  # fmt: skip
def test_a_reserve_outside_the_usual_band_is_pointed_out_and_allowed(rate, is_usual):
    rows = added("reserve", row("reserve", scope="华东", reserve_rate=D(rate)))
    assert places(rows) == []
    said = [text.en for text in remarks(rows, COLUMNS)]
    expected = f"reserve {rate.rstrip('0')} (华东) is outside the usual 0.1 to 0.15"
    assert said == ([] if is_usual else [expected])


def test_a_column_of_the_companys_own_is_pointed_out_and_allowed():
    rows = added("metrics", row("metrics", **(OWN | {"conditions": "医院等级 = 三甲; amount > 0"})))
    assert [text.zh for text in remarks(rows, COLUMNS)] == [
        "大额客户数 用到公司自己的列“医院等级”；导出里没有它时不计数"
    ]
