"""What a cell of text means as a word: nothing, yes, a name, an id, a phone, a currency."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.landing.asked_cells import ask, connection


@pytest.mark.parametrize("text", [None, "", " ", "　", "-", "—", "——", "－", "–", "\u00a0 "])
def test_nothing_and_a_dash_alone_are_blank_and_null(text):
    assert ask("cell_is_blank(t)", text) is True
    for macro in ("money", "number", "integer", "boolean", "date", "timestamp", "id"):
        assert ask(f"cell_{macro}(t)", text) is None


@pytest.mark.parametrize(
    "text", ["是", "√", "Y", "y", "Yes", "TRUE", "1", "1.0", "１", "对", "有", " 是 "]
)
def test_every_spelling_of_yes_is_true(text):
    assert ask("cell_boolean(t)", text) is True


@pytest.mark.parametrize("text", ["否", "×", "N", "no", "False", "0", "0.0", "错", "无", "x"])
def test_every_spelling_of_no_is_false(text):
    assert ask("cell_boolean(t)", text) is False


@pytest.mark.parametrize("text", ["也许", "2", "on"])
def test_neither_yes_nor_no_is_null(text):
    assert ask("cell_boolean(t)", text) is None


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
        ("2E+15", None),
        ("12E4", "12E4"),
        ("#REF!", None),
        ("12.5", "12.5"),
        ("91350100M000100Y43", "91350100M000100Y43"),
    ],
)
def test_an_id_keeps_its_digits_or_is_refused(text, id_):
    assert ask("cell_id(t)", text) == id_


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
def test_a_name_is_the_same_whatever_its_spaces(text, name):
    assert ask("cell_name(t)", text) == name


@pytest.mark.parametrize(
    ("text", "phone", "is_good"),
    [
        ("+86 138-0013-8000", "13800138000", True),
        ("１３８００１３８０００", "13800138000", True),
        ("8613800138000", "13800138000", True),
        ("008613800138000", "13800138000", True),
        ("12800138000", "12800138000", False),
        ("13800138000.0", "13800138000", True),
        ("010-88886666", "01088886666", True),
        ("(021) 6666 8888", "02166668888", True),
        ("+86 10 88886666", "01088886666", True),
        ("+86 010 88886666", "01088886666", True),
        ("400-800-8888", "4008008888", True),
        ("+1 415 555 0100", "+14155550100", True),
        ("12345", "12345", False),
        ("电话", "电话", False),
        ("1.38E+10", None, None),
    ],
)
def test_a_phone_is_made_plain_and_judged_apart(text, phone, is_good):
    assert ask("cell_phone(t)", text) == phone
    assert ask("cell_phone_is_wellformed(t)", text) is is_good


def test_an_email_is_lower_case_and_judged_apart():
    assert ask("cell_email(t)", " Zhang@Example.COM ") == "zhang@example.com"
    assert ask("cell_email(t)", "ａ＠b.cn") == "a@b.cn"
    assert ask("cell_email(t)", "mailto:a@b.cn") == "a@b.cn"
    assert ask("cell_email_is_wellformed(t)", "a@b.cn") is True
    assert ask("cell_email_is_wellformed(t)", "a@b") is False


@pytest.mark.parametrize(
    "text", ["#REF!", "#N/A", "#DIV/0!", "#NAME?", "#VALUE!", "#NOT_CALCULATED! D10"]
)
def test_a_sheets_error_is_no_value_of_any_kind(text):
    assert ask("cell_is_error(t)", text) is True
    assert ask("cell_is_blank(t)", text) is False
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
        assert ask(f"cell_{macro}(t)", text) is None


def test_a_text_loses_the_spaces_around_it_seen_or_unseen():
    assert ask("cell_text(t)", "\u200b\u3000 客户 甲\u00a0\u200b") == "客户 甲"


def test_a_hash_in_a_text_is_no_error():
    assert ask("cell_text(t)", " #1 客户 ") == "#1 客户"


@given(st.text(max_size=30))
@settings(max_examples=400, deadline=None)
def test_no_text_whatever_makes_a_macro_fail(text):
    if "\0" in text:
        text = text.replace("\0", "")
    row = (
        connection()
        .execute(
            "select cell_text(t), cell_name(t), cell_id(t), cell_money(t, factor := 10000),"
            " cell_number(t),"
            " cell_integer(t), cell_boolean(t), cell_date(t, 'dmy', false, 'Asia/Shanghai'),"
            " cell_timestamp(t, 'mdy', 'Asia/Shanghai'), cell_phone(t), cell_email(t),"
            " cell_is_blank(t),"
            " cell_is_error(t), cell_has_time(t), cell_date_is_ambiguous(t)"
            " from (select $1::varchar as t)",
            [text],
        )
        .fetchone()
    )
    typed, is_blank = row[3:9], row[11]
    assert not is_blank or set(typed) == {None}


@pytest.mark.parametrize(
    ("text", "code"),
    [("CNY", "CNY"), ("usd ", "USD"), ("RMB", "CNY"), ("人民币", "CNY"), ("美元", "USD"), ("HK$", "HKD"),
     ("US Dollar", "USD"), ("USD - U.S. Dollar", "USD"), ("Yuan", "CNY"), ("人民币(CNY)", "CNY"), ("CNY-人民币", "CNY"),
     ("Euro", "EUR"), ("新台币", "TWD"), ("USDT", "USDT"), ("XYZ", "XYZ"), ("", None), (None, None)],
)  # fmt: skip
def test_a_currency_is_its_code_however_it_is_written(text, code):
    assert ask("cell_currency(t)", text) == code


@pytest.mark.parametrize(
    ("text", "given"),
    [('="00123"', "00123"), ("'00123", "00123"), ("'t Hooft", "'t Hooft"), ("null", None), ("NULL", None),
     ("(null)", None), ("\\N", None), ("None", None), ("NA", "NA"), ("nullify", "nullify"), ('="a"b', '="a"b')],
)  # fmt: skip
def test_a_guarded_text_is_the_text_inside_and_a_word_for_nothing_is_nothing(text, given):
    assert ask("cell_given(t)", text) == given


@pytest.mark.parametrize(
    "text", ["/", "／", "无", "暂无", "n/a", " N/A ", "没有", "未填", "未填写"]
)
def test_a_mark_for_nothing_is_no_value(text):
    assert ask("cell_given_value(t)", text) is None


@pytest.mark.parametrize("text", ["无锡", "0", "/a", "NA", "无人机"])
def test_a_word_that_only_begins_so_is_kept(text):
    assert ask("cell_given_value(t)", text) == text
