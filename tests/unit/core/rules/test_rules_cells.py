"""Single cells: every spelling that people use, and both sides of every bound."""

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.core.rules import all_tables, parse_conditions
from pipelines.core.rules.cells import CellValueError, read_cell
from pipelines.core.rules.conditions import ConditionError
from pipelines.core.rules.numbers import (
    written_hours,
    written_money,
    written_number,
    written_rate,
)

D = Decimal


def column(table, name):
    return all_tables()[table].column(name)


@pytest.mark.parametrize(
    ("typed", "rate"),
    [(0.2, "0.2"), ("20%", "0.2"), ("２０％", "0.2"), ("0.2", "0.2"), ("12.5 %", "0.125"), (1, "1"),
     ("-5%", "-0.05"), ("1,000%", "10"), ("20 percent", None), ("%", None), (True, None)],
)  # fmt: skip
def test_a_share_is_read_as_number_or_per_cent_and_words_are_none(typed, rate):
    assert written_rate(typed) == (None if rate is None else D(rate))


@pytest.mark.parametrize(
    ("typed", "amount"),
    [("50万", 500_000), ("５０万元", 500_000), ("1.2亿", 120_000_000), ("￥1,500.00", 1500),
     ("3千", 3_000), ("3百万", 3_000_000), ("2千万", 20_000_000), ("500 万元", 5_000_000), (12.5, "12.5"),
     ("1,50", None), ("万", None), ("五十万", None), ("50w", None), ("", None)],
)  # fmt: skip
def test_an_amount_is_read_with_its_chinese_unit_and_a_numeral_is_none(typed, amount):
    assert written_money(typed) == (None if amount is None else D(amount))


@pytest.mark.parametrize(
    ("typed", "hours"),
    [("1h", 1), ("24小时", 24), ("7天", 168), ("7 d", 168), ("２天", 48), (72, 72), ("48", 48),
     ("3 days", 72), ("soon", None)],
)  # fmt: skip
def test_a_span_is_read_in_hours_whatever_its_unit(typed, hours):
    assert written_hours(typed) == hours


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=4))
def test_a_number_reads_back_from_its_plain_and_its_grouped_spelling(number):
    assert written_number(f"{number:f}") == number
    assert written_number(f"{number:,f}") == number


@given(st.integers(min_value=0, max_value=10**6))
def test_wan_is_ten_thousand_times(number):
    assert written_money(f"{number}万") == D(number) * 10_000


@pytest.mark.parametrize(
    ("table", "name", "inside", "outside"),
    [
        ("status", "behind_lag_rate", "0.000001", "0"),  # more than 0
        ("status", "behind_lag_rate", "0.999999", "1"),  # less than 100 %
        ("status", "watch_lag_rate", "0", "-0.000001"),
        ("status", "ahead_rate", "1", "1.000001"),
        ("reserve", "reserve_rate", "30%", "30.0001%"),
        ("reserve", "reserve_rate", "0%", "-0.0001%"),
        ("incentive_accrual", "accrual_rate", "110%", "109.9999%"),
        ("incentive_accrual", "accrual_rate", "150%", "150.0001%"),
        ("incentive_settings", "protective_factor", "1", "1.000001"),
        ("organisation", "channel_maturity_rate", "10%", "10.0001%"),
        ("organisation", "channel_maturity_rate", "-10%", "-10.0001%"),
        ("season", "position", "12", "13"),
        ("season", "position", "1", "0"),
        ("stages", "allowed_workdays", "1", "0"),
        ("stages", "allowed_workdays", "365", "366"),
        ("stages", "default_probability_rate", "100%", "100.0001%"),
        ("stages", "stage_order", "2", "2.5"),
        ("scorecard_settings", "cap_score", "100", "99.999999"),
        ("lead_sop", "within_hours", "0.0001", "0"),
        ("tiers", "below_amount", "0.0001", "0"),
        ("drivers", "planned_deal_amount", "9999999999999", "10000000000000"),
    ],
)
def test_a_value_on_the_bound_is_taken_and_one_beyond_it_refused(table, name, inside, outside):
    read_cell(inside, column(table, name))
    with pytest.raises(CellValueError):
        read_cell(outside, column(table, name))


@pytest.mark.parametrize(
    ("typed", "read"),
    [("是", True), ("√", True), ("Ｙ", True), ("Yes", True), (True, True), (1.0, True),
     ("TRUE", True),
     ("否", False), ("×", False), ("n", False), (0.0, False), (False, False)],
)  # fmt: skip
def test_yes_and_no_are_read_in_words_signs_and_digits(typed, read):
    assert read_cell(typed, column("alerts", "is_on")) is read


@pytest.mark.parametrize("typed", ["2026-03-05", "2026/3/5", "2026年3月5日", "20260305", 20260305.0,
                                   "２０２６－０３－０５", dt.date(2026, 3, 5),
                                   dt.datetime(2026, 3, 5, 8)])  # fmt: skip
def test_a_day_is_read_in_every_spelling(typed):
    assert read_cell(typed, column("calendar", "day_on")) == dt.date(2026, 3, 5)


@pytest.mark.parametrize("typed", ["2026-02-30", "5 March", 46086.0, "2026", True])
def test_what_is_no_date_is_refused(typed):
    with pytest.raises(CellValueError):
        read_cell(typed, column("calendar", "day_on"))


@pytest.mark.parametrize("typed", ["21:00", "２１：００", "21点", dt.time(21, 0), 0.875])
def test_a_time_of_day_is_read_in_every_spelling(typed):
    assert read_cell(typed, column("alerts_settings", "quiet_from")) == "21:00"


@pytest.mark.parametrize("typed", ["24:00", "21:60", "evening", 21.0])
def test_what_is_no_time_is_refused(typed):
    with pytest.raises(CellValueError):
        read_cell(typed, column("alerts_settings", "quiet_from"))


def test_a_list_takes_labels_of_both_languages_and_drops_repeats():
    kinds = column("cadence", "qualifying_kinds")
    assert read_cell("上门拜访、Video meeting，微信/短信；短信|call", kinds) == (
        "visit", "video", "message", "call"
    )  # fmt: skip
    with pytest.raises(CellValueError, match="Visit, Video meeting"):
        read_cell("上门拜访、喝茶", kinds)


def test_an_id_that_the_spreadsheet_made_a_number_stays_an_id():
    assert read_cell(1024.0, column("aliases", "alias")) == "1024"


def test_no_text_can_carry_the_bar_that_lists_are_stored_with():
    assert read_cell("a|b", column("aliases", "alias")) == "a/b"


@pytest.mark.parametrize(
    "period", ["2026", "2026Q4", "2026-Q4", "2026-10", "2026-W41", "FY2026-Q1"]
)
def test_a_period_stays_as_it_was_written(period):
    assert read_cell(period, column("drivers", "period")) == period


@pytest.mark.parametrize("period", ["2026Q5", "2026-13", "2026-00", "2026-W54", "26Q1"])
def test_what_is_no_period_is_refused(period):
    with pytest.raises(CellValueError):
        read_cell(period, column("drivers", "period"))


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("kind = call", "kind = call"),
        ("金额 ≥ 80万", "金额 >= 800000"),
        ("amount>=80万；region 属于 华东、华南", "amount >= 800000; region one_of 华东|华南"),
        ("region one of 华东, 华南", "region one_of 华东|华南"),
        ("content 包含 价格", "content contains 价格"),
        ("附件已填写", "附件 filled"),
        ("is_filled = yes", "is_filled = yes"),
        ("attachment filled", "attachment filled"),
        ("rate < 20%", "rate < 0.2"),
        ("signed_on >= 2026-01-01", "signed_on >= 2026-01-01"),
        ("status ≠ draft\nstatus <> void", "status != draft; status != void"),
        ("tags 全部包含 a、b", "tags all_of a|b"),
    ],
)
def test_conditions_are_understood_and_read_back_equal(written, stored):
    parsed = parse_conditions(written)
    assert "; ".join(map(str, parsed)) == stored
    assert parse_conditions(stored) == parsed


@pytest.mark.parametrize(
    "written", ["call", "amount ≥ 很多", "amount ≥", "= 5", "kind one of", "a filled 5"]
)
def test_conditions_that_say_nothing_are_refused(written):
    with pytest.raises(ConditionError):
        parse_conditions(written)


@pytest.mark.parametrize("typed", [1.23e15, "1.23E+15", 110101199003078000.0])
def test_an_id_whose_digits_the_spreadsheet_dropped_is_refused(typed):
    with pytest.raises(CellValueError, match="format the cell as text"):
        read_cell(typed, column("aliases", "alias"))


@pytest.mark.parametrize("typed", [999_999_999_999_999.0, "110101199003078515", "1.23E"])
def test_an_id_with_all_its_digits_is_kept(typed):
    assert read_cell(typed, column("aliases", "alias"))
