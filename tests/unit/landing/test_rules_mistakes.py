"""Mistakes in the rules workbook: told with sheet, cell, value and what is allowed, in both languages."""

import io
import zipfile

import openpyxl
import pytest

from pipelines.landing.rules import rules_tables
from tests.unit.landing.rules_books import cell_of, opened, parsed, saved, template, with_cells

# One mistyped cell of each type: where it is, what was typed, both messages in full.
MISTYPED = [
    (
        "阶段", "C4", "一", "stages",
        "rules.xlsx《阶段》C4（顺序）：“一”不可用。"
        "允许：整数，≥ 1 且 ≤ 99；必填。",
        'rules.xlsx, sheet 阶段, cell C4 (Order): "一" is not allowed. '
        "Allowed: a whole number, at least 1 and at most 99; required.",
    ),
    (
        "阶段", "D5", "成功", "stages",
        "rules.xlsx《阶段》D5（结果）：“成功”不可用。"
        "允许：进行中、赢单、输单；必填。",
        'rules.xlsx, sheet 阶段, cell D5 (Outcome): "成功" is not allowed. '
        "Allowed: Open, Won, Lost; required.",
    ),
    (
        "阶段", "E5", "也许", "stages",
        "rules.xlsx《阶段》E5（已签约）：“也许”不可用。"
        "允许：是 或 否；可空。",
        'rules.xlsx, sheet 阶段, cell E5 (Signed): "也许" is not allowed. '
        "Allowed: yes or no; may be blank.",
    ),
    (
        "阶段", "B5", None, "stages",
        "rules.xlsx《阶段》B5（阶段）：为空。"
        "允许：初步接触、需求确认、报价中、谈判中、"
        "签约待付款、赢单、输单，或自己的名称；必填。",
        "rules.xlsx, sheet 阶段, cell B5 (Stage): is blank. "
        "Allowed: Initial contact, Needs confirmed, "
        "Quoting, Negotiating, Signed awaiting payment, Won, "
        "Lost, or a name of your own; required.",
    ),
    (
        "红黄绿灯", "B3", "20", "status",
        "rules.xlsx《红黄绿灯》B3（红灯落后率）：“20”不可用。"
        "允许：百分比，如 20% 或 0.2，＞ 0% 且 ＜ 100%；必填。",
        'rules.xlsx, sheet 红黄绿灯, cell B3 (Behind above): "20" is not allowed. '
        "Allowed: a rate such as 20% or 0.2, more than 0% and less than 100%; required.",
    ),
    (
        "分级", "D6", "五十万", "tiers",
        "rules.xlsx《分级》D6（不低于）：“五十万”不可用。"
        "允许：金额，如 500000 或 50万，≥ 0；可空。",
        'rules.xlsx, sheet 分级, cell D6 (At least): "五十万" is not allowed. '
        "Allowed: an amount such as 500000 or 50万, at least 0; may be blank.",
    ),
    (
        "跟进频率", "B6", "2024-13-01", "cadence_settings",
        "rules.xlsx《跟进频率》B6（双周起始日）：“2024-13-01”不可用。"
        "允许：日期，如 2026-03-05；必填。",
        'rules.xlsx, sheet 跟进频率, cell B6 (Fortnights start on): "2024-13-01" is not allowed. '
        "Allowed: a date such as 2026-03-05; required.",
    ),
    (
        "提醒", "B4", "25:00", "alerts_settings",
        "rules.xlsx《提醒》B4（免打扰开始）：“25:00”不可用。"
        "允许：时刻，如 21:00；必填。",
        'rules.xlsx, sheet 提醒, cell B4 (Quiet from): "25:00" is not allowed. '
        "Allowed: a time of day such as 21:00; required.",
    ),
    (
        "激励", "B6", "半", "incentive_settings",
        "rules.xlsx《激励》B6（保护系数）：“半”不可用。"
        "允许：数字，≥ 0 且 ≤ 1；必填。",
        'rules.xlsx, sheet 激励, cell B6 (Protective factor): "半" is not allowed. '
        "Allowed: a number, at least 0 and at most 1; required.",
    ),
    (
        "线索SOP", "B4", "很快", "lead_sop_settings",
        "rules.xlsx《线索SOP》B4（首次响应时限）：“很快”不可用。"
        "允许：时长，如 24小时、7天，＞ 0 且 ≤ 720；必填。",
        'rules.xlsx, sheet 线索SOP, cell B4 (First response within): "很快" is not allowed. '
        "Allowed: a span of time such as 24h or 7d, more than 0 and at most 720; required.",
    ),
    (
        "激励", "B4", "系数制、提取制", "incentive_settings",
        "rules.xlsx《激励》B4（激励方式）：“系数制、提取制”不可用。"
        "允许：系数制、提取制；必填。",
        'rules.xlsx, sheet 激励, cell B4 (Mode): "系数制、提取制" is not allowed. '
        "Allowed: Factor, Accrual; required.",
    ),
    (
        "过程指标", "A10", "拜放数", "process_targets",
        "rules.xlsx《过程指标》A10（指标）：“拜放数”不可用。"
        "允许：“指标”表里的指标，最接近的是：visit_count。",
        'rules.xlsx, sheet 过程指标, cell A10 (Metric): "拜放数" is not allowed. '
        "Allowed: a metric of the sheet Metrics; the nearest are: visit_count.",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("sheet", "cell", "typed", "table", "zh", "en"), MISTYPED)
def test_a_mistyped_cell_is_told_with_sheet_cell_value_and_what_is_allowed(
    sheet, cell, typed, table, zh, en
):
    reading = parsed(with_cells({(sheet, cell): typed}))
    assert [error.message_zh for error in reading.errors] == [zh]
    assert [error.message_en for error in reading.errors] == [en]
    error = reading.errors[0]
    assert (error.sheet, error.cell, error.value) == (sheet, cell, typed or "")
    assert not reading.is_usable
    with pytest.raises(ValueError, match="wrong cells"):
        rules_tables(reading)


def test_two_mistakes_on_two_sheets_are_told_together():
    weight = cell_of("考核", "拜访数", "权重")
    reading = parsed(with_cells({("阶段", "C4"): "一", ("考核", weight): "25%"}))
    assert [(e.sheet, e.cell, e.value) for e in reading.errors] == [
        ("阶段", "C4", "一"),
        ("考核", weight, "合计/total 105%"),
    ]


def test_a_formula_error_is_an_error_and_never_an_empty_cell():
    book = opened(template())
    place = cell_of("考核", "拜访数", "目标值")
    cell = book["考核"][place]
    cell.value, cell.data_type = "#REF!", "e"
    reading = parsed(saved(book))
    assert [(e.cell, e.value) for e in reading.errors] == [(place, "#REF!")]


def test_a_formula_that_nobody_computed_is_an_error():
    reading = parsed(with_cells({("过程指标", "C10"): "=10+5"}))
    assert [(e.cell, e.value) for e in reading.errors] == [("C10", "=10+5")]


def test_an_unknown_setting_is_an_error_with_the_nearest_name():
    reading = parsed(with_cells({("红黄绿灯", "A3"): "红灯落后律"}))
    assert (reading.errors[0].cell, reading.errors[0].value) == ("A3", "红灯落后律")
    assert reading.errors[0].allowed_zh.split("、")[0] == "红灯落后率"


def test_a_setting_given_twice_is_refused_so_that_one_incentive_mode_is_in_force():
    reading = parsed(with_cells({("激励", "A5"): "激励方式", ("激励", "B5"): "提取制"}))
    assert ("B5", "只写一次（已写在 B4）") in [(e.cell, e.allowed_zh) for e in reading.errors]


def test_the_same_sheet_in_both_languages_is_ambiguous():
    book = opened(template())
    book.copy_worksheet(book["日历"]).title = "Calendar"
    reading = parsed(saved(book))
    assert reading.errors[0].sheet == "Calendar"
    assert not reading.is_usable


def test_a_missing_required_header_names_the_nearest_header_found():
    reading = parsed(with_cells({("日历", "B2"): "类型"}))
    error = reading.errors[0]
    assert (error.sheet, error.cell, error.value) == ("日历", "A2", "类型")
    assert error.allowed_zh == "必须有“类别”列"


def test_a_sheet_without_any_header_is_an_error():
    book = opened(template())
    book["日历"].delete_rows(2, 2)
    book["日历"]["A2"] = "2026-05-04"
    assert [error.cell for error in parsed(saved(book)).errors] == ["A1"]


def test_a_wrong_metric_row_disables_that_metric_alone():
    reading = parsed(with_cells({("指标", "G11"): "拨打时间"}))
    assert reading.is_usable
    assert [(e.cell, e.metric, e.is_blocking) for e in reading.errors] == [
        ("G11", "call_count", False)
    ]
    rows = {row["metric"]: row for row in rules_tables(reading)["metrics"].to_pylist()}
    assert not rows["call_count"]["is_enabled"]
    assert "occurred_at" in rows["call_count"]["disabled_reason_en"]
    others = [row for name, row in rows.items() if name != "call_count"]
    assert all(row["is_enabled"] for row in others)
    assert len(others) == 27


def test_a_metric_row_with_an_unreadable_cell_does_not_break_sheets_that_name_it():
    reading = parsed(with_cells({("指标", "J12"): "平均"}))
    assert reading.is_usable
    assert set(reading.disabled_metrics) == {"visit_count"}


def test_a_metric_written_twice_is_off_and_stands_once():
    reading = parsed(with_cells({("指标", "A12"): "call_count"}))
    rows = [r for r in rules_tables(reading)["metrics"].to_pylist() if r["metric"] == "call_count"]
    assert [row["is_enabled"] for row in rows] == [False]


def test_what_is_no_workbook_is_one_readable_error():
    for data in (b"", b"not a workbook", template()[:2000]):
        reading = parsed(data)
        assert not reading.is_usable
        assert len(reading.errors) == 1
        assert reading.errors[0].message_zh.startswith("rules.xlsx：")


def test_a_cell_a_million_rows_away_is_refused_before_it_is_opened():
    book = openpyxl.Workbook()
    book.active["XFD1048576"] = 1
    error = parsed(saved(book)).errors[0]
    assert "XFD1048576" in error.message_en


def test_a_workbook_with_a_dtd_is_refused():
    source = zipfile.ZipFile(io.BytesIO(template()))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "xl/workbook.xml":
                content = content.replace(b"?>", b'?><!DOCTYPE a [<!ENTITY b "c">]>', 1)
            target.writestr(name, content)
    assert "DTD" in parsed(out.getvalue()).errors[0].message_en


def test_an_english_workbook_is_told_in_both_languages_by_its_own_names():
    cell = cell_of("Status", "Watch above", language="en")
    reading = parsed(with_cells({("Status", cell): "20%"}, "en"))
    (error,) = reading.errors
    assert error.message_en == (
        f'rules.xlsx, sheet Status, cell {cell} (Watch above): "20%" is not allowed. '
        "Allowed: less than Behind above."
    )
    assert error.message_zh == (
        f"rules.xlsx《Status》{cell}（黄灯落后率）：“20%”不可用。允许：小于“红灯落后率”。"
    )


def test_a_percentage_beyond_its_bound_is_shown_as_the_sheet_shows_it():
    reading = parsed(with_cells({("红黄绿灯", "B3"): 20}))
    assert reading.errors[0].value == "2000%"
    reading = parsed(with_cells({("红黄绿灯", "B3"): 1.5}))
    assert reading.errors[0].value == "150%"
