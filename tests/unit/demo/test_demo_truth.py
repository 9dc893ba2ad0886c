"""truth.json says what stands in the files: recounted here from the files alone."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date
from decimal import Decimal

import pandas as pd
import pytest
from chinese_calendar import is_workday

OPEN = ["初步接触", "需求确认", "报价中", "谈判中", "签约待付款"]
D = "2026-03-10"


def clean(frame, key):
    """Rows without planted faults: a key that is there, holds no F, and comes once (the last)."""
    frame = frame[frame[key].ne("") & frame[key].notna()]
    frame = frame[~frame[key].astype(str).str.contains("F|合计")]
    return frame


def rates(company):
    frame = company.every("finance/fx_rates")
    return {(r["币种"], r["日期"][:7]): Decimal(r["汇率"]) for _, r in frame.iterrows()}


def ledger(company):
    """Fold the daily order snapshots into dated entries, as 3-marts says it."""
    rate, shown, entries = rates(company), {}, []
    for path in company.files("erp/orders"):
        frame = clean(company.read(path), "订单编号").drop_duplicates()
        day = date.fromisoformat(path.stem[-8:]).isoformat()
        for row in frame.to_dict("records"):
            if row["订单状态"] in ("草稿", "作废"):
                continue
            key, amount = (row["订单编号"], row["行号"]), Decimal(row["金额"])
            held = shown.get(key, Decimal(0))
            at = Decimal(1) if row["币种"] == "CNY" else rate[(row["币种"], row["签订日期"][:7])]
            if key not in shown:
                entries.append((row["签订日期"], amount * at, row))
            elif amount != held and held is not None:
                entries.append((day, (amount - held) * at, row))
            if row["订单状态"] == "已取消" and held is not None:
                entries.append((row["取消日期"] or day, -amount * at, row))
                shown[key] = None
            elif held is not None:
                shown[key] = amount
    return entries


@pytest.fixture(scope="module")
def booked(full):
    return ledger(full)


def test_company_bookings_by_month_are_those_of_the_snapshots(full, booked):
    sums = defaultdict(Decimal)
    for day, amount, _ in booked:
        sums[day[:7]] += amount
    assert {month: float(round(v, 2)) for month, v in sums.items()} == full.truth["bookings"][
        "month"
    ]["company"]["company"]


def test_bookings_by_product_line_and_region(full, booked):
    accounts = full.last("crm/accounts").set_index("客户编号")["大区"].to_dict()
    for scope, name in (
        ("product_line", lambda r: r["产品线"]),
        ("region", lambda r: r["大区"] or accounts[r["客户编号"]]),
    ):
        sums = defaultdict(Decimal)
        for day, amount, row in booked:
            sums[(name(row), day[:7])] += amount
        told = full.truth["bookings"]["month"][scope]
        flat = {(n, m): v for n, months in told.items() for m, v in months.items()}
        assert {k: float(round(v, 2)) for k, v in sums.items()} == flat


def test_bookings_by_person_and_team_follow_the_shares_and_the_posts(full, booked):
    shares = defaultdict(list)
    for row in clean(full.every("erp/credit_splits"), "订单编号").to_dict("records"):
        shares[row["订单编号"]].append((row["人员编号"], Decimal(row["分成比例"])))
    posts = full.every("hr/person_assignments").drop_duplicates(
        ["人员编号", "组织编号", "生效日期"], keep="last"
    )
    units = full.every("hr/org_units").set_index("组织编号")["组织名称"].to_dict()
    held = defaultdict(list)
    for row in posts.to_dict("records"):
        held[row["人员编号"]].append((str(row["生效日期"])[:10], units[row["组织编号"]]))
    people, teams = defaultdict(Decimal), defaultdict(Decimal)
    for day, amount, row in booked:
        for person, share in shares.get(row["订单编号"]) or [(row["签单人编号"], Decimal(1))]:
            team = [unit for since, unit in sorted(held[person]) if since <= row["签订日期"]][-1]
            people[(person, day[:7])] += amount * share
            teams[(team, day[:7])] += amount * share
    for scope, sums in (("person", people), ("team", teams)):
        told = full.truth["bookings"]["month"][scope]
        flat = {(n, m): v for n, months in told.items() for m, v in months.items()}
        assert {k: float(round(v, 2)) for k, v in sums.items()} == flat


def test_every_scope_sums_to_the_company(company):
    for told in (company.truth["bookings"]["month"], company.truth["bookings"]["quarter"]):
        for scope in ("region", "team", "person", "product_line"):
            for period, total in told["company"]["company"].items():
                parts = sum(months.get(period, 0) for months in told[scope].values())
                assert parts == pytest.approx(total, abs=0.06)


def test_shares_sum_to_one(company):
    frame = clean(company.every("erp/credit_splits"), "订单编号")
    sums = frame.assign(share=frame["分成比例"].map(Decimal)).groupby("订单编号")["share"].sum()
    assert (sums == 1).all()


def test_instalments_sum_to_the_order_as_signed(full):
    frame = clean(full.every("erp/receivables"), "订单编号")
    due = frame.groupby("订单编号")["应收金额"].sum()
    orders = clean(full.last("erp/orders"), "订单编号").drop_duplicates()
    changed = {e["order_id"] for e in full.truth["restatements"] if e["kind"] == "amount_change"}
    orders = orders[~orders["订单状态"].isin(["草稿", "作废"]) & ~orders["订单编号"].isin(changed)]
    signed = orders.assign(amount=orders["金额"].astype(float)).groupby("订单编号")["amount"].sum()
    assert (signed - due.reindex(signed.index)).abs().max() < 0.005


def test_collections_by_month(full):
    payments = clean(full.every("erp/payments"), "回款编号").drop_duplicates(
        "回款编号", keep="last"
    )
    orders = full.last("erp/orders").drop_duplicates("订单编号").set_index("订单编号")["币种"]
    payments = payments.assign(
        currency=payments["订单编号"].map(orders),
        month=payments["回款日期"].str[:4] + "-" + payments["回款日期"].str[4:6],
        amount=payments["回款金额"].astype(float),
    )
    home = payments[payments["currency"] == "CNY"].groupby("month")["amount"].sum()
    assert home.to_dict() == pytest.approx(full.truth["collections"]["cny_orders"])
    foreign = payments[payments["currency"] != "CNY"].groupby(["currency", "month"])["amount"].sum()
    told = full.truth["collections"]["foreign_original"]
    assert foreign.to_dict() == pytest.approx(
        {(c, m): v for c, ms in told.items() for m, v in ms.items()}
    )


def test_new_customers_take_several_records_as_one(company):
    orders = clean(company.last("erp/orders"), "订单编号")
    orders = orders[orders["订单状态"] == "有效"]
    groups = company.truth["duplicate_customers"]
    main = {
        g["account_ids"][1]: g["account_ids"][0] for g in groups if g["matched_by"] != "candidate"
    }
    first = orders.assign(c=orders["客户编号"].replace(main)).groupby("c")["签订日期"].min()
    told = company.truth["bookings"]["new_customers"]
    assert Counter(first.str[:7]) == told


def amount_of(text):
    text = text.replace("￥", "").replace(",", "")
    return float(text[:-1]) * 10_000 if text.endswith("万") else float(text)


def test_open_opportunities_are_those_of_the_last_export(company):
    frame = clean(company.last("crm/opportunities"), "商机编号").drop_duplicates()
    frame = frame[frame["阶段"].isin(OPEN)]
    told = company.truth["open_opportunities"]
    assert frame["阶段"].value_counts().to_dict() == {
        s: e["count"] for s, e in told["by_stage"].items() if e["count"]
    }
    rate = rates(company)
    total = sum(
        amount_of(row["预计金额"])
        * float(1 if row["币种"] == "CNY" else rate.get((row["币种"], "2026-03"), 0))
        for row in frame.to_dict("records")
    )
    assert total == pytest.approx(told["amount"], abs=0.05)
    unconverted = set(frame[frame["币种"] == "JPY"]["商机编号"])
    assert unconverted == set(told["without_rate"])


def test_won_and_lost_by_quarter_of_closing(company):
    frame = clean(company.every("crm/opportunities"), "商机编号")
    frame = frame.sort_values(["file", "更新时间"]).drop_duplicates("商机编号", keep="last")
    closed = frame[frame["阶段"].isin(["赢单", "输单"])]
    quarter = pd.PeriodIndex(pd.to_datetime(closed["关闭时间"]), freq="Q").strftime("%Y-Q%q")
    counts = closed.groupby([quarter, "阶段"]).size().unstack(fill_value=0)
    told = company.truth["outcomes"]["by_quarter"]
    assert {q: (r["赢单"], r["输单"]) for q, r in counts.iterrows()} == {
        q: (v["won"], v["lost"]) for q, v in told.items()
    }


def test_stage_visits_and_the_last_stage_agree_with_the_recorded_events(company):
    events = clean(company.every("crm/stage_events"), "商机编号")
    assert (
        events["变更后阶段"].value_counts().to_dict() == company.truth["stage_visits"]["by_stage"]
    )
    assert not events.duplicated(["商机编号", "变更时间", "变更后阶段"]).any()
    last = events.sort_values("变更时间", kind="stable").drop_duplicates("商机编号", keep="last")
    now = clean(company.last("crm/opportunities"), "商机编号").drop_duplicates("商机编号")
    both = last.merge(now, on="商机编号")
    assert (both["变更后阶段"] == both["阶段"]).all()


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


def test_only_the_people_told_end_on_failed_visits(company):
    activities = clean(company.every("crm/activities"), "跟进编号").drop_duplicates()
    visits = activities[activities["跟进方式"] == "上门拜访"]
    visits = visits.sort_values(["跟进时间", "录入时间"], kind="stable")
    told = {e["person_id"]: e["fails_in_a_row"] for e in company.truth["failed_controls"]}
    for person, mine in visits.groupby("跟进人编号"):
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


def test_a_late_entry_changes_a_closed_month(full):
    late = [e for e in full.truth["restatements"] if e["kind"] == "late_entry"]
    assert any(e["changes_closed_month"] for e in late)
    for entry in late:
        seen = [
            p.stem[-8:]
            for p in full.files("erp/orders")
            if entry["order_id"] in set(full.read(p)["订单编号"])
        ]
        assert seen[0] == entry["first_seen_on"].replace("-", "")


def test_the_planted_causes_show(full):
    causes = {c["cause"]: c for c in full.truth["gap_causes"]}
    assert set(causes) == {"deal_size", "volume", "conversion", "lost_customer"}
    before, now = "2025-01-01..2025-03-10", "2026-01-01..2026-03-10"
    size = causes["deal_size"]["evidence"]
    assert size[now]["average_first_amount"] < 0.65 * size[before]["average_first_amount"]
    volume = causes["volume"]["evidence"]
    assert volume[now]["opportunities_created"] < 0.5 * volume[before]["opportunities_created"]
    rates_ = {
        k: v["won"] / (v["won"] + v["lost"]) for k, v in causes["conversion"]["evidence"].items()
    }
    assert rates_[now] < 0.5 * rates_[before]


def test_private_sheets_hold_customers_that_the_crm_has_never_seen(company):
    known = set(company.last("crm/accounts")["客户名称"])
    for sheet in company.truth["personal"]:
        frame = company.read(company.folder / sheet["file"])
        assert len(frame) == sheet["rows"]
        only = frame[~frame["客户名称"].isin(known)]
        assert set(only["客户编号"]) == set(sheet["only_here"])


def test_outcomes_of_every_breakdown_sum_to_the_company(company):
    told = company.truth["outcomes"]
    for name in ("by_region", "by_team", "by_product_line"):
        for quarter, total in told["by_quarter"].items():
            parts = [scope.get(quarter, {"won": 0, "lost": 0}) for scope in told[name].values()]
            assert sum(part["won"] for part in parts) == total["won"]
            assert sum(part["lost"] for part in parts) == total["lost"]


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


def test_collection_rate_is_what_was_met_of_what_was_due(company):
    orders = clean(company.last("erp/orders"), "订单编号").drop_duplicates("订单编号")
    force = set(orders[(orders["订单状态"] == "有效") & (orders["币种"] == "CNY")]["订单编号"])
    due = clean(company.every("erp/receivables"), "订单编号")
    due = due[due["订单编号"].isin(force) & (pd.to_datetime(due["应收日期"]) <= D)]
    due = due.groupby("订单编号")["应收金额"].sum().astype(float)
    paid = clean(company.every("erp/payments"), "回款编号").drop_duplicates("回款编号", keep="last")
    paid = paid[paid["订单编号"].isin(force)].assign(amount=paid["回款金额"].astype(float))
    both = pd.concat([due, paid.groupby("订单编号")["amount"].sum()], axis=1).fillna(0)
    met = both.min(axis=1).sum()
    told = company.truth["money_due"]
    assert (due.sum(), met) == pytest.approx((told["due"], told["met"]), abs=0.01)
    assert told["collection_rate"] == pytest.approx(met / due.sum(), abs=1e-6)


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


def test_no_two_target_rows_have_one_key(company):
    frame = company.read(company.inbox / "销售目标_明细.xlsx").fillna("")
    key = ["期间", "指标", "组织节点", "大区", "团队", "人员", "目标级别", "生效日期"]
    assert not frame.duplicated(key).any()
