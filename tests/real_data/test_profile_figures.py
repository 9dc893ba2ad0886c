"""`gapwise profile` on every raw file: the figures page says what the code does; few lines are left to mend."""

from __future__ import annotations

import pytest

from scripts.profile_figures import (
    PAGE,
    Judged,
    answers,
    has_line_to_mend,
    judged_files,
    page,
    raw_files,
)
from scripts.well_named import is_well_named
from tests.shared_data import SHARED, needs_shared_data

pytestmark = needs_shared_data


@pytest.fixture(scope="module")
def found() -> list[Judged]:
    assert SHARED is not None
    return list(judged_files(SHARED))


def test_every_raw_file_has_an_answer_and_every_answer_a_file():
    assert {str(path.relative_to(SHARED)) for path in raw_files(SHARED)} == set(answers())


def test_the_page_says_what_the_code_does(found):
    assert page(found) == PAGE.read_text(encoding="utf-8")


def test_of_the_mapped_columns_nineteen_of_twenty_are_right(found):
    right, wrong = sum(j.right for j in found), sum(len(j.wrong) for j in found)
    assert round(right / (right + wrong), 2) >= 0.95


def test_a_well_named_file_needs_at_most_one_line(found):
    named = [judged for judged in found if judged.is_well_named]
    assert len(named) > 0.8 * sum(map(has_line_to_mend, found))
    assert [judged.file for judged in named if len(judged.lines) > 1] == []


@pytest.mark.parametrize(
    ("headers", "is_named"),
    [
        ({"order_id": "单据编号", "signed_on": "开单日期", "amount": "价税合计"}, True),
        ({"signed_on": "Purchase Date", "amount": "Turnover"}, True),  # some exports have no key
        ({"order_id": "column_1", "signed_on": "column_2", "amount": "column_3"}, False),
        ({"order_id": "Order No", "signed_on": "Order Date", "amount": "X1"}, False),
        ({"order_id": "Order No", "amount": "Total"}, False),
    ],
)
def test_well_named_is_what_says_in_words_what_it_holds(headers, is_named):
    assert is_well_named({"entity": "orders", "columns": headers}) == is_named
