"""Records of one customer over three nights: asked about, decided in the workbook, taken back.

The small world with three more records, and a rep's own sheet without customer numbers:
  C1  晨星医院                    strategic, P1         C6  晨星医院 (same phone), P2: merged
  C4  太原博爱医疗器械有限公司    order O7 of 10 Feb    C5  太原市博爱医疗器械公司, order O8 of 20 Feb: asked
  王芳's sheet: 蓝海诊所 (C2, same phone) and =HYPERLINK("x","南湖口腔门诊部") that the CRM has never seen.
New customers of February: O7 and O8 while C4 and C5 are two customers; O7 alone once they are one.
C3 bought in January for the first time (O5, cancelled on 26 February) and again on 25 February.
"""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from pipelines.sources.rules_template import write_rules_template
from tests.nights import content_hashes, marts, night
from tests.small_world import COMPANY, CUSTOMERS, ORDERS, deliver, write_small_world

pytestmark = pytest.mark.slow

MORE_CUSTOMERS = """\
C4,太原博爱医疗器械有限公司,P1,华东,否,2025-12-20,
C5,太原市博爱医疗器械公司,P2,华东,否,2026-01-10,
C6,晨星医院,P2,华东,否,2026-01-15,+86 138-0013-8000
"""
MORE_ORDERS = """\
O7,C4,P1,2026-02-10,10000,,已生效,
O8,C5,P2,2026-02-20,10000,,已生效,
"""
STRANGER = '=HYPERLINK("x","南湖口腔门诊部")'
PERSONAL = """\
  - {name: own_lists, entity: accounts, kind: file, path: "inbox/personal/*.xlsx", preset: excel,
     source_kind: personal, compose: {account_id: [负责人编号, 客户名称]}}
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = write_small_world(tmp_path_factory.mktemp("decisions") / "company")
    (home / "company.yml").write_text(COMPANY + PERSONAL, encoding="utf-8")
    deliver(home, "customers", CUSTOMERS + MORE_CUSTOMERS, "20260228")
    deliver(home, "orders", ORDERS + MORE_ORDERS, "20260228")
    book = openpyxl.Workbook()
    for row in (
        ("客户名称", "电话", "负责人编号"),
        ("蓝海诊所", "13900139000", "P3"),
        (STRANGER, "13712345077", "P3"),
    ):
        book.active.append(row)
    book.active["A3"].data_type = "s"
    path = home / "inbox" / "personal" / "客户_王芳_20260228.xlsx"
    path.parent.mkdir(parents=True)
    book.save(path)
    return home


def published(home: Path) -> None:
    result = night(home)
    assert result.outcome == "published", (result.reason_en, result.checks_failed)


def customers(home: Path) -> dict[str, str]:
    return dict(marts(home, "select account_id, customer_id from dim_customer_record"))


def new_in_february(home: Path) -> float:
    [(count,)] = marts(
        home,
        "select actual from mart_target_attainment where metric = 'new_customer_count' "
        "and scope_type = 'company' and period_label = '2026-02' and level = 'base'",
    )
    return float(count)


def decide(home: Path, rows: list[tuple]) -> None:
    """Put rows under the headers of the decisions sheet, as somebody pastes them."""
    write_rules_template(home / "rules.xlsx", "zh")
    book = openpyxl.load_workbook(home / "rules.xlsx")
    page = book["合并决定"]
    first = next(cell.row for cell in page["A"] if str(cell.value).startswith("记录一")) + 2
    for offset, row in enumerate(rows):
        for place, value in enumerate(row, start=1):
            page.cell(first + offset, place, value)
    book.save(home / "rules.xlsx")


def test_three_nights(home: Path) -> None:
    published(home)
    found = customers(home)
    assert (found["C6"], found["P3|蓝海诊所"]) == ("C1", "C2")
    assert found["C4"] != found["C5"]
    assert new_in_february(home) == 2
    before = content_hashes(home)

    # The list holds the one open pair, every cell plain text; its first six columns go back.
    book = openpyxl.load_workbook(home / "published" / "review" / "customer_matches.xlsx")
    header, pair = [[cell.value for cell in row] for row in book.active.iter_rows(min_row=2)]
    assert header[:6] == ["记录一", "记录二", "决定", "决定人", "决定日期", "原因"]
    assert pair[:2] == ["customers:C4", "customers:C5"]
    decide(
        home, [(pair[0], pair[1], "合并", "王总"), ("customers:C1", "customers:C6", "分开", "王总")]
    )
    published(home)
    found = customers(home)
    assert (found["C5"], found["C6"]) == ("C4", "C6")
    assert new_in_february(home) == 1
    assert marts(home, "select matched_by from dim_customer_record where account_id = 'C5'") == [
        ("decision",)
    ]
    assert marts(home, "select count(*) from mart_customer_match") == [(0,)]

    # Both rows deleted: the first night's answer again, row by row.
    decide(home, [])
    published(home)
    now = content_hashes(home)
    told_by_rules_version = {n for n in now if "rules_version" in columns(home, n)}
    assert {n for n in now if now[n] != before[n]} <= told_by_rules_version


def columns(home: Path, mart: str) -> set[str]:
    return {row[0] for row in marts(home, f"describe {mart}")}


def test_the_reps_own_sheet_lands_flagged_and_is_counted(home: Path) -> None:
    rows = marts(
        home,
        "select person_id, record_count, crm_customer_count, personal_only_customer_count, "
        "filled_field_count, expected_field_count from mart_customer_coverage "
        "where source_kind = 'personal'",
    )
    # Owner and phone are filled, of eight fields each.
    assert rows == [("P3", 2, 1, 1, 4, 16)]
    assert marts(
        home, "select customer_name, source_kind from dim_customer where source = 'own_lists'"
    ) == [(STRANGER, "personal")]


def test_the_customer_keeps_the_crms_values_and_fills_its_gaps(home: Path) -> None:
    assert marts(
        home,
        "select customer_name, owner_id, record_count, crm_record_count, source_kind "
        "from dim_customer where customer_id = 'C2'",
    ) == [("蓝海诊所", "P2", 2, 1, "crm")]
