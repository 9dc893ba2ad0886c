"""What is typed into the progress sheet finds its scope and period, or says why not."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from pipelines.core.cascade.lines import Directory, Metric
from pipelines.core.cascade.progress_lines import resolve_progress

DIRECTORY = Directory(
    units={
        "C": ("晨光医疗", "company", None),
        "R1": ("华东", "region", "C"),
        "T1": ("一队", "team", "R1"),
        "S1": ("静安门店", "store", "T1"),
        "S2": ("徐汇门店", "store", "T1"),
        "S3": ("徐汇门店", "store", "R1"),
    },
    people={"P1": "张三", "P2": "李四", "P3": "李四"},
    root="C",
    metrics={"signed_amount": Metric("money", is_ratio=False, is_lower_better=False)},
    currency="CNY",
    fiscal_year_start_month=1,
    week_start=0,
    base_of=lambda *_: None,
)


def resolved(**row: Any) -> dict[str, Any]:
    plain = {"period": "2026-02", "scope": "华东", "metric": "signed_amount"}
    plain |= {"reported_on": date(2026, 3, 3), "source_row": "进度表.xlsx [Sheet1] row 2"}
    [line] = resolve_progress([plain | row], DIRECTORY, ["检验试剂"])
    return line


@pytest.mark.parametrize(
    ("scope", "found"),
    [
        ("晨光医疗", ("company", "company")),
        ("华东　", ("region", "华东")),
        ("T1", ("team", "一队")),
        ("静安门店", ("org", "S1")),
        ("张三", ("person", "P1")),
        ("P2", ("person", "P2")),
        ("检验试剂", ("product_line", "检验试剂")),
    ],
)
def test_a_scope_is_a_unit_a_person_or_a_product_line(scope: str, found: tuple[str, str]) -> None:
    line = resolved(scope=scope)
    assert (line["scope_type"], line["scope_id"]) == found
    assert line["problem"] is None


def test_a_name_that_several_have_asks_for_the_id() -> None:
    line = resolved(scope="李四")
    assert line["problem"] == "ambiguous_scope"
    assert line["message_en"] == (
        "进度表.xlsx [Sheet1] row 2: '李四' names 2 units or people (P2, P3); write the id"
    )
    assert resolved(scope="徐汇门店")["problem"] == "ambiguous_scope"


def test_an_unknown_scope_stays_as_typed_and_names_the_nearest() -> None:
    line = resolved(scope="华冬")
    assert (line["scope_type"], line["scope_id"], line["problem"]) == (
        "unknown",
        "华冬",
        "unknown_scope",
    )
    assert "最接近的是“华东”" in line["message_zh"]


def test_a_period_without_a_year_is_the_last_that_had_begun() -> None:
    december = resolved(period="12月", reported_on=date(2027, 1, 4))
    assert december["period_label"] == "2026-12"
    assert resolved(period="2月", reported_on=date(2026, 2, 1))["period_label"] == "2026-02"
    assert resolved(period="2月", reported_on=date(2026, 1, 31))["period_label"] == "2025-02"
    assert resolved(period="2026Q1")["period_end"] == date(2026, 3, 31)


@pytest.mark.parametrize(
    ("row", "problem"),
    [({"period": "春节前"}, "unknown_period"), ({"metric": "好感度"}, "unknown_metric")],
)
def test_what_cannot_be_tied_to_a_figure_says_why(row: dict[str, Any], problem: str) -> None:
    assert resolved(**row)["problem"] == problem
