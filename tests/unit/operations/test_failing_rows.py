"""What a failed dbt test shows: a few rows that lead back to file, sheet and row, and nobody's name."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb

from pipelines.operations.failing_rows import failing_rows


def test_a_failed_test_shows_five_rows_by_id_figure_and_source_row_and_no_name(
    tmp_path: Path,
) -> None:
    file = tmp_path / "build.duckdb"
    with duckdb.connect(str(file)) as con:
        con.execute(
            """
            create table checked as
            select 'S' || lpad(cast(7 - i as varchar), 2, '0') as order_id, '李雷' as person_name,
                '13800000000' as phone, '说过的话' as message_zh,
                cast(i as decimal(18, 2)) as order_amount, date '2026-03-02' as signed_on,
                cast(null as varchar) as opportunity_id,
                'orders.xlsx [Sheet1] row ' || cast(i as varchar) as source_row
            from range(7) as rows (i)
            """
        )
    found = failing_rows(file, {"test.agree": "select * from build.main.checked"})
    assert [row["order_id"] for row in found["test.agree"]] == ["S01", "S02", "S03", "S04", "S05"]
    assert found["test.agree"][0] == {
        "order_id": "S01",
        "order_amount": Decimal("6.00"),
        "signed_on": date(2026, 3, 2),
        "source_row": "orders.xlsx [Sheet1] row 6",
    }


def test_where_every_test_passed_no_file_is_opened(tmp_path: Path) -> None:
    assert failing_rows(tmp_path / "missing.duckdb", {}) == {}
