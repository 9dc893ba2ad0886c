"""What a raised flag says: in words that people use, of one matter once, harmless whatever was typed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from pipelines.operations.flags.raising import findings_of
from tests.unit.operations.flag_world import (
    CLOSED,
    FLAGS,
    FOLLOW_UP,
    LEAD,
    STALLED,
    TARGET,
    D,
    built,
)


@pytest.mark.parametrize(
    ("row", "zh", "en"),
    [
        ({"reasons": "over_allowed"}, "（允许 10 个）", "(10 allowed)"),
        ({"reasons": "over_usual|close_passed", "allowed_workdays": None, "p80_workdays": 16},
         "（以往八成在 16 个内推进）", "(four of five went on within 16)"),
        ({"reasons": "over_allowed|no_contact"},
         "（允许 10 个；上次有效跟进 2026-03-09）", "(10 allowed; last counting contact 2026-03-09)"),
        ({"reasons": "no_contact", "last_contact_on": None},
         "（从未有效跟进）", "(no counting contact yet)"),
    ],
)  # fmt: skip
def test_a_stalled_deal_is_told_by_what_stalls_it(row: dict[str, Any], zh: str, en: str) -> None:
    # a column without a value in any row has no type of its own
    typed = {**STALLED, "opportunity_id": "O2", "p80_workdays": 9, "is_stalled": False}
    con = built("mart_stalled_opportunity", {**STALLED, **row}, typed)
    [found] = findings_of(con, FLAGS["opportunity_stalled"], D)
    assert found.what_zh == "商机 影像采购 在“报价中”停留 18 个工作日" + zh
    assert found.what_en == "Opportunity 影像采购 has been in Quoting for 18 workdays " + en


@pytest.mark.parametrize("kind", ["target_behind", "target_attained"])
def test_a_node_that_is_a_region_or_team_is_told_as_that_and_not_once_more(kind: str) -> None:
    reached = {"status": "behind", "attained_on": date(2026, 3, 9), "workdays_early": 16}
    line = {**TARGET, **reached, "responsible_id": "P2"}
    lines = [
        {**line, "scope_type": "region", "scope_id": "华东"},
        *({**line, "scope_type": "org", "scope_id": node} for node in ("O0", "O1", "O2", "O3")),
        {**line, "scope_type": "org", "scope_id": "O2", "responsible_id": None},
    ]
    found = findings_of(built("mart_target_attainment", *lines), FLAGS[kind], D)
    assert sorted((one.scope_type, one.scope_id) for one in found) == [
        ("org", "O2"),
        ("region", "华东"),
    ]


def test_weeks_behind_that_go_on_into_the_next_month_are_the_same_matter() -> None:
    february = {
        **TARGET, "weeks_behind_streak": 2, "period_label": "2026-02", "period_start": date(2026, 2, 1),
        "period_end": date(2026, 2, 28),
    }  # fmt: skip
    march = {**TARGET, "weeks_behind_streak": 3}
    con = built("mart_target_attainment", february, march)
    [before] = findings_of(con, FLAGS["two_weeks_behind"], date(2026, 2, 28))
    [after] = findings_of(con, FLAGS["two_weeks_behind"], date(2026, 3, 2))
    assert before.key == after.key == "two_weeks_behind/signed_amount/person/P1"


def test_a_month_that_closed_above_its_target_is_reviewed_and_puts_nothing_at_stake() -> None:
    above = {**TARGET, **CLOSED, "deviation_rate": 0.46, "gap": Decimal("-460.00")}
    [found] = findings_of(built("mart_target_attainment", above), FLAGS["deviation_review"], D)
    assert (found.figures["deviation_rate"], found.value_amount) == ("46.0 %", None)
    below = {**TARGET, **CLOSED}
    [found] = findings_of(built("mart_target_attainment", below), FLAGS["deviation_review"], D)
    assert found.value_amount == Decimal("900.00")


def test_a_market_move_says_how_far_and_weighs_what_it_may_cost() -> None:
    moved = {**TARGET, "needs_calibration": True, "market_move_rate": -0.18, "scope_type": "region"}
    [found] = findings_of(built("mart_target_attainment", moved), FLAGS["market_move"], D)
    assert found.what_zh == "李雷 市场变动 -18.0 %，超过限额：2026-03 签单额 目标 1,000"
    assert found.value_amount == Decimal("180.00")


def test_a_market_move_is_told_once_a_scope_and_not_of_every_metric_and_period() -> None:
    moved = {**TARGET, "needs_calibration": True, "market_move_rate": -0.18, "scope_type": "region"}
    quarter = {
        "period_type": "quarter",
        "period_label": "2026-Q1",
        "period_start": date(2026, 1, 1),
    }
    lines = [moved, {**moved, **quarter}, {**moved, "scope_id": "R2"}]
    found = findings_of(built("mart_target_attainment", *lines), FLAGS["market_move"], D)
    assert sorted(one.key for one in found) == [
        "market_move/region/P1/2026-Q1",
        "market_move/region/R2/2026-03",
    ]


YEAR = {
    "period_type": "year", "period_label": "2026", "period_start": date(2026, 1, 1),
    "period_end": date(2026, 12, 31),
}  # fmt: skip


@pytest.mark.parametrize("kind", ["target_behind", "target_attained"])
def test_a_longer_period_with_no_more_to_it_than_a_shorter_one_is_not_told_again(kind: str) -> None:
    """Only March has a target: that of the year is the same one."""
    reached = {"status": "behind", "attained_on": date(2026, 3, 9), "workdays_early": 16}
    month = {**TARGET, **reached}
    found = findings_of(built("mart_target_attainment", month, {**month, **YEAR}), FLAGS[kind], D)
    assert [one.figures["period_label"] for one in found] == ["2026-03"]
    more = {**month, **YEAR, "target": Decimal("2000.00")}
    found = findings_of(built("mart_target_attainment", month, more), FLAGS[kind], D)
    assert sorted(one.figures["period_label"] for one in found) == ["2026", "2026-03"]


def test_who_sells_and_has_no_target_is_told_whether_he_signed_or_not() -> None:
    """A colleague has a target; P1 owns a customer, P2 signed, P9 has left."""
    lines = [
        {**TARGET, "scope_type": "team", "scope_id": "T1"},
        {**TARGET, "scope_id": "P2", "target": None, "actual": Decimal("50.00")},
    ]
    found = findings_of(built("mart_target_attainment", *lines), FLAGS["target_missing"], D)
    assert sorted((one.scope_id, one.scope_name, one.owner_id, one.value_amount) for one in found) == [
        ("P1", "李雷", "P2", None),
        ("P2", "韩梅", None, Decimal("50.00")),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("minutes", "clock", "zh", "en"),
    [(90.0, "clock", "90 分钟", "90 minutes"), (600.0, "clock", "10 小时", "10 hours"),
     (646_007.0, "clock", "448 天", "448 days"), (6_000.0, "working", "100 小时", "100 hours")],
)  # fmt: skip
def test_a_wait_is_told_in_words_that_people_use(
    minutes: float, clock: str, zh: str, en: str
) -> None:
    lead = {**LEAD, "waiting_minutes": minutes, "clock": clock}
    [found] = findings_of(built("mart_lead_response", lead), FLAGS["first_response_late"], D)
    assert f"等待首次响应 {zh}，" in found.what_zh
    assert f"waited {en} " in found.what_en


def test_steps_of_the_sop_are_named_in_the_readers_language_and_own_steps_as_they_are() -> None:
    late = {
        "steps_missed_count": 3, "missed_steps": "welcome, second_followup, 参观展厅",
        "created_on": date(2026, 3, 4),
    }  # fmt: skip
    [found] = findings_of(
        built("mart_lead_response", {**LEAD, **late}), FLAGS["sop_step_missed"], D
    )
    assert found.what_zh.endswith("：欢迎、二次跟进、参观展厅")
    assert found.what_en.endswith(": Welcome, Second follow-up, 参观展厅")


def test_good_news_is_of_the_scenario_in_force_at_every_level():
    attained = {**TARGET, "attained_on": date(2026, 3, 9), "workdays_early": 16}
    lines = [
        {**attained, "scenario": "A"},
        {**attained, "scenario": "base", "is_in_force": False},
        {**attained, "scenario": "A", "level": "stretch", "is_in_force": False},
        {**attained, "scenario": "base", "level": "stretch", "is_in_force": False},
    ]
    found = findings_of(built("mart_target_attainment", *lines), FLAGS["target_attained"], D)
    assert sorted(one.key for one in found) == [
        "target_attained/signed_amount/base/month/2026-03/person/P1",
        "target_attained/signed_amount/stretch/month/2026-03/person/P1",
    ]


def test_a_message_in_both_languages_written_out():
    [found] = findings_of(built("mart_followup_due", FOLLOW_UP), FLAGS["followup_overdue"], D)
    assert found.key == "followup_overdue/C1"
    assert found.message_zh == "客户 晨星医院（A 级）跟进逾期 2 个工作日；今天联系并记录下一步"
    assert found.message_en == (
        "Customer 晨星医院 (tier A) is 2 workdays overdue for contact; "
        "contact it today and write down the next step"
    )
    assert (found.owner_id, found.value_amount, found.since_on) == (
        "P1",
        Decimal("50000.00"),
        date(2026, 3, 6),
    )


def test_a_name_from_a_file_cannot_become_a_link_or_a_mention():
    evil = {**FOLLOW_UP, "customer_name": "[免费](http://x) <@all>\n# 标题 {tier}"}
    [found] = findings_of(built("mart_followup_due", evil), FLAGS["followup_overdue"], D)
    assert "［免费］（http://x） ＜＠all＞ ＃ 标题 {tier}" in found.what_zh
