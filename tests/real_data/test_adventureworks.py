"""Microsoft's AdventureWorks: quotas per person and odd period against orders whose ids a sheet shows as dates."""

from datetime import date, timedelta
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
SET = "adventureworks_oltp"


def cents(amount) -> Decimal:
    return Decimal(str(amount)).quantize(Decimal("0.01"), ROUND_HALF_UP)


def sources(ends: dict[str, str]) -> list[dict]:
    """Return the sources: the files of Microsoft have no header line, the orders show ids as dates."""
    return [
        {"name": "orders", "entity": "orders", "path": raw(SET, "sanashaffique/SalesOrderHeader.xlsx"),
         "columns": {"order_id": "SalesOrderID", "signed_on": "OrderDate", "amount": "SubTotal",
                     "person_id": "SalesPersonID", "account_id": "CustomerID"},
         "as_numbers": ["order_id"], "values": {"person_id": {"NULL": ""}}},
        {"name": "quotas", "entity": "targets", "path": raw(SET, "ms_2017/SalesPersonQuotaHistory.csv"),
         "has_header": False, "constants": {"metric": "signed_amount"}, "values": {"end_on": ends},
         "columns": {"person": "column_1", "start_on": "column_2", "end_on": "column_2", "value": "column_3"}},
        {"name": "people", "entity": "people", "path": raw(SET, "ms_2017/SalesPerson.csv"), "has_header": False,
         "columns": {"person_id": "column_1", "name": "column_1", "region": "column_2"}},
    ]  # fmt: skip


@pytest.fixture(scope="module")
def periods():
    """Return the twelve quota periods as they lie in the reference: label, first day, last day."""
    return [
        (
            f"P{row['seq']}",
            row["qd"],
            (date.fromisoformat(row["qe"]) - timedelta(days=1)).isoformat(),
        )
        for row in reference(SET)["quota_calendar"]
    ]


@pytest.fixture(scope="module")
def done(tmp_path_factory, periods):
    custom = [{"label": label, "start": start, "end": end} for label, start, end in periods]
    custom.append({"label": "after", "start": "2014-05-30", "end": "2014-06-30"})
    # Begins with the ninth quota period and ends with the twelfth's successor: one day, two periods.
    custom.append({"label": "SalesYTD", "start": "2013-05-30", "end": "2014-06-30"})
    ends = {f"{start} 00:00:00": end for _, start, end in periods}
    done = company(
        tmp_path_factory.mktemp("adventureworks"),
        date(2014, 6, 30),
        sources(ends),
        custom_periods=custom,
    )
    done.night()
    return done


def test_the_night_is_published_and_every_row_is_accounted_for(done):
    assert done.result.outcome == "published", done.result.reason_en
    assert_every_row_is_accounted_for(done, files=3)


def test_order_ids_shown_as_dates_are_numbers_again(done):
    assert done.build(
        "select min(order_id), max(order_id), count(distinct order_id) from landed.orders"
    ) == [("43659", "75123", 31465)]


def test_orders_sum_to_the_reference_with_and_without_a_salesperson(done):
    (totals,) = reference(SET)["totals"]
    found = done.marts(
        "select count(*), sum(amount), count(*) filter (person_id <> 'unknown'),"
        " sum(amount) filter (person_id <> 'unknown') from fct_booking"
    )
    assert found == [
        (
            31465,
            Decimal(str(totals["subtotal"])),
            3806,
            Decimal(str(totals["subtotal_with_salesperson"])),
        )
    ]


def test_every_persons_target_actual_and_gap_in_every_quota_period_equal_the_reference(
    done, periods
):
    label = {start: name for name, start, _ in periods}
    (name,) = [key for key in reference(SET) if key.startswith("attainment_by_person_period")]
    expected = {
        (str(row["sp"]), label[row["qd"]]): (cents(row["quota"]), cents(row["actual"]))
        for row in reference(SET)[name]
    }
    rows = done.marts(
        "select scope_id, period_label, target, actual, gap from mart_target_attainment"
        " where metric = 'signed_amount' and period_type = 'custom' and scope_type = 'person' and is_in_force and target > 0"
        " and period_label <> 'SalesYTD'"
    )
    assert {
        (person, period): (target, actual) for person, period, target, actual, _ in rows
    } == expected
    assert all(gap == target - actual for _, _, target, actual, gap in rows)
    assert sum(row[2] for row in rows) == Decimal("95714000.00")
    assert abs(sum(row[3] for row in rows) - Decimal("80487704.18")) < Decimal("1.00")


def test_microsofts_own_sales_year_to_date_is_met_to_the_cent_by_17_of_17(done):
    found = dict(
        done.marts(
            "select person_id, sum(amount) from fct_booking"
            " where booked_on >= date '2013-05-30' and person_id <> 'unknown' group by 1"
        )
    )
    expected = reference(SET)["check_salesytd_equals_orders_since_2013_05_30"]
    assert {person: cents(amount) for person, amount in found.items()} == {
        str(row["sp"]): cents(row["salesytd_microsoft"]) for row in expected
    }
    assert len(found) == 17


def test_sales_year_to_date_stands_as_one_custom_period_beside_the_quota_period_of_the_same_day(
    done, periods
):
    expected = {
        str(row["sp"]): cents(row["salesytd_microsoft"])
        for row in reference(SET)["check_salesytd_equals_orders_since_2013_05_30"]
    }
    rows = done.marts(
        "select period_label, scope_id, actual from mart_target_attainment where metric = 'signed_amount'"
        " and is_in_force and period_type = 'custom' and scope_type = 'person' and period_start = date '2013-05-30'"
        " and scope_id <> 'unknown'"
    )
    own = {
        label: {who: actual for name, who, actual in rows if name == label} for label, _, _ in rows
    }
    (quota_period,) = [label for label, start, _ in periods if start == "2013-05-30"]
    assert set(own) == {"SalesYTD", quota_period}
    assert own["SalesYTD"] == expected
    assert len(expected) == 17
    assert sum(own[quota_period].values()) < sum(expected.values()) / 2


def test_attainment_by_quota_period_is_a_ratio_of_sums_between_79_6_and_89_1_percent(done, periods):
    label = {start: name for name, start, _ in periods}
    expected = {
        label[row["qd"]]: row["attainment"] for row in reference(SET)["attainment_by_period"]
    }
    # People without a quota have orders too: the reference sums those of people with one.
    rows = done.marts(
        "select period_label, sum(actual) / sum(target) from mart_target_attainment"
        " where metric = 'signed_amount' and period_type = 'custom' and scope_type = 'person' and is_in_force and target > 0"
        " and period_label <> 'SalesYTD'"
        " group by 1"
    )
    found = {name: round(float(rate), 6) for name, rate in rows}
    assert found == expected
    assert (min(found.values()), max(found.values())) == (0.796444, 0.890638)


def test_attainment_per_person_and_quota_period_is_the_references_rate(done, periods):
    label = {start: name for name, start, _ in periods}
    (name,) = [key for key in reference(SET) if key.startswith("attainment_by_person_period")]
    expected = {
        (str(row["sp"]), label[row["qd"]]): row["attainment"] for row in reference(SET)[name]
    }
    rows = done.marts(
        "select scope_id, period_label, attainment_rate from mart_target_attainment where metric = 'signed_amount'"
        " and period_type = 'custom' and scope_type = 'person' and is_in_force and target > 0"
        " and period_label <> 'SalesYTD'"
    )
    assert {(p, q): round(rate, 6) for p, q, rate in rows} == pytest.approx(expected, abs=2e-6)
