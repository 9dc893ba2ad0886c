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
    assert 0.5 < likeness("closed date", known) < 0.8
    assert likeness("amount", known) == 0.0


@given(st.text(max_size=30))
def test_reducing_twice_changes_nothing_more_and_likeness_stays_a_share(text):
    plain = plain_header(text)
    assert 0.0 <= likeness(plain, {"order id": 1.0, "金额": 0.9}) <= 1.0
