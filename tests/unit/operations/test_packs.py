"""Meeting packs, on a handful of rows worked out on paper."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import duckdb
import pytest

from pipelines.operations.packs import PACKS, meeting_pack

D = date(2026, 3, 10)


@pytest.fixture
def con():
    """C1 is an A customer, C2 is not; 华东 is behind in March and deviated in February."""
    con = duckdb.connect()
    con.execute(
        """
        create schema marts; create schema landed;
        create table marts.dim_customer as
            select 'C1' as customer_id, '晨星医院' as customer_name, 'P1' as owner_id, 'A' as tier
            union all select 'C2', '蓝海诊所', 'P2', 'B';
        create table marts.fct_activity as
            select 'C1' as customer_id, date '2026-03-10' as occurred_on, 'visit' as kind
            union all select 'C1', date '2026-03-09', 'call'
            union all select 'C2', date '2026-03-10', 'call';
        create table marts.fct_booking as
            select 'C1' as customer_id, date '2026-03-10' as booked_on, 'booking' as entry_kind,
                1000.00 as amount
            union all select 'C1', date '2026-03-10', 'booking', 500.00;
        create table marts.fct_opportunity as
            select 'C1' as customer_id, '影像采购' as opportunity_name, 800.00 as amount,
                date '2026-01-05' as created_on, date '2026-03-10' as closed_on, 'lost' as outcome
            union all select 'C2', '新商机', 70.00, date '2026-03-10', null, 'open';
        create table marts.dim_metric as select 'signed_amount' as metric, '签单额' as metric_name_zh,
            'Signed amount' as metric_name_en;
        create table marts.dim_person as select 'P1' as person_id, '李雷' as person_name,
            true as is_current;
        create table marts.dim_org as select 'O1' as org_id, 'region' as kind
            union all select 'O2', 'channel';
        create table landed.tasks as
            select 'P1' as assignee, date '2026-03-02' as completed_on
            union all select '李雷', date '2026-03-11' union all select '李雷', null;
        create table marts.mart_target_progress as
            select 'signed_amount' as metric, 'month' as period_type, date '2026-02-01' as period_start,
                'region' as scope_type, '华东' as scope_id, typed.*
            from (values ('旧说法', '旧计划', date '2026-03-01'),
                ('竞品价格战', '加大拜访', date '2026-03-03'),
                ('将来', '将来', date '2026-03-11')) as typed(reason, plan, reported_on);
        create table marts.mart_target_attainment (metric varchar, level varchar, scenario varchar,
            period_type varchar, period_start date, period_end date, period_label varchar,
            scope_type varchar, scope_id varchar, scope_name varchar, status varchar,
            lag_rate double, gap_to_date decimal(18, 2), required_run_rate decimal(18, 2),
            needs_review boolean, deviation_rate double, target decimal(18, 2),
            actual decimal(18, 2), attainment_rate double, is_in_force boolean);
        insert into marts.mart_target_attainment values
            ('signed_amount', 'base', 'base', 'month', '2026-03-01', '2026-03-31', '2026-03', 'person',
                'P1', '李雷', 'behind', 0.4, 40, 12, false, -0.4, 300, 60, 0.2, true),
            ('signed_amount', 'base', 'base', 'month', '2026-03-01', '2026-03-31', '2026-03', 'person',
                'P2', '韩梅', 'watch', 0.15, 10, 11, false, -0.15, 300, 85, 0.28, true),
            ('signed_amount', 'base', 'base', 'week', '2026-03-09', '2026-03-15', '2026-W11', 'person',
                'P1', '李雷', 'behind', 0.9, 40, 12, false, -0.9, 100, 10, 0.1, true),
            ('signed_amount', 'base', 'base', 'month', '2026-03-01', '2026-03-31', '2026-03', 'person',
                'unallocated', 'unallocated', 'behind', 1.0, 40, 12, false, -1.0, 300, 0, 0, true),
            ('signed_amount', 'base', 'base', 'month', '2026-03-01', '2026-03-31', '2026-03', 'tier',
                'A', 'A', 'behind', 0.8, 40, 12, false, -0.8, 300, 0, 0, true),
            ('signed_amount', 'base', 'A', 'month', '2026-03-01', '2026-03-31', '2026-03', 'person',
                'P2', '韩梅', 'behind', 0.5, 99, 13, true, -0.5, 400, 85, 0.21, false),
            ('signed_amount', 'base', 'base', 'month', '2026-02-01', '2026-02-28', '2026-02', 'region',
                '华东', '华东', 'behind', 0.3, 90, null, true, -0.3, 300, 210, 0.7, true),
            ('signed_amount', 'base', 'base', 'month', '2026-01-01', '2026-01-31', '2026-01', 'region',
                '华东', '华东', 'behind', 0.3, 90, null, true, -0.3, 300, 210, 0.7, true),
            ('signed_amount', 'base', 'base', 'quarter', '2026-01-01', '2026-03-31', '2026-Q1', 'region',
                '华东', '华东', 'normal', 0.1, 90, null, false, -0.1, 900, 480, 0.5333, true),
            ('signed_amount', 'base', 'base', 'quarter', '2026-01-01', '2026-03-31', '2026-Q1', 'org',
                'O1', '华东', 'normal', 0.1, 90, null, false, -0.1, 900, 480, 0.5333, true),
            ('signed_amount', 'base', 'base', 'quarter', '2026-01-01', '2026-03-31', '2026-Q1', 'org',
                'O2', '渠道部', 'normal', 0.1, 90, null, false, -0.1, 300, 160, 0.5333, true);
        create table marts.mart_target_basis as
            select 'signed_amount' as metric, 'region' as scope_type, '华东' as scope_id,
                'quarter' as period_type, date '2026-04-01' as period_start, '2026-Q2' as period_label,
                1000.00 as target, 1140.00 as proposed_target
            union all select 'signed_amount', 'region', '华东', 'quarter', date '2026-07-01', '2026-Q3',
                2000.00, 2280.00;
        """
    )
    return con


def test_the_morning_hears_of_yesterday_and_of_a_customers_only(con):
    rows = meeting_pack(con, "morning", D).rows
    assert [(row["change"], row["detail"], row["amount"]) for row in rows] == [
        ("booking", "booking", Decimal("1500.00")),
        ("lost", "影像采购", Decimal("800.00")),
        ("contact", "visit", None),
    ]
    assert {row["customer_name"] for row in rows} == {"晨星医院"}


def test_the_week_hears_who_lags_and_what_was_done_about_it(con):
    [row] = meeting_pack(con, "weekly", D).rows
    assert (row["scope_name"], row["lag_rate"], row["required_run_rate"]) == ("李雷", 0.4, 12)
    # by id or by name; what is completed after D is still open on D
    assert row["tasks_done"] + row["tasks_open"] == 3
    assert row["tasks_done"] == 1


@pytest.mark.parametrize(("day", "done"), [(date(2026, 3, 1), 0), (date(2026, 3, 11), 2)])
def test_a_task_is_done_from_the_day_on_which_it_was_completed(con, day, done):
    [row] = meeting_pack(con, "weekly", day).rows
    assert (row["tasks_done"], row["tasks_open"]) == (done, 3 - done)


@pytest.mark.parametrize(
    ("day", "month", "reason"),
    [
        (date(2026, 2, 27), "2026-01", None),
        (date(2026, 2, 28), "2026-02", None),
        (date(2026, 3, 2), "2026-02", "旧说法"),
        (date(2026, 3, 3), "2026-02", "竞品价格战"),
    ],
)
def test_a_month_is_closed_on_its_last_day_and_a_reason_known_on_the_day_it_is_typed(
    con, day, month, reason
):
    [row] = meeting_pack(con, "monthly", day).rows
    assert (row["period_label"], row["typed_reason"]) == (month, reason)


def test_the_month_hears_the_newest_reason_that_was_typed_by_then(con):
    [row] = meeting_pack(con, "monthly", D).rows
    assert (row["period_label"], row["deviation_rate"]) == ("2026-02", -0.3)
    assert (row["typed_reason"], row["typed_plan"]) == ("竞品价格战", "加大拜访")


def test_the_quarter_hears_target_actual_and_the_proposal_for_the_next(con):
    [unit, row] = meeting_pack(con, "quarterly", D).rows
    # a region stands there once, and not again as a unit of the organisation
    assert (unit["scope_type"], unit["scope_name"]) == ("org", "渠道部")
    assert row["scope_type"] == "region"
    assert (row["target"], row["actual"]) == (900, 480)
    assert (row["next_period_label"], row["next_target"], row["proposed_target"]) == (
        "2026-Q2",
        Decimal("1000.00"),
        Decimal("1140.00"),
    )


def test_every_column_has_a_name_in_both_languages():
    for pack in PACKS:
        assert all(zh and en for _, zh, en in pack.columns)
        assert len({column for column, _, _ in pack.columns}) == len(pack.columns)


def test_an_unknown_pack_is_an_error(con):
    with pytest.raises(KeyError):
        meeting_pack(con, "daily", D)
