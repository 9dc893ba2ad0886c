"""One gap walked through mart, sentence, board, workbook and alert: the same to the last digit everywhere.

The small world of tests/small_world.py with a target of 60万 for the first quarter of 2026, 32万 of it
for February; January and March share the rest by 21 and 22 workdays. As of 28 February
  due      280,000 × 21 ÷ 43 + 320,000                                    = 456,744.19
  booked   220,000 + 90,000                                               = 310,000
so 290,000 is missing, 146,744.19 of it already. The drivers sheet planned 15 deals, 40 % of them won at
100,000 each, which is the target. Twelve deals were in reach; W1, W2, W4 and W5 brought 290,000 (W3 was
undone) and 20,000 came without a deal. With C0 = 0.4 × 456,744.19 ÷ 600,000 = 0.3044961, C1 = 4/12,
A0 = 100,000 and A1 = 72,500:
  volume       3 × ((30,449.61 + 24,166.67) ÷ 3 + (22,075.97 + 33,333.33) ÷ 6)       =  82,320.93
  conversion   −0.0288372 × ((1,500,000 + 870,000) ÷ 3 + (1,087,500 + 1,200,000) ÷ 6) = −33,775.58
  deal size    27,500 × ((4.5674419 + 4) ÷ 3 + (5 + 3.6539535) ÷ 6)                  = 118,198.84
  direct       −20,000          not yet due   600,000 − 456,744.19                   = 143,255.81
What closes it: 290,000 ÷ 40,000 = 7.25, so 8 more deals; 580,000 ÷ (12 × 0.4) = 120,833.34 each;
580,000 ÷ (12 × 100,000) = 48.4 % of them won.
"""

from __future__ import annotations

import html
import io
import re
from collections.abc import Mapping
from datetime import date, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import yaml

from pipelines.commands.alerts import send_waiting
from pipelines.settings import CompanyFolder
from tests.board_figures import figures_of
from tests.end_to_end.two_weeks import ROLES, at
from tests.nights import marts, night, operations
from tests.rules_sheets import write_rules
from tests.servers.robots import Hook
from tests.small_world import TARGETS, deliver, write_small_world

pytestmark = pytest.mark.slow

QUARTER = "metric = 'signed_amount' and scope_type = 'company' and period_label = '2026-Q1'"
GAP = {
    "target": Decimal("600000.00"), "actual": Decimal("310000.00"),
    "gap": Decimal("290000.00"), "gap_to_date": Decimal("146744.19"),
    "main_cause": "deal_size", "main_cause_amount": Decimal("118198.84"),
    "main_cause_share": 0.589, "customers_needed": 8,
    "deal_size_needed": Decimal("120833.34"), "conversion_needed": Decimal("0.484"),
}  # fmt: skip
CAUSES = {
    "volume": Decimal("82320.93"), "conversion": Decimal("-33775.58"),
    "deal_size": Decimal("118198.84"), "direct": Decimal("-20000.00"),
    "not_yet_due": Decimal("143255.81"),
}  # fmt: skip
PLANNED = {"期间": "2026Q1", "计划数量": 15, "计划转化率": "40%", "计划客单价": "10万"}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, Any]]]:
    """The company after its night, and what its people were sent."""
    home = write_small_world(tmp_path_factory.mktemp("everywhere") / "company")
    deliver(home, "targets", TARGETS + "2026Q1,签单额,60\n", "20260228")
    write_rules(home / "rules.xlsx", {"计划驱动": [PLANNED]})
    path = home / "company.yml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    content["alerts"] = [
        {"channel": "webhook", "url": "env:T_HOOK", "to": role, "language": "en"} for role in ROLES
    ]
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    with Hook() as hook, pytest.MonkeyPatch.context() as patch:
        patch.setenv("T_HOOK", hook.address)
        with at(date(2026, 3, 1), time(3)):
            result = night(home)
        assert result.outcome == "published", (result.reason_en, result.checks_failed)
        with at(date(2026, 3, 1), time(8, 5)):
            send_waiting(CompanyFolder(home))
        return home, [call.body for call in hook.calls]


def row_of(home: Path) -> dict[str, Any]:
    """The company's row of the quarter, by column."""
    columns = [*GAP, "sentence_zh", "sentence_en", "residual_gap"]
    [row] = marts(home, f"select {', '.join(columns)} from mart_gap where {QUARTER}")
    return dict(zip(columns, row, strict=True))


def numbers_in(text: str, without: tuple[str, ...]) -> list[str]:
    """Every number that a text says, as it says it; names of periods and days are none."""
    for name in without:
        text = text.replace(name, "")
    return re.findall(r"\d[\d,]*(?:\.\d+)?%?", text)


def cells(home: Path, sheet: str) -> list[Mapping[str, Any]]:
    """The rows of a sheet of the workbook, by their English header."""
    content = (home / "published" / "workbook.xlsx").read_bytes()
    page = openpyxl.load_workbook(io.BytesIO(content))[sheet]
    header, *rows = page.iter_rows(values_only=True)
    names = [str(name).split("\n")[1] for name in header]
    return [dict(zip(names, row, strict=True)) for row in rows]


def test_the_mart_is_what_was_worked_out_on_paper(told: tuple[Path, Any]) -> None:
    home, _ = told
    row = row_of(home)
    assert {name: row[name] for name in GAP} == GAP
    causes = marts(home, f"select factor, contribution from mart_gap_cause where {QUARTER}")
    assert dict(causes) == CAUSES
    assert sum(CAUSES.values()) == GAP["gap"]
    [(basis, derived, source)] = marts(
        home,
        f"select distinct driver_basis, derived_plan, plan_source from mart_gap_cause where {QUARTER}",
    )
    assert (basis, derived, source) == ("opportunity", False, "workbook")


def test_the_sentence_says_the_figures_of_its_row_and_no_other(told: tuple[Path, Any]) -> None:
    row = row_of(told[0])
    figures = ["600,000.00", "310,000.00", "290,000.00", "146,744.19", "58.9%", "8"]
    figures += ["48.4%", "120,833.34"]
    for language in ("zh", "en"):
        said = numbers_in(row[f"sentence_{language}"], ("2026-02-28", "2026-Q1"))
        assert sorted(said) == sorted(figures), row[f"sentence_{language}"]


def test_the_board_shows_the_row_and_reads_its_sentence(told: tuple[Path, Any]) -> None:
    home, _ = told
    board = home / "published" / "board"
    row = row_of(home)
    start = ("period_start", "2026-01-01"), ("period_type", "quarter"), ("scope_type", "company")
    found: dict[tuple[str, str], set[str]] = {}
    for figure in figures_of(board):
        if figure.mart in ("mart_gap", "mart_gap_cause") and set(start) <= set(figure.key):
            name = dict(figure.key).get("factor", "")
            found.setdefault((name, figure.column), set()).add(figure.value)
    for column in ("target", "actual"):
        assert found[("", column)] == {str(GAP[column])}
    for factor, contribution in CAUSES.items():
        assert found[(factor, "contribution")] == {str(contribution)}
    for language in ("zh", "en"):
        page = html.unescape((board / language / "index.html").read_text(encoding="utf-8"))
        assert row[f"sentence_{language}"] in page


def test_the_workbook_holds_the_row_its_sentence_and_its_causes(told: tuple[Path, Any]) -> None:
    home, _ = told
    row = row_of(home)
    [line] = [
        line for line in cells(home, "缺口 Gap")
        if (line["Scope"], line["Metric"], line["Period"]) == ("纸上公司", "签单额 Signed amount", "2026-Q1")
    ]  # fmt: skip
    shown = {
        "target": "Target", "actual": "Actual", "gap": "Gap", "gap_to_date": "Gap to date",
        "main_cause_amount": "Missing by it", "main_cause_share": "Its share",
        "customers_needed": "More deals or customers needed",
        "deal_size_needed": "Or deal size needed", "conversion_needed": "Or conversion needed",
    }  # fmt: skip
    for column, header in shown.items():
        assert Decimal(str(line[header])) == Decimal(str(GAP[column])), column
    assert line["Main cause"] == "客单价 Deal size"
    assert line["In a sentence"] == row["sentence_en"]
    assert line["In a sentence (zh)"] == row["sentence_zh"]
    causes = {
        line["Cause"].split(" ", 1)[0]: Decimal(str(line["Missing by it"]))
        for line in cells(home, "缺口原因 Gap causes")
        if (line["Scope"], line["Metric"], line["Period"]) == ("纸上公司", "签单额 Signed amount", "2026-Q1")
    }  # fmt: skip
    names = ("商机数量", "转化率", "客单价", "无商机直签", "尚未到期")
    assert causes == dict(zip(names, CAUSES.values(), strict=True))


def test_the_alert_says_what_was_due_and_done_and_what_is_at_stake(told: tuple[Path, Any]) -> None:
    home, messages = told
    [head] = [body for body in messages if body["recipient"] == "P9"]
    [line] = [
        line["text"] for line in head["lines"]
        if "纸上公司 2026-Q1 Signed amount lags" in line["text"]
    ]  # fmt: skip
    due = GAP["actual"] + GAP["gap_to_date"]
    assert f"{due:,.2f} due, {GAP['actual'].normalize():,f} done" in line
    assert f"CNY {GAP['gap_to_date']:,.0f} at stake" in line
    [(at_stake, message)] = operations(
        home,
        "select value_amount, message_en from marts.mart_alert "
        "where alert_key = 'target_behind/signed_amount/quarter/2026-Q1/company/company'",
    )
    assert at_stake == GAP["gap_to_date"]
    assert f"{due:,.2f} due" in message
