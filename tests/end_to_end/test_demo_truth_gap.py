"""The marts name every planted cause of a gap, and what they propose closes it."""

from __future__ import annotations

import re
from collections import defaultdict
from decimal import Decimal

import pytest

from tests.end_to_end.conftest import DemoNight
from tests.end_to_end.demo_recount import opportunities_in_reach

pytestmark = pytest.mark.slow

# Closed months in which everything that was planted was at work.
CLOSED = "metric = 'signed_amount' and period_label in ('2026-01', '2026-02')"
FACTORS = {"volume", "conversion", "deal_size", "mix"}


def test_planted_causes_are_the_main_cause_where_they_were_planted(demo_night: DemoNight) -> None:
    planted = [c for c in demo_night.truth["gap_causes"] if c["cause"] in FACTORS]
    assert {c["cause"] for c in planted} == {"volume", "conversion", "deal_size"}
    for cause in planted:
        found = _by_factor(demo_night, cause["scope_type"])
        own = found[cause["scope"]]
        assert max(own, key=lambda factor: own[factor]) == cause["cause"], own


def test_no_other_scope_lost_more_to_a_planted_cause(demo_night: DemoNight) -> None:
    for cause in demo_night.truth["gap_causes"]:
        if cause["cause"] in FACTORS:
            found = _by_factor(demo_night, cause["scope_type"])
            most = max(found, key=lambda scope: found[scope][cause["cause"]])
            assert most == cause["scope"], found


def test_in_the_quarter_of_the_plants_no_other_scope_names_the_cause_with_a_higher_share(
    demo_night: DemoNight,
) -> None:
    for cause in demo_night.truth["gap_causes"]:
        if cause["cause"] not in FACTORS:
            continue
        shares = dict(
            demo_night.marts(
                "select scope_id, main_cause_share from mart_gap where metric = 'signed_amount' "
                f"and period_label = '2026-Q1' and scope_type = '{cause['scope_type']}' "
                f"and main_cause = '{cause['cause']}'"
            )
        )
        assert max(shares, key=lambda scope: shares[scope]) == cause["scope"], shares


def _by_factor(demo_night: DemoNight, scope_type: str) -> dict[str, dict[str, Decimal]]:
    """Return scope → factor → contribution of the closed months; seats of nobody are no peers."""
    rows = demo_night.marts(
        f"select scope_id, factor, sum(contribution) from mart_gap_cause where {CLOSED} "
        f"and scope_type = '{scope_type}' and scope_id not in ('unallocated', 'unknown') "
        "group by scope_id, factor"
    )
    found: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for scope, factor, contribution in rows:
        if factor in FACTORS:
            found[scope][factor] = contribution
    return found


def test_the_running_quarter_names_too_few_leads_lost_conversion_and_the_fallen_price(
    demo_night: DemoNight,
) -> None:
    rows = demo_night.marts(
        "select scope_id, main_cause, action from mart_gap where metric = 'signed_amount' "
        "and period_label = '2026-Q1' and scope_type in ('region', 'team', 'product_line') "
        "and scope_id in ('西南', '深圳队', '信息系统')"
    )
    assert {scope: (cause, action) for scope, cause, action in rows} == {
        "西南": ("volume", "增加线索来源"),
        "深圳队": ("conversion", "改进谈判策略"),
        "信息系统": ("deal_size", "推广高价值套餐"),
    }


def test_the_lost_big_customer_is_named_where_it_bought_and_weighs_most_there(
    demo_night: DemoNight,
) -> None:
    [lost] = [c for c in demo_night.truth["gap_causes"] if c["cause"] == "lost_customer"]
    rows = demo_night.marts(
        "select scope_type, scope_id, lost_customer_id, lost_customer_amount / gap_to_date, "
        "lost_customer_amount / target from mart_gap where metric = 'signed_amount' "
        "and period_label = '2026-Q1' and scope_type in ('region', 'person') "
        "and lost_customer_id is not null"
    )
    for scope_type, scope in (("region", lost["region"]), ("person", lost["owner_id"])):
        of_type = {s: row for kind, s, *row in rows if kind == scope_type}
        customer, share_of_gap, _ = of_type[scope]
        assert customer == lost["account_id"]
        assert share_of_gap > 0.5
        # Against what was to come, not against the gap: whoever misses next to nothing misses more than that.
        assert max(of_type, key=lambda each: of_type[each][2]) == scope, of_type


def test_contributions_sum_to_the_gap_to_the_cent_everywhere(demo_night: DemoNight) -> None:
    [(rows, wrong)] = demo_night.marts(
        """
        select count(*), count(case when causes.contribution is distinct from gaps.gap then 1 end)
        from mart_gap as gaps
        left join (
            select metric, period_type, period_start, period_end, scope_type, scope_id,
                sum(contribution) as contribution
            from mart_gap_cause
            group by all
        ) as causes using (metric, period_type, period_start, period_end, scope_type, scope_id)
        where gaps.driver_basis is not null
        """
    )
    assert rows > 10_000
    assert wrong == 0


def test_the_number_that_closes_a_gap_closes_it_and_one_fewer_does_not(
    demo_night: DemoNight,
) -> None:
    for needed, each, missing, step in (
        ("customers_needed", "value_per_reach", "gap", "1"),
        ("deal_size_needed", "expected_win_count", "needed_from_reach", "0.01"),
        ("conversion_needed", "reach_value", "needed_from_reach", "0.001"),
    ):
        [(rows, short, long)] = demo_night.marts(
            f"select count(*), count(case when {missing} - {needed} * {each} > 0 then 1 end), "
            f"count(case when {missing} - ({needed} - {step}) * {each} <= 0 then 1 end) "
            f"from mart_gap where {needed} is not null"
        )
        assert rows > 1000
        assert (needed, short, long) == (needed, 0, 0)


def test_every_number_of_a_sentence_stands_in_its_row(demo_night: DemoNight) -> None:
    figures = (
        "target", "actual", "gap", "gap_to_date", "customers_needed", "deal_size_needed",
        "lost_customer_amount",
    )  # fmt: skip
    rows = demo_night.marts(
        f"select sentence_zh, sentence_en, scope_name, period_label, missing_since_label, lost_customer_name, "
        f"main_cause_share, conversion_needed, {', '.join(figures)} from mart_gap "
        "where period_start <= '2026-03-10' and scope_type in ('company', 'region', 'team')"
    )
    assert len(rows) > 500
    for zh, en, name, label, since, customer, share, conversion, *values in rows:
        allowed = {abs(Decimal(str(value))) for value in values if value is not None}
        rates = {Decimal(str(rate)) * 100 for rate in (share, conversion) if rate is not None}
        for sentence in (zh, en):
            text = sentence.replace("2026-03-10", "")
            for known in (name, label, since, customer):
                text = text.replace(known, "") if known else text
            for number, percent in re.findall(r"([\d,]*\d(?:\.\d+)?)(%?)", text):
                value = Decimal(number.replace(",", ""))
                assert value in (rates if percent else allowed), (number, sentence)


def test_a_target_that_was_handed_down_to_nobody_is_told_as_that_and_blames_no_deals(
    demo_night: DemoNight,
) -> None:
    rows = demo_night.marts(
        "select sentence_zh, sentence_en, target, main_cause, main_cause_reason, customers_needed, "
        "customers_needed_reason from mart_gap where scope_id = 'unallocated' and gap <> 0"
    )
    assert len(rows) > 100
    said = {
        True: ("没有分解到任何下级。", "assigned to nobody."),
        False: ("下级目标合计超过上级。", "those below hold more than their parent."),
    }
    for zh, en, target, *cause in rows:
        assert (zh.startswith("未分配 "), en.startswith("Unallocated, ")) == (True, True)
        assert (zh.split("，")[-1], en.split("; ")[-1]) == said[target > 0]
        assert cause == [None, "unallocated", None, "unallocated"]


def test_tasks_stand_with_cause_scope_and_delay(demo_night: DemoNight) -> None:
    rows = demo_night.marts(
        "select action_id, cause, scope_id, status from mart_action_plan where kind = 'task'"
    )
    found = {task: (cause, scope, status) for task, cause, scope, status in rows}
    assert found["T001"] == ("volume", "西南", "done")
    assert found["T002"] == ("conversion", "深圳队", "overdue")
    assert found["T003"] == ("deal_size", "信息系统", "open")
    assert found["T005"][0] == "loss"
    assert {row["task_id"] for row in demo_night.truth["tasks"]} == set(found)


def test_what_a_task_covers_is_not_proposed_again(demo_night: DemoNight) -> None:
    wanted = demo_night.marts(
        "select scope_id, main_cause from mart_gap where metric = 'signed_amount' "
        "and period_label = '2026-Q1' and main_cause is not null "
        "and scope_type in ('company', 'region', 'team', 'product_line') "
        "and scope_id not in ('unallocated', 'unknown')"
    )
    proposed = demo_night.marts(
        "select scope_id, cause from mart_action_plan where kind = 'proposed' "
        "and metric = 'signed_amount'"
    )
    covered = {("西南", "volume"), ("深圳队", "conversion"), ("信息系统", "deal_size")}
    assert covered < set(wanted)
    assert sorted(proposed) == sorted(set(wanted) - covered)


def test_every_proposal_has_somebody_who_answers_for_it(demo_night: DemoNight) -> None:
    rows = demo_night.marts(
        "select scope_type, scope_id, owner_id from mart_action_plan where kind = 'proposed'"
    )
    owners = {(kind, scope): owner for kind, scope, owner in rows}
    assert None not in owners.values()
    # Named by the target sheet, head of a region, of a team, and of the company for all the rest.
    assert owners[("region", "华东")] == "U1002"
    assert owners[("region", "华南")] == "U1011"
    assert owners[("team", "杭州队")] == "U1007"
    assert owners[("product_line", "检验试剂")] == owners[("company", "company")] == "U1001"


def test_late_entries_into_closed_months_are_restatements_with_their_rows(
    demo_night: DemoNight,
) -> None:
    told: dict[tuple[str, str], list[tuple[str, Decimal]]] = defaultdict(list)
    for entry in demo_night.truth["restatements"]:
        if entry.get("changes_closed_month"):
            told[(entry["month"], entry["first_seen_on"])].append(
                (entry["order_id"], Decimal(str(entry["amount"])))
            )
    rows = demo_night.marts(
        "select period_label, cast(restated_on as varchar), subject_ids, change_value, source_rows "
        "from mart_restatement where metric = 'signed_amount' and period_type = 'month' "
        "and scope_type = 'company'"
    )
    found = {(month, day): (set(ids.split("; ")), change) for month, day, ids, change, _ in rows}
    assert found == {
        key: ({order for order, _ in late}, sum(amount for _, amount in late))
        for key, late in told.items()
    }
    for *_, ids, _, source_rows in rows:
        assert source_rows.count("inbox/erp/orders_") >= len(ids.split("; "))


def test_orders_without_an_opportunity_are_found_by_the_cross_check(demo_night: DemoNight) -> None:
    rows = demo_night.marts(
        "select order_id from mart_actuals_check where problem = 'order_without_opportunity'"
    )
    wanted = demo_night.marts(
        "select order_id from fct_booking group by order_id "
        "having max(opportunity_id) is null and sum(effective_step) > 0"
    )
    assert sorted(rows) == sorted(wanted)
    assert len(rows) > 0


def test_deals_in_reach_are_those_open_on_a_day_of_the_period_or_won_in_it(
    demo_night: DemoNight,
) -> None:
    in_reach = opportunities_in_reach(demo_night)
    rows = demo_night.build(
        "select period_type, periods.period_start, periods.through_on, list(distinct units.unit_id) "
        "from intermediate.int_gap_unit as units "
        "join intermediate.int_gap_period as periods using (period_type, period_no) "
        "where units.driver_basis = 'opportunity' and units.reach_count = 1 "
        "and period_type <> 'week' group by all"
    )
    assert len(rows) > 25
    for kind, start, through, units in rows:
        assert set(units) == in_reach(start, through), (kind, start)
    counted = demo_night.build(
        "select period_start, max(reach_count) from marts.mart_gap where metric = 'signed_amount' "
        "and scope_type = 'company' and period_type = 'quarter' and reach_count > 0 group by all"
    )
    by_start = {start: len(units) for kind, start, _, units in rows if kind == "quarter"}
    assert len(counted) >= 4
    assert all(by_start[start] == count for start, count in counted)
