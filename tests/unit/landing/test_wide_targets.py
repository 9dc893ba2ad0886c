from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
import xlsxwriter
import yaml

from pipelines.landing.archive import Archive
from pipelines.landing.company_rules import company_rules
from pipelines.landing.source import SourceLanding, land_source
from pipelines.settings import CompanyFolder, load_company

SEEN_AT = datetime(2026, 1, 5, 12, tzinfo=UTC)


def land(
    tmp_path: Path,
    sheets: dict[str, list[list[Any]]],
    *,
    merges: dict[str, list[tuple[Any, ...]]] | None = None,
    name: str = "销售目标.xlsx",
    **source: Any,
) -> tuple[SourceLanding, CompanyFolder]:
    folder = CompanyFolder(tmp_path)
    folder.inbox.mkdir()
    with xlsxwriter.Workbook(str(folder.inbox / name)) as book:
        for title, rows in sheets.items():
            sheet = book.add_worksheet(title)
            for at, row in enumerate(rows):
                for column, value in enumerate(row):
                    if value not in (None, ""):
                        sheet.write(at, column, value)
            for merge in (merges or {}).get(title, []):
                sheet.merge_range(*merge)
    targets = {"name": "targets", "entity": "targets", "path": f"inbox/{name}", "preset": "excel"}
    settings = {
        "company": {"name": "测试公司"},
        "sources": [{**targets, "export_date": "2026-01-05", **source}],
    }
    folder.company_yml.write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")
    company = load_company(folder)
    rules = company_rules(company, Archive(folder.archive), 0)
    landed = land_source(folder, company, company.source("targets"), rules.vocabulary(), SEEN_AT)
    return landed, folder


def landed_rows(folder: CompanyFolder, columns: str) -> list[tuple[Any, ...]]:
    files = str(folder.landing / "targets" / "*" / "*.parquet")
    with duckdb.connect() as con:
        return con.execute(
            f"select {columns} from read_parquet('{files}') order by _table, _row"
        ).fetchall()


def test_a_sheet_with_quarters_over_months_lands_as_one_row_per_filled_cell(tmp_path: Path) -> None:
    rows = [
        ["2026年度销售目标（指标：签单额，单位：万元）"],
        ["", "", "Q1", "", "", "Q2"],
        ["大区", "团队", "1月", "2月", "3月", "4月"],
        ["华东", "上海一队", 139, 106, 146, "-"],
        ["", "上海二队", 136, "", 143, 136],
        ["", "华东合计", 275, 106, 289, 136],
        [],
        ["注：2月含春节"],
    ]
    merges = {"目标": [(1, 2, 1, 4, "Q1"), (3, 0, 4, 0, "华东")]}
    landed, folder = land(tmp_path, {"目标": rows}, merges=merges)
    (record,) = landed.records
    assert (record.status, record.counts.landed, record.counts.skipped) == ("landed", 6, 2)
    assert record.counts.read == record.counts.landed + record.counts.skipped
    assert landed_rows(folder, "period, metric, region, team, value") == [
        ("2026-01", "signed_amount", "华东", "上海一队", Decimal("1390000.0000")),
        ("2026-01", "signed_amount", "华东", "上海二队", Decimal("1360000.0000")),
        ("2026-02", "signed_amount", "华东", "上海一队", Decimal("1060000.0000")),
        ("2026-03", "signed_amount", "华东", "上海一队", Decimal("1460000.0000")),
        ("2026-03", "signed_amount", "华东", "上海二队", Decimal("1430000.0000")),
        ("2026-04", "signed_amount", "华东", "上海二队", Decimal("1360000.0000")),
    ]


def test_every_value_leads_back_to_sheet_header_and_row(tmp_path: Path) -> None:
    _, folder = land(tmp_path, {"2025年": [["大区", "1月", "Q2"], ["华东", 1, 2], ["华南", 3, 4]]})
    assert landed_rows(folder, "_sheet, _row, period, value") == [
        ("2025年 1月", 2, "2025-01", Decimal(1)),
        ("2025年 1月", 3, "2025-01", Decimal(3)),
        ("2025年 Q2", 2, "2025-Q2", Decimal(2)),
        ("2025年 Q2", 3, "2025-Q2", Decimal(4)),
    ]


def test_a_bad_cell_is_quarantined_and_its_neighbours_land(tmp_path: Path) -> None:
    landed, _ = land(
        tmp_path, {"目标": [["大区", "1月", "2月"], ["华东", "待定", 2], ["华南", 3, 4]]}
    )
    counts = landed.records[0].counts
    assert (counts.read, counts.landed, counts.quarantined) == (4, 3, 1)


def test_columns_of_actuals_and_totals_are_left_and_levels_are_read(tmp_path: Path) -> None:
    header = ["大区", "1月目标(万元)", "1月实际", "1月冲刺(万元)", "全年合计"]
    _, folder = land(tmp_path, {"回款额 2026": [header, ["华东", 100, 90, "120万", 500]]})
    assert landed_rows(folder, "period, metric, level, value") == [
        ("2026-01", "collected_amount", None, Decimal(1_000_000)),
        ("2026-01", "collected_amount", "stretch", Decimal(1_200_000)),
    ]


def test_the_year_of_the_export_serves_where_nothing_names_one(tmp_path: Path) -> None:
    _, folder = land(tmp_path, {"目标": [["团队", "10月"], ["上海队", 5]]})
    assert landed_rows(folder, "period, team") == [("2026-10", "上海队")]


def test_a_sheet_that_names_no_metric_says_how_it_was_read(tmp_path: Path) -> None:
    landed, _ = land(tmp_path, {"目标": [["团队", "10月"], ["上海队", 5]]})
    assert any("signed amount" in note for note in landed.records[0].notes_en)


def test_a_long_sheet_is_not_taken_for_a_wide_one(tmp_path: Path) -> None:
    rows = [["期间", "指标", "大区", "目标值(万元)"], ["2026Q1", "营收", "华东", 150]]
    _, folder = land(tmp_path, {"目标": rows})
    assert landed_rows(folder, "_sheet, period, metric, value") == [
        ("目标", "2026Q1", "signed_amount", Decimal(1_500_000))
    ]


def test_a_sheet_without_values_and_without_periods_is_still_blocked(tmp_path: Path) -> None:
    landed, _ = land(tmp_path, {"目标": [["大区", "备注"], ["华东", "x"]]})
    assert landed.records[0].status == "blocked"
    assert "value" in str(landed.records[0].error_en)


@pytest.mark.parametrize("name", ["目标_2027年.xlsx"])
def test_the_file_name_may_name_the_year(tmp_path: Path, name: str) -> None:
    _, folder = land(tmp_path, {"Sheet1": [["大区", "1月"], ["华东", 1]]}, name=name)
    assert landed_rows(folder, "period") == [("2027-01",)]


@pytest.mark.parametrize(
    ("headers", "periods"),
    [
        (["Jan-24", "Feb-24", "Q1 2024", "FY24"], ["2024-01", "2024-02", "2024-Q1", "2024"]),
        (["2024年Q1", "上半年", "全年"], ["2024-Q1", "2024-H1", "2024"]),
        (["2024年一月", "二月"], ["2024-01", "2024-02"]),
        (["2024年Q4", "2025年Q1", "上半年"], ["2024-Q4", "2025-Q1", "2026-H1"]),
    ],
)
def test_periods_with_their_year_behind_or_beside_lose_no_column(
    tmp_path, headers, periods
) -> None:
    row = ["华东", *range(10, 10 + len(headers))]
    landed, folder = land(tmp_path, {"Sheet": [["大区", *headers], row]}, name="目标.xlsx")
    assert landed.records[-1].counts.landed == len(headers)
    assert [period for (period,) in landed_rows(folder, "period")] == periods


def test_a_year_and_a_month_of_two_columns_make_a_period(tmp_path: Path) -> None:
    rows = [["年度", "月份", "大区", "目标值"], [2024, 1, "华东", 10], [2024, 11, "华东", 20]]
    landed, folder = land(tmp_path, {"S": rows}, compose={"period": ["年度", "月份"]})
    assert landed.records[-1].counts.quarantined == 0
    assert landed_rows(folder, "period, value") == [
        ("2024|1", Decimal(10)),
        ("2024|11", Decimal(20)),
    ]
