"""Figures of the funnel marts worked out by hand, each in a region of its own. D is Monday 2026-01-19."""

from datetime import date

import pytest

from tests.dbt.funnel_world import World, at_nine, row_of, rows_of, workday

A = date(2025, 9, 1)
AS_OF = workday(A, 95)
ONE, TWO, THREE = "initial_contact", "needs_confirmed", "quoting"
OCTOBER = date(2025, 10, 13)


def put_bridge(world: World) -> None:
    """One deal for each line of the week of 10 to 16 November 2025, all but one expected in the quarter."""
    due, later = date(2025, 12, 10), date(2026, 2, 10)
    wednesday = date(2025, 11, 12)

    def put(name, amount, change=None, *, close=due, created=OCTOBER, end=None, **fields) -> None:
        start = {"stage": ONE, "valid_from": created, "expected_close_on": close}
        versions = [start]
        if change:
            versions.append({**start, "valid_from": wednesday, **change})
        events = [(ONE, created)]
        if end:
            versions.append({**start, "stage": end, "valid_from": date(2025, 11, 14)})
            events.append((end, date(2025, 11, 14)))
        world.deal(
            f"bridge-{name}", events, versions=versions, amount=amount, expected_close_on=close,
            region="bridge", product_line="BR", **fields,
        )  # fmt: skip

    put("stays", 100)
    put("new", 70, created=wednesday)
    put("moved in", 50, {"expected_close_on": due}, close=later)
    put("moved out", 40, {"expected_close_on": later})
    put("up", 100, {"amount": 130})
    put("down", 100, {"amount": 80})
    put("won", 60, end="won")
    put("lost", 90, end="lost")
    put("dollars", 10, currency="USD")
    put("handed", 25, {"owner_id": "P3"})
    world.put("fx_rates", currency="USD", valid_on=date(2025, 10, 1), rate=7)
    world.put("fx_rates", currency="USD", valid_on=wednesday, rate=6.5)
    world.put(
        "opportunities_version", opportunity_id="bridge-gone", version_no=1, stage=ONE,
        owner_id="P5", amount=30, currency="CNY", expected_close_on=due, valid_from=OCTOBER,
        valid_before=date(2025, 11, 13),
    )  # fmt: skip


def put_usual_stays(world: World) -> None:
    """快: 20 deals leave stage a after 1 to 20 workdays. 新: 19. One stands 17 workdays in each, one 16."""
    for pipeline, count in (("快", 20), ("新", 19)):
        rows = [("a", "open", False), ("b", "open", False), ("won", "won", False), ("lost", "lost", False)]  # fmt: skip
        for order, (stage, outcome, is_after_sale) in enumerate(rows, start=1):
            world.stage_lists.append((pipeline, 1, A, stage, order, outcome, is_after_sale))
        for wait in range(1, count + 1):
            world.deal(
                f"{pipeline}-{wait}", [("a", A), ("b", workday(A, wait))], pipeline=pipeline,
                region=pipeline,
            )  # fmt: skip
        for age in (16, 17):
            world.deal(
                f"{pipeline} aged {age}", [("a", workday(AS_OF, -age))], pipeline=pipeline,
                region=pipeline,
            )  # fmt: skip


def put_losses(world: World) -> None:
    """Third quarter: two on price to X, one nobody knows why. Fourth: price to X, price to Y, unknown."""
    losses = {
        date(2025, 9, 20): [("价格", "X", 100), ("价格", "X", 100), (None, None, 100)],
        date(2025, 11, 20): [("价格", "X", 100), ("价格", "Y", 200), (None, None, 100)],
    }
    for day, lost in losses.items():
        for number, (reason, competitor, amount) in enumerate(lost):
            world.deal(
                f"lost {day} {number}", [(ONE, A), ("lost", day)], region="reasons",
                loss_reason=reason, competitor=competitor, amount=amount,
            )  # fmt: skip


def put_cohorts(world: World) -> None:
    """Four quarters in which 8 of 10 advance; in the next 2 of 20 ("drop") and 12 of 20 ("steady")."""
    quarters = {f"{day:%Y-%m}": day for day in (
        date(2024, 7, 1), date(2024, 10, 8), date(2025, 1, 2), date(2025, 4, 1),
    )}  # fmt: skip
    for region, advanced in (("drop", 2), ("steady", 12)):
        cohorts = [(day, 10, 8) for day in quarters.values()]
        cohorts.append((date(2025, 7, 1), 20, advanced))
        for start, entered, moved in cohorts:
            for number in range(entered):
                stage = TWO if number < moved else "lost"
                world.deal(
                    f"{region} {start} {number}", [(ONE, start), (stage, workday(start, 10))],
                    region=region,
                )  # fmt: skip


def put_speed(world: World) -> None:
    """Fourth quarter: won 100 in 20 days and 300 in 40, lost 50 and 150; on 31 December three qualified."""
    for number, (end, amount, created, closed) in enumerate(
        (
            ("won", 100, date(2025, 11, 3), date(2025, 11, 23)),
            ("won", 300, date(2025, 11, 3), date(2025, 12, 13)),
            ("lost", 50, date(2025, 11, 3), date(2025, 12, 1)),
            ("lost", 150, date(2025, 11, 3), date(2025, 12, 1)),
        )
    ):
        world.deal(
            f"speed {number}", [(ONE, created), (end, closed)], region="speed", amount=amount
        )
    for number, stage in enumerate((ONE, TWO, TWO, THREE)):
        events = [(ONE, date(2025, 12, 1))]
        if stage != ONE:
            events.append((stage, date(2025, 12, 2)))
        world.deal(f"speed open {number}", events, region="speed")
    world.deal("speed late", [(ONE, A), (TWO, date(2026, 1, 2))], region="speed")


def put_chances(world: World) -> None:
    """值: of 20 deals 5 are won and 5 lost on workday 10. One of 400 is five workdays old."""
    for order, (stage, outcome) in enumerate((("a", "open"), ("won", "won"), ("lost", "lost")), 1):
        world.stage_lists.append(("值", 1, A, stage, order, outcome, False))
    for number in range(20):
        end = "won" if number < 5 else "lost" if number < 10 else None
        events = [("a", A), *([(end, workday(A, 10))] if end else [])]
        world.deal(f"chance {number}", events, pipeline="值", region="值")
    due = date(2026, 3, 2)
    world.deal(
        "chance now", [("a", workday(AS_OF, -5))], pipeline="值", region="值", amount=400,
        probability=60, expected_close_on=due,
    )  # fmt: skip
    open_deal = {"events": [("a", workday(AS_OF, -5))], "pipeline": "值", "region": "over"}
    world.deal("passed", **open_deal, amount=80, expected_close_on=date(2025, 12, 1))
    world.deal("roubles", **open_deal, amount=10, currency="RUB", expected_close_on=due)


def put_leads(world: World) -> None:
    """Four records of one week are three leads; one more came in the week of D."""
    week = date(2025, 11, 3)
    lead = {
        "created_at": at_nine(week),
        "created_on": week,
        "lead_source": "展会",
        "region": "线索",
    }
    phone = "13800000001"
    given = {"assigned_at": at_nine(week), "assigned_on": week}
    answered = {"first_response_at": at_nine(week), "first_response_on": week}
    world.put("leads", **lead, lead_id="L1", phone=phone, is_valid=True, **given, **answered)
    world.put("leads", **lead, lead_id="L2", phone=phone, converted_opportunity_id="led")
    world.put("leads", **lead, lead_id="L3", phone="13800000002", status="new", **given)
    world.put("leads", **lead, lead_id="L4", phone="13800000003", is_valid=False)
    today = {"created_at": at_nine(AS_OF), "created_on": AS_OF}
    world.put("leads", **lead | today, lead_id="L5", phone="13800000004")
    world.deal("led", [(ONE, week)], region="线索", created_at=at_nine(week))


@pytest.fixture(scope="module")
def con(tmp_path_factory):
    world = World(AS_OF)
    for person, team in (("P1", "一队"), ("P3", "二队"), ("P5", "三队")):
        world.person(person, team, "华东")
    for put in (
        put_bridge, put_usual_stays, put_losses, put_cohorts, put_speed, put_chances, put_leads,
    ):  # fmt: skip
        put(world)
    return world.build(tmp_path_factory.mktemp("figures"), "+marts.funnel")


BRIDGE = (
    "begin", "fx", "new", "moved_in", "transfer_in", "increase", "decrease", "moved_out", "transfer_out",
    "won", "lost", "deleted", "end",
)  # fmt: skip


@pytest.mark.parametrize(
    ("scope", "amounts", "counts"),
    [
        # 100 + 40 + 100 + 100 + 60 + 90 + 70 (10 dollars at 7) + 25; a dollar falls to 6.5.
        ("region 'bridge'", (585, -5, 70, 50, 0, 30, 20, 40, 0, 60, 90, 0, 520), (8, 1, 1, 0, 1, 0, 1, 1, 0, 7)),
        ("team_product_line '一队|BR'", (585, -5, 70, 50, 0, 30, 20, 40, 25, 60, 90, 0, 495),
         (8, 1, 1, 0, 1, 1, 1, 1, 0, 6)),
        ("team_product_line '二队|BR'", (0, 0, 0, 0, 25, 0, 0, 0, 0, 0, 0, 0, 25), (0, 0, 0, 1, 0, 0, 0, 0, 0, 1)),
        ("person 'P5'", (30, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 30, 0), (1, 0, 0, 0, 0, 0, 0, 0, 1, 0)),
    ],
)  # fmt: skip
def test_each_line_of_the_bridge_has_its_deal(con, scope, amounts, counts):
    kind, name = scope.split(" ", 1)
    row = row_of(
        con,
        f"select * from marts.mart_pipeline_bridge where week_label = '2025-W46' and scope_type = '{kind}' "
        f"and scope_id = {name}",
    )
    assert {line: row[f"{line}_amount"] for line in BRIDGE} == dict(
        zip(BRIDGE, amounts, strict=True)
    )
    counted = [line for line in BRIDGE if line not in ("fx", "increase", "decrease")]
    assert [row[f"{line}_count"] for line in counted] == list(counts)
    assert (row["residual_amount"], row["residual_count"]) == (0, 0)
    assert row["target_period_label"] == "2025-Q4"


def test_four_of_five_that_went_on_took_no_more_than_16_workdays(con):
    rows = rows_of(
        con,
        "select opportunity_id, p80_workdays, p80_reason, advanced_count, reasons "
        "from marts.mart_stalled_opportunity where opportunity_id like '%aged%' order by 1",
    )
    assert [tuple(row.values()) for row in rows] == [
        ("快 aged 16", 16, None, 20, None),
        ("快 aged 17", 16, None, 20, "over_usual"),
        ("新 aged 16", None, "insufficient_history", 19, None),
        ("新 aged 17", None, "insufficient_history", 19, None),
    ]


def test_time_in_stage_is_the_middle_and_the_ninth_of_ten_of_those_that_left(con):
    row = row_of(
        con,
        "select * from marts.mart_funnel_conversion where period_label = '2025-Q3' and from_stage = 'a' "
        "and scope_type = 'region' and scope_id = '快' and lead_source = '(all)'",
    )
    assert (row["median_stage_workdays"], row["p90_stage_workdays"]) == (10.5, 18)


def test_reasons_are_shares_of_what_was_lost_and_are_held_against_the_quarter_before(con):
    rows = rows_of(
        con,
        "select loss_reason, competitor, lost_count, lost_amount, count_share, amount_share, previous_count, "
        "previous_amount, count_change, previous_count_share from marts.mart_loss_reason "
        "where kind = 'lost' and scope_type = 'region' and scope_id = 'reasons' and stage = '(all)' "
        "and period_label = '2025-Q4' order by loss_reason desc, competitor",
    )
    third = pytest.approx(1 / 3)
    assert [tuple(row.values()) for row in rows] == [
        ("价格", "X", 1, 100, third, 0.25, 2, 200, -1, pytest.approx(2 / 3)),
        ("价格", "Y", 1, 200, third, 0.5, 0, 0, 1, None),
        ("unknown", "unknown", 1, 100, third, 0.25, 1, 100, 0, third),
    ]


@pytest.mark.parametrize(
    ("region", "rate", "high", "is_drop"),
    # se of ln(−ln(1−F)): √(0.1·0.9/20) ÷ (0.9·0.10536) = 0.70743; √(0.6·0.4/20) ÷ (0.4·0.91629) = 0.29888
    [("drop", 0.1, 0.34396, True), ("steady", 0.6, 0.80719, False)],
)
def test_a_drop_is_sudden_where_the_whole_interval_lies_under_the_four_quarters_before(
    con, region, rate, high, is_drop
):
    row = row_of(
        con,
        "select * from marts.mart_funnel_conversion where period_label = '2025-Q3' and scope_type = 'region' "
        f"and scope_id = '{region}' and from_stage = '{ONE}' and lead_source = '(all)'",
    )
    assert (row["mature_entered"], row["mature_advanced"]) == (20, rate * 20)
    assert row["cohort_rate_90"] == pytest.approx(rate, abs=1e-12)
    assert row["ci_high"] == pytest.approx(high, abs=1e-4)
    assert (row["baseline_horizon_workdays"], row["baseline_rate"]) == (90, pytest.approx(0.8))
    assert row["rate_deviation"] == pytest.approx(rate - 0.8)
    assert row["is_sudden_drop"] is is_drop


def test_velocity_is_qualified_times_win_rate_times_average_over_days(con):
    row = row_of(
        con,
        "select * from marts.mart_win_rate where period_label = '2025-Q4' and scope_type = 'region' "
        "and scope_id = 'speed' and product_line = '(all)' and lead_source = '(all)' and tier = '(all)'",
    )
    assert (row["won_count"], row["lost_count"], row["win_rate"]) == (2, 2, 0.5)
    assert (row["won_amount"], row["lost_amount"]) == (400, 200)
    assert row["win_rate_amount"] == pytest.approx(2 / 3)
    assert (row["average_won_amount"], row["cycle_mean_days"], row["cycle_median_days"]) == (
        200,
        30,
        30,
    )
    assert row["qualified_count"] == 3
    assert row["velocity_amount_per_day"] == 10  # 3 × 0.5 × 200 ÷ 30


def coverage(con, region):
    return row_of(
        con,
        "select * from marts.mart_pipeline_coverage where period_label = '2026-Q1' "
        f"and scope_type = 'region' and scope_id = '{region}'",
    )


def test_the_weighted_pipeline_goes_by_what_became_of_such_deals_the_typed_one_stands_beside(con):
    row = coverage(con, "值")
    assert (row["open_amount"], row["weighted_amount"], row["typed_weighted_amount"]) == (
        400,
        100,
        240,
    )
    assert (row["uncalibrated_count"], row["weighted_reason"]) == (0, None)


def test_a_passed_close_is_a_bucket_of_its_own_and_a_deal_without_a_rate_is_counted(con):
    row = coverage(con, "over")
    assert (row["overdue_count"], row["overdue_amount"]) == (1, 80)
    assert (row["open_count"], row["open_amount"], row["unconverted_count"]) == (1, 0, 1)


def test_the_flow_of_a_month_says_where_its_deals_went(con):
    row = row_of(
        con,
        "select * from marts.mart_funnel_flow where pipeline = '值' and stage = 'a' and scope_type = 'region' "
        "and scope_id = '值' and period_label = '2025-09'",
    )
    lines = ("begin", "in", "advance", "lost", "back", "out_other", "end")
    assert [row[f"{line}_count"] for line in lines] == [0, 20, 5, 5, 0, 0, 10]
    assert [row[f"{line}_amount"] for line in lines] == [0, 2000, 500, 500, 0, 0, 1000]
    assert (row["flow_rate"], row["flow_rate_reason"]) == (0.25, None)


def test_a_lead_that_comes_twice_is_one_and_a_week_is_judged_when_its_youngest_is_seven_days_old(
    con,
):
    rows = rows_of(
        con,
        "select * from marts.mart_lead_conversion where region = '线索' and lead_source = '展会' order by week_start",
    )
    counted = (
        "leads",
        "lead_records",
        "valid",
        "assigned",
        "responded",
        "to_opportunity",
        "to_order",
    )
    assert [rows[0][name] for name in counted] == [3, 4, 2, 2, 1, 1, 0]
    third = pytest.approx(1 / 3)
    assert [rows[0][f"{name}_rate"] for name in ("valid", "opportunity", "yield", "first_week")] == [
        pytest.approx(2 / 3), third, 0, third,
    ]  # fmt: skip
    assert (rows[1]["leads"], rows[1]["first_week_rate"]) == (1, None)
    assert rows[1]["first_week_rate_reason"] == "immature"
