"""Five regional order files that disagree, and a wide target workbook, against the set's reference figures."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import pytest

from tests.real_data.companies import (
    assert_every_row_is_accounted_for,
    company,
    raw,
    reference,
)
from tests.shared_data import needs_shared_data

pytestmark = [*needs_shared_data, pytest.mark.slow]
SET = "packt_regional_targets"
FILES = {
    "chile": ("Sales Chile.csv", {"date_order": "mdy"}),  # ends its lines with CR alone
    "argentina": ("Sales Argentina.csv", {"date_order": "mdy"}),
    "colombia": ("Sales Colombia.csv", {"date_order": "mdy"}),
    "canada": ("Superstore Sales Orders - Canada.xlsx", {}),  # calls its amount Revenue
    "us": ("Superstore Sales Orders - US.xlsx", {}),  # with three planted orders of 2099
}
COLUMNS = {
    "order_id": "Order ID", "signed_on": "Order Date", "account_id": "Customer ID", "amount": ["Sales", "Revenue"],
    "region": ["Country", "Country/Region"], "quantity": "Quantity",
}  # fmt: skip
# An order holds a product more than once: the line is the product and which of several alike.
LINES = {"line_no": ["Product ID", "#"]}


def cents(amount) -> Decimal:
    return Decimal(str(amount)).quantize(Decimal("0.01"), ROUND_HALF_UP)


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    sources = [
        {"name": name, "entity": "orders", "path": raw(SET, file), "columns": COLUMNS, "compose": LINES, **options}
        for name, (file, options) in FILES.items()
    ]  # fmt: skip
    sources.append(
        {"name": "targets", "entity": "targets", "path": raw(SET, "Sales Targets.xlsx"),
         "columns": {"region": "Country"}, "values": {"region": {"Columbia": "Colombia"}}}
    )  # fmt: skip
    done = company(tmp_path_factory.mktemp("packt"), date(2014, 12, 31), sources)
    done.night()
    return done


def test_the_night_is_published_and_every_row_is_accounted_for(done):
    assert done.result.outcome == "published", done.result.reason_en
    assert_every_row_is_accounted_for(done, files=6)


def test_all_files_give_their_rows_and_sums_and_2099_never_counts(done):
    names = {file: name for name, (file, _) in FILES.items()}
    found = {
        source: (count, float(amount))
        for source, count, amount in done.marts(
            "select source, count(*), sum(amount) from fct_booking group by 1"
        )
    }
    for row in reference(SET)["files"]:
        count, amount = found[names[row["src"]]]
        assert count == row["n"] - row["test_rows"]
        # Amounts are kept to four decimals, the reference sums binary fractions.
        assert amount == pytest.approx(row["sales_clean"], abs=0.005)
    assert done.landing("us").counts.landed == 9997


def test_a_wide_target_sheet_gives_one_target_per_cell(done):
    assert done.landing("targets").counts.landed == 60
    (row,) = done.build(
        "select region, value, source_row from landed.targets where period = '2014-12' and region = 'Colombia'"
    )
    assert row[:2] == ("Colombia", Decimal("1710.3394"))
    assert row[2].endswith("Sales Targets.xlsx [Sheet1 2014-12-01] row 6")


@pytest.mark.parametrize(
    ("query", "period_type", "period_of"),
    [
        ("year_2014_by_country", "year", lambda row: "2014"),
        ("target_vs_actual_2014", "month", lambda row: row["m"]),
    ],
)
def test_target_and_actual_per_country_equal_the_reference(done, query, period_type, period_of):
    rows = done.marts(
        "select scope_id, period_label, target, actual, gap from mart_target_attainment where scope_type = 'region'"
        f" and metric = 'signed_amount' and period_type = '{period_type}' and year(period_start) = 2014 and is_in_force"
    )
    expected = {
        (row["country"], period_of(row)): (cents(row["target"]), cents(row["actual"]))
        for row in reference(SET)[query]
    }
    found = {(region, label): (target, actual) for region, label, target, actual, _ in rows}
    assert found.keys() == expected.keys()
    for key, figures in expected.items():
        assert found[key] == pytest.approx(figures, abs=Decimal("0.01")), key
    assert all(gap == target - actual for _, _, target, actual, gap in rows)
