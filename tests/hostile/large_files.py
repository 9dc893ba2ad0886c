"""Write very large exports: a CSV of a given size, and a workbook of a given number of rows."""

from __future__ import annotations

import subprocess
from pathlib import Path

import duckdb
import xlsxwriter

# One line of the CSV is about this long in GB18030.
LINE_BYTES = 181
_NOTE = "客户要求延期交付并重新报价，等待采购部确认合同条款与付款方式，下周二再次拜访确认"


def write_csv(path: Path, size_bytes: int) -> int:
    """Write an order export of about that size in GB18030; return its rows.

    The encoding is the hard one: the file has to be decoded and written again before it is parsed.
    """
    count = size_bytes // LINE_BYTES + 1
    with duckdb.connect(config={"memory_limit": "500MB", "threads": 1}) as con:
        writing = subprocess.Popen(
            ["iconv", "-f", "UTF-8", "-t", "GB18030", "-o", str(path)], stdin=subprocess.PIPE
        )
        assert writing.stdin is not None
        con.execute(
            f"""
            copy (
                select 'SO' || lpad(i::varchar, 9, '0') as 订单编号,
                    date '2024-01-01' + (i % 800)::integer as 签订日期,
                    (i % 99991) * 1.01 as 金额, 'C' || (i * 7919 % 100003) as 客户编号,
                    'P' || (i % 200) as 签单人编号, '{_NOTE}' || i as 备注, '{_NOTE[:30]}' as 说明
                from range({count}) as numbers(i)
            ) to '/dev/fd/{writing.stdin.fileno()}' (format csv, header)
            """
        )
        writing.stdin.close()
        assert writing.wait() == 0
    return count


def write_workbook(path: Path, count: int) -> int:
    """Write a workbook of that many orders with twelve columns; return its rows."""
    headers = [
        "订单编号",
        "签订日期",
        "金额",
        "客户编号",
        "签单人编号",
        "产品线",
        "大区",
        "订单状态",
    ]
    made = xlsxwriter.Workbook(str(path), {"constant_memory": True})
    sheet = made.add_worksheet("订单")
    sheet.write_row(0, 0, [*headers, "备注", "说明", "来源", "类别"])
    for row in range(1, count + 1):
        sheet.write_row(
            row, 0,
            [f"SO{row:09d}", 45_300 + row % 800, row % 99_991 * 1.01, f"C{row % 30_011}", f"P{row % 200}",
             f"产品{row % 9}", f"大区{row % 6}", "已生效", f"{_NOTE[:20]}{row}", "一般", "官网", "甲"],
        )  # fmt: skip
    made.close()
    return count
