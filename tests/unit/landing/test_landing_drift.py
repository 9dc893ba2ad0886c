"""A second export whose columns changed: added, dropped, renamed, reordered, retyped; and loading twice."""

import pytest

from tests.unit.landing.landed_files import Landed

FIRST = "opportunity_id,stage,amount,name\nO1,谈判中,100,晨光\nO2,谈判中,200,阳光\n"


@pytest.fixture
def landed(tmp_path):
    landed = Landed(tmp_path, entity="opportunities", preset="excel")
    landed.put("deals_20260309.csv", FIRST)
    (record,) = landed.land()
    assert record.counts.landed == 2
    return landed


def second(landed, text):
    landed.put("deals_20260310.csv", text)
    (record,) = landed.land()
    return record


def test_an_added_column_is_kept_and_reported(landed):
    record = second(
        landed,
        FIRST.replace("name\n", "name,渠道\n")
        .replace("晨光", "晨光,官网")
        .replace("阳光", "阳光,展会"),
    )
    assert (record.new_columns, record.counts.landed) == (("渠道",), 2)
    assert landed.rows(record, "opportunity_id, extra") == [
        ("O1", '{"渠道":"官网"}'),
        ("O2", '{"渠道":"展会"}'),
    ]


def test_a_dropped_optional_column_is_null_and_reported(landed):
    record = second(landed, "opportunity_id,stage,amount\nO1,谈判中,100\nO2,谈判中,200\n")
    assert record.status == "landed" and "name" in record.missing_columns
    assert landed.rows(record, "opportunity_id, name") == [("O1", None), ("O2", None)]


@pytest.mark.parametrize("header", ["stage_now", "谈判阶段情况"])
def test_a_renamed_required_column_blocks_the_source_and_names_the_nearest_header(landed, header):
    record = second(landed, FIRST.replace("stage", header))
    assert record.status == "blocked"
    assert (
        "'stage'" in record.error_en
        and repr(header) in record.error_en
        and record.counts.landed == 0
    )


def test_reordered_columns_change_nothing(landed):
    record = second(
        landed, "name,amount,opportunity_id,stage\n晨光,100,O1,谈判中\n阳光,200,O2,谈判中\n"
    )
    assert record.status == "repeated" and record.counts.unchanged == 2


def test_a_retyped_column_sends_the_rows_to_quarantine_and_the_others_land(landed):
    record = second(landed, FIRST.replace(",200,", ",about two hundred,"))
    assert (record.counts.quarantined, record.counts.unchanged) == (1, 1)


def test_a_wholly_retyped_column_blocks_the_file(landed):
    rows = "".join(f"P{i},谈判中,unknown,x\n" for i in range(30))
    record = second(landed, "opportunity_id,stage,amount,name\n" + rows)
    assert record.status == "blocked" and record.counts.quarantined == 30


def test_loading_twice_makes_no_new_delivery(landed):
    assert landed.land() == []
