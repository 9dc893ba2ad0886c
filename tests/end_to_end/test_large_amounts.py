"""A company that reckons in đồng or rupiah: amounts three million times those of the demo, and slips beyond them."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from pipelines.demo import write_demo_company
from tests.nights import marts, night, operations

pytestmark = pytest.mark.slow

PRICE_LEVEL = 3_000_000
# An order of a hundred trillion dollars fits its cell, and no figure in yuan; ten times that fits no cell.
SLIPS = """SO2026X0001,1,C100013,U1007,2026-03-09,99999999999999,USD,,影像设备,华南,有效,,1,,是,
SO2026X0002,1,C100013,U1007,2026-03-09,1000000000000000,CNY,,影像设备,华南,有效,,1,,是,
"""


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A night of deals of a trillion and years of tens of trillions."""
    home = tmp_path_factory.mktemp("large") / "company"
    write_demo_company(home, scale="tiny", price_level=PRICE_LEVEL)
    orders = home / "inbox" / "erp" / "orders_20260310.csv"
    orders.write_bytes(orders.read_bytes() + SLIPS.encode("gb18030"))
    result = night(home)
    assert result.outcome == "published", (result.reason_en, result.checks_failed)
    return home


def test_bookings_are_those_of_the_generator_to_the_cent(company: Path) -> None:
    truth = json.loads((company / "truth" / "truth.json").read_text(encoding="utf-8"))
    told = truth["bookings"]["month"]["company"]["company"]
    rows = marts(
        company,
        "select strftime(booked_on, '%Y-%m'), round(sum(amount), 2) from fct_booking group by 1",
    )
    found = {month: float(amount) for month, amount in rows}
    assert found == told
    assert max(found.values()) > 10**12


def test_days_of_targets_sum_to_tens_of_trillions_and_to_the_cent(company: Path) -> None:
    [(year, days)] = marts(
        company,
        """
        select
            (select target from mart_target_attainment
             where scope_type = 'company' and metric = 'signed_amount' and level = 'base'
               and scenario = 'base' and period_label = '2026'),
            (select sum(target) from fct_target_day
             where metric = 'signed_amount' and level = 'base' and scenario = 'base'
               and target_on between date '2026-01-01' and date '2026-12-31')
        """,
    )
    assert year > 10**13
    assert days == year
    assert isinstance(year, Decimal)


def test_an_order_beyond_every_figure_is_in_none_and_said_so(company: Path) -> None:
    rows = marts(
        company, "select original_amount, amount from fct_booking where order_id like 'SO2026X%'"
    )
    assert rows == [(Decimal("99999999999999.0000"), None)]
    [(passed,)] = operations(
        company,
        "select passed from marts.mart_data_quality "
        "where asset = 'marts/fct_booking' and check_name = 'booked_currencies_have_a_rate'",
    )
    assert not passed


def test_a_cell_beyond_every_amount_says_that_it_is_too_large(company: Path) -> None:
    rows = operations(
        company,
        "select column_name, value, rule, message_en from marts.mart_quarantine "
        "where rule = 'too_large'",
    )
    [(column, value, _, message)] = rows
    assert (column, value) == ("amount", "1000000000000000")
    assert "amounts stay below 100 trillion" in message
