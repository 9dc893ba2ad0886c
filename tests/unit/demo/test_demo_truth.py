"""Money, orders and opportunities in truth.json, recounted here from the files alone."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date
from decimal import Decimal

import pandas as pd
import pytest
from written_company import clean

OPEN = ["初步接触", "需求确认", "报价中", "谈判中", "签约待付款"]
D = "2026-03-10"


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


def test_new_customers_take_several_records_as_one_and_go_when_undone(company):
    cancelled = {}
    for path in company.files("erp/orders"):
        day = date.fromisoformat(path.stem[-8:]).isoformat()
        for row in clean(company.read(path), "订单编号").to_dict("records"):
            if row["订单状态"] == "已取消":
                cancelled.setdefault(row["订单编号"], row["取消日期"] or day)
    groups = company.truth["duplicate_customers"]
    main = {
        g["account_ids"][1]: g["account_ids"][0] for g in groups if g["matched_by"] != "candidate"
    }
    steps = defaultdict(set)
    for row in clean(company.last("erp/orders"), "订单编号").to_dict("records"):
        if row["订单状态"] not in ("草稿", "作废"):
            customer, order = main.get(row["客户编号"], row["客户编号"]), row["订单编号"]
            steps[customer].add((row["签订日期"], -1, order))
            if order in cancelled:
                steps[customer].add((cancelled[order], 1, order))
    months = Counter()
    for entries in steps.values():
        orders = 0
        for day, end, _ in sorted(entries):
            orders -= end
            months[day[:7]] += (end == -1 and orders == 1) - (end == 1 and orders == 0)
    told = company.truth["bookings"]["new_customers"]
    assert {month: count for month, count in months.items() if count} == told


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
    assert size[now]["average_first_amount"] < 0.5 * size[before]["average_first_amount"]
    volume = causes["volume"]["evidence"]
    assert volume[now]["opportunities_created"] < 0.5 * volume[before]["opportunities_created"]
    rates_ = {
        k: v["won"] / (v["won"] + v["lost"]) for k, v in causes["conversion"]["evidence"].items()
    }
    assert rates_[now] < 0.5 * rates_[before]


def test_outcomes_of_every_breakdown_sum_to_the_company(company):
    told = company.truth["outcomes"]
    for name in ("by_region", "by_team", "by_product_line"):
        for quarter, total in told["by_quarter"].items():
            parts = [scope.get(quarter, {"won": 0, "lost": 0}) for scope in told[name].values()]
            assert sum(part["won"] for part in parts) == total["won"]
            assert sum(part["lost"] for part in parts) == total["lost"]


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
