"""A GB2312 sales file and a UTF-8 order file per salesperson, against a recount with pandas."""

from datetime import date
from decimal import Decimal

import pandas as pd
import pytest

from tests.real_data.companies import (
    assert_every_row_is_accounted_for,
    company,
    raw,
)
from tests.shared_data import needs_shared_data

pytestmark = [*needs_shared_data, pytest.mark.slow]
SET = "cn_sales_gbk"
DAILY, ORDERS = "销售数据_gb2312.csv", "销售数据_utf8bom_按销售员.csv"


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    sources = [
        {"name": "daily", "entity": "orders", "path": raw(SET, DAILY),
         "columns": {"signed_on": "日期", "product_line": "产品类别", "region": "地区", "amount": "销售额",
                     "quantity": "订单量"},
         "compose": {"order_id": ["日期", "产品类别", "地区"]}},
        {"name": "orders", "entity": "orders", "path": raw(SET, ORDERS), "preset": "excel",
         "columns": {"order_id": "订单编号", "signed_on": "订单日期", "person_id": "销售员", "product_line": "品类",
                     "amount": "收入(折后)"}},
    ]  # fmt: skip
    china = {"timezone": "Asia/Shanghai", "currency": "CNY", "calendar": "CN"}
    done = company(tmp_path_factory.mktemp("chinese"), date(2025, 8, 31), sources, company=china)
    done.night()
    return done


def test_the_night_is_published_and_every_row_is_accounted_for(done):
    assert done.result.outcome == "published", done.result.reason_en
    assert_every_row_is_accounted_for(done, files=2)


def test_the_encoding_taken_is_said(done):
    assert done.landing("daily").encodings == ("gb18030",)
    assert done.landing("orders").encodings == ("utf-8",)


def test_sums_per_region_and_category_equal_a_recount(done):
    frame = pd.read_csv(raw(SET, DAILY), encoding="gb18030")
    expected = {
        (region, line, int(total))
        for (region, line), total in frame.groupby(["地区", "产品类别"])["销售额"].sum().items()
    }
    found = done.marts(
        "select region, product_line, cast(sum(amount) as bigint) from fct_booking where source = 'daily' group by all"
    )
    assert set(found) == expected


def test_sums_per_person_and_month_equal_a_recount(done):
    frame = pd.read_csv(raw(SET, ORDERS), dtype=str)
    frame["amount"] = frame["收入(折后)"].map(Decimal)
    expected = {
        (person, month, amount)
        for (person, month), amount in frame.groupby(["销售员", frame["订单日期"].str[:7]])[
            "amount"
        ]
        .sum()
        .items()
    }
    found = done.marts(
        "select person_id, strftime(booked_on, '%Y-%m'), cast(sum(amount) as decimal(18, 2))"
        " from fct_booking where source = 'orders' group by all"
    )
    assert set(found) == expected
