"""Small files as the vendors write them, each through its preset, figure by figure."""

import datetime as dt
from decimal import Decimal

import pytest

from pipelines.sources.presets import known_presets, load_preset
from tests.unit.landing.landed_files import land

PROMISED = [
    "asana", "dabei", "excel", "fxiaoke", "google_sheets", "hubspot", "jiandaoyun", "maven_crm", "odoo", "pipedrive",
    "salesforce", "trello", "zoho",
]  # fmt: skip


def test_every_promised_preset_is_there_and_can_be_read():
    assert set(PROMISED) <= set(known_presets())
    assert all(load_preset(name).entities for name in known_presets())


@pytest.mark.parametrize("name", known_presets())
def test_the_stages_of_a_preset_are_one_ordered_pipeline_with_an_end(name):
    stages = load_preset(name).stages
    orders = [stage["stage_order"] for stage in stages]
    assert orders == list(range(1, len(stages) + 1))
    assert not stages or {"won", "lost"} <= {stage["outcome"] for stage in stages}


TRELLO = {
    "lists": [{"id": "L1", "name": "谈判中"}, {"id": "L2", "name": "赢单"}],
    "members": [{"id": "M1", "fullName": "张三", "username": "zhangsan"}],
    "cards": [
        {"id": "C1", "name": "晨光", "idList": "L2", "idMembers": ["M1"], "due": "2026-03-01T16:00:00.000Z", "closed": False},
        {"id": "C2", "name": "旧卡", "idList": "L1", "idMembers": [], "due": None, "closed": True},
    ],
    "actions": [
        {"id": "A1", "type": "updateCard", "date": "2026-02-28T17:30:00.000Z", "idMemberCreator": "M1",
         "data": {"card": {"id": "C1"}, "listBefore": {"id": "L1", "name": "谈判中"}, "listAfter": {"id": "L2", "name": "赢单"}}},
        {"id": "A2", "type": "updateCard", "date": "2026-02-27T10:00:00.000Z", "idMemberCreator": "M1",
         "data": {"card": {"id": "C1"}, "list": {"id": "L1", "name": "谈判中"}, "old": {"name": "晨"}}},
        {"id": "A3", "type": "commentCard", "date": "2026-02-26T10:00:00.000Z", "idMemberCreator": "M1",
         "data": {"card": {"id": "C1"}, "text": "已报价，等回复"}},
    ],
}  # fmt: skip


def test_a_trello_card_stands_in_the_list_of_its_name_and_an_archived_one_is_left_out(tmp_path):
    landed, record = land(tmp_path, "board.json", TRELLO, entity="opportunities", preset="trello")
    assert (record.counts.read, record.counts.landed, record.counts.skipped) == (2, 1, 1)
    # 16:00 UTC on 1 March is 2 March in Shanghai.
    assert landed.rows(record, "opportunity_id, owner_id, stage, expected_close_on") == [
        ("C1", "M1", "won", dt.date(2026, 3, 2))
    ]


def test_only_moves_between_trello_lists_are_history_and_its_limit_stands_on_the_row(tmp_path):
    landed, record = land(tmp_path, "board.json", TRELLO, entity="stage_events", preset="trello")
    assert (record.counts.read, record.counts.landed, record.counts.skipped) == (3, 1, 2)
    ((deal, before, after, day, extra),) = landed.rows(
        record, "opportunity_id, from_stage, to_stage, changed_on, extra"
    )
    assert (deal, before, after, day) == ("C1", "negotiating", "won", dt.date(2026, 3, 1))
    assert "newest 1,000 actions" in extra


def test_a_board_without_the_array_names_the_arrays_that_it_has(tmp_path):
    _, record = land(
        tmp_path, "board.json", {"lists": [], "labels": []}, entity="people", preset="trello"
    )
    assert record.status == "unreadable"
    assert "lists" in record.error_en and "members" in record.error_en


def test_an_asana_task_is_done_when_it_has_a_completion_date(tmp_path):
    text = (
        "Task ID,Created At,Completed At,Last Modified,Name,Section/Column,Assignee,Assignee Email,Due Date\n"
        "11,2026-02-01,2026-03-01,2026-03-01,Send offer,谈判中,Zhang San,zs@example.com,2026-03-02\n"
        "12,2026-02-01,,2026-02-02,Call back,谈判中,Zhang San,zs@example.com,2026-03-09\n"
    )
    landed, record = land(tmp_path, "asana.csv", text, entity="tasks", preset="asana")
    assert landed.rows(record, "task_id, title, assignee, status, completed_on") == [
        ("11", "Send offer", "Zhang San", "done", dt.date(2026, 3, 1)),
        ("12", "Call back", "Zhang San", "open", None),
    ]


ODOO = (
    "External ID,Opportunity,Contact Name,Company Name,Type,Stage,Expected Revenue,Salesperson,Created on,Expected Closing,Active\n"
    "crm.1,Chairs,,,Opportunity,Proposition,1200.50,Mitchell Admin,2026-01-05 08:00:00,2026-03-31,True\n"
    "crm.2,Desks,,,Opportunity,New,800,Mitchell Admin,2026-01-06 08:00:00,2026-02-28,False\n"
    "crm.3,Hello,Ann,Azure,Lead,New,0,Marc Demo,2026-01-07 08:00:00,,True\n"
)


def test_an_odoo_sheet_of_leads_and_opportunities_feeds_both(tmp_path):
    deals, record = land(tmp_path / "a", "crm.csv", ODOO, entity="opportunities", preset="odoo")
    assert (record.counts.landed, record.counts.skipped) == (2, 1)
    # Odoo archives what is lost.
    assert deals.rows(record, "opportunity_id, stage, amount") == [
        ("crm.1", "odoo_proposition", Decimal("1200.5000")),
        ("crm.2", "lost", Decimal("800.0000")),
    ]
    leads, record = land(tmp_path / "b", "crm.csv", ODOO, entity="leads", preset="odoo")
    assert (record.counts.landed, record.counts.skipped) == (1, 2)
    assert leads.rows(record, "lead_id, name, company, status") == [
        ("crm.3", "Ann", "Azure", "new")
    ]


def test_a_jiandaoyun_record_has_members_as_objects_and_times_in_utc(tmp_path):
    data = [
        {"_id": "59e9", "creator": {"name": "小简", "username": "xiaojian"}, "createTime": "2026-03-01T16:30:00.000Z",
         "客户编号": "K1", "跟进方式": "电话沟通", "跟进内容": "确认了交期和付款方式"},
    ]  # fmt: skip
    landed, record = land(tmp_path, "jdy.json", data, entity="activities", preset="jiandaoyun")
    assert landed.rows(record, "activity_id, person_id, kind, occurred_on, account_id") == [
        ("59e9", "xiaojian", "call", dt.date(2026, 3, 2), "K1")
    ]


def test_fxiaoke_writes_milliseconds_and_owners_as_lists(tmp_path):
    data = [
        {"_id": "5ea6", "name": "新商机", "account_id": "A1", "owner": ["FSUID_1"], "sales_stage": "谈判中", "amount": "300万",
         "create_time": 1587988330715, "close_date": 1585929600000, "life_status": "normal"},
        {"_id": "5ea7", "name": "作废", "account_id": "A1", "owner": ["FSUID_1"], "sales_stage": "谈判中", "amount": "1",
         "create_time": 1587988330715, "close_date": None, "life_status": "invalid"},
    ]  # fmt: skip
    landed, record = land(tmp_path, "fx.json", data, entity="opportunities", preset="fxiaoke")
    assert record.counts.skipped == 1
    # 1587988330715 ms is 27 April 2020 11:52 UTC; 1585929600000 ms is 4 April 2020 00:00 in Shanghai.
    assert landed.rows(
        record, "opportunity_id, owner_id, stage, amount, created_on, expected_close_on"
    ) == [
        (
            "5ea6",
            "FSUID_1",
            "negotiating",
            Decimal("3000000"),
            dt.date(2020, 4, 27),
            dt.date(2020, 4, 4),
        )
    ]


def test_fxiaoke_list_exports_are_read_by_their_chinese_titles(tmp_path):
    text = "商机编号,商机名称,客户名称,负责人,商机阶段,商机金额,预计成交日期,创建时间,商机状态\nSJ1,扩容,晨光,李四,谈判中,1.2万,2026-03-31,2026-01-05 09:00,赢单\n"
    landed, record = land(tmp_path, "fx.csv", text, entity="opportunities", preset="fxiaoke")
    assert landed.rows(record, "opportunity_id, account_id, owner_id, stage, amount") == [
        ("SJ1", "晨光", "李四", "won", Decimal("12000"))
    ]


def test_dabei_exports_are_read_by_their_titles_and_system_columns(tmp_path):
    text = "数据编号,企业名称,联系人,手机号,来源渠道,提交时间,跟进销售\nD1,智链工控,王五,139 0000 1111,官网,2026-03-02 10:00,李四\n"
    landed, record = land(tmp_path, "dabei.csv", text, entity="leads", preset="dabei")
    assert landed.rows(
        record, "lead_id, company, name, phone, lead_source, owner_id, created_on"
    ) == [("D1", "智链工控", "王五", "13900001111", "官网", "李四", dt.date(2026, 3, 2))]


def test_google_form_answers_take_their_timestamp(tmp_path):
    text = "Timestamp,Email Address,kind,occurred_at,content\n3/2/2026 9:15:00,rep@example.com,Phone call,3/1/2026,Agreed on price\n"
    landed, record = land(
        tmp_path, "form.csv", text, entity="activities", preset="google_sheets", date_order="mdy"
    )
    assert landed.rows(record, "person_id, kind, occurred_on, entered_on") == [
        ("rep@example.com", "call", dt.date(2026, 3, 1), dt.date(2026, 3, 2))
    ]
