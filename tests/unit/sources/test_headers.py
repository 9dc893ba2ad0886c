"""Finding the header, joining its levels, reading its unit."""

from decimal import Decimal

import pytest

from pipelines.sources.headers import (
    Header,
    clean_header,
    find_header,
    header_unit,
    is_label,
    unique_headers,
)


@pytest.mark.parametrize(
    ("header", "name", "factor"),
    [
        ("目标值(万元)", "目标值", "10000"),
        ("目标值（万元）", "目标值", "10000"),
        ("金额(单位：万)", "金额", "10000"),
        ("金额[亿元]", "金额", "100000000"),
        ("金额(百万)", "金额", "1000000"),
        ("金额(千万元)", "金额", "10000000"),
        ("金额(千元)", "金额", "1000"),
        ("金额(元)", "金额", "1"),
        ("占比(%)", "占比", "0.01"),
        ("Amount ($K)", "Amount", "1000"),
        ("Umsatz (T€)", "Umsatz", "1000"),
        ("Sales ('000)", "Sales", "1000"),
        ("Revenue (in thousands)", "Revenue", "1000"),
        ("Revenue (USD millions)", "Revenue", "1000000"),
        ("Umsatz (Mio. EUR)", "Umsatz", "1000000"),
        ("ARR ($bn)", "ARR", "1000000000"),
        ("Amount (USD)", "Amount (USD)", "1"),
        ("金额(含税)", "金额(含税)", "1"),
        ("金额", "金额", "1"),
        ("万元户数", "万元户数", "1"),
    ],
)
def test_a_headers_unit_is_split_off(header, name, factor):
    assert header_unit(header) == (name, Decimal(factor))


@pytest.mark.parametrize(
    "text", ["姓名", "1月", "2026", "2026年", "Q1", "2026Q4", "第3季度", "Jan", "Qtr4", "W41"]
)
def test_words_and_periods_are_labels(text):
    assert is_label(text)


@pytest.mark.parametrize(
    "text", ["12", "1,500.00", "￥12", "12%", "2024-03-05", "3/5/24", "-3.5", "1.2E+5", "16:30"]
)
def test_figures_and_days_are_no_labels(text):
    assert not is_label(text)


def test_a_plain_table_has_its_header_on_top():
    assert find_header([["a", "b"], ["1", "2"]]) == Header(0, 0, ("a", "b"))


@pytest.mark.parametrize(("cells", "first"), [(5, 1), (6, 0)])
def test_a_header_has_six_tenths_of_the_cells_of_the_table_below(cells, first):
    top = [f"h{n}" for n in range(cells)] + [""] * (10 - cells)
    words, figures = [f"x{n}" for n in range(10)], [str(n) for n in range(10)]
    assert find_header([top, words, figures]).first == first


@pytest.mark.parametrize(("words", "first"), [(4, 1), (5, 0)])
def test_half_of_the_cells_of_a_header_are_words(words, first):
    top = [f"h{n}" for n in range(words)] + ["12"] * (10 - words)
    below, figures = [f"x{n}" for n in range(10)], [str(n) for n in range(10)]
    assert find_header([top, below, figures]).first == first


def test_years_as_headers_are_believed():
    grid = [["大区", "2024", "2025", "2026"], ["华东", "1", "2", "3"]]
    assert find_header(grid) == Header(0, 0, ("大区", "2024", "2025", "2026"))


def test_a_title_of_several_cells_is_passed():
    grid = [
        ["销售表", "单位:万元", "", "", "", ""],
        ["a", "b", "c", "d", "e", "f"],
        ["1", "x", "2", "3", "4", "5"],
    ]
    assert find_header(grid).first == 1


def test_one_stray_cell_far_right_does_not_move_the_header():
    grid = [["a", "b", "c"], ["x", "1", "2"], ["x", "1", "2", "", "stray"]]
    assert find_header(grid).first == 0


def test_two_levels_without_merge_information_are_joined_where_the_lower_are_periods():
    grid = [
        ["大区", "Q1", "", "", "Q2", ""],
        ["", "1月", "2月", "3月", "4月", "5月"],
        ["华东", "1", "2", "3", "4", "5"],
    ]
    expected = ("大区", "Q1/1月", "Q1/2月", "Q1/3月", "Q2/4月", "Q2/5月")
    assert find_header(grid) == Header(0, 1, expected)


def test_target_and_actual_under_each_month_are_joined():
    grid = [
        ["大区", "1月", "", "2月", ""],
        ["", "目标", "实际", "目标", "实际"],
        ["华东", "1", "2", "3", "4"],
    ]
    assert find_header(grid).texts == ("大区", "1月/目标", "1月/实际", "2月/目标", "2月/实际")


def test_a_data_row_of_words_under_gaps_is_no_second_level():
    grid = [["姓名", "部门", "", "备注"], ["张三", "销售", "x", "好"], ["李四", "销售", "", "好"]]
    assert find_header(grid) == Header(0, 0, ("姓名", "部门", "", "备注"))


def test_nothing_has_no_header():
    assert find_header([]) is None
    assert find_header([["", None]]) is None


def test_headers_are_cleaned_to_one_line():
    assert clean_header(" 客户\n名称　ＡＢ１\u200b ") == "客户 名称 AB1"


def test_a_numbered_name_never_collides_with_a_given_one():
    names, notes = unique_headers(["a", "a_2", "a", "", "a"])
    assert names == ("a", "a_2", "a_3", "column_4", "a_4")
    assert len(set(names)) == 5 and [note.code for note in notes] == ["duplicate_header"] * 2
