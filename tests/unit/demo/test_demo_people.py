"""People, follow-ups, leads and targets in truth.json, recounted here from the files alone."""

from __future__ import annotations

from datetime import date

import pandas as pd
from chinese_calendar import is_workday
from written_company import clean

OPEN = ["初步接触", "需求确认", "报价中", "谈判中", "签约待付款"]
D = "2026-03-10"


def test_workdays_by_hand(company):
    told = company.truth["workdays"]
    assert (told["2026-Q1"], told["gone_by_2026-02-24"], told["gone_by_2026-02-28"]) == (59, 33, 37)
    assert told["2026-W08"] == 0


def test_nobody_works_on_a_day_off_or_after_leaving(full):
    activities = clean(full.every("crm/activities"), "跟进编号").drop_duplicates()
    days = activities["跟进时间"].str[:10]
    assert all(is_workday(date.fromisoformat(day)) for day in days.unique())
    left = {e["person_id"]: e["left_on"] for e in full.truth["leavers"]}
    gone = activities["跟进人编号"].map(left)
    assert (days[gone.notna()] <= gone[gone.notna()]).all()
    events = clean(full.every("crm/stage_events"), "商机编号")
    gone = events["变更人编号"].map(left)
    assert (events["变更时间"].str[:10][gone.notna()] <= gone[gone.notna()]).all()


def test_leavers_leave_what_the_last_exports_show(full):
    accounts = full.last("crm/accounts").drop_duplicates("客户编号")
    deals = clean(full.last("crm/opportunities"), "商机编号").drop_duplicates("商机编号")
    deals = deals[deals["阶段"].isin(OPEN)]
    for leaver in full.truth["leavers"]:
        who = leaver["person_id"]
        assert set(accounts[accounts["负责人编号"] == who]["客户编号"]) == set(
            leaver["account_ids"]
        )
        assert set(deals[deals["负责人编号"] == who]["商机编号"]) == set(
            leaver["open_opportunity_ids"]
        )
    behind = [e for e in full.truth["leavers"] if not e["is_handed_over"]]
    assert all(e["customers_left"] > 5 and e["open_opportunity_ids"] for e in behind)


RESETS = {"A": ["上门拜访", "视频会议"]}
RESETS["B"] = [*RESETS["A"], "电话", "微信/短信"]
RESETS["C"] = [*RESETS["B"], "邮件", "资料发送"]
CADENCE = {"A": 5, "B": 10, "C": 22}


def workdays_after(first, last):
    days = pd.date_range(first, last)[1:]
    return sum(is_workday(day.date()) for day in days)


def test_followups_have_the_due_day_and_status_that_their_records_give(company):
    activities = clean(company.every("crm/activities"), "跟进编号").drop_duplicates()
    accounts = company.last("crm/accounts").drop_duplicates("客户编号").set_index("客户编号")
    for entry in company.truth["followups"]:
        mine = activities[activities["客户编号"] == entry["account_id"]]
        good = mine[
            mine["跟进方式"].isin(RESETS[entry["tier"]]) & ~mine["跟进内容"].isin(["已联系"])
        ]
        start = (
            good["跟进时间"].max()[:10]
            if len(good)
            else accounts.at[entry["account_id"], "创建时间"][:10]
        )
        assert entry["last_contact_on"] == (start if len(good) else None)
        elapsed, cadence = workdays_after(start, D), CADENCE[entry["tier"]]
        assert entry["overdue_workdays"] == max(0, elapsed - cadence)
        assert workdays_after(start, entry["due_on"]) == cadence
        assert is_workday(date.fromisoformat(entry["due_on"]))
        share = elapsed / cadence
        expected = (
            "high_risk"
            if share >= 2
            else "overdue"
            if share > 1
            else "due_soon"
            if share > 0.8
            else "ok"
        )
        assert entry["status"] == expected
        if entry["case"] in ("lesser_kind", "stop_phrase"):
            assert mine["跟进时间"].max()[:10] > start


def test_followups_have_the_tier_that_their_orders_give(company):
    orders = clean(company.last("erp/orders"), "订单编号")
    recent = orders[(orders["签订日期"] > "2025-09-10") & (orders["订单状态"] == "有效")]
    signed = recent.assign(amount=recent["金额"].astype(float)).groupby("客户编号")["amount"].sum()
    deals = set(clean(company.last("crm/opportunities"), "商机编号")["客户编号"])
    accounts = company.last("crm/accounts").drop_duplicates("客户编号").set_index("客户编号")
    for entry in company.truth["followups"]:
        who = entry["account_id"]
        is_strategic, half_year = accounts.at[who, "战略客户"] == "是", signed.get(who, 0)
        assert entry["tier"] == (
            "A" if is_strategic else "B" if 100_000 <= half_year < 500_000 else "C"
        )
        assert half_year < 500_000
        assert who not in deals
        assert accounts.at[who, "客户状态"] == "正常"


def test_late_leads_are_late_by_the_minutes_told(company):
    leads = (
        company.every("marketing/leads")
        .drop_duplicates("Lead ID", keep="last")
        .set_index("Lead ID")
    )
    for entry in company.truth["late_leads"]:
        row = leads.loc[entry["lead_id"]]
        asked, answered = row["Create Date (UTC)"], row["First Reply (UTC)"]
        if entry["respond_minutes"] is None:
            assert answered == ""
        else:
            wait = pd.Timestamp(answered) - pd.Timestamp(asked)
            assert wait == pd.Timedelta(minutes=entry["respond_minutes"])


def test_only_the_people_told_end_on_failed_records(company):
    activities = clean(company.every("crm/activities"), "跟进编号").drop_duplicates()
    checked = activities[activities["跟进方式"].isin(["上门拜访", "视频会议", "电话"])]
    checked = checked.sort_values(["跟进时间", "录入时间", "跟进编号"], kind="stable")
    told = {e["person_id"]: e["fails_in_a_row"] for e in company.truth["failed_controls"]}
    for person, mine in checked.groupby("跟进人编号"):
        fails = 0
        for questions in reversed(mine["开放式提问数"].astype(int).tolist()):
            if questions >= 5:
                break
            fails += 1
        assert fails == told.get(person, 0), person


def test_collisions_show_two_people_within_fourteen_days(company):
    activities = clean(company.every("crm/activities"), "跟进编号").drop_duplicates()
    assert company.truth["collisions"]
    for pair in company.truth["collisions"]:
        mine = activities[activities["客户编号"].isin(pair["account_ids"])]
        recent = mine[mine["跟进时间"] >= "2026-02-24"]
        assert set(pair["person_ids"]) <= set(recent["跟进人编号"])


def test_private_sheets_hold_customers_that_the_crm_has_never_seen(company):
    known = set(company.last("crm/accounts")["客户名称"])
    for sheet in company.truth["personal"]:
        frame = company.read(company.folder / sheet["file"])
        assert len(frame) == sheet["rows"]
        only = frame[~frame["客户名称"].isin(known)]
        assert set(only["客户编号"]) == set(sheet["only_here"])


def test_records_by_kind_and_month(company):
    frame = clean(company.every("crm/activities"), "跟进编号").drop_duplicates()
    told = company.truth["activities"]
    assert sorted(frame["跟进方式"].value_counts()) == sorted(told["by_kind"].values())
    assert frame["跟进时间"].str[:7].value_counts().to_dict() == told["by_month"]
    wait = pd.to_datetime(frame["录入时间"]) - pd.to_datetime(frame["跟进时间"])
    assert (wait >= pd.Timedelta(0)).all()
    assert (wait > pd.Timedelta(hours=24)).sum() == told["entered_after_24_hours"]
    calls = frame[(frame["跟进方式"] == "电话") & (frame["跟进时间"].str[:7] == "2026-02")]
    by_person = calls["跟进人编号"].value_counts().to_dict()
    assert by_person == {
        person: months["2026-02"]["call"]
        for person, months in told["person_2026"].items()
        if months.get("2026-02", {}).get("call")
    }


def test_leads_by_week_of_the_year(company):
    frame = clean(company.every("marketing/leads"), "Lead ID").drop_duplicates(
        "Lead ID", keep="last"
    )
    local = pd.to_datetime(frame["Create Date (UTC)"], format="ISO8601") + pd.Timedelta(hours=8)
    frame = frame[local >= pd.Timestamp("2026-01-01", tz="UTC")]
    week = local[frame.index].dt.strftime("%G-W%V")
    told = company.truth["leads"]["weeks_2026"]
    assert week.value_counts().to_dict() == {w: c["leads"] for w, c in told.items()}
    answered = week[frame["First Reply (UTC)"] != ""].value_counts().to_dict()
    assert answered == {w: c["responded"] for w, c in told.items() if c.get("responded")}
    deals = week[frame["Converted Deal"] != ""].value_counts().to_dict()
    assert deals == {w: c["to_opportunity"] for w, c in told.items() if c.get("to_opportunity")}


def test_handovers_show_as_a_change_of_owner_between_two_exports(full):
    assert len(full.truth["account_handovers"]) >= 5
    for entry in full.truth["account_handovers"]:
        day = entry["on"].replace("-", "")
        names = [path.stem[-8:] for path in full.files("crm/accounts")]
        before, after = (full.files("crm/accounts")[names.index(day) - back] for back in (1, 0))
        for path, owner in ((before, entry["from"]), (after, entry["to"])):
            frame = full.read(path).drop_duplicates("客户编号").set_index("客户编号")
            assert frame.at[entry["account_id"], "负责人编号"] == owner


def test_people_without_targets_have_no_row_and_everybody_else_has(full):
    frame = full.read(full.inbox / "销售目标_明细.xlsx")
    named = set(frame["人员"].dropna())
    people = full.last("hr/people").set_index("人员编号")
    without = full.truth["people_without_targets"]
    assert not named & set(people.loc[without, "姓名"])
    sellers = people[(people["团队"] != "") & (people["离职日期"] == "")]
    assert set(sellers["姓名"]) - named == set(people.loc[without, "姓名"])


def test_the_company_is_given_what_its_regions_are_quarter_by_quarter(full):
    frame = full.read(full.inbox / "销售目标_明细.xlsx").fillna("")
    signed = frame[(frame["指标"] == "签单额") & (frame["目标级别"] == "base")]
    plan = signed[signed["期间"].str.startswith("2026") & (signed["生效日期"].astype(str) == "")]
    whole = plan[plan["组织节点"] != ""].set_index("期间")["目标值"].astype(float)
    regions = plan[plan["大区"] != ""].astype({"目标值": float}).groupby("期间")["目标值"].sum()
    assert whole.drop("2026").to_dict() == regions.to_dict()
    assert whole["2026"] == regions.sum()


def test_one_team_has_not_shared_out_its_second_half(full):
    frame = full.read(full.inbox / "销售目标_明细.xlsx").fillna("")
    people = full.last("hr/people").set_index("姓名")
    named = frame[(frame["人员"] != "") & (frame["指标"] == "签单额")]
    [(team, quarters)] = full.truth["unsplit_quarters"].items()
    of_team = people.loc[people["团队"] == team].index.intersection(named["人员"])
    periods = set(named[named["人员"].isin(of_team)]["期间"])
    assert len(of_team) >= 3
    assert periods == {"2026Q1", "2026Q2"}
    assert {q.replace("-", "") for q in quarters} == {"2026Q3", "2026Q4"}


def test_no_two_target_rows_have_one_key(company):
    frame = company.read(company.inbox / "销售目标_明细.xlsx").fillna("")
    key = ["期间", "指标", "组织节点", "大区", "团队", "人员", "目标级别", "生效日期"]
    assert not frame.duplicated(key).any()
