"""Target rows as people wrote them, read against five units and three people."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from pipelines.core.cascade.lines import Directory, Line, Metric, resolve_lines

METRICS = {
    "signed_amount": Metric("money", is_ratio=False, is_lower_better=False),
    "order_count": Metric("count", is_ratio=False, is_lower_better=False),
    "repurchase_rate": Metric("rate", is_ratio=True, is_lower_better=False),
    "churn_rate": Metric("rate", is_ratio=True, is_lower_better=True),
}
UNITS = {
    "C": ("公司", "company", None),
    "E": ("华东", "region", "C"),
    "S": ("华南", "region", "C"),
    "E1": ("一队", "team", "E"),
    "S1": ("一队", "team", "S"),
}


def one(base: Decimal | None = None, *, fiscal_from: int = 1, **row: Any) -> Line:
    """Resolve one row: 100 for the first quarter of 2026, recorded on 5 January, unless told otherwise."""
    directory = Directory(
        units=UNITS, people={"P1": "张三", "P2": "李四", "P3": "李四"}, root="C", metrics=METRICS, currency="CNY",
        fiscal_year_start_month=fiscal_from, week_start=0, base_of=lambda *_: base,
    )  # fmt: skip
    given = {
        "period": "2026Q1",
        "value": Decimal(100),
        "recorded_on": date(2026, 1, 5),
        "source_row": "目标.xlsx row 2",
    }
    return resolve_lines([{**given, **row}], directory)[0]
