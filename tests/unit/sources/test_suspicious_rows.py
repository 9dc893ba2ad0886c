"""The quick look at a text file misses no row that the survey would skip."""

from __future__ import annotations

import duckdb
import pytest

from pipelines.sources.tables import suspicious_count_sql

SKIPPED = [
    "(null, null, null)",
    "('合计', null, '100')",
    "('华东', ' 小计： ', '5')",
    "('Total', null, '7')",
    "(' Grand Total :', null, '7')",
    "('华东区合计', null, '9')",
    "('North sub total', null, '9')",
    "('备注：金额含税', null, null)",
    "('Note: net of tax', null, null)",
]
KEPT = ["('设计院', '张三', '1')", "('Total Energies', '李四', '2')", "('Nanjing', '王五', '3')"]


def looked_at(row: str) -> tuple[int, ...]:
    relation = f"(select 'a.csv' as _path, * from (values {row}) as t(r0, r1, r2))"
    with duckdb.connect() as con:
        sql = suspicious_count_sql(relation, ["r0", "r1", "r2"], by="_path")
        found = con.execute(sql).fetchone()
    assert found is not None
    return found[1:]


@pytest.mark.parametrize("row", SKIPPED)
def test_a_row_that_may_be_skipped_is_suspicious(row: str) -> None:
    assert looked_at(row) == (1, 1)


@pytest.mark.parametrize("row", KEPT)
def test_a_customer_whose_name_only_resembles_a_total_is_not(row: str) -> None:
    assert looked_at(row) == (1, 0)
