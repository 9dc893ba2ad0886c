"""Proposals as workbooks: what a manager copies is what lands, and text never becomes a formula."""

from __future__ import annotations

import io
from decimal import Decimal
from typing import Any

import openpyxl

from pipelines.landing.rules import parse_rules_workbook
from pipelines.tell.review_targets import season_workbook, suggestion_workbook
from tests.unit.landing.rules_books import opened, saved, template


def suggestion(person_id: str, name: str, target: str, **parts: Any) -> dict[str, Any]:
    row: dict[str, Any] = {
        "parent_node_name": "上海队", "period_label": "2026-Q2", "person_id": person_id,
        "person_name": name, "parent_target": Decimal("6000000.00"), "proposed_share": 0.5,
        "proposed_target": Decimal(target), "history_share": None, "pipeline_share": None,
        "customer_pool_share": None, "potential_share": None,
    }  # fmt: skip
    return row | parts


def cells(content: bytes) -> list[tuple[Any, ...]]:
    page = openpyxl.load_workbook(io.BytesIO(content)).active
    assert page is not None
    return [tuple(cell.value for cell in row) for row in page.iter_rows()]


def test_a_split_says_who_how_much_and_why() -> None:
    rows = [suggestion("P1", "甲", "3000000.00", history_share=0.6, pipeline_share=0.4)]
    assert cells(suggestion_workbook(rows, "签单额")) == [
        ("期间", "指标", "人员", "目标值", "修改原因"),
        ("2026-Q2", "签单额", "甲", 3000000,
         "系统建议：上海队 6,000,000.00 的 50.0%（历史 60.0%、在手商机 40.0%）"),
    ]  # fmt: skip


def test_two_people_of_one_name_are_written_by_id() -> None:
    rows = [
        suggestion("P1", "李四", "1.00"),
        suggestion("P2", "李四", "2.00"),
        suggestion("P3", "王五", "3.00"),
        suggestion("P3", "王五", "4.00"),
    ]
    people = [row[2] for row in cells(suggestion_workbook(rows, "签单额"))[1:]]
    assert people == ["P1", "P2", "王五", "王五"]


def test_a_name_that_looks_like_a_formula_stays_text() -> None:
    content = suggestion_workbook([suggestion("P1", "=1+1", "1.00")], "签单额")
    page = openpyxl.load_workbook(io.BytesIO(content)).active
    assert page is not None
    assert (page["C2"].value, page["C2"].data_type) == ("=1+1", "s")


def test_nothing_to_propose_is_a_header_alone() -> None:
    assert len(cells(suggestion_workbook([], "签单额"))) == 1


def test_season_weights_pasted_into_the_rules_workbook_come_into_force() -> None:
    weights = ["0.175600", "0.206600", "0.297000", "0.320800"]
    rows = [
        {"metric_name": "签单额", "position_kind": "quarter", "position": at,
         "proposed_weight_rate": Decimal(weight)}
        for at, weight in enumerate(weights, start=1)
    ]  # fmt: skip
    book = opened(template())
    header, *pasted = cells(season_workbook(rows))
    assert header == ("指标", "类别", "第几", "权重")
    for at, row in enumerate(pasted):
        for column, value in enumerate(row, start=1):
            book["季节权重"].cell(15 + at, column).value = value
    reading = parse_rules_workbook(saved(book), "rules.xlsx")
    assert reading.errors == ()
    found = {
        (row.values["position"], row.values["weight_rate"])
        for row in reading.rows["season"]
        if row.values["metric"] == "signed_amount"
    }
    assert found == {(at, Decimal(weight)) for at, weight in enumerate(weights, start=1)}
