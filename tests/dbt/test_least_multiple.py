"""What would close a gap: the least multiple of a step that makes up what is needed, for any company's amounts."""

from __future__ import annotations

from decimal import Decimal

import duckdb
import pytest

from tests.dbt.macros import rendered

ASK = """
select {{{{ least_multiple('guess', 'needed', 'worth', {places}) }}}}
from (select ?::double as guess, ?::decimal(18, 2) as needed, ?::{worth} as worth)
"""


@pytest.mark.parametrize(
    ("guess", "needed", "each", "worth", "places", "found"),
    [
        (4, "1000", "250", "decimal(18, 4)", 0, "4"),
        # A guess is a double and may be one off, either way.
        (5, "1000", "250", "decimal(18, 4)", 0, "4"),
        (3, "1000", "250", "decimal(18, 4)", 0, "4"),
        (5, "1000.01", "250", "decimal(18, 4)", 0, "5"),
        # A group that lacks twenty billion with 316.75 wins to expect: 20,000,000,000 / 316.75 = 63,141,278.6108…
        (6314127862, "20000000000", "316.75", "decimal(18, 6)", 2, "63141278.62"),
        (6314127861, "20000000000", "316.75", "decimal(18, 6)", 2, "63141278.62"),
        # Nine tenths of what is in reach, in a currency of many noughts.
        (900, "7200000000000", "8000000000000", "decimal(18, 2)", 3, "0.900"),
    ],
)
def test_it_is_the_least_that_comes_up_to_what_is_needed(guess, needed, each, worth, places, found):
    sql = rendered(ASK.format(worth=worth, places=places), "sentences")
    assert duckdb.execute(sql, [guess, needed, each]).fetchall() == [(Decimal(found),)]
