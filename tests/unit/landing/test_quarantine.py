"""A row that breaks its contract: every broken rule is told in both languages, with the cells as delivered."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb

from tests.unit.landing.landing_world import Inbox


def test_every_broken_rule_of_a_row_is_told_with_its_chinese_header_and_the_cells_as_they_came(
    tmp_path: Path,
) -> None:
    inbox = Inbox(tmp_path)
    text = "商机编号,阶段,预计金额,备注\nA,未知,12.3.4,急\nB,报价中,5,\n"
    record = inbox.put_and_land("d_20260301.csv", text)
    # two rules are broken, by one row
    assert (record.counts.quarantined, record.counts.landed) == (1, 1)
    path = str(inbox.folder.landing / str(record.quarantine_path))
    with duckdb.connect() as con:
        found = con.execute(
            "select error_no, column_name, rule, message_zh, message_en, raw from read_parquet(?) order by error_no",
            [path],
        ).fetchall()
    assert [row[:3] for row in found] == [
        (1, "stage", "unknown_value"),
        (2, "amount", "not_a_number"),
    ]
    assert found[1][3] == "预计金额 的值 「12.3.4」 不是数字；请写成 1500、1,500.00、150万 或 12%"
    assert found[1][4] == (
        "「12.3.4」 in amount is no number; write it as 1500, 1,500.00, 150万 or 12%"
    )
    given = {"opportunity_id": "A", "stage": "未知", "amount": "12.3.4", "备注": "急"}
    assert [json.loads(row[5]) for row in found] == [given, given]
