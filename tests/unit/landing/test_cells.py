"""What a cell of text means, figure by figure, and laws over many of them."""

import datetime as dt
from decimal import Decimal

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.landing.cells import create_cell_macros


@pytest.fixture(scope="module")
def con():
    connection = duckdb.connect()
    create_cell_macros(connection)
    # a night's connection may sit in any zone: nothing may depend on it
    connection.execute("set timezone = 'America/New_York'")
    return connection


_con = duckdb.connect()
create_cell_macros(_con)


def ask(con, expression, text):
    return con.execute(f"select {expression} from (select $1::varchar as t)", [text]).fetchone()[0]


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
        ("3百万", "3000000"),
        ("2千万", "20000000"),
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
def test_an_amount_is_read_in_every_spelling_people_use(con, text, amount):
    assert ask(con, "cell_money(t)", text) == Decimal(amount)


@pytest.mark.parametrize(
    "text",
    [
        "12.3.4",
        "1,50",
        "1,5000",
        "12%",
        "abc",
        "1e5",
        "1_000",
        "1.23457E+17",
        "(300",
        "300)",
        "--5",
        "100000000000000",
        "五百",
        "#REF!",
        "5 6",
        "1,500万万",
        "NaN",
        "infinity",
    ],
)
def test_what_is_no_amount_is_null_and_not_blank(con, text):
    assert ask(con, "cell_money(t)", text) is None
    assert ask(con, "cell_is_blank(t)", text) is False


@pytest.mark.parametrize("text", [None, "", " ", "　", "-", "—", "——", "－", "–", "\u00a0 "])
def test_nothing_and_a_dash_alone_are_blank_and_null(con, text):
    assert ask(con, "cell_is_blank(t)", text) is True
    for macro in ("money", "number", "integer", "boolean", "date", "timestamp", "id"):
        assert ask(con, f"cell_{macro}(t)", text) is None


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
def test_a_headers_unit_multiplies_once_and_a_cells_own_unit_wins(con, text, amount):
    assert ask(con, "cell_money(t, factor := 10000)", text) == Decimal(amount)


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
def test_a_rate_in_percent_is_a_hundredth(con, text, number):
    assert ask(con, "cell_number(t)", text) == Decimal(number)


def test_a_percent_header_and_a_percent_cell_divide_once(con):
    assert ask(con, "cell_number(t, factor := 0.01)", "12") == Decimal("0.12")
    assert ask(con, "cell_number(t, factor := 0.01)", "12%") == Decimal("0.12")


def test_amounts_stay_decimal(con):
    kinds = con.execute(
        "select typeof(cell_money('1万')), typeof(cell_number('1%')),"
        " typeof(cell_money('1', factor := 10000))"
    ).fetchone()
    assert kinds == ("DECIMAL(18,4)", "DECIMAL(18,6)", "DECIMAL(18,4)")


@pytest.mark.parametrize(
    ("text", "whole"),
    [("3", 3), ("3.0", 3), ("1,000", 1000), ("-7", -7), ("3.5", None), ("x", None), ("１２", 12)],
)
def test_an_integer_is_whole(con, text, whole):
    assert ask(con, "cell_integer(t)", text) == whole


@pytest.mark.parametrize("text", ["是", "√", "Y", "y", "Yes", "TRUE", "1", "１", "对", " 是 "])
def test_yes_in_every_spelling(con, text):
    assert ask(con, "cell_boolean(t)", text) is True


@pytest.mark.parametrize("text", ["否", "×", "N", "no", "False", "0", "错", "x"])
def test_no_in_every_spelling(con, text):
    assert ask(con, "cell_boolean(t)", text) is False


@pytest.mark.parametrize("text", ["也许", "2", "on"])
def test_neither_yes_nor_no_is_null(con, text):
    assert ask(con, "cell_boolean(t)", text) is None


@pytest.mark.parametrize(
    "text",
    [
        "2024/3/5",
        "2024-03-05",
        "2024.3.5",
        "2024年3月5日",
        "2024 年 3 月 5 日",
        "20240305",
        "45356",
        "45356.5",
        "2024-03-05 16:30:00",
        "2024/3/5 16:30",
        "2024年3月5日 10:30",
        "2024-03-05T16:00:00Z",
        "２０２４－０３－０５",
        " 2024-3-5 ",
        "5-Mar-2024",
        "Mar 5, 2024",
    ],
)
def test_a_date_is_read_in_every_unambiguous_spelling(con, text):
    assert ask(con, "cell_date(t)", text) == dt.date(2024, 3, 5)


@pytest.mark.parametrize(
    ("text", "order", "day"),
    [
        ("3/5/24", "mdy", dt.date(2024, 3, 5)),
        ("3/5/24", "dmy", dt.date(2024, 5, 3)),
        ("3/5/2024", "mdy", dt.date(2024, 3, 5)),
        ("3/5/2024", "dmy", dt.date(2024, 5, 3)),
        ("20-10-16", "dmy", dt.date(2016, 10, 20)),
        ("20-10-16", "ymd", dt.date(2020, 10, 16)),
        ("24/3/5", "ymd", dt.date(2024, 3, 5)),
        ("10/20/2016 12:00", "mdy", dt.date(2016, 10, 20)),
        ("2024/3/5", "mdy", dt.date(2024, 3, 5)),
        ("31/12/99", "dmy", dt.date(1999, 12, 31)),
    ],
)
def test_a_declared_order_decides_between_day_and_month(con, text, order, day):
    assert ask(con, f"cell_date(t, '{order}')", text) == day
    assert ask(con, f"cell_date_is_ambiguous(t, '{order}')", text) is False


@pytest.mark.parametrize("text", ["3/5/24", "3/5/2024", "13/5/2024", "20-10-16"])
def test_without_an_order_day_and_month_are_not_guessed(con, text):
    assert ask(con, "cell_date(t)", text) is None
    assert ask(con, "cell_date_is_ambiguous(t)", text) is True


@pytest.mark.parametrize(
    "text",
    [
        "2024-02-30",
        "20240230",
        "2024/13/1",
        "2024-00-05",
        "2023年2月29日",
        "hello",
        "2024-03-05 hello",
        "infinity",
        "epoch",
        "12345678",
        "2024-03",
        "9月",
        "0024-03-05",
        "123456",
    ],
)
def test_an_impossible_date_is_null(con, text):
    assert ask(con, "cell_date(t)", text) is None


@pytest.mark.parametrize(
    ("text", "order"), [("31/2/2024", "dmy"), ("13/5/2024", "mdy"), ("3/5/4", "mdy")]
)
def test_an_impossible_ordered_date_is_null(con, text, order):
    assert ask(con, f"cell_date(t, '{order}')", text) is None


def test_days_before_1900_are_read_where_the_year_stands_first(con):
    assert ask(con, "cell_date(t)", "1850-01-01") == dt.date(1850, 1, 1)


def test_a_serial_counts_from_the_workbooks_own_system(con):
    assert ask(con, "cell_date(t)", "45356") == dt.date(2024, 3, 5)
    assert ask(con, "cell_date(t, '', true)", "43894") == dt.date(2024, 3, 5)


def test_a_day_with_an_offset_is_the_day_in_the_companys_zone(con):
    # 16:00 UTC is midnight in Shanghai: the next day
    assert ask(con, "cell_date(t, tz := 'Asia/Shanghai')", "2024-03-05T16:00:00Z") == dt.date(
        2024, 3, 6
    )
    assert ask(con, "cell_date(t, tz := 'Asia/Shanghai')", "2024-03-05 16:00") == dt.date(
        2024, 3, 5
    )


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2024-03-05T16:00:00Z", "2024-03-05 16:00:00"),
        ("2024-03-05T16:00:00+08:00", "2024-03-05 08:00:00"),
        ("2024-03-05T16:00:00+0800", "2024-03-05 08:00:00"),
        ("2024-03-05T16:00:00.5-05", "2024-03-05 21:00:00.500000"),
        ("2024-03-05 16:00:00", "2024-03-05 08:00:00"),
        ("2024-03-05 16:00", "2024-03-05 08:00:00"),
        ("2024/3/5 16:30", "2024-03-05 08:30:00"),
        ("2024/3/5 9:05:07", "2024-03-05 01:05:07"),
        ("2024年3月5日 下午3:05", "2024-03-05 07:05:00"),
        ("2024年3月5日10时30分", "2024-03-05 02:30:00"),
        ("2024-03-05", "2024-03-04 16:00:00"),
        ("45356", "2024-03-04 16:00:00"),
        ("45356.6875", "2024-03-05 08:30:00"),
        ("1709654400000", "2024-03-05 16:00:00"),
        ("1709654400", "2024-03-05 16:00:00"),
        ("2014-09-12 11:15:07.263000000", "2014-09-12 03:15:07.263000"),
    ],
)
def test_a_moment_becomes_utc(con, text, utc):
    assert str(ask(con, "cell_timestamp(t, '', 'Asia/Shanghai')", text)) == utc


@pytest.mark.parametrize(
    "text",
    [
        "2024-03-05 25:00",
        "2024-03-05 10:61",
        "2024-02-30 10:00",
        "下午",
        "10:30",
        "2024-02-30T10:00:00Z",
    ],
)
def test_an_impossible_moment_is_null(con, text):
    assert ask(con, "cell_timestamp(t, '', 'Asia/Shanghai')", text) is None


def test_midnight_and_noon_with_am_and_pm(con):
    ask_us = "cell_timestamp(t, 'mdy', 'UTC')"
    assert ask(con, ask_us, "3/5/24 12:00 AM") == dt.datetime(2024, 3, 5)
    assert ask(con, ask_us, "3/5/24 12:00 PM") == dt.datetime(2024, 3, 5, 12)
    assert ask(con, ask_us, "3/5/24 4:05 PM") == dt.datetime(2024, 3, 5, 16, 5)


def test_a_clock_change_keeps_the_instant(con):
    # New York springs forward at 02:00 on 10 March 2024
    ask_ny = "cell_timestamp(t, '', 'America/New_York')"
    assert ask(con, ask_ny, "2024-03-10 01:59:59") == dt.datetime(2024, 3, 10, 6, 59, 59)
    assert ask(con, ask_ny, "2024-03-10 03:00:00") == dt.datetime(2024, 3, 10, 7)


@pytest.mark.parametrize(
    ("text", "has_time"),
    [
        ("2024-03-05", False),
        ("2024-03-05 00:00", True),
        ("45356", False),
        ("45356.5", True),
        ("45356.0", False),
        ("1709654400000", True),
        ("10点", True),
        (None, False),
    ],
)
def test_a_time_of_day_is_noticed(con, text, has_time):
    assert ask(con, "cell_has_time(t)", text) is has_time


@pytest.mark.parametrize(
    ("text", "id_"),
    [
        ("00123", "00123"),
        ("123.0", "123"),
        ("１２３", "123"),
        (" AB-1 ", "AB-1"),
        ("110105199001011234", "110105199001011234"),
        ("1.23457E+17", None),
        ("1.23E+15", None),
        ("12E4", "12E4"),
        ("#REF!", None),
        ("12.5", "12.5"),
        ("91350100M000100Y43", "91350100M000100Y43"),
    ],
)
def test_an_id_keeps_its_digits_or_is_refused(con, text, id_):
    assert ask(con, "cell_id(t)", text) == id_


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("张　三", "张 三"),
        ("　张三 ", "张三"),
        ("ＧＴＸ  Ｐｒｏ", "GTX Pro"),
        ("A\tB", "A B"),
        ("晨光（上海）", "晨光（上海）"),
        ("#N/A", None),
        ("张\u200b三", "张 三"),
        ("GTX Pro", "GTX Pro"),
    ],
)
def test_a_name_is_the_same_whatever_its_spaces(con, text, name):
    assert ask(con, "cell_name(t)", text) == name


@pytest.mark.parametrize(
    ("text", "phone", "is_good"),
    [
        ("+86 138-0013-8000", "13800138000", True),
        ("１３８００１３８０００", "13800138000", True),
        ("8613800138000", "13800138000", True),
        ("13800138000.0", "13800138000", True),
        ("010-88886666", "01088886666", True),
        ("(021) 6666 8888", "02166668888", True),
        ("+86 10 88886666", "01088886666", True),
        ("400-800-8888", "4008008888", True),
        ("+1 415 555 0100", "+14155550100", True),
        ("12345", "12345", False),
        ("电话", "电话", False),
        ("1.38E+10", None, None),
    ],
)
def test_a_phone_is_made_plain_and_judged_apart(con, text, phone, is_good):
    assert ask(con, "cell_phone(t)", text) == phone
    assert ask(con, "cell_phone_is_wellformed(t)", text) is is_good


def test_an_email_is_lower_case_and_judged_apart(con):
    assert ask(con, "cell_email(t)", " Zhang@Example.COM ") == "zhang@example.com"
    assert ask(con, "cell_email(t)", "ａ＠b.cn") == "a@b.cn"
    assert ask(con, "cell_email_is_wellformed(t)", "a@b.cn") is True
    assert ask(con, "cell_email_is_wellformed(t)", "a@b") is False


@pytest.mark.parametrize(
    "text", ["#REF!", "#N/A", "#DIV/0!", "#NAME?", "#VALUE!", "#NOT_CALCULATED! D10"]
)
def test_a_sheets_error_is_no_value_of_any_kind(con, text):
    assert ask(con, "cell_is_error(t)", text) is True
    assert ask(con, "cell_is_blank(t)", text) is False
    for macro in (
        "text",
        "name",
        "id",
        "money",
        "number",
        "integer",
        "boolean",
        "date",
        "timestamp",
        "phone",
    ):
        assert ask(con, f"cell_{macro}(t)", text) is None


def test_a_hash_in_a_text_is_no_error(con):
    assert ask(con, "cell_text(t)", " #1 客户 ") == "#1 客户"


@given(st.decimals(min_value=-(10**12), max_value=10**12, places=4, allow_nan=False))
@settings(max_examples=150, deadline=None)
def test_every_written_amount_comes_back(amount):
    for text in (f"{amount:f}", f"{amount:,.4f}", f"￥{amount:,.4f}".replace("￥-", "-￥")):
        assert ask(_con, "cell_money(t)", text) == amount
    if amount < 0:
        assert ask(_con, "cell_money(t)", f"({-amount:,.4f})") == amount


@given(
    st.integers(0, 9_999_999),
    st.sampled_from([("万", 10**4), ("百万", 10**6), ("千万", 10**7), ("亿", 10**8)]),
)
@settings(max_examples=80, deadline=None)
def test_a_unit_multiplies_exactly(hundredths, unit):
    word, factor = unit
    expected = Decimal(hundredths) * factor / 100
    if expected < 10**14:
        assert ask(_con, "cell_money(t)", f"{Decimal(hundredths) / 100:.2f}{word}") == expected


@given(st.dates(dt.date(1930, 1, 1), dt.date(2169, 12, 31)))
@settings(max_examples=150, deadline=None)
def test_every_day_comes_back_from_each_spelling(day):
    serial = (day - dt.date(1899, 12, 30)).days
    for text in (
        day.isoformat(),
        f"{day.year}/{day.month}/{day.day}",
        f"{day.year}年{day.month}月{day.day}日",
        f"{day:%Y%m%d}",
        str(serial),
    ):
        assert ask(_con, "cell_date(t)", text) == day
    assert ask(_con, "cell_date(t, 'dmy')", f"{day.day}/{day.month}/{day.year}") == day
    assert ask(_con, "cell_date(t, 'mdy')", f"{day.month}-{day.day}-{day.year}") == day
    assert ask(_con, "cell_date(t, '', true)", str((day - dt.date(1904, 1, 1)).days).zfill(5)) in (
        day,
        None,
    )


@given(st.datetimes(dt.datetime(1950, 1, 1), dt.datetime(2100, 1, 1)), st.integers(-11, 13))
@settings(max_examples=150, deadline=None)
def test_every_moment_comes_back_through_any_offset(utc, hours):
    utc = utc.replace(microsecond=0)
    local = utc.replace(tzinfo=dt.UTC).astimezone(dt.timezone(dt.timedelta(hours=hours)))
    assert ask(_con, "cell_timestamp(t, '', 'Asia/Tokyo')", local.isoformat()) == utc


@given(st.text(max_size=30))
@settings(max_examples=400, deadline=None)
def test_no_text_whatever_makes_a_macro_fail(text):
    if "\0" in text:
        text = text.replace("\0", "")
    row = _con.execute(
        "select cell_text(t), cell_name(t), cell_id(t), cell_money(t, factor := 10000),"
        " cell_number(t),"
        " cell_integer(t), cell_boolean(t), cell_date(t, 'dmy', false, 'Asia/Shanghai'),"
        " cell_timestamp(t, 'mdy', 'Asia/Shanghai'), cell_phone(t), cell_email(t),"
        " cell_is_blank(t),"
        " cell_is_error(t), cell_has_time(t), cell_date_is_ambiguous(t)"
        " from (select $1::varchar as t)",
        [text],
    ).fetchone()
    typed, is_blank = row[3:9], row[11]
    assert not is_blank or set(typed) == {None}


@given(st.text(alphabet="0123456789,.-()%万亿千百元￥ /:年月日TZ+eE０９，", max_size=16))
@settings(max_examples=600, deadline=None)
def test_no_near_figure_makes_a_macro_fail_and_plain_ones_agree_with_decimal(text):
    money, _, _, _ = _con.execute(
        "select cell_money(t), cell_number(t, factor := 10000),"
        " cell_date(t, 'ymd', true, 'Asia/Shanghai'),"
        " cell_timestamp(t, 'dmy', 'Asia/Shanghai', true) from (select $1::varchar as t)",
        [text],
    ).fetchone()
    if text and text.isascii() and text.replace(".", "", 1).isdigit() and len(text) <= 12:
        assert abs(money - Decimal(text)) <= Decimal("0.00005")


@pytest.mark.parametrize(
    ("text", "code"),
    [("CNY", "CNY"), ("usd ", "USD"), ("RMB", "CNY"), ("人民币", "CNY"), ("美元", "USD"), ("HK$", "HKD"),
     ("US Dollar", "USD"), ("USD - U.S. Dollar", "USD"), ("Yuan", "CNY"), ("人民币(CNY)", "CNY"), ("CNY-人民币", "CNY"),
     ("Euro", "EUR"), ("新台币", "TWD"), ("USDT", "USDT"), ("XYZ", "XYZ"), ("", None), (None, None)],
)  # fmt: skip
def test_a_currency_is_its_code_however_it_is_written(con, text, code):
    assert ask(con, "cell_currency(t)", text) == code


@pytest.mark.parametrize(
    ("text", "amount"),
    [("($100.00)", "-100"), ("300.00-", "-300"), ("USD 1,000.00", "1000"), ("1000 KRW", "1000"), ("NOK 5", "5"),
     ("1.2M", "1200000"), ("$1.5bn", "1500000000"), ("1,23,456.00", "123456"), ("1'234.50", "1234.5"),
     ("1 234 567.00", "1234567"), ("Rs. 500", "500"), ("5USD500", None), ("-300-", None), ("(-5)", None),
     ("1.234,50", None)],
)  # fmt: skip
def test_an_amount_is_read_in_the_spellings_of_other_countries(con, text, amount):
    assert ask(con, "cell_money(t)", text) == (None if amount is None else Decimal(amount))


@pytest.mark.parametrize(
    ("text", "in_text", "in_a_workbook"),
    [("1.234,50", "1234.5", "1234.5"), ("1.234", "1234", "1.234"), ("12,5", "12.5", "12.5"), ("12.5", "12.5", "12.5"),
     ("-1.234.567,8", "-1234567.8", "-1234567.8"), ("12.3.4", None, None), ("abc", None, None)],
)  # fmt: skip
def test_a_declared_decimal_comma(con, text, in_text, in_a_workbook):
    for is_typed, amount in (("false", in_text), ("true", in_a_workbook)):
        found = ask(con, f"cell_money(cell_decimal_comma(t, is_typed := {is_typed}))", text)
        assert found == (None if amount is None else Decimal(amount))


@pytest.mark.parametrize(
    ("text", "given"),
    [('="00123"', "00123"), ("'00123", "00123"), ("'t Hooft", "'t Hooft"), ("null", None), ("NULL", None),
     ("(null)", None), ("\\N", None), ("None", None), ("NA", "NA"), ("nullify", "nullify"), ('="a"b', '="a"b')],
)  # fmt: skip
def test_a_guarded_text_is_the_text_inside_and_a_word_for_nothing_is_nothing(con, text, given):
    assert ask(con, "cell_given(t)", text) == given


@pytest.mark.parametrize(("text", "amount"), [("1500.-", "1500"), ("CHF 1'500.--", "1500"), ("1500.00-", "-1500"), ("300-", "-300")])  # fmt: skip
def test_a_dash_for_the_cents_is_no_minus(con, text, amount):
    assert ask(con, "cell_money(t)", text) == Decimal(amount)


@pytest.mark.parametrize(
    "text",
    ["2024年3月5日 星期二", "2024年3月5日星期二", "2024-03-05（周二）", "2024/3/5 周二 9:05", "Tue, 5 Mar 2024",
     "Tuesday, March 5, 2024", "20240305093000", "202403050930", "Tue, 05 Mar 2024 09:30:00"],
)  # fmt: skip
def test_a_weekday_or_a_time_glued_on_does_not_hide_the_day(con, text):
    assert ask(con, "cell_date(t)", text) == dt.date(2024, 3, 5)


@pytest.mark.parametrize(
    ("text", "clock"),
    [("20240305093015", (9, 30, 15)), ("202403050930", (9, 30, 0)), ("2024年3月5日 星期二 09:30", (9, 30, 0)),
     ("2024-03-05 周二 下午3:05", (15, 5, 0))],
)  # fmt: skip
def test_a_moment_of_an_erp_or_with_a_weekday_is_read(con, text, clock):
    assert ask(con, "cell_timestamp(t)", text) == dt.datetime(2024, 3, 5, *clock)


@pytest.mark.parametrize("text", ["20240305250000", "20241332093000", "20240305096000"])
def test_an_impossible_glued_moment_is_null(con, text):
    assert ask(con, "cell_timestamp(t)", text) is None


@pytest.mark.parametrize(
    "text",
    ["0000-00-00", "0000-00-00 00:00:00", "00000000", "0001-01-01T00:00:00", "9999-12-31", "9999/12/31", "31.12.9999",
     "99991231", "9999-12-31 23:59:59", "01/01/0001 00:00:00", "1900/1/0", "1900-01-00 00:00:00", "/", "无", "暂无", "N/A"],
)  # fmt: skip
def test_a_day_that_means_none_is_nothing(con, text):
    assert ask(con, "cell_given_day(t)", text) is None


@pytest.mark.parametrize("text", ["2024-03-05", "1999-12-31", "1900-01-01", "2000-01-01 00:00:00.0000", "9999", "nothing"])  # fmt: skip
def test_a_day_that_means_itself_is_kept(con, text):
    assert ask(con, "cell_given_day(t)", text) == text


@pytest.mark.parametrize("text", ["/", "／", "无", "暂无", "n/a", " N/A ", "没有", "未填"])
def test_a_mark_for_nothing_is_no_value(con, text):
    assert ask(con, "cell_given_value(t)", text) is None


@pytest.mark.parametrize("text", ["无锡", "0", "/a", "NA", "无人机"])
def test_a_word_that_only_begins_so_is_kept(con, text):
    assert ask(con, "cell_given_value(t)", text) == text


@pytest.mark.parametrize(
    ("text", "amount"), [("1e+05", "100000"), ("-2e+06", "-2000000"), ("1.5e+10", "15000000000")]
)
def test_a_programs_exponent_loses_no_digit(con, text, amount):
    assert ask(con, "cell_money(t)", text) == Decimal(amount)


@pytest.mark.parametrize("text", ["1E+05", "1.23457E+17", "1e5", "1e+5", "12e+05", "1e+99"])
def test_a_sheets_exponent_is_no_amount(con, text):
    assert ask(con, "cell_money(t)", text) is None


@pytest.mark.parametrize("text", ["NA", "nan", "NaN", "/", "无"])
def test_a_programs_word_for_no_figure_is_none_but_may_be_an_id(con, text):
    assert ask(con, "cell_given_figure(t)", text) is None
    assert ask(con, "cell_given_value('NA')", text) == "NA"
