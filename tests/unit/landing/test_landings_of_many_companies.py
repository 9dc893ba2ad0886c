"""Companies in folders `company=<key>` side by side: an engine reads all that landed as one partitioned table."""

from __future__ import annotations

from pathlib import Path

import duckdb

from tests.unit.landing.landing_world import Inbox

HEADER = "商机编号,商机名称,客户编号,负责人编号,阶段,预计金额,创建时间\n"


def test_all_companies_are_one_table_partitioned_by_company_and_day(tmp_path: Path) -> None:
    for key, amount in (("north", 100), ("south", 2000)):
        inbox = Inbox(tmp_path / f"company={key}")
        inbox.put_and_land(
            "deals_20260318.csv", HEADER + f"D1,甲,C1,P1,报价中,{amount},2026-03-01\n"
        )
        inbox.put_and_land(
            "deals_20260319.csv", HEADER + f"D1,甲,C1,P1,报价中,{amount + 1},2026-03-01\n"
        )
        # What a company folder is called says nothing about its rows.
        assert inbox.known("2026-03-20", "select opportunity_id, amount from rows") == [
            ("D1", amount + 1)
        ]
        assert inbox.known("2026-03-20", "select count(*) from versions") == [(2,)]
    files = str(
        tmp_path / "company=*" / "landing" / "opportunities" / "landing_date=*" / "*.parquet"
    )
    with duckdb.connect() as con:
        rows = con.execute(
            "select company, landing_date::varchar, opportunity_id, amount::integer"
            " from read_parquet(?, hive_partitioning = true) order by all",
            [files],
        ).fetchall()
    assert rows == [
        ("north", "2026-03-18", "D1", 100),
        ("north", "2026-03-19", "D1", 101),
        ("south", "2026-03-18", "D1", 2000),
        ("south", "2026-03-19", "D1", 2001),
    ]
