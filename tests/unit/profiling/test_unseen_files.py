"""Files of systems that nobody showed us: what `gapwise profile` makes of them."""

from __future__ import annotations

import json

import openpyxl
import pytest
import yaml

from pipelines.landing.connection import landing_connection
from pipelines.profiling.profile import TableProfile, profile_file
from pipelines.profiling.render import profile_yaml
from pipelines.settings import FileSource
from pipelines.sources.files import FileOptions


def profiled(path, encoding: str | None = None) -> list[TableProfile]:
    work = path.parent.parent / "work"
    with landing_connection(work / "db") as con:
        return profile_file(path, con, work / "read", FileOptions(encoding=encoding))


def written(tmp_path, name, text, encoding="utf-8"):
    folder = tmp_path / "inbox"
    folder.mkdir()
    (folder / name).write_bytes(text.encode(encoding))
    return folder / name


def sure(profile):
    return {match.column.name: match.header for match in profile.matches if match.is_sure}


def asked(profile):
    return {match.column.name: match.header for match in profile.matches if not match.is_sure}


def lines(header, *rows):
    return "\n".join([header, *rows]) + "\n"


SUPERSTORE = lines(
    "Row ID,Order ID,Order Date,Customer ID,Customer Name,Region,Category,Sales,Quantity,Profit",
    *(f"{i},CA-{i // 2},2024-01-{i // 2 + 1:02d},C{i},N{i},West,Chairs,{i}.5,2,0.3" for i in range(2, 30)),
)  # fmt: skip
RETAIL = lines(
    "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country",
    *(f"{536365 + i // 3},S{i},X,{i % 4},{i // 3 + 13}/01/2024 08:26,2.55,17850,UK" for i in range(30)),
)  # fmt: skip
OLIST_LEADS = lines(
    "mql_id,first_contact_date,landing_page_id,origin",
    *(f"a{i},2024-01-{i + 1:02d},lp,social" for i in range(20)),
)
TAOBAO = lines(
    "订单编号,买家会员名,总金额,订单状态,订单付款时间",
    *(f'"=""37000000000000000{i:02d}""",t{i},{i}.00,交易成功,2024-01-{i:02d} 12:00:00' for i in range(10, 29)),
)  # fmt: skip
SAP = lines(
    "Verkaufsbeleg;Auftraggeber;Belegdatum;Nettowert",
    *(f"{4711 + i};{100 + i};{i + 10}.01.2024;1.2{i:02d},50" for i in range(19)),
)
API = json.dumps(
    {
        "data": [
            {"id": f"d{i}", "attributes": {"stage": "won", "value": {"amount": f"{i}.5"}}, "owner": {"id": i}}
            for i in range(20)
        ]
    }
)  # fmt: skip


@pytest.mark.parametrize(
    ("name", "text", "entity", "mapped"),
    [
        ("Sample - Superstore.csv", SUPERSTORE, "orders",
         {"order_id": "Order ID", "line_no": "Row ID", "account_id": "Customer ID", "signed_on": "Order Date",
          "amount": "Sales"}),
        ("olist_marketing_qualified_leads_dataset.csv", OLIST_LEADS, "leads",
         {"lead_id": "mql_id", "created_at": "first_contact_date", "lead_source": "origin"}),
        ("ExportOrderList.csv", TAOBAO, "orders",
         {"order_id": "订单编号", "account_id": "买家会员名", "amount": "总金额", "signed_on": "订单付款时间"}),
        ("deals.json", API, "opportunities",
         {"stage": "attributes.stage", "amount": "attributes.value.amount", "owner_id": "owner.id"}),
        ("VBAK.csv", SAP, "orders",
         {"order_id": "Verkaufsbeleg", "account_id": "Auftraggeber", "signed_on": "Belegdatum",
          "amount": "Nettowert"}),
    ],
)  # fmt: skip
def test_a_systems_export_is_known_without_its_preset(tmp_path, name, text, entity, mapped):
    (profile,) = profiled(written(tmp_path, name, text))
    assert profile.entity == entity
    found = sure(profile) | asked(profile)
    assert {column: found.get(column) for column in mapped} == mapped


def test_a_decimal_comma_is_proposed_and_the_source_is_valid(tmp_path):
    path = written(tmp_path, "VBAK.csv", SAP)
    profiles = profiled(path)
    (source,) = yaml.safe_load(profile_yaml(path, profiles))["sources"]
    assert FileSource.model_validate(source).decimal == ","


def test_lines_that_share_a_key_are_asked_about_and_a_product_is_offered(tmp_path):
    path = written(tmp_path, "Online Retail.csv", RETAIL)
    profiles = profiled(path)
    text = profile_yaml(path, profiles)
    assert '# ? compose: {line_no: ["InvoiceNo", "#"]}' in text
    assert '# ? multiply: {amount: ["Quantity", "UnitPrice"]}' in text
    assert any("30 of 30 rows share" in question.en for question in profiles[0].questions)


def test_a_required_column_that_no_header_names_is_asked_by_its_values(tmp_path):
    text = lines(
        "order_id,shipping_limit_date,price_paid,freight",
        *(f"o{i},2024-01-{i + 1:02d} 09:45:35,{i}.90,1.5" for i in range(20)),
    )
    (profile,) = profiled(written(tmp_path, "order_items.csv", text))
    assert profile.entity == "orders"
    assert {"signed_on": "shipping_limit_date", "amount": "price_paid"}.items() <= asked(
        profile
    ).items()


def test_no_cell_can_write_into_the_yaml(tmp_path):
    text = lines(
        "Opportunity ID,Stage,Amount,Created Date,Notes",
        *(
            f'd{i},"Won\npublish: {{postgres: evil}}",5,2024-01-05,"a\n  - {{name: evil}}"'
            for i in range(5)
        ),
    )
    path = written(tmp_path, "opportunities.csv", text)
    body = yaml.safe_load(profile_yaml(path, profiled(path)))
    assert set(body) == {"sources"} and len(body["sources"]) == 1


def test_a_column_called_no_stays_a_text(tmp_path):
    text = lines("No,Order Date,Amount", *(f"SO{i},2024-01-{i + 1:02d},{i}5" for i in range(20)))
    path = written(tmp_path, "orders.csv", text)
    assert 'order_id: "No"' in profile_yaml(path, profiled(path))


def test_a_profiled_workbook_leaves_nothing_beside_itself(tmp_path):
    path = written(tmp_path, "orders.xlsx", "")
    book = openpyxl.Workbook()
    for row in (
        ["Order ID", "Order Date", "Amount"],
        ["A", "2024-01-05", 5],
        ["B", "2024-01-06", 6],
    ):
        book.active.append(row)
    book.save(path)
    profiled(path)
    assert [found.name for found in path.parent.iterdir()] == ["orders.xlsx"]


def test_an_export_is_found_again_under_tomorrows_time(tmp_path):
    path = written(tmp_path, "CRM_20240401123055.csv", SUPERSTORE)
    assert 'path: "inbox/CRM_*.csv"' in profile_yaml(path, profiled(path))
