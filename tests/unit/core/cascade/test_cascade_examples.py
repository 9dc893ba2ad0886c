"""The worked examples of the specification, figures by hand (万元 written out as 元)."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal

import pytest
from cascade_world import SEASON, World

from pipelines.core.cascade import Shares, Unit

COMPANY = {"公司": (None, "company")}
EAST = {**COMPANY, "华东": ("公司", "region"), "上海": ("华东", "team"), "杭州": ("华东", "team"),
        "南京": ("华东", "team")}  # fmt: skip
W = 10_000


def test_a_year_of_5000_by_30_20_30_20_gives_the_quarters() -> None:
    out = World(COMPANY, targets=[("公司", "2026", 5_000 * W)]).run()
    quarters = [out.value("公司", f"2026Q{q}") for q in (1, 2, 3, 4)]
    assert quarters == [15_000_000, 10_000_000, 15_000_000, 10_000_000]
    assert out.seat("公司") == 50_000_000


def test_shanghai_splits_600_over_five_people_of_equal_history_as_120_each() -> None:
    people = dict.fromkeys("甲乙丙丁戊", "上海")
    history = {(name, 2026): Decimal(77) for name in people}
    targets = [("华东", "2026Q1", 1_500 * W), ("上海", "2026Q1", 600 * W), ("杭州", "2026Q1", 500 * W),
               ("南京", "2026Q1", 400 * W)]  # fmt: skip
    out = World(EAST, people, targets, Shares(SEASON, history=history)).run()
    assert [out.value(name, "2026Q1") for name in people] == [1_200_000] * 5
    assert out.value("华东", "2026Q1") == 15_000_000
    assert out.seat("华东", "2026Q1") == 0
    assert out.seat("上海", "2026Q1") == 0
    assert out.origins("甲") == {"history"}


def test_a_month_of_500_is_the_sum_of_its_days_and_its_weeks() -> None:
    out = World(COMPANY, targets=[("公司", "2026-03", 500)]).run()
    days = out.days()
    assert sum(days.values()) == 50_000
    assert set(days.values()) == {2272, 2273}  # 500 over the 22 workdays of March
    assert (
        sum(v for day, v in days.items() if date(2026, 3, 9) <= day <= date(2026, 3, 15)) == 11_363
    )  # 227.27 of two weeks less 113.64 of one


def test_twenty_customers_over_8_6_6_3_give_7_5_5_3() -> None:
    people = dict.fromkeys("甲乙丙丁", "公司")
    written = {
        ("公司", name): Decimal(w) / 100 for name, w in zip("甲乙丙丁", (8, 6, 6, 3), strict=True)
    }
    out = World(
        COMPANY, people, [("公司", "2026-03", 20)],
        Shares(basis={"person": "share"}, written=written), Unit.things(),
    ).run()  # fmt: skip
    assert [out.value(name, "2026-03") for name in "甲乙丙丁"] == [7, 5, 5, 3]


def test_23_people_share_a_quarter_of_15_million_equally_to_the_cent_at_every_level() -> None:
    people = {f"P{n:02d}": "公司" for n in range(23)}
    out = World(
        COMPANY, people, [("公司", "2026Q1", "15000000.00")], Shares(basis={"person": "equal"})
    ).run()
    assert out.value("公司", "2026Q1") == 15_000_000
    assert sum(out.days().values()) == 1_500_000_000
    values = [out.value(name, "2026Q1") for name in people]
    assert sum(values) == 15_000_000
    # 23 × 652,173.91 is 14,999,999.93.
    assert Counter(values) == {Decimal("652173.91"): 16, Decimal("652173.92"): 7}
    for month in ("2026-01", "2026-02", "2026-03"):
        months = [out.value(name, month) for name in people]
        assert max(months) - min(months) <= Decimal("0.02")
        assert sum(months) == out.value("公司", month)


def test_five_equal_people_have_months_equal_within_one_minor_unit() -> None:
    people = dict.fromkeys("甲乙丙丁戊", "公司")
    out = World(COMPANY, people, [("公司", "2026-01", "100.01")]).run()
    months = [out.value(name, "2026-01") for name in people]
    assert sum(months) == Decimal("100.01")
    assert max(months) - min(months) == Decimal("0.01")


def test_a_few_things_go_round_among_equal_people_month_after_month() -> None:
    people = dict.fromkeys("甲乙丙丁戊", "公司")
    out = World(COMPANY, people, [("公司", "2026", 20)], Shares(), Unit.things()).run()
    assert [out.value(name) for name in people] == [4] * 5


def test_finer_given_values_win_and_the_longer_target_is_their_sum() -> None:
    targets = [
        ("公司", "2026Q1", 100),
        ("公司", "2026-01", 40),
        ("公司", "2026-02", 40),
        ("公司", "2026-03", 50),
    ]
    out = World(COMPANY, targets=targets).run()
    assert out.value("公司", "2026Q1") == 130
    assert out.value("公司", "2026-01") == 40


def test_what_is_not_given_comes_from_the_own_nearest_longer_period() -> None:
    out = World(COMPANY, targets=[("公司", "2026Q1", 100), ("公司", "2026-01", 40)]).run()
    # 60 over the 16 workdays of February and the 22 of March
    assert out.value("公司", "2026-02") == Decimal("25.26")
    assert out.value("公司", "2026-03") == Decimal("34.74")


def test_given_children_above_the_parent_leave_a_negative_seat() -> None:
    targets = [
        ("华东", "2026Q1", 1_500),
        ("上海", "2026Q1", 800),
        ("杭州", "2026Q1", 500),
        ("南京", "2026Q1", 400),
    ]
    out = World(EAST, targets=targets).run()
    assert out.value("华东", "2026Q1") == 1_500
    assert out.seat("华东", "2026Q1") == -200


def test_a_parent_without_a_target_is_the_sum_of_its_children() -> None:
    targets = [("上海", "2026Q1", 600), ("杭州", "2026Q1", 500), ("南京", "2026Q1", 400)]
    out = World(EAST, targets=targets).run()
    assert out.value("公司", "2026Q1") == 1_500
    assert out.origins("华东") == {"children"}
    assert out.seat("华东", "2026Q1") == 0


def test_a_unit_without_a_target_shares_what_its_given_sisters_leave() -> None:
    out = World(EAST, targets=[("华东", "2026Q1", 1_500), ("上海", "2026Q1", 600)]).run()
    assert out.value("杭州", "2026Q1") == 450
    assert out.value("南京", "2026Q1") == 450
    assert out.origins("杭州") == {"equal"}


def test_whoever_is_left_out_among_named_people_has_no_target() -> None:
    people = dict.fromkeys("甲乙丙", "上海")
    targets = [("上海", "2026-03", 300), ("甲", "2026-03", 100), ("乙", "2026-03", 120)]
    out = World(EAST, people, targets).run()
    assert out.value("丙", "2026-03") == 0
    assert out.seat("上海", "2026-03") == 80


def test_a_dated_revision_keeps_the_days_before_it_and_spreads_the_rest() -> None:
    base = World(COMPANY, targets=[("公司", "2026-03", 2_200)]).run()
    out = World(
        COMPANY, targets=[("公司", "2026-03", 2_200), ("公司", "2026-03", 1_990, date(2026, 3, 10))]
    ).run()
    before, after = base.days(), out.days()
    assert {d: v for d, v in after.items() if d < date(2026, 3, 10)} == {
        d: v for d, v in before.items() if d < date(2026, 3, 10)
    }
    # 6 workdays at 100 are gone; 1,390 over the 16 left
    assert sum(after.values()) == 199_000
    assert after[date(2026, 3, 10)] == 8_688


def test_a_revision_that_would_make_days_negative_is_refused_and_the_last_figure_stands() -> None:
    out = World(
        COMPANY, targets=[("公司", "2026-03", 2_200), ("公司", "2026-03", 500, date(2026, 3, 10))]
    ).run()
    assert out.value("公司", "2026-03") == 2_200
    assert out.result.problems == ((1, "negative_days"),)


def test_a_revision_after_its_period_is_reported() -> None:
    out = World(
        COMPANY, targets=[("公司", "2026-03", 2_200), ("公司", "2026-03", 500, date(2026, 4, 10))]
    ).run()
    assert out.result.problems == ((1, "effective_after_period"),)


def test_a_leavers_target_ends_with_his_last_day_and_the_seat_has_the_rest() -> None:
    people = {"甲": "上海", "乙": {"unit_id": "上海", "left_on": date(2026, 3, 13)}}
    targets = [("甲", "2026-03", 220), ("乙", "2026-03", 220)]
    out = World(EAST, people, targets).run()
    # 10 of March's 22 workdays are served
    assert out.value("乙", "2026-03") == 100
    assert out.seat("上海", "2026-03") == 120
    assert out.value("上海", "2026-03") == 440
    assert max(out.days(person="乙")) == date(2026, 3, 13)


def test_a_leaver_without_a_target_by_name_keeps_his_share_on_the_seat_to_the_end_of_the_year() -> (
    None
):
    people = {"甲": "上海", "乙": {"unit_id": "上海", "left_on": date(2026, 3, 13)}}
    out = World(EAST, people, [("上海", "2026-03", 440), ("上海", "2026-04", 420)]).run()
    assert out.value("乙", "2026-03") == 100
    assert out.value("甲", "2026-04") == 210
    assert out.seat("上海", "2026-04") == 210


def test_a_newcomer_has_his_share_of_the_month_times_the_ramp() -> None:
    people = {"甲": "上海", "乙": {"unit_id": "上海", "hired_on": date(2026, 3, 16)}}
    out = World(
        EAST, people, [("上海", "2026-03", 440), ("上海", "2026-04", 420)],
        Shares(ramp={1: Decimal("0.25"), 2: Decimal("0.5")}),
    ).run()  # fmt: skip
    # half of 440 over 22 workdays, 12 of them served at a quarter
    assert out.value("乙", "2026-03") == 30
    assert out.value("乙", "2026-04") == 105
    assert out.seat("上海", "2026-03") == 190


def test_a_transfer_takes_his_target_along_and_both_teams_keep_theirs() -> None:
    stays = [
        {"unit_id": "上海", "valid_before": date(2026, 3, 16)},
        {"unit_id": "杭州", "valid_from": date(2026, 3, 16)},
    ]
    targets = [("上海", "2026-03", 220), ("杭州", "2026-03", 440), ("乙", "2026-03", 220)]
    out = World(EAST, {"乙": stays}, targets).run()
    assert out.value("上海", "2026-03") == 220
    assert out.value("杭州", "2026-03") == 440
    assert out.seat("上海", "2026-03") == 120  # 12 of 22 workdays went along
    assert out.seat("杭州", "2026-03") == 320


def test_a_week_without_a_workday_falls_back_to_its_calendar_days() -> None:
    out = World(COMPANY, targets=[("公司", "2026-W08", 700)]).run()
    assert set(out.days().values()) == {10_000}
    assert len(out.days()) == 7


def test_a_week_target_stands_inside_its_months() -> None:
    out = World(COMPANY, targets=[("公司", "2026-03", 2_200), ("公司", "2026-W10", 1_000)]).run()
    assert (
        sum(v for d, v in out.days().items() if date(2026, 3, 2) <= d <= date(2026, 3, 8))
        == 100_000
    )
    assert sum(out.days().values()) == 220_000


@pytest.mark.parametrize(("unit", "march"), [(Unit.money(), 11_455), (Unit.things(), 115_000_000)])
def test_a_custom_period_spreads_over_its_workdays(unit: Unit, march: int) -> None:
    out = World(COMPANY, targets=[("公司", "2026-03-16..2026-04-15", 210)], unit=unit).run()
    # 12 workdays in March, 10 in April (清明 on the 6th): 210 × 12/22 is 114.545…
    assert sum(v for d, v in out.days().items() if d.month == 3) == march
    assert sum(out.days().values()) == unit.minor(210)


def test_things_are_whole_in_every_month_and_fractions_by_day() -> None:
    people = dict.fromkeys("甲乙丙", "公司")
    out = World(COMPANY, people, [("公司", "2026Q1", 10)], Shares(), Unit.things()).run()
    for name in people:
        for month in ("2026-01", "2026-02", "2026-03"):
            assert out.value(name, month) % 1 == 0
    assert out.value("公司", "2026Q1") == 10


@pytest.mark.parametrize(
    ("left_on", "kept", "seat"), [(date(2026, 3, 12), 12, 18), (date(2026, 3, 13), 14, 16)]
)
def test_a_leavers_things_stay_whole(left_on: date, kept: int, seat: int) -> None:
    people = {"甲": "公司", "乙": {"unit_id": "公司", "left_on": left_on}}
    out = World(COMPANY, people, [("公司", "2026-03", 60)], Shares(), Unit.things()).run()
    assert out.value("乙", "2026-03") == kept  # 9 of 22 workdays of 30 is 12.27, 10 of them 13.64
    assert out.seat("公司", "2026-03") == seat
    assert sum(out.days().values()) == 60_000_000
