"""What a cell of text means as an amount, a rate or a count: figure by figure, and laws over many of them."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.landing.asked_cells import ask, connection


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("￥1,500.00", "1500"),
        ("¥1,500", "1500"),
        ("$ 1,500.5", "1500.5"),
        ("€12", "12"),
        ("1,500万", "15000000"),
        ("1.2亿", "120000000"),
        ("1.23456789亿", "123456789"),
        ("5百", "500"),
        ("3千", "3000"),
        ("1.5十万", "150000"),
        ("3百万", "3000000"),
        ("2千万", "20000000"),
        ("1.5万亿", "1500000000000"),
        ("500 万元", "5000000"),
        ("500元", "500"),
        ("5w", "50000"),
        ("(300)", "-300"),
        ("（３００）", "-300"),
        ("¥(300)", "-300"),
        ("-¥5", "-5"),
        ("−5", "-5"),
        ("１２３．５", "123.5"),
        ("１，５００", "1500"),
        (" 12 ", "12"),
        ("+5", "5"),
        (".5", "0.5"),
        ("0", "0"),
        ("99999999999999.99", "99999999999999.99"),
    ],
)
def test_an_amount_is_read_in_every_spelling_people_use(text, amount):
    assert ask("cell_money(t)", text) == Decimal(amount)


@pytest.mark.parametrize(
    "text",
    [
        "12.3.4",
        "1,50",
        "1,5000",
        "12%",
        "12％",
        "abc",
        "1e5",
        "1_000",
        "1.23457E+17",
        "(300",
        "300)",
        "--5",
        "---",
        "100000000000000",
        "五百",
        "#REF!",
        "5 6",
        "1,500万万",
        "NaN",
        "infinity",
    ],
)
def test_what_is_no_amount_is_null_and_not_blank(text):
    assert ask("cell_money(t)", text) is None
    assert ask("cell_is_blank(t)", text) is False


@pytest.mark.parametrize(
    ("text", "factor", "is_too_large"),
    [
        ("100000000000000", 1, True),
        ("￥100,000,000,000,000.00", 1, True),
        ("-100000000000000", 1, True),
        ("100万亿", 1, True),
        ("10000000000", 10_000, True),
        ("10,000,000,000", 10_000, True),
        ("12.3.4", 1, False),
        ("五百", 1, False),
        ("9" * 40, 1, False),  # no slip of a unit any more
        ("infinity", 1, False),
    ],
)
def test_an_amount_of_a_hundred_trillion_is_told_apart_from_what_is_no_number(
    text, factor, is_too_large
):
    assert ask(f"cell_money(t, factor := {factor})", text) is None
    assert ask(f"cell_is_too_large(t, factor := {factor})", text) is is_too_large


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("150", "1500000"),
        ("1,500万", "15000000"),
        ("500元", "500"),
        ("￥2", "20000"),
        ("1.5", "15000"),
        ("1,500", "15000000"),
    ],
)
def test_a_headers_unit_multiplies_once_and_a_cells_own_unit_wins(text, amount):
    assert ask("cell_money(t, factor := 10000)", text) == Decimal(amount)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12%", "0.12"),
        ("12.5％", "0.125"),
        ("(5%)", "-0.05"),
        ("1,000", "1000"),
        ("-3.5", "-3.5"),
        ("0.000001", "0.000001"),
    ],
)
def test_a_rate_in_percent_is_a_hundredth(text, number):
    assert ask("cell_number(t)", text) == Decimal(number)


def test_a_percent_header_and_a_percent_cell_divide_once():
    assert ask("cell_number(t, factor := 0.01)", "12") == Decimal("0.12")
    assert ask("cell_number(t, factor := 0.01)", "12%") == Decimal("0.12")


def test_amounts_and_rates_stay_decimal():
    kinds = (
        connection()
        .execute(
            "select typeof(cell_money('1万')), typeof(cell_number('1%')),"
            " typeof(cell_money('1', factor := 10000))"
        )
        .fetchone()
    )
    assert kinds == ("DECIMAL(18,4)", "DECIMAL(18,6)", "DECIMAL(18,4)")


@pytest.mark.parametrize(
    ("text", "whole"),
    [("3", 3), ("3.0", 3), ("1,000", 1000), ("-7", -7), ("3.5", None), ("x", None), ("１２", 12)],
)
def test_an_integer_is_whole(text, whole):
    assert ask("cell_integer(t)", text) == whole


@pytest.mark.parametrize(
    ("text", "amount"),
    [("($100.00)", "-100"), ("300.00-", "-300"), ("USD 1,000.00", "1000"), ("1000 KRW", "1000"), ("NOK 5", "5"),
     ("1.2M", "1200000"), ("$1.5bn", "1500000000"), ("1,23,456.00", "123456"), ("1'234.50", "1234.5"),
     ("1 234 567.00", "1234567"), ("Rs. 500", "500"), ("5USD500", None), ("-300-", None), ("(-5)", None),
     ("1.234,50", None)],
)  # fmt: skip
def test_an_amount_is_read_in_the_spellings_of_other_countries(text, amount):
    assert ask("cell_money(t)", text) == (None if amount is None else Decimal(amount))


@pytest.mark.parametrize(
    ("text", "in_text", "in_a_workbook"),
    [("1.234,50", "1234.5", "1234.5"), ("1.234", "1234", "1.234"), ("12,5", "12.5", "12.5"), ("12.5", "12.5", "12.5"),
     ("-1.234.567,8", "-1234567.8", "-1234567.8"), ("12.3.4", None, None), ("abc", None, None)],
)  # fmt: skip
def test_a_declared_decimal_comma_is_the_point_and_a_number_of_a_sheet_keeps_its_own(
    text, in_text, in_a_workbook
):
    for is_typed, amount in (("false", in_text), ("true", in_a_workbook)):
        found = ask(f"cell_money(cell_decimal_comma(t, is_typed := {is_typed}))", text)
        assert found == (None if amount is None else Decimal(amount))


@pytest.mark.parametrize(("text", "amount"), [("1500.-", "1500"), ("CHF 1'500.--", "1500"), ("1500.00-", "-1500"), ("300-", "-300")])  # fmt: skip
def test_a_dash_for_the_cents_is_no_minus(text, amount):
    assert ask("cell_money(t)", text) == Decimal(amount)


@pytest.mark.parametrize(
    ("text", "amount"), [("1e+05", "100000"), ("-2e+06", "-2000000"), ("1.5e+10", "15000000000")]
)
def test_a_programs_exponent_loses_no_digit(text, amount):
    assert ask("cell_money(t)", text) == Decimal(amount)


@pytest.mark.parametrize("text", ["1E+05", "1.23457E+17", "1e5", "1e+5", "12e+05", "1e+99"])
def test_a_sheets_exponent_is_no_amount(text):
    assert ask("cell_money(t)", text) is None


@pytest.mark.parametrize("text", ["NA", "nan", "NaN", "/", "无"])
def test_a_programs_word_for_no_figure_is_none_but_may_be_an_id(text):
    assert ask("cell_given_figure(t)", text) is None
    assert ask("cell_given_value('NA')", text) == "NA"


@given(st.decimals(min_value=-(10**12), max_value=10**12, places=4, allow_nan=False))
@settings(max_examples=150, deadline=None)
def test_every_written_amount_comes_back(amount):
    for text in (f"{amount:f}", f"{amount:,.4f}", f"￥{amount:,.4f}".replace("￥-", "-￥")):
        assert ask("cell_money(t)", text) == amount
    if amount < 0:
        assert ask("cell_money(t)", f"({-amount:,.4f})") == amount


@given(
    st.integers(0, 9_999_999),
    st.sampled_from([("万", 10**4), ("百万", 10**6), ("千万", 10**7), ("亿", 10**8)]),
)
@settings(max_examples=80, deadline=None)
def test_a_unit_multiplies_exactly(hundredths, unit):
    word, factor = unit
    expected = Decimal(hundredths) * factor / 100
    if expected < 10**14:
        assert ask("cell_money(t)", f"{Decimal(hundredths) / 100:.2f}{word}") == expected


@given(st.text(alphabet="0123456789,.-()%万亿千百元￥ /:年月日TZ+eE０９，", max_size=16))
@settings(max_examples=600, deadline=None)
def test_no_near_figure_makes_a_macro_fail_and_plain_ones_agree_with_decimal(text):
    money, _, _, _ = (
        connection()
        .execute(
            "select cell_money(t), cell_number(t, factor := 10000),"
            " cell_date(t, 'ymd', true, 'Asia/Shanghai'),"
            " cell_timestamp(t, 'dmy', 'Asia/Shanghai', true) from (select $1::varchar as t)",
            [text],
        )
        .fetchone()
    )
    if text and text.isascii() and text.replace(".", "", 1).isdigit() and len(text) <= 12:
        assert abs(money - Decimal(text)) <= Decimal("0.00005")
