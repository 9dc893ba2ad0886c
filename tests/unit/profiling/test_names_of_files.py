"""What a file's name says: the longest words win, kinds of contact, papers that follow an order."""

from __future__ import annotations

import pytest
import yaml

from pipelines.profiling.names import NAMED_FROM, is_called_document, kind_called, name_score
from pipelines.profiling.render import profile_yaml
from pipelines.settings import FileSource
from tests.unit.profiling.test_unseen_files import asked, lines, profiled, sure, written


@pytest.mark.parametrize(
    ("called", "entity", "others"),
    [
        ("Opportunity History 2026", "stage_events", ["opportunities"]),
        ("sf_user_role", "org_units", ["people"]),
        ("team members", "person_assignments", ["org_units"]),
        ("Deals", "opportunities", ["stage_events"]),
        ("销售订单_2026", "orders", ["opportunities"]),
    ],
)
def test_the_longest_words_of_a_name_say_the_entity(called, entity, others):
    assert name_score(called, entity) >= NAMED_FROM
    assert all(name_score(called, other) < NAMED_FROM for other in others)


@pytest.mark.parametrize(
    ("called", "kind"),
    [
        ("Meetings March", "visit"),
        ("客户拜访记录", "visit"),
        ("通话记录", "call"),
        ("calls and emails", ""),
        ("activities", ""),
    ],
)
def test_a_name_says_the_kind_of_contact_only_where_it_says_one(called, kind):
    assert kind_called(called) == kind


MEETINGS = lines(
    "meeting id,start time,account id,owner id,notes",
    *(f"M{i},2026-01-{i + 1:02d} 10:00,C{i},P1,talked about price" for i in range(20)),
)


def test_meetings_without_a_column_for_the_kind_get_it_from_the_name(tmp_path):
    path = written(tmp_path, "meetings_20260131.csv", MEETINGS)
    (profile,) = profiled(path)
    assert (profile.entity, profile.kind, profile.missing) == ("activities", "visit", ())
    (source,) = yaml.safe_load(profile_yaml(path, [profile]))["sources"]
    assert FileSource.model_validate(source).constants == {"kind": "visit"}


def test_a_column_for_the_kind_comes_before_the_name(tmp_path):
    text = MEETINGS.replace("notes", "activity type").replace("talked about price", "call")
    (profile,) = profiled(written(tmp_path, "meetings.csv", text))
    assert sure(profile)["kind"] == "activity type" and profile.kind == ""


INVOICES = "Invoice No,Invoice Date,Sales Order No,Account Id,Grand Total"
INVOICE_ROWS = [f"I{i},2026-01-{i + 1:02d},SO{i},C{i},{i}.50" for i in range(20)]


def test_invoices_that_name_their_orders_are_asked_about(tmp_path):
    assert is_called_document("开票明细") and not is_called_document("订单")
    (profile,) = profiled(written(tmp_path, "Invoices.csv", lines(INVOICES, *INVOICE_ROWS)))
    assert any(question.en.startswith("Are these orders?") for question in profile.questions)


def test_invoices_without_any_order_are_the_orders_of_their_company(tmp_path):
    text = lines(INVOICES.replace("Sales Order No", "Batch"), *INVOICE_ROWS)
    (profile,) = profiled(written(tmp_path, "Invoices.csv", text))
    assert profile.entity == "orders"
    assert not any("Are these orders?" in question.en for question in profile.questions)


def test_a_loaders_own_columns_yield_to_those_of_the_system(tmp_path):
    text = lines(
        "deal id,_loader_start,to stage,date entered",
        *(f"D{i},2026-01-{i + 1:02d},Won,2026-01-{i + 1:02d}" for i in range(20)),
    )
    (profile,) = profiled(written(tmp_path, "deal stage.csv", text))
    assert profile.entity == "stage_events" and sure(profile)["changed_at"] == "date entered"
    assert "changed_at" not in asked(profile)


def test_a_system_is_known_by_its_headers_though_every_row_was_deleted(tmp_path):
    text = lines(
        "Id,Name,AccountId,StageName,Amount,CloseDate,CreatedDate,OwnerId,IsDeleted,IsWon",
        *(f"006{i},Deal,001{i},Prospecting,{i}0,2026-02-01,2026-01-0{i},005,true,false" for i in range(1, 9)),
    )  # fmt: skip
    (profile,) = profiled(written(tmp_path, "Opportunity.csv", text))
    assert (profile.entity, profile.preset) == ("opportunities", "salesforce")


def test_a_first_row_of_keys_and_moments_is_no_header(tmp_path):
    row = "{n}+|Bike Store+|A22517E3-848D-4EBE-B9D9-7437F34323{n}+|2014-09-12 11:15:07.497&\n"
    text = "".join(row.format(n=n) for n in range(10, 30))
    (profile,) = profiled(written(tmp_path, "Store.csv", text))
    assert not profile.has_header and profile.entity == ""


SALES = "日期,地区,产品类别,销售额,订单量"


def test_the_only_date_of_an_order_list_is_its_day_and_its_key_is_proposed(tmp_path):
    text = lines(SALES, *(f"2024/3/{i + 1},华东,家电,{i}000,{i}" for i in range(1, 20)))
    path = written(tmp_path, "销售数据.csv", text)
    (profile,) = profiled(path)
    assert sure(profile)["signed_on"] == "日期" and profile.missing == ("order_id",)
    assert '# ? compose: {order_id: ["日期", "产品类别", "地区", "#"]}' in profile_yaml(
        path, [profile]
    )


def test_one_of_two_dates_is_asked_about(tmp_path):
    text = lines(
        f"{SALES},生产时间",
        *(f"2024/3/{i + 1},华东,家电,{i}000,{i},2024/1/{i}" for i in range(1, 20)),
    )
    (profile,) = profiled(written(tmp_path, "销售数据.csv", text))
    assert asked(profile)["signed_on"] == "日期"


def test_a_task_list_without_numbers_is_one_and_its_key_is_proposed(tmp_path):
    text = lines(
        "Subject,Task Owner,Due Date,Status",
        *(f"Call {i},Ann,2026-01-{i:02d},Completed" for i in range(1, 20)),
    )
    path = written(tmp_path, "Tasks.csv", text)
    (profile,) = profiled(path)
    assert (profile.entity, profile.missing) == ("tasks", ("task_id",))
    assert not any(question.en.startswith("Are these") for question in profile.questions)
    assert '# ? compose: {task_id: ["Subject", "Task Owner", "Due Date", "#"]}' in profile_yaml(
        path, [profile]
    )


@pytest.mark.parametrize(
    ("called", "entity", "others"),
    [
        ("客户跟进记录表", "activities", ["accounts"]),
        ("客户联系人", "contacts", ["accounts"]),
        ("订单回款明细", "payments", ["orders"]),
        ("部门人员", "people", ["org_units"]),
        ("销售数据按销售员", "orders", []),
        ("销售数据_按销售员", "orders", []),
    ],
)
def test_the_last_word_of_a_chinese_name_is_what_it_is(called, entity, others):
    assert name_score(called, entity) >= NAMED_FROM
    assert all(name_score(called, other) < NAMED_FROM for other in others)


def test_a_reps_own_record_of_visits_is_read_by_its_words(tmp_path):
    text = lines(
        "序号,日期,业务员,客户名称,拜访方式,沟通内容,下一步计划,下次跟进时间",
        *(f"{i},2024.3.{i},张三,客户{i},上门拜访,谈了价格,报价,2024.4.{i}" for i in range(1, 20)),
    )
    (profile,) = profiled(written(tmp_path, "客户跟进记录表.csv", text))
    assert (profile.entity, profile.missing, profile.rivals) == ("activities", (), ())
    assert sure(profile) == {
        "person_id": "业务员", "occurred_at": "日期", "kind": "拜访方式", "account_id": "客户名称",
        "content": "沟通内容", "next_step": "下一步计划", "next_step_on": "下次跟进时间",
    }  # fmt: skip


def test_a_register_of_contracts_is_read_by_its_words(tmp_path):
    text = lines(
        "合同编号,甲方,签订日期,合同金额（万元）,业务负责人,所属区域,产品类型,合同状态,到期日期",
        *(
            f"HT-{i},甲公司{i},2024年3月{i}日,{i}.5,张三,华东,门禁,执行中,2025年3月{i}日"
            for i in range(1, 20)
        ),
    )
    (profile,) = profiled(written(tmp_path, "合同台账.csv", text))
    assert profile.entity == "orders" and asked(profile) == {}
    assert sure(profile) == {
        "order_id": "合同编号", "account_id": "甲方", "person_id": "业务负责人", "signed_on": "签订日期",
        "amount": "合同金额（万元）", "product_line": "产品类型", "region": "所属区域", "status": "合同状态",
        "contract_end_on": "到期日期",
    }  # fmt: skip


def test_a_year_and_a_month_in_two_columns_are_a_period(tmp_path):
    text = lines("年度,月份,大区,目标金额(万元)", *(f"2024,{i}月,华东,{i}0" for i in range(1, 13)))
    path = written(tmp_path, "销售目标分解.csv", text)
    (profile,) = profiled(path)
    (source,) = yaml.safe_load(profile_yaml(path, [profile]))["sources"]
    assert FileSource.model_validate(source).compose == {"period": ["年度", "月份"]}
    assert asked(profile) == {}
