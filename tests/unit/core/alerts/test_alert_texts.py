"""Words of alerts: harmless, readable, and cut to the bytes of a channel."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.core.alerts.text import cut, figure, fit, money, plain
from tests.unit.core.alerts.alert_world import MONDAY


@pytest.mark.parametrize(
    ("raw", "safe"),
    [
        ("晨星医院", "晨星医院"),
        ("<@all>", "＜＠all＞"),
        ("[免费](http://x)", "［免费］（http://x）"),
        ("一行\r\n# 标题", "一行 ＃ 标题"),
        ("**粗**`码`|表", "＊＊粗＊＊｀码｀｜表"),
        ("长" * 61, "长" * 59 + "…"),
    ],
)
def test_a_value_from_a_file_is_words_only(raw, safe):
    assert plain(raw) == safe


@given(st.text())
def test_making_words_harmless_twice_changes_nothing(text):
    assert plain(plain(text)) == plain(text)
    assert not set("<>[]()*`#@|\\\n\r") & set(plain(text))


@pytest.mark.parametrize(
    ("amount", "currency", "language", "said"),
    [
        ("1234567", "CNY", "zh", "123.5 万"),
        ("120000000", "CNY", "zh", "1.2 亿"),
        ("9999.49", "CNY", "zh", "9,999"),
        ("9999.5", "CNY", "zh", "10,000"),
        ("10000", "CNY", "zh", "1.0 万"),
        ("99999999", "CNY", "zh", "10,000.0 万"),
        ("100000000", "CNY", "zh", "1.0 亿"),
        ("0.5", "CNY", "en", "CNY 1"),
        ("-0.4", "CNY", "en", "CNY 0"),
        ("-25000", "USD", "zh", "USD -2.5 万"),
        ("1234567.4", "CNY", "en", "CNY 1,234,567"),
    ],
)
def test_money_is_said_as_people_say_it(amount, currency, language, said):
    assert money(Decimal(amount), currency, language) == said


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("lag_rate", 0.203, "20.3 %"),
        ("tier", "A", "A"),
        ("days", 12, "12"),
        ("actual", Decimal("1500.50"), "1,500.5"),
        ("actual", Decimal("1000"), "1,000"),
        ("due_on", MONDAY, "2026-03-02"),
        ("due_on", None, "–"),
    ],
)
def test_a_figure_is_said_in_words(name, value, said):
    assert figure(name, value) == said


@pytest.mark.parametrize(
    ("text", "limit", "kept"),
    [
        ("目标落后", 12, "目标落后"),
        ("目标落后", 11, "目标…"),  # 3 bytes a character, 3 for the ellipsis
        ("好👍🏽了", 13, "好…"),  # a skin tone is no character of its own
        ("家👨‍👩‍👧。", 20, "家…"),  # nor is a third of a family
        ("abc", 2, ""),
    ],
)
def test_a_text_is_cut_between_characters(text, limit, kept):
    assert cut(text, limit) == kept


@given(st.text(), st.integers(0, 200))
def test_a_cut_text_fits_and_is_the_beginning(text, limit):
    found = cut(text, limit)
    assert len(found.encode()) <= limit
    assert text.startswith(found.removesuffix("…")) or found == ""


@given(
    st.lists(st.text(min_size=1, max_size=40), max_size=30),
    st.integers(60, 2000),
)
def test_a_digest_fits_and_every_line_is_shown_whole_or_counted(lines, limit):
    lines = [line.replace("\n", " ") for line in lines]
    tails = ["", *(f"+{n}" for n in range(1, len(lines) + 1))]
    text = fit("head", lines, tails, limit)
    assert len(text.encode()) <= limit
    whole = "\n".join(("head", *lines)) if lines else "head"
    if text != whole:
        left_out = int(text.rpartition("+")[2])
        assert text == "\n".join(("head", *lines[: len(lines) - left_out], f"+{left_out}"))
