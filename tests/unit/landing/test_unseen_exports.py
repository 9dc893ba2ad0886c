"""Exports of systems that nobody showed us: each as it is written by the system, landed with company.yml only."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import openpyxl
import pytest

from tests.unit.landing.landing_world import Inbox

ORDERS = "columns: {order_id: No, signed_on: Date, amount: Amount}"


def sap(amounts: list[str]) -> str:
    rows = "".join(f"{4711 + i};15.01.2024;{amount};München\n" for i, amount in enumerate(amounts))
    return f"No;Date;Amount;Büro\n{rows}"


def test_a_semicolon_export_with_decimal_commas_and_sign_behind_lands_to_the_cent(tmp_path):
    inbox = Inbox(
        tmp_path, f', {ORDERS}, encoding: cp1252, date_order: dmy, decimal: ","', entity="orders"
    )
    inbox.folder.inbox.mkdir(parents=True)
    text = sap(["1.234,50", "300,00-", "-1.234.567,89", "12", "1.000", "(5,5)", "1 234,50 EUR"])
    (inbox.folder.inbox / "VBAK.csv").write_bytes(text.encode("cp1252"))
    inbox.land()
    assert inbox.known("2026-03-20", "select amount, signed_on from rows order by order_id") == [
        (Decimal(amount), date(2024, 1, 15))
        for amount in ("1234.5", "-300", "-1234567.89", "12", "1000", "-5.5", "1234.5")
    ]


def test_without_a_declared_decimal_comma_nothing_is_guessed(tmp_path):
    inbox = Inbox(tmp_path, f", {ORDERS}, date_order: dmy", entity="orders")
    record = inbox.put_and_land("VBAK.csv", sap(["1.234,50", "300,00-"]).replace("ü", "u"))
    assert (record.counts.landed, record.counts.quarantined) == (0, 2)


def test_a_number_of_a_workbook_keeps_its_point_where_texts_have_a_decimal_comma(tmp_path):
    inbox = Inbox(tmp_path, f', {ORDERS}, decimal: ","', entity="orders")
    inbox.folder.inbox.mkdir(parents=True)
    book = openpyxl.Workbook()
    for row in (
        ["No", "Date", "Amount"],
        ["A", date(2024, 1, 15), 1.234],
        ["B", date(2024, 1, 15), "1.234,5"],
    ):
        book.active.append(row)
    book.save(inbox.folder.inbox / "orders.xlsx")
    inbox.land()
    assert inbox.known("2026-03-20", "select amount from rows order by order_id") == [
        (Decimal("1.234"),), (Decimal("1234.5"),)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("title", "header", "amount"),
    [
        ("制表人：张三    单位：万元    打印日期：2024-04-01", "Amount", "125000"),
        ("Orders of the first quarter ($K)", "Amount", "12500"),
        ("All amounts in thousands", "Amount", "12500"),
        ("单位：万元", "Amount (元)", "12.5"),
        ("Orders of the first quarter", "Amount ($M)", "12500000"),
        ("Orders of the first quarter", "Amount", "12.5"),
    ],
)
def test_the_unit_over_a_sheet_holds_for_amounts_whose_header_names_none(
    tmp_path, title, header, amount
):
    inbox = Inbox(
        tmp_path,
        f', columns: {{order_id: No, signed_on: Date, amount: "{header}"}}',
        entity="orders",
    )
    inbox.folder.inbox.mkdir(parents=True)
    book = openpyxl.Workbook()
    for row in (
        [title],
        ["No", "Date", header],
        ["A", date(2024, 1, 15), 12.5],
        ["B", date(2024, 1, 16), 12.5],
    ):
        book.active.append(row)
    book.save(inbox.folder.inbox / "orders.xlsx")
    record = inbox.land().records[-1]
    assert inbox.known("2026-03-20", "select distinct amount from rows") == [(Decimal(amount),)]
    named = [note for note in record.notes_en if note.startswith("amounts are in")]
    assert bool(named) == (amount not in ("12.5", "12500000"))


def test_the_lines_of_a_document_take_over_what_its_first_line_says(tmp_path):
    inbox = Inbox(
        tmp_path,
        ", columns: {order_id: 单据编号, signed_on: 日期, account_id: 客户, amount: 价税合计},"
        ' compose: {line_no: [单据编号, "#"]}, fill_down: [单据编号, 日期, 客户]',
        entity="orders",
    )
    text = (
        "单据编号,日期,客户,价税合计\nX1,2024/1/5,甲,10\n,,,20\nX2,2024/1/6,,5\n,,,6\n合计,,,41\n"
    )
    record = inbox.put_and_land("金蝶.csv", text)
    assert (record.counts.landed, record.counts.skipped) == (4, 1)
    assert inbox.known("2026-03-20", "select order_id, account_id, amount from rows order by amount") == [
        ("X2", None, 5), ("X2", None, 6), ("X1", "甲", 10), ("X1", "甲", 20)
    ]  # fmt: skip


def test_an_amount_may_be_quantity_times_price_less_a_discount(tmp_path):
    inbox = Inbox(
        tmp_path,
        ", columns: {order_id: InvoiceNo, signed_on: Date}, "
        "multiply: {amount: [Quantity, UnitPrice, 1-Discount]}",
        entity="orders",
    )
    text = (
        "InvoiceNo,Date,Quantity,UnitPrice,Discount\n"
        "A,2024-01-05,6,2.55,0\nB,2024-01-05,-3,2.00,10%\nC,2024-01-05,1,n/a,0\n"
    )
    inbox.put_and_land("retail.csv", text)
    assert inbox.known("2026-03-20", "select order_id, amount from rows order by 1") == [
        ("A", Decimal("15.3")), ("B", Decimal("-5.4"))
    ]  # fmt: skip
    assert [(row[2], row[4]) for row in inbox.quarantine()] == [("amount", "not_a_number")]


def test_ids_guarded_against_a_spreadsheet_keep_their_digits_and_null_is_nothing(tmp_path):
    inbox = Inbox(
        tmp_path,
        ", columns: {order_id: 订单编号, account_id: 买家, signed_on: 付款时间, amount: 实付}",
        entity="orders",
    )
    inbox.put_and_land(
        "ExportOrderList.csv",
        "订单编号,买家,付款时间,实付\n"
        '"=""3700000000000000001""",null,2024-01-02 12:31:00,99.00\n'
        '\'3700000000000000002\t,b,"=""2024-01-03""",($5.00)\n',
    )
    assert inbox.known("2026-03-20", "select order_id, account_id, signed_on, amount from rows order by 1") == [
        ("3700000000000000001", None, date(2024, 1, 2), 99),
        ("3700000000000000002", "b", date(2024, 1, 3), -5),
    ]  # fmt: skip


DEALS = {"id": "d1", "stage": "赢单", "value": {"amount": "12.50"}, "owner": {"name": "Ann"}}
NESTED = ", columns: {opportunity_id: id, stage: stage, amount: value.amount, owner_id: owner.name}"


@pytest.mark.parametrize(
    ("written", "records"),
    [
        ({"data": [DEALS], "meta": {"page": 1}}, ""),
        ({"result": {"list": [DEALS]}, "code": 0}, ""),
        ({"data": [DEALS], "users": [{"id": 1}]}, ", records: data"),
    ],
)
def test_the_rows_of_an_answer_lie_in_its_only_array_or_in_the_one_named(
    tmp_path, written, records
):
    inbox = Inbox(tmp_path, NESTED + records)
    inbox.put_and_land("deals.json", json.dumps(written, ensure_ascii=False, indent=1))
    assert inbox.known("2026-03-20", "select opportunity_id, stage, amount, owner_id from rows") == [
        ("d1", "won", Decimal("12.5"), "Ann")
    ]  # fmt: skip


def test_of_several_arrays_none_is_guessed_and_all_are_named(tmp_path):
    inbox = Inbox(tmp_path, NESTED)
    record = inbox.put_and_land("deals.json", json.dumps({"data": [DEALS], "users": [{"id": 1}]}))
    assert record.status == "unreadable"
    assert "data, users" in record.error_en and "records" in record.error_en


def test_one_object_after_the_other_is_read_whatever_the_file_is_called(tmp_path):
    inbox = Inbox(tmp_path, NESTED)
    inbox.put_and_land("deals.json", json.dumps(DEALS) + "\n" + json.dumps(DEALS | {"id": "d2"}))
    assert inbox.known("2026-03-20", "select opportunity_id from rows order by 1") == [
        ("d1",),
        ("d2",),
    ]


def test_a_database_file_in_the_inbox_is_told_how_to_be_a_source(tmp_path):
    inbox = Inbox(tmp_path)
    inbox.folder.inbox.mkdir(parents=True)
    (inbox.folder.inbox / "crm.db").write_bytes(b"SQLite format 3\0" + bytes(100))
    record = inbox.land().records[-1]
    assert "kind: database" in record.error_en and "sqlite:///" in record.error_en


REPORT = '"Opportunity ID","Name","Stage","Amount"\n' + "".join(
    f'"006{i}","Deal {i}","won","{i}.00"\n' for i in range(10)
)


def test_the_footer_of_a_report_is_skipped_and_a_record_that_was_cut_off_is_not(tmp_path):
    mapped = ", columns: {opportunity_id: Opportunity ID, name: Name, stage: Stage, amount: Amount}"
    footer = (
        '\n\n"My Report"\n"Copyright (c) 2024 salesforce.com"\n"Confidential"\n"Generated By: X"\n'
    )
    record = Inbox(tmp_path / "report", mapped).put_and_land("report.csv", REPORT + footer)
    assert (record.counts.read, record.counts.landed, record.counts.skipped) == (14, 10, 4)
    record = Inbox(tmp_path / "cut", mapped).put_and_land("report.csv", REPORT + '"00699"\n')
    assert (record.counts.landed, record.counts.quarantined, record.counts.skipped) == (10, 1, 0)


def test_a_name_in_two_cells_is_joined_by_a_space(tmp_path):
    inbox = Inbox(
        tmp_path, ", columns: {person_id: id}, compose: {name: [First, Last]}", entity="people"
    )
    inbox.put_and_land("users.csv", "id,First,Last\n1,Jean-Luc,Picard\n2,,Worf\n")
    assert inbox.known("2026-03-20", "select name from rows order by person_id") == [
        ("Jean-Luc Picard",), ("Worf",)
    ]  # fmt: skip
