"""Headers reduced to words and compared with known spellings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.core.header_match import likeness, plain_header


@pytest.mark.parametrize(
    ("header", "plain"),
    [
        ("CloseDate", "close date"), ("close_date", "close date"), ("Close Date (UTC)", "close date"),
        ("SalesOrderID", "sales order id"), ("property_closedate", "closedate"), ("property_hs_timestamp", "timestamp"),
        ("目标值(万元)", "目标值"), ("ＡＭＯＵＮＴ", "amount"), ("Account.Name", "account name"),
    ],
)  # fmt: skip
def test_spellings_of_one_header_are_one(header, plain):
    assert plain_header(header) == plain


def test_the_same_words_count_in_full_and_alike_ones_less():
    known = {"close date": 0.9}
    assert likeness("close date", known) == 0.9
    # One letter more of 21 in both together: 0.9 × 0.85 × 20/21.
    assert likeness("closed date", known) == pytest.approx(0.7286, abs=1e-4)
    assert likeness("amount", known) == 0.0


def test_under_four_latin_letters_nothing_is_alike_and_under_four_chinese_signs_it_may_be():
    # Six of seven letters in common both times, which is alike enough by itself.
    assert likeness("qtys", {"qty": 1.0}) == 0.0
    assert likeness("客户名称", {"客户名": 1.0}) == pytest.approx(0.7286, abs=1e-4)


@given(st.text(max_size=30))
def test_likeness_is_a_share_whatever_a_header_holds(header):
    assert 0.0 <= likeness(plain_header(header), {"order id": 1.0, "金额": 0.9}) <= 1.0
