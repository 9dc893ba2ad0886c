"""The night says what is wrong with the workbook, with names and with provisional calendars."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import duckdb
import pyarrow as pa
import pytest

from pipelines.checks.columns_on_sheets import UnknownColumn, foreign_columns, unknown_columns
from pipelines.checks.names_on_sheets import unknown_names
from pipelines.checks.rulebook import judge_metrics, judge_names, judge_workbook
from pipelines.checks.targets import judge_calendar, judge_lines
from pipelines.core.calendar import build_calendar
from pipelines.core.rules.formulas import formula_tables
from pipelines.landing.company_rules import CompanyRules
from pipelines.landing.contract import load_entities
from pipelines.landing.rules import (
    choose_rules_in_force,
    landed_entity_columns,
    parse_rules_workbook,
    rules_tables,
    say_rules_in_force,
)
from pipelines.landing.state import build_landed_table
from pipelines.steps.cascade_tables import create_tables, insert_rows
from tests.rules_sheets import write_rules

D = date(2026, 3, 31)


@pytest.fixture
def con(tmp_path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A build file of a company that has delivered nothing, with the calendar up to 2028."""
    with duckdb.connect() as con:
        for entity in load_entities().values():
            build_landed_table(con, entity, [], tmp_path, D)
        con.execute("create schema rules; create table rules.organisation (node text, kind text)")
        con.execute("create schema reference")
        days = build_calendar(date(2025, 1, 1), date(2028, 12, 31), calendar="CN")
        con.register("days", days)
        con.execute("create table reference.calendar_day as from days")
        con.execute("create table reference.company as select date '2026-03-31' as as_of")
        create_tables(con)
        yield con


def target(start: date, end: date, **other: object) -> dict[str, object]:
    return {
        "line": 0,
        "period_type": "custom",
        "start_on": start,
        "end_on": end,
        "source_row": "目标.xlsx [2027] row 3",
    } | other


def test_a_target_of_2026_rests_on_the_published_calendar(con):
    insert_rows(con, "target_line", [target(date(2026, 1, 1), date(2026, 12, 31))])
    assert judge_calendar(con).passed


def test_a_target_of_2027_rests_on_a_provisional_calendar_and_the_check_says_so(con):
    insert_rows(
        con,
        "target_line",
        [
            target(date(2026, 1, 1), date(2026, 12, 31)),
            target(date(2027, 1, 1), date(2027, 12, 31), line=1),
            target(date(2027, 1, 1), date(2027, 1, 31), line=2),
        ],
    )
    outcome = judge_calendar(con)
    assert not outcome.passed and not outcome.holds_the_night
    [row] = outcome.sample
    assert (row["year"], row["targets"], row["days"]) == (2027, 2, 365)
    assert row["first_at"] == "目标.xlsx [2027] row 3"
    assert "2027 年的放假安排尚未公布" in str(row["message_zh"])


def test_a_week_over_new_years_eve_is_of_the_year_that_it_began_in(con):
    week = target(date(2026, 12, 28), date(2027, 1, 3), period_type="week")
    insert_rows(con, "target_line", [week])
    assert judge_calendar(con).passed
    # A fiscal year that ends in 2027 does rest on its days.
    insert_rows(con, "target_line", [target(date(2026, 4, 1), date(2027, 3, 31), line=1)])
    assert judge_calendar(con).figures["years"] == "2027"


def test_a_withdrawn_target_and_one_of_a_closed_period_rest_on_nothing(con):
    con.execute(
        "update reference.calendar_day set is_provisional = true where year(date_day) = 2025"
    )
    closed = target(date(2025, 1, 1), date(2025, 12, 31))
    gone = target(date(2027, 1, 1), date(2027, 12, 31), line=1, removed_on=D)
    insert_rows(con, "target_line", [closed, gone])
    assert judge_calendar(con).passed


def test_without_targets_the_checks_of_targets_do_not_apply(con):
    assert not judge_calendar(con).is_applicable
    assert judge_lines(con).passed


def test_a_target_for_somebody_unknown_is_listed_with_what_to_do(con):
    line = target(
        date(2026, 1, 1), date(2026, 1, 31), problem="unknown_person",
        message_zh="没有名为“王五”的人员", message_en="nobody knows the person '王五'",
    )  # fmt: skip
    insert_rows(con, "target_line", [line])
    outcome = judge_lines(con)
    assert not outcome.passed
    assert outcome.sample[0]["message_zh"] == "没有名为“王五”的人员"


def people(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        "insert into landed.people (person_id, name, team, region) values "
        "('U1024', '张三', '上海一队', '华东'), ('U1025', '李雷', '杭州队', '华东')"
    )


def test_an_unknown_name_is_listed_with_its_place_and_its_nearest_match(con):
    people(con)
    con.execute(
        "insert into landed.targets (person, team, region, source_row) values "
        "('张珊', '上海1队', '华东', '目标.xlsx [Sheet1] row 5')"
    )
    found = {each.value: each for each in unknown_names(con, [])}
    assert set(found) == {"张珊", "上海1队"}
    assert found["上海1队"].nearest[0] == "上海一队"
    assert found["张珊"].message_zh == (
        "目标.xlsx [Sheet1] row 5：没有名为“张珊”的人员，最接近的是：张三。"
        "请在规则工作簿的“别名”表中登记，或改正表格。"
    )
    assert (
        "nobody knows the team '上海1队'; the nearest are: 上海一队" in found["上海1队"].message_en
    )


def test_an_alias_makes_a_name_known(con):
    people(con)
    con.execute("insert into landed.targets (team, source_row) values ('上海1队', 'a row 1')")
    alias = {"kind": "team", "alias": "上海1队", "name": "上海一队"}
    # Landing writes the alias's name; a row that it has not reached yet is still listed, with it.
    [still] = unknown_names(con, [alias])
    assert still.nearest == ("上海一队",)
    con.execute("update landed.targets set team = '上海一队'")
    assert unknown_names(con, [alias]) == []


def test_of_two_spellings_of_a_product_the_rarer_is_listed_with_the_other(con):
    con.execute(
        "insert into landed.orders (order_id, product_line, source_row) values "
        "('1', 'GTX Pro', 'o row 1'), ('2', 'GTX Pro', 'o row 2'), ('3', 'GTXPro', 'o row 3')"
    )
    [found] = unknown_names(con, [])
    assert (found.value, found.nearest, found.source_row) == ("GTXPro", ("GTX Pro",), "o row 3")


def test_a_company_without_a_list_of_people_hears_nothing_about_names(con):
    con.execute("insert into landed.orders (order_id, person_id) values ('1', 'U1')")
    assert unknown_names(con, []) == []


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
