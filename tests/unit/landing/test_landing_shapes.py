"""Change logs, mixed sheets, wide targets and dressed-up ids: rows brought into form, none lost."""

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.landing.pivot import is_period_header
from tests.unit.landing.landed_files import land

LOG = (
    "deal_id,change_time,changed_field_key,new_value\n"
    "7,2026-01-01 09:00:00,add_time,2026-01-01T09:00:00\n"
    "7,2026-01-09 09:00:00,stage_id,2\n"
    "7,2026-01-01 09:00:00,stage_id,1\n"
    "7,2026-01-05 09:00:00,user_id,12\n"
    "8,2026-01-03 10:00:00,add_time,2026-01-03T10:00:00\n"
    "8,2026-01-03 10:00:00,stage_id,5\n"
    "8,2026-02-03 10:00:00,status,won\n"
)


def test_a_change_log_gives_the_newest_value_of_each_field_whatever_its_order(tmp_path):
    landed, record = land(tmp_path, "log.csv", LOG, entity="opportunities", preset="pipedrive")
    assert (record.counts.read, record.counts.landed, record.counts.skipped) == (7, 2, 5)
    assert landed.rows(record, "opportunity_id, owner_id, stage, created_on, closed_on") == [
        ("7", "12", "pd_qualified_lead", dt.date(2026, 1, 1), None),
        ("8", None, "won", dt.date(2026, 1, 3), dt.date(2026, 2, 3)),
    ]


def test_the_same_log_gives_the_stage_changes(tmp_path):
    landed, record = land(tmp_path, "log.csv", LOG, entity="stage_events", preset="pipedrive")
    assert (record.counts.landed, record.counts.skipped) == (4, 3)
    assert landed.rows(record, "opportunity_id, to_stage") == [
        ("7", "pd_qualified_lead"), ("7", "pd_lead_generation"), ("8", "pd_negotiation"), ("8", "won"),
    ]  # fmt: skip


def test_a_missing_column_that_tells_rows_apart_blocks_the_file_and_is_named(tmp_path):
    text = LOG.replace("changed_field_key", "field_key")
    _, record = land(tmp_path, "log.csv", text, entity="stage_events", preset="pipedrive")
    assert record.status == "blocked"
    assert "changed_field_key" in record.error_en and "field_key" in record.error_en


def test_where_in_company_yml_replaces_the_presets(tmp_path):
    text = "Id,StageName,Amount,IsDeleted\n1,Qualification,10,true\n2,Qualification,20,false\n"
    source = {"entity": "opportunities", "preset": "salesforce"}
    assert land(tmp_path / "a", "o.csv", text, **source)[1].counts.landed == 1
    assert land(tmp_path / "b", "o.csv", text, **source, where={})[1].counts.landed == 2
    assert (
        land(tmp_path / "c", "o.csv", text, **source, where={"Amount": ["10"]})[1].counts.landed
        == 1
    )


def test_a_wide_target_sheet_keeps_the_row_and_names_the_column(tmp_path):
    text = "大区,1月(万元),2月(万元)\n华东,100,\n华南,50,60\n"
    landed, record = land(tmp_path, "t.csv", text, entity="targets", columns={"region": "大区"})
    assert record.counts.read == record.counts.landed == 3
    assert landed.rows(record, "region, period, value, _sheet") == [
        ("华东", "2026-01", Decimal("1000000"), "1月(万元)"),
        ("华南", "2026-01", Decimal("500000"), "1月(万元)"),
        ("华南", "2026-02", Decimal("600000"), "2月(万元)"),
    ]


def test_the_unit_in_a_header_holds_for_rates_as_it_does_for_amounts(tmp_path):
    text = "商机编号,阶段,预计金额(万元),赢单概率(%)\nD1,谈判中,5,1\nD2,谈判中,5,60\nD3,谈判中,5元,60%\n"
    landed, record = land(tmp_path, "d.csv", text, entity="opportunities", preset="excel")
    assert landed.rows(record, "amount, probability") == [
        (Decimal(50_000), Decimal("0.01")),
        (Decimal(50_000), Decimal("0.6")),
        (Decimal(5), Decimal("0.6")),
    ]


@pytest.mark.parametrize(
    "header",
    [
        "2014-01-01",
        "2026年10月",
        "Jan 2026",
        "10月",
        "2026年/1月",
        "2026Q4",
        "Q1",
        "一季度",
        "2026年",
        "1月/冲刺",
        "3月(万元)",
    ],
)
def test_a_header_may_be_a_period(header):
    assert is_period_header(header)


@pytest.mark.parametrize(
    "header", ["大区", "13月", "目标", "2014-01-15", "Q1 实际", "2026年合计", "", "编号 7"]
)
def test_a_day_a_total_and_a_word_are_no_period(header):
    assert not is_period_header(header)


@given(st.integers(2000, 2099), st.integers(1, 12))
def test_every_spelling_of_a_month_is_a_period(year, month):
    assert all(
        is_period_header(text)
        for text in (f"{year}-{month:02d}", f"{year}/{month}", f"{year}年{month}月", f"{month}月")
    )


def test_ids_that_a_sheet_shows_as_dates_are_numbers_again(tmp_path):
    text = "no,day,amount\n2019-07-13,2011-05-31,10\n43660,2011-05-31,20\n"
    columns = {"order_id": "no", "signed_on": "day", "amount": "amount"}
    landed, record = land(
        tmp_path, "o.csv", text, entity="orders", columns=columns, as_numbers=["order_id"]
    )
    assert landed.rows(record, "order_id") == [("43659",), ("43660",)]


def test_rows_alike_without_an_id_stand_and_are_numbered(tmp_path):
    text = "day,product,amount\n2026-01-01,A,10\n2026-01-01,A,10\n2026-01-01,B,10\n"
    landed, record = land(
        tmp_path, "o.csv", text, entity="orders", columns={"signed_on": "day"}, compose={"order_id": ["day", "product", "#"]}
    )  # fmt: skip
    assert record.counts.landed == 3 and record.counts.exact_duplicates == 0
    assert [row[0] for row in landed.rows(record, "order_id")] == [
        "2026-01-01|A|1", "2026-01-01|A|2", "2026-01-01|B|1",
    ]  # fmt: skip
