"""The night says what is wrong with the rules workbook, by sheet, cell and what is allowed."""

from __future__ import annotations

import pyarrow as pa

from pipelines.checks.columns_on_sheets import UnknownColumn, foreign_columns, unknown_columns
from pipelines.checks.rulebook import judge_metrics, judge_names, judge_workbook
from pipelines.core.rules.formulas import formula_tables
from pipelines.landing.company_rules import CompanyRules
from pipelines.landing.rules import (
    choose_rules_in_force,
    landed_entity_columns,
    parse_rules_workbook,
    rules_tables,
    say_rules_in_force,
)
from tests.rules_sheets import write_rules


def rules_of(tmp_path, *books: dict) -> CompanyRules:
    readings = []
    for number, rows in enumerate(books):
        path = write_rules(tmp_path / f"{number}.xlsx", rows)
        readings.append(parse_rules_workbook(path.read_bytes(), "rules.xlsx"))
    in_force, _ = choose_rules_in_force(readings)
    said = say_rules_in_force(readings)
    nothing = pa.table({})
    return CompanyRules(
        rules_tables(in_force), nothing, nothing, tuple(readings), in_force, (said.en, said.zh)
    )


def test_a_good_workbook_passes_and_names_version_and_who(tmp_path):
    outcome = judge_workbook(rules_of(tmp_path, {}))
    assert outcome.passed
    assert outcome.figures["saved_by"] == "陈总"


def test_a_mistyped_newer_workbook_names_sheet_cell_value_and_what_is_allowed(tmp_path):
    wrong = {"别名": [{"类别": "部门", "别名": "小张", "标准名称": "张三"}]}
    rules = rules_of(tmp_path, {}, wrong)
    outcome = judge_workbook(rules)
    assert not outcome.passed and not outcome.holds_the_night
    assert outcome.figures["in_force"] == rules.readings[0].rules_version
    [row] = outcome.sample
    assert (row["sheet"], row["value"]) == ("别名", "部门")
    assert str(row["cell"]) in str(row["message_zh"])
    assert "人员" in str(row["允许"])
    assert "Person" in str(row["allowed"])


def test_a_wrong_metric_is_named_and_the_workbook_stays_in_force(tmp_path):
    row = {"指标编号": "错的", "指标名称": "错的", "计算方式": "公式", "汇总方式": "求和", "单位": "金额",
           "周期": "月", "方向": "越高越好", "数据对象": "订单", "日期列": "没有的列", "数值列": "金额"}  # fmt: skip
    rules = rules_of(tmp_path, {"指标": [row]})
    assert judge_workbook(rules).passed
    outcome = judge_metrics(rules)
    assert not outcome.passed
    assert outcome.sample[0]["metric"] == "错的"
    assert "没有的列" in str(outcome.sample[0]["message_zh"])


QUOTES = {
    "指标编号": "大额报价数", "指标名称": "大额报价数", "计算方式": "公式", "数据对象": "报价", "日期列": "报价日期",
    "条件": "报价总额 > 50万；地点 属于 院内", "汇总方式": "计数", "单位": "数量", "周期": "月", "方向": "越高越好",
}  # fmt: skip


def strangers_of(tmp_path, condition: str, delivered: dict[str, set[str]]) -> list[UnknownColumn]:
    tables = rules_of(tmp_path, {"指标": [QUOTES | {"条件": condition}]}).tables
    columns = landed_entity_columns()
    formulas = formula_tables(tables["metrics"].to_pylist(), [], columns)
    return unknown_columns(foreign_columns(tables | formulas, columns), columns, delivered)


def test_a_metric_that_names_a_column_of_no_file_is_told_with_the_nearest_header(tmp_path):
    delivered = {"quotes": {"报价总金额", "地点"}}
    [found] = strangers_of(tmp_path, "报价总额 > 50万；地点 属于 院内", delivered)
    assert (found.metric, found.entity, found.column) == ("大额报价数", "quotes", "报价总额")
    assert found.nearest[0] == "报价总金额"
    assert "报价的文件里都没有，最接近的是：报价总金额" in found.message_zh
    outcome = judge_metrics(rules_of(tmp_path, {}), [found])
    assert not outcome.passed and not outcome.holds_the_night
    assert outcome.figures == {"switched_off": 0, "unknown_columns": 1}
    assert "报价总额" in str(outcome.sample[0]["message_zh"])


def test_our_columns_by_either_name_and_own_ones_of_any_delivery_are_known(tmp_path):
    delivered = {"quotes": {"地点"}}
    assert strangers_of(tmp_path, "报价金额 ≥ 50万；quote_id 已填；地点 属于 院内", delivered) == []
    # What the shipped metrics name is ours or derived, whoever delivers what.
    everything = {entity: {"地点"} for entity in landed_entity_columns()}
    assert strangers_of(tmp_path, "报价金额 ≥ 50万", everything) == []
    # Nothing came of quotes: that the metric is empty has another reason.
    assert strangers_of(tmp_path, "报价总额 > 50万", {"orders": set()}) == []


def test_no_workbook_at_all_is_no_fault(tmp_path, con):
    rules = rules_of(tmp_path)
    assert judge_workbook(rules).passed and judge_metrics(rules).passed
    assert not judge_workbook(rules).is_applicable
    assert judge_names(con, rules).passed
