"""A company whose every list is wrong somewhere: what a person typed wrong is told, and holds no night."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest
import yaml

from pipelines.commands.nightly import NightResult, run_night
from pipelines.settings import CompanyFolder

pytestmark = pytest.mark.deep(topic="nights")
STAGES = ["初步接触", "报价中", "谈判中", "赢单", "输单", "签约待付款"]


def day(number: int) -> str:
    return (date(2026, 1, 5) + timedelta(days=number)).isoformat()


def people() -> dict[str, list[list]]:
    """Return people who manage themselves or left before they came, and units above themselves."""
    return {
        "people": [
            ["person_id", "name", "team", "region", "manager_id", "hired_on", "left_on"],
            ["P1", "Ann", "East", "R1", "P1", "2025-01-01", ""],
            ["P2", "Bob", "East", "R1", "P1", "2026-02-01", "2025-12-01"],
            ["P3", "Cid", "West", "R2", "P9", "", "2026-01-10"],
            ["P4", "Dee", "", "", "", "", ""],
        ],
        "org_units": [
            ["org_id", "name", "parent_id", "kind", "valid_from", "valid_to"],
            ["R1", "R1", "", "region", "", ""],
            ["East", "East", "R1", "team", "2026-01-01", "2025-01-01"],
            ["West", "West", "R2", "team", "", ""],
        ],
        "person_assignments": [
            ["person_id", "org_id", "valid_from", "valid_to"],
            ["P1", "East", "2026-02-01", "2026-01-01"],
            ["P1", "East", "2025-01-01", ""],
            ["P2", "Nowhere", "2025-01-01", ""],
        ],
        "accounts": [["account_id", "name", "owner_id", "created_at"]]
        + [[f"A{i}", "Individual" if i > 3 else f"Customer {i}", "P7" if i % 2 else "P1", day(i)] for i in range(8)],
    }  # fmt: skip


def deals() -> dict[str, list[list]]:
    """Return deals of negative worth that closed before they were made, and days that run backwards."""
    header = ["opportunity_id", "account_id", "owner_id", "stage", "amount", "currency", "probability",
              "created_at", "expected_close_on", "closed_at"]  # fmt: skip
    rows = [
        [f"O{i}", f"A{i % 8}", f"P{i % 6}", STAGES[i % 6], [-5000, 1000, 0, "", 2500][i % 5],
         ["人民币", "usd", "QQQ", ""][i % 4], ["1000", "-5", "50", "0.5", "100"][i % 5], day(i), day(i - 40),
         day(i - 12) if STAGES[i % 6] in ("赢单", "输单") else ""]
        for i in range(36)
    ]  # fmt: skip
    future = ["OF", "A1", "P1", "报价中", "100", "CNY", "50", "2027-01-01", "2027-02-01", ""]
    return {
        "opportunities": [header, *rows, future],
        "stage_events": [["opportunity_id", "to_stage", "changed_at", "from_stage"]]
        + [[f"O{i % 36}", STAGES[i * 5 % 6], f"{day(60 - i)} 10:00", STAGES[i * 3 % 6]] for i in range(50)]
        + [["ZZ", "赢单", "2027-05-05 10:00", ""]],
        "leads": [["lead_id", "created_at", "name", "phone", "assigned_at", "first_response_at", "status"]]
        + [[f"L{i}", f"{day(i)} 10:00", f"n{i}", "123", f"{day(i - 1)} 10:00", f"{day(i - 2)} 10:00", "有效"]
           for i in range(30)],
        "activities": [["activity_id", "person_id", "occurred_at", "kind", "entered_at", "account_id", "content"]]
        + [[f"T{i}", f"P{i % 6}", f"{day(i)} 10:00", ["拜访", "电话", "微信"][i % 3], f"{day(i - 9)} 09:00",
            f"A{i % 9}", "见面谈价格和交付时间安排"] for i in range(60)],
        "quotes": [["quote_id", "opportunity_id", "issued_on", "amount"]]
        + [[f"Q{i}", f"O{i}", day(i - 50), [-10, 0, 500][i % 3]] for i in range(12)],
        "tasks": [["task_id", "title", "assignee", "due_on", "completed_on", "status"]]
        + [[f"K{i}", "t", f"P{i % 5}", day(i), day(i - 40) if i % 2 else "", "??"] for i in range(12)],
        "satisfaction": [["account_id", "surveyed_on", "score", "scale"]]
        + [[f"A{i}", day(i), [15, -2, 7][i % 3], [10, 0, ""][i % 3]] for i in range(9)],
        "audit_scores": [["record_id", "auditor", "score", "month"], ["T1", "X", "150", "2026-01"]],
        "market": [["observed_on", "kind", "change_rate"], ["2026-01-20", "需求", "-250%"]],
    }  # fmt: skip


def money() -> dict[str, list[list]]:
    """Return orders cancelled before they were signed, overpaid, shared to 120 %, at a rate of nothing."""
    return {
        "orders": [["order_id", "line_no", "account_id", "person_id", "signed_on", "amount", "currency", "status",
                    "cancelled_on", "cost", "contract_end_on"]]
        + [[f"S{i // 2}", i % 2, f"A{i % 7}", f"P{i % 5}", day(i), [-800, 1200, 0, 99999, 5][i % 5],
            "usd" if i % 3 else "RMB", ["已生效", "已取消", "草稿", "Weird"][i % 4],
            day(i - 30) if i % 4 == 1 else "", 999999, day(i - 300)] for i in range(40)],
        "credit_splits": [["order_id", "person_id", "share"], ["S1", "P1", "1.2"], ["S1", "P2", "-0.2"],
                          ["S2", "P1", "50%"], ["S2", "P2", "0.7"], ["S3", "P9", "0"]],
        "receivables": [["order_id", "due_on", "amount"]]
        + [[f"S{i}", day(i), [-100, 500, 0][i % 3]] for i in range(15)],
        "payments": [["payment_id", "order_id", "received_on", "amount", "due_on"]]
        + [[f"Y{i}", f"S{i % 25}", day(i - 20), [-50, 99999, 10][i % 3], day(i)] for i in range(30)],
        "fx_rates": [["currency", "valid_on", "rate"], ["美元", "2026-01-01", "7.1"], ["EUR", "2026-01-01", "0"]],
        "targets": [["period", "metric", "team", "person", "value"], ["2026-01", "签单额", "East", "", "-5000"],
                    ["2026", "签单额", "", "", "1000000"], ["2026Q1", "签单额", "", "P1", "300000"],
                    ["2026-02", "新签客户数", "", "P9", "5"], ["2026-13", "签单额", "", "P1", "5"]],
        "progress": [["period", "scope", "metric", "reported_on", "typed_actual"],
                     ["2026-01", "Nobody", "???", "2026-02-01", "-100"]],
    }  # fmt: skip


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, NightResult]:
    home = tmp_path_factory.mktemp("dirty")
    (home / "inbox").mkdir()
    lists = people() | deals() | money()
    for entity, rows in lists.items():
        with (home / "inbox" / f"{entity}.csv").open("w", encoding="utf-8", newline="") as sink:
            csv.writer(sink).writerows(rows)
    sources = [
        {"name": entity, "entity": entity, "path": f"inbox/{entity}.csv", "preset": "excel",
         "export_date": "2026-03-10"}
        for entity in lists
    ]  # fmt: skip
    settings = {
        "company": {
            "name": "Dirty",
            "timezone": "Asia/Shanghai",
            "currency": "CNY",
            "calendar": "CN",
        }
    }
    (home / "company.yml").write_text(
        yaml.safe_dump(settings | {"sources": sources}, allow_unicode=True), encoding="utf-8"
    )
    return home, run_night(CompanyFolder(home), date(2026, 3, 10))


def test_nothing_that_a_person_typed_wrong_holds_the_night(night: tuple[Path, NightResult]) -> None:
    assert night[1].outcome == "published", night[1].reason_en


def test_a_currency_counts_however_it_is_written(night: tuple[Path, NightResult]) -> None:
    with duckdb.connect(str(night[0] / "published" / "marts.duckdb"), read_only=True) as con:
        con.execute("use marts")
        found = dict(
            con.execute("select currency, max(fx_rate) from fct_booking group by 1").fetchall()
        )
    assert {currency: float(rate) for currency, rate in found.items()} == {"CNY": 1.0, "USD": 7.1}
