"""Exports as real systems write them: marks in headers, pages with their header again, money with its currency."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal

import openpyxl
import openpyxl.utils
import pytest

from tests.unit.landing.landing_world import Inbox
from tests.unit.sources.old_workbooks import xls

HEADERS = ["订单编号", "签订日期", "金额", "客户编号"]
ROWS = [[f"SO{i}", date(2024, 3, i), i * 100.5, f"C{i}"] for i in range(1, 6)]
AMOUNTS = [Decimal(str(i * 100.5)) for i in range(1, 6)]


def workbook(rows) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def inbox_with(tmp_path, name, content, entity="orders", source="", preset="excel") -> Inbox:
    inbox = Inbox(tmp_path, source, entity=entity)
    settings = tmp_path / "company.yml"
    settings.write_text(settings.read_text().replace("preset: excel", f"preset: {preset}"))
    inbox.folder.inbox.mkdir(parents=True)
    (inbox.folder.inbox / name).write_bytes(
        content if isinstance(content, bytes) else content.encode()
    )
    return inbox


def amounts(inbox):
    return [a for (a,) in inbox.known("2026-03-20", "select amount from rows order by order_id")]


@pytest.mark.parametrize(
    "headers",
    [
        ["*订单编号（必填）", "签订日期*", "金额(元)", "客户编号\n（必填）"],
        ["★ 订单编号", "签订日期：", "＊金额", "客户编号 [required]"],
        ["📌订单编号", "🗓️签订日期", "💰 金额", "客户编号 ↑"],
    ],
)
def test_the_marks_of_an_import_form_are_no_part_of_a_header(tmp_path, headers):
    inbox = inbox_with(tmp_path, "订单.xlsx", workbook([headers, *ROWS]))
    assert amounts(inbox) == AMOUNTS
    assert inbox.known("2026-03-20", "select account_id from rows order by 1 limit 1") == [("C1",)]


def test_a_plain_header_comes_before_a_marked_one(tmp_path):
    rows = [["订单编号", "签订日期", "*金额", "金额"], ["A", date(2024, 3, 1), 1, 2]]
    assert amounts(inbox_with(tmp_path, "订单.xlsx", workbook(rows))) == [Decimal(2)]


def test_a_new_workbook_under_an_old_ending_is_read_by_its_content(tmp_path):
    assert amounts(inbox_with(tmp_path, "订单.xls", workbook([HEADERS, *ROWS]))) == AMOUNTS


def test_pages_with_their_header_again_lose_nothing_in_a_workbook_and_in_text(tmp_path):
    pages = [HEADERS, *ROWS[:2], HEADERS, *ROWS[2:]]
    text = "\n".join(",".join(map(str, row)) for row in pages)
    for folder, name, content in (("a", "订单.xlsx", workbook(pages)), ("b", "订单.csv", text)):
        inbox = inbox_with(tmp_path / folder, name, content)
        counts = inbox.land().records[-1].counts
        assert (counts.read, counts.landed, counts.skipped, counts.quarantined) == (6, 5, 1, 0)
        assert amounts(inbox) == AMOUNTS


def test_a_row_that_only_begins_like_the_header_is_a_row(tmp_path):
    inbox = inbox_with(tmp_path, "o.csv", "订单编号,签订日期,金额\n订单编号,2024-03-01,5\n")
    assert amounts(inbox) == [Decimal(5)]


def test_an_amount_that_names_its_currency_is_not_added_to_another(tmp_path):
    text = '订单编号,签订日期,金额\nA,2024-03-01,"USD 1,500.00"\nB,2024-03-02,￥200\nC,2024-03-03,€5\nD,2024-03-04,7\n'
    inbox = inbox_with(tmp_path, "o.csv", text)
    found = inbox.known("2026-03-20", "select amount, currency from rows order by order_id")
    assert found == [
        (Decimal(1500), "USD"),
        (Decimal(200), None),
        (Decimal(5), "EUR"),
        (Decimal(7), None),
    ]


def test_a_column_of_currencies_says_it_and_not_the_cell(tmp_path):
    inbox = inbox_with(
        tmp_path,
        "o.csv",
        "订单编号,签订日期,金额,币种\nA,2024-03-01,USD 5,EUR\nB,2024-03-01,USD 5,\n",
    )
    assert inbox.known("2026-03-20", "select currency from rows order by order_id") == [
        ("EUR",),
        (None,),
    ]


def test_a_payment_services_bill_lands_with_its_guards_taken_off(tmp_path):
    text = "交易时间,微信订单号,商户订单号,总金额\n`2024-03-05 09:30:00,`4200001,`S1001,`1500.00\n`2024-03-06 09:30:00,`4200002,`S1002,`25.50\n"
    source = ", columns: {payment_id: 微信订单号, order_id: 商户订单号, received_on: 交易时间, amount: 总金额}"
    inbox = inbox_with(tmp_path, "bill_20240401.csv", text, "payments", source)
    assert inbox.known(
        "2026-03-20", "select payment_id, order_id, received_on, amount from rows order by 1"
    ) == [
        ("4200001", "S1001", date(2024, 3, 5), Decimal(1500)),
        ("4200002", "S1002", date(2024, 3, 6), Decimal("25.5")),
    ]


ALIPAY = """支付宝交易记录明细查询
账号:[abc@x.com]
起始日期:[2024-03-01 00:00:00]    终止日期:[2024-03-31 00:00:00]
---------------------------------交易记录明细列表------------------------------------
交易号                  ,商家订单号               ,交易创建时间              ,付款时间                ,类型              ,交易对方            ,商品名称                ,金额（元）   ,收/支     ,交易状态    ,服务费（元）   ,备注                  ,
2024030522001\t,S1001\t,2024-03-05 09:30:00 ,2024-03-05 09:30:10 ,即时到账交易          ,张三              ,货款                  ,1500.00 ,收入      ,交易成功    ,0.00     ,                    ,
2024030622002\t,S1002\t,2024-03-06 09:30:00 ,2024-03-06 09:30:10 ,即时到账交易          ,李四              ,货款                  ,25.50 ,收入      ,交易成功    ,0.00     ,                    ,
------------------------------------------------------------------------------------
共2笔记录
已收入:2笔,1525.50元
导出时间:[2024-04-01 10:00:00]    用户:某某
"""


def test_a_bill_with_a_preamble_and_a_footer_lands_its_rows_alone(tmp_path):
    source = ', columns: {payment_id: 交易号, order_id: 商家订单号, received_on: 付款时间, amount: "金额（元）"}'
    inbox = inbox_with(
        tmp_path, "alipay_20240401.csv", ALIPAY.encode("gb18030"), "payments", source
    )
    counts = inbox.land().records[-1].counts
    assert (counts.read, counts.landed, counts.skipped) == (6, 2, 4)
    assert inbox.known("2026-03-20", "select order_id, amount from rows order by 1") == [
        ("S1001", Decimal(1500)), ("S1002", Decimal("25.5"))
    ]  # fmt: skip


def test_an_end_that_never_comes_is_no_end_and_no_error(tmp_path):
    text = (
        "人员编号,组织编号,生效日期,失效日期\nP1,O1,2024-01-01,9999-12-31\nP2,O1,2024-01-01,0000-00-00\n"
        "P3,O1,2024-01-01,/\nP4,O1,2024-01-01,2024-06-30\n"
    )
    inbox = inbox_with(tmp_path, "任职.csv", text, "person_assignments")
    assert inbox.land().records[-1].counts.quarantined == 0
    assert inbox.known("2026-03-20", "select valid_to from rows order by person_id") == [
        (None,), (None,), (None,), (date(2024, 6, 30),)
    ]  # fmt: skip


def test_a_customer_called_none_is_unknown_and_a_competitor_called_none_is_an_answer(tmp_path):
    text = "商机编号,阶段,客户编号,竞争对手\nD1,报价中,无,无\n"
    inbox = inbox_with(tmp_path, "d.csv", text, "opportunities")
    assert inbox.known("2026-03-20", "select account_id, competitor from rows") == [(None, "无")]


def test_a_required_day_that_means_none_is_quarantined(tmp_path):
    inbox = inbox_with(
        tmp_path, "o.csv", "订单编号,签订日期,金额\nA,0000-00-00,5\nB,2024-03-01,6\n"
    )
    assert amounts(inbox) == [Decimal(6)]
    assert [row[1:] for row in inbox.quarantine()] == [(2, "signed_on", None, "missing")]


def test_an_odoo_list_of_quotations_has_its_creation_date(tmp_path):
    text = 'Order Reference,Creation Date,Customer,Salesperson,Total,Status\nS00001,2024-03-05 09:00:00,"Acme, Joe",Ann,1500.0,Sales Order\n'
    inbox = inbox_with(tmp_path, "Sales Order (sale.order).csv", text, preset="odoo")
    assert amounts(inbox) == [Decimal(1500)]


def test_an_old_workbook_under_a_new_ending_is_read_by_its_content(tmp_path):
    rows = enumerate([HEADERS, *ROWS])
    old = xls(
        [
            (r, c, v if isinstance(v, float) else str(v))
            for r, row in rows
            for c, v in enumerate(row)
        ]
    )
    assert amounts(inbox_with(tmp_path, "订单.xlsx", old)) == AMOUNTS


def test_our_own_english_names_may_be_written_with_spaces(tmp_path):
    inbox = inbox_with(
        tmp_path, "orders.csv", "Order ID,Signed On,Amount,Account Id\nA,2024-03-01,5,C1\n"
    )
    assert inbox.known("2026-03-20", "select order_id, amount, account_id from rows") == [
        ("A", Decimal(5), "C1")
    ]


SAP_LIST = """31.03.2024                          Dynamic List Display                                 1
--------------------------------------------------------------
|  Sales Doc.|  Doc. Date|  Net Value|  Sold-to|
--------------------------------------------------------------
|  4711      |  15.01.2024|  1.500,00 |  100    |
|  4712      |  16.01.2024|  2.500,00-|  101    |
--------------------------------------------------------------
"""


def test_a_list_drawn_with_dashes_and_bars_lands_its_rows_alone(tmp_path):
    source = (
        ", columns: {order_id: Sales Doc., signed_on: Doc. Date, amount: Net Value, account_id: Sold-to}"
        ', decimal: ",", date_order: dmy'
    )
    inbox = inbox_with(tmp_path, "VA05.txt", SAP_LIST, source=source)
    counts = inbox.land().records[-1].counts
    assert (counts.landed, counts.quarantined, counts.skipped) == (2, 0, 2)
    assert inbox.known("2026-03-20", "select order_id, amount, account_id from rows order by 1") == [
        ("4711", Decimal(1500), "100"), ("4712", Decimal(-2500), "101")
    ]  # fmt: skip


def test_frames_written_by_programs_lose_no_row_for_a_figure_that_is_wanting(tmp_path):
    text = '"","商机编号","阶段","预计金额","预计成交日期"\n"1","D1","报价中",1e+05,NA\n"2","D2","报价中",NA,"2024-03-02"\n"3","D3","报价中",nan,NaN\n'
    inbox = inbox_with(tmp_path, "deals.csv", text, "opportunities")
    assert inbox.known("2026-03-20", "select amount, expected_close_on from rows order by opportunity_id") == [
        (Decimal(100_000), None), (None, date(2024, 3, 2)), (None, None)
    ]  # fmt: skip


def test_a_formatted_report_of_groups_lands_its_rows(tmp_path):
    closed, made = date(2024, 3, 25), date(2024, 1, 20)
    rows = [
        [None, "My pipeline report"],
        [None, "As of 2024-04-01 09:00:00 CST • Generated by Ann Lee"],
        [None, "Filtered By"],
        [None, "   Show: All opportunities"],
        [
            None,
            "Stage  ↑",
            "Opportunity ID",
            "Opportunity Name",
            "Amount",
            "Close Date",
            "Created Date",
        ],
        [None, "Closed Won", "006A", "Big", 1500, closed, made],
        [None, "Closed Won", "006B", "Big too", 2500, closed, made],
        [None, "Subtotal", None, None, 4000],
        [None, "Closed Lost", "006C", "Small", 100, closed, made],
        [None, "Subtotal", None, None, 100],
        [None, "Total", None, None, 4100],
        [None, "Confidential Information - Do Not Distribute"],
    ]
    inbox = inbox_with(
        tmp_path, "report.xlsx", workbook(rows), "opportunities", preset="salesforce"
    )
    counts = inbox.land().records[-1].counts
    assert (counts.landed, counts.skipped, counts.quarantined) == (3, 4, 0)
    assert inbox.known("2026-03-20", "select opportunity_id, stage, amount from rows order by 1") == [
        ("006A", "won", Decimal(1500)), ("006B", "won", Decimal(2500)), ("006C", "lost", Decimal(100))
    ]  # fmt: skip


@pytest.mark.parametrize("left", [0, 1, 3])
def test_merged_and_broken_cells_stay_in_their_column_behind_empty_ones(tmp_path, left):
    book = openpyxl.Workbook()
    sheet = book.active
    rows = [
        ["客户编号", *HEADERS[:3]],
        ["C1", *ROWS[0][:3]],
        [None, *ROWS[1][:3]],
        [None, *ROWS[2][:3]],
        ["#REF!", *ROWS[3][:3]],
    ]
    for row in [["销售明细"], [None], *rows]:
        sheet.append([None] * left + row)
    first = openpyxl.utils.get_column_letter(left + 1)
    sheet.merge_cells(f"{first}4:{first}6")
    sheet[f"{first}7"].data_type = "e"
    out = io.BytesIO()
    book.save(out)
    inbox = inbox_with(tmp_path, "o.xlsx", out.getvalue())
    found = inbox.known("2026-03-20", "select order_id, account_id, amount from rows order by 1")
    assert found == [(f"SO{i}", "C1", AMOUNTS[i - 1]) for i in (1, 2, 3)]
    assert [row[2:] for row in inbox.quarantine()] == [("account_id", "#REF!", "error_cell")]
