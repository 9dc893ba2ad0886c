"""Which deals were open when: looked up deal by deal, as a look at every run would say it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.core.forecast.forecast_world import ints, spans

# Per deal: how long each run lasts, and the gap before it.
DEALS = st.lists(
    st.lists(st.tuples(st.integers(0, 4), st.integers(1, 5)), max_size=4), min_size=1, max_size=6
)


def test_a_deal_is_open_from_its_first_day_to_the_day_before_it_ended_and_no_deal_never_is():
    book = spans([(0, 0, 5, 3, 6), (0, 0, 7, 6, 9), (2, 0, 5, 0, 4)])
    asked = ints([0, 1, 2, -1])
    assert book.were_open(asked, 2).tolist() == [False, False, True, False]
    assert book.were_open(asked, 3).tolist() == [True, False, True, False]
    assert book.were_open(asked, 4).tolist() == [True, False, False, False]
    assert book.were_open(asked, 8).tolist() == [True, False, False, False]
    assert book.were_open(asked, 9).tolist() == [False, False, False, False]
    assert spans([]).were_open(asked, 3).tolist() == [False] * 4


@given(deals=DEALS, day=st.integers(0, 60))
def test_what_is_looked_up_is_what_a_look_at_every_run_finds(deals, day):
    rows = []
    for deal, runs in enumerate(deals):
        at = 0
        for gap, length in runs:
            rows.append((deal, 0, 1, at + gap, at + gap + length))
            at += gap + length
    book = spans(rows[::-1])
    asked = ints([*range(len(deals)), -1])
    standing = set(book.open_on(day).deal.tolist())
    assert book.were_open(asked, day).tolist() == [deal in standing for deal in asked.tolist()]
