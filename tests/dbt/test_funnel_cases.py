"""Worked cases of the funnel, each in a region of its own, and the mistakes of others as tests."""

from datetime import date, timedelta

import pytest

from tests.dbt.funnel_world import FIRST_EXPORT, World, row_of, rows_of, workday

A = date(2025, 9, 1)
AS_OF = workday(A, 95)
LATE = workday(A, 20)
ONE, TWO, THREE, FOUR = "initial_contact", "needs_confirmed", "quoting", "negotiating"


def put_ties(world: World) -> None:
    """Ten entered 95 workdays ago, two 40: at 40 four advance, two are lost, two are censored."""
    moves = [TWO] * 4 + ["lost"] * 2
    for number in range(10):
        events = [(ONE, A)]
        if number < 6:
            events.append((moves[number], workday(A, 40)))
        elif number == 6:
            events.append((TWO, workday(A, 60)))
        world.deal(f"ties-{number}", events, region="ties")
    for number in (10, 11):
        # The same quarter: September 2025 and the days before its end.
        world.deal(f"ties-{number}", [(ONE, workday(A, 21))], region="ties")


def put_truncated(world: World) -> None:
    """Six watched from the start, three lost at 10; twelve found open at 20, three advance at 40."""
    for number in range(6):
        events = [(ONE, A)] + ([("lost", workday(A, 10))] if number < 3 else [])
        world.deal(f"cut-{number}", events, region="truncated")
    for number in range(6, 18):
        shown = [{"stage": ONE, "valid_from": LATE}]
        if number < 9:
            shown.append({"stage": TWO, "valid_from": workday(A, 40)})
        events = [(ONE, A), *([(TWO, workday(A, 40))] if number < 9 else [])]
        world.deal(
            f"cut-{number}",
            events,
            versions=shown,
            is_recorded=False,
            source="late",
            region="truncated",
        )


def put_without_history(world: World) -> None:
    """One export on D and nothing else: two open, one won, three lost."""
    for number, stage in enumerate([ONE, ONE, "won", "lost", "lost", "lost"]):
        closed = {"closed_on": workday(A, 30)} if stage not in (ONE,) else {}
        world.deal(
            f"bare-{number}", [(stage, A)], versions=[{"stage": stage, "valid_from": AS_OF}],
            is_recorded=False, source="once", region="bare", **closed,
        )  # fmt: skip


def put_ways(world: World) -> None:
    day = [A + timedelta(days=n) for n in range(120)]
    put = world.deal
    put("skip", [(ONE, day[0]), (THREE, day[4])], region="skip")
    put("reach", [(ONE, day[0]), (TWO, day[4])], region="skip")
    put("back", [(ONE, day[0]), (THREE, day[4]), (TWO, day[8])], region="back")
    # Lost on day 10 and open again on day 40: 30 days. And on day 41: 31 days.
    put(
        "undone", [(ONE, day[0]), (TWO, day[5]), ("lost", day[10]), (TWO, day[40])], region="undone"
    )
    put(
        "again", [(ONE, day[0]), (TWO, day[5]), ("lost", day[10]), (TWO, day[41]), ("won", day[60])],
        region="again", amount=500,
    )  # fmt: skip
    put(
        "rewon",
        [(ONE, day[0]), ("lost", day[10]), (TWO, day[20]), ("won", day[30])],
        region="rewon",
    )
    versions = [
        {"stage": ONE, "valid_from": day[0], "owner_id": "P1"},
        {"stage": THREE, "valid_from": day[6], "owner_id": "P1"},
        {"stage": ONE, "valid_from": day[30], "owner_id": "P3"},
        {"stage": TWO, "valid_from": day[40], "owner_id": "P3"},
    ]
    events = [(ONE, day[0]), (THREE, day[6]), (ONE, day[30]), (TWO, day[40])]
    put("reset", events, versions=versions, region="reset", changed_by=["P1", "P1", "P3", "P3"])
    # The same way, but by hand: nobody else took over.
    put("sent back", events, region="sent back", changed_by=["P1", "P1", "P1", "P1"])
    # Before the first export, the hands that made the changes tell.
    put("old reset", events, region="old reset", owner="P3", source="late", changed_by=["P1", "P1", "P3", "P3"],
        versions=[{"stage": TWO, "valid_from": workday(A, 60)}])  # fmt: skip
    inside = [
        {"stage": ONE, "valid_from": day[0], "owner_id": "P1"},
        {"stage": TWO, "valid_from": day[5], "owner_id": "P1"},
        {"stage": TWO, "valid_from": day[30], "owner_id": "P2"},
    ]
    put(
        "handed", [(ONE, day[0]), (TWO, day[5])], versions=inside, region="handed", product_line="H"
    )
    across = [*inside[:2], {**inside[2], "owner_id": "P3"}]
    put(
        "crossed",
        [(ONE, day[0]), (TWO, day[5])],
        versions=across,
        region="crossed",
        product_line="C",
    )


def put_closings(world: World) -> None:
    day = [A + timedelta(days=n) for n in range(120)]
    put = world.deal
    # 王 wins all of 2, 李 loses both of 2: their team is at 50 %, 王 at 100 %, nobody at 150 %.
    for number in range(2):
        put(f"wins-{number}", [(ONE, day[0]), ("won", day[20])], owner="W", region="rates")
        put(f"loses-{number}", [(ONE, day[0]), ("lost", day[20])], owner="L", region="rates")
    put("backdated", [(ONE, day[30]), ("won", day[31])], region="backdated", created_on=day[50])
    dollars = {"currency": "USD", "region": "dollars", "amount": 1000}
    put("dollars", [(ONE, day[0]), ("won", day[20])], **dollars)
    put("roubles", [(ONE, day[0]), ("won", day[20])], **{**dollars, "currency": "RUB"})
    world.put("fx_rates", currency="USD", valid_on=day[0], rate=7.1)
    world.put("fx_rates", currency="USD", valid_on=day[60], rate=6.5)
    put(
        "typed",
        [(ONE, day[0])],
        region="typed",
        probability=60,
        expected_close_on=AS_OF + timedelta(days=1),
    )
    edited = [
        {"stage": ONE, "valid_from": A},
        {"stage": TWO, "valid_from": workday(A, 5)},
        {"stage": TWO, "valid_from": AS_OF - timedelta(days=1), "amount": 130},
    ]
    put("edited", [(ONE, A), (TWO, workday(A, 5))], versions=edited, region="edited")
    due = {"expected_close_on": date(2025, 9, 20)}
    slipped = [
        {"stage": ONE, "valid_from": A, **due},
        {"stage": TWO, "valid_from": day[15], "expected_close_on": date(2025, 10, 10)},
    ]
    put("slipped", [(ONE, A), (TWO, day[2])], versions=slipped, region="slipped")


def put_past_quarters(world: World) -> None:
    """In each quarter of 2025 one deal of 100 at stage two is won; 300 at one and 100 at three are lost.

    Open on D, to close in the running quarter: 40 at stage one, 50 at two, 60 at three.
    """
    for quarter in range(1, 5):
        start = date(2025, 3 * quarter - 2, 1)
        created, moved, closed = (start + timedelta(days=n) for n in (-40, -30, 60))
        due = start + timedelta(days=70)
        for name, stage, amount, end in (
            ("a", ONE, 300, "lost"), ("b", TWO, 100, "won"), ("c", THREE, 100, "lost"),
        ):  # fmt: skip
            events = [(ONE, created), *([(stage, moved)] if stage != ONE else []), (end, closed)]
            world.deal(
                f"past-{quarter}{name}",
                events,
                region="cover",
                amount=amount,
                expected_close_on=due,
            )
    for name, stage, amount in (("x", ONE, 40), ("y", TWO, 50), ("z", THREE, 60)):
        events = [(ONE, A), *([(stage, workday(A, 5))] if stage != ONE else [])]
        due = AS_OF + timedelta(days=20)
        world.deal(f"now-{name}", events, region="cover", amount=amount, expected_close_on=due)


def put_changed_list(world: World) -> None:
    """渠道 had a, b; from day 20 on a, new, b. After winning comes care, no step of the funnel."""
    lists = {1: ["a", "b"], 2: ["a", "new", "b"]}
    for version, stages in lists.items():
        known_on = A + timedelta(days=20 if version == 2 else 0)
        ends = [("won", "won", False), ("care", "open", True), ("lost", "lost", False)]
        rows = [(stage, "open", False) for stage in stages] + ends
        for order, (stage, outcome, is_after_sale) in enumerate(rows, start=1):
            world.stage_lists.append(
                ("渠道", version, known_on, stage, order, outcome, is_after_sale)
            )
    day = [A + timedelta(days=n) for n in range(120)]
    world.deal(
        "demoted", [("a", day[0]), ("b", day[5]), ("new", day[30])], region="list", pipeline="渠道"
    )
    world.deal("skipping", [("a", day[1]), ("b", day[40])], region="list", pipeline="渠道")
    ways = [("a", day[0]), ("b", day[5]), ("won", day[10]), ("care", day[20])]
    world.deal("cared", ways, region="care", pipeline="渠道", closed_on=day[10])


def put_leads(world: World) -> None:
    """40 leads of 2 to 8 March 2026 are in another world: here the same week of D, five months on."""
    for number in range(40):
        world.put(
            "leads", lead_id=f"L{number}", created_at=A, created_on=A + timedelta(days=number % 7),
            phone=f"138{number:08}", lead_source="官网", region="leads", status="new",
            converted_opportunity_id=f"led-{number}" if number < 7 else None,
        )  # fmt: skip
    for number in range(7):
        late = timedelta(days=20 if number == 6 else number % 7)
        world.deal(f"led-{number}", [(ONE, A + late)], region="leads", created_at=A + late)


@pytest.fixture(scope="module")
def con(tmp_path_factory):
    world = World(AS_OF, first_export={"crm": FIRST_EXPORT, "late": LATE, "once": AS_OF})
    world.custom_periods = [("早秋", A, date(2025, 9, 15)), ("初秋", A, date(2025, 9, 30))]
    for person, team in (
        ("P1", "一队"),
        ("P2", "一队"),
        ("P3", "二队"),
        ("W", "三队"),
        ("L", "三队"),
    ):
        world.person(person, team, "华东")
    for put in (
        put_ties,
        put_truncated,
        put_without_history,
        put_ways,
        put_closings,
        put_leads,
        put_changed_list,
        put_past_quarters,
    ):
        put(world)
    return world.build(tmp_path_factory.mktemp("cases"), "+marts.funnel")


def conversion(con, region, stage=ONE):
    return row_of(
        con,
        "select * from marts.mart_funnel_conversion where period_type = 'quarter' and lead_source = '(all)' "
        f"and scope_type = 'region' and scope_id = '{region}' and from_stage = '{stage}' and period_label = '2025-Q3'",
    )


def visits(con, opportunity_id):
    return rows_of(
        con,
        f"select * from marts.fct_stage_visit where opportunity_id = '{opportunity_id}' order by visit_no",
    )


def win_rate(con, scope_type, scope_id, label="2025-Q3"):
    return row_of(
        con,
        f"select * from marts.mart_win_rate where scope_type = '{scope_type}' and scope_id = '{scope_id}' "
        f"and period_label = '{label}' and product_line = '(all)' and lead_source = '(all)' and tier = '(all)'",
    )


def test_events_come_before_censorings_at_a_tie(con):
    row = conversion(con, "ties")
    # At 40: 12 at risk, 4 advance, 2 are lost: 4/12. Left open 1/2. At 60: 12 − 6 = 6 of which the two
    # younger (74 workdays old) are still there: 1/2 × 1/6.
    assert row["entered"] == 12
    assert row["cohort_rate_30"] == 0
    assert row["cohort_rate_60"] == pytest.approx(4 / 12 + 1 / 12, abs=1e-12)
    assert row["n_at_risk_60"] == 6
    assert row["cohort_rate_90"] == pytest.approx(5 / 12, abs=1e-12)
    assert (row["n_at_risk"], row["n_observed"]) == (3, 10)


def test_a_deal_first_seen_open_is_at_risk_only_from_that_day(con):
    row = conversion(con, "truncated")
    # At 10 six are watched, three are lost: 1/2 left. At 40: 3 + 12 at risk, 3 advance: 1/2 × 3/15 = 0.1.
    # Counted from creation it would have been 15/18 × 3/15 = 0.1667.
    assert row["entered"] == 18
    assert row["cohort_rate_60"] == pytest.approx(0.1, abs=1e-12)


def test_a_set_without_history_says_so_and_shows_open_won_and_lost(con):
    row = conversion(con, "bare")
    assert row["reason"] == "insufficient_history"
    assert row["mature_rate_reason"] == "insufficient_history"
    assert (row["open"], row["won"], row["lost"]) == (2, 1, 3)
    for rate in ("plain_rate", "mature_rate", "cohort_rate_30", "cohort_rate_60", "cohort_rate_90"):
        assert row[rate] is None


def test_a_skipped_stage_counts_as_passed_only_when_imputed_and_has_no_days(con):
    row = conversion(con, "skip")
    assert (row["entered"], row["advanced"]) == (2, 2)
    assert (row["reached_visited"], row["reached_imputed"]) == (1, 2)
    second = conversion(con, "skip", TWO)
    assert second["entered"] == 1  # the one that was there
    assert second["median_stage_workdays"] is None  # it has not left: not 0 days


def test_a_step_back_is_kept_as_a_visit_and_unreaches_nothing(con):
    assert [(v["stage"], v["is_step_back"]) for v in visits(con, "back")] == [
        (ONE, False), (THREE, False), (TWO, True),
    ]  # fmt: skip
    assert conversion(con, "back")["advanced"] == 1


def test_a_loss_undone_after_thirty_days_did_not_happen(con):
    found = visits(con, "undone")
    assert [v["attempt_no"] for v in found] == [1, 1, 1, 1]
    assert [v["is_undone_loss"] for v in found] == [False, False, True, False]
    assert found[-1]["cause"] == "reopen"
    row = conversion(con, "undone", TWO)
    assert (row["entered"], row["lost"], row["open"]) == (1, 0, 1)


def test_reopening_after_thirty_one_days_is_a_new_attempt_and_its_outcome_stands(con):
    found = visits(con, "again")
    assert [v["attempt_no"] for v in found] == [1, 1, 1, 2, 2]
    # Day 41 is 12 October: the second entry is of the fourth quarter, the first was lost.
    assert (conversion(con, "again", TWO)["entered"], conversion(con, "again", TWO)["lost"]) == (
        1,
        1,
    )
    closed = win_rate(con, "region", "again", "2025-Q4")
    assert (closed["won_count"], closed["lost_count"], closed["win_rate"]) == (1, 0, 1)
    assert closed["cycle_median_days"] == 19  # from the last attempt, day 41 to day 60
    lost = rows_of(
        con, "select * from marts.mart_loss_reason where kind = 'lost' and scope_id = 'again'"
    )
    assert lost == []


def test_lost_then_reopened_then_won_is_won(con):
    closed = win_rate(con, "region", "rewon", "2025-Q4")
    assert (closed["won_count"], closed["lost_count"]) == (1, 0)


@pytest.mark.parametrize("opportunity_id", ["reset", "old reset"])
def test_a_transfer_that_resets_the_stage_is_marked_and_is_no_step_back(con, opportunity_id):
    found = visits(con, opportunity_id)
    assert [v["cause"] for v in found] == ["create", "move", "transfer_reset", "move"]
    assert [v["effective_order"] for v in found] == [1, 3, 3, 3]
    assert not any(v["is_step_back"] for v in found)
    flow = rows_of(
        con,
        "select sum(back_count) as back, sum(out_other_count) as other from marts.mart_funnel_flow "
        f"where scope_id = '{opportunity_id}' and period_type = 'week' and stage = 'quoting'",
    )
    assert [int(v) for v in flow[0].values()] == [0, 1]


def test_the_same_way_by_the_owner_himself_is_a_step_back(con):
    found = visits(con, "sent back")
    assert [v["is_step_back"] for v in found] == [False, False, True, False]


def transfers(con, scope_type, scope_id, line):
    return row_of(
        con,
        "select coalesce(sum(in_count), 0) as entered, coalesce(sum(out_other_count), 0) as other "
        f"from marts.mart_funnel_flow where stage = '{TWO}' and period_type = 'month' "
        f"and scope_type = '{scope_type}' and scope_id = '{scope_id}|{line}'",
    )


def test_an_owner_change_inside_a_team_changes_no_team_figure(con):
    team = transfers(con, "team_product_line", "一队", "H")
    assert (team["entered"], team["other"]) == (1, 0)
    former = transfers(con, "person_product_line", "P1", "H")
    latter = transfers(con, "person_product_line", "P2", "H")
    assert (former["entered"], former["other"]) == (1, 1)
    assert (latter["entered"], latter["other"]) == (1, 0)


def test_a_transfer_between_teams_leaves_one_and_enters_the_other_but_not_the_company(con):
    assert transfers(con, "team_product_line", "一队", "C") == {"entered": 1, "other": 1}
    assert transfers(con, "team_product_line", "二队", "C") == {"entered": 1, "other": 0}
    assert transfers(con, "region_product_line", "crossed", "C") == {"entered": 1, "other": 0}


def test_a_team_rate_is_a_ratio_of_sums_and_who_won_everything_is_at_one(con):
    assert win_rate(con, "team", "三队")["win_rate"] == 0.5
    assert win_rate(con, "person", "W")["win_rate"] == 1
    assert win_rate(con, "person", "L")["win_rate"] == 0
    over = rows_of(
        con, "select * from marts.mart_win_rate where win_rate > 1 or win_rate_amount > 1"
    )
    assert over == []


def test_nothing_closed_gives_no_rate_and_the_reason(con):
    row = win_rate(con, "region", "skip", "2025-Q4")
    assert row["win_rate"] is None
    assert row["win_rate_reason"] == "no_closed"
    assert row["velocity_amount_per_day"] is None


def test_days_to_close_are_never_negative(con):
    row = win_rate(con, "region", "backdated", "2025-Q4")
    assert (row["won_count"], row["cycle_count"], row["cycle_median_days"]) == (1, 0, None)
    assert row["velocity_reason"] == "no_cycle"


def test_a_win_keeps_the_rate_of_its_day_and_one_without_rate_leaves_both_sides(con):
    row = win_rate(con, "region", "dollars")
    assert row["won_count"] == 2
    assert row["won_amount"] == 7100  # 1,000 at 7.1, not at today's 6.5
    assert row["average_won_amount"] == 7100  # of the one that has a rate


def test_a_win_counts_when_it_closed_not_when_it_was_created(con):
    assert win_rate(con, "region", "rewon", "2025-Q4")["won_count"] == 1
    assert rows_of(con, "select * from marts.mart_win_rate where scope_id = 'rewon' and period_label = '2025-09' "
                        "and won_count > 0") == []  # fmt: skip


def test_a_probability_of_60_is_read_as_0_60(con):
    row = row_of(con, "select typed_probability_rate from intermediate.int_open_opportunity "
                      "where opportunity_id = 'typed'")  # fmt: skip
    assert float(row["typed_probability_rate"]) == 0.6


def test_coverage_without_a_target_or_history_says_why(con):
    row = row_of(
        con,
        "select * from marts.mart_pipeline_coverage where scope_type = 'region' and scope_id = 'typed' "
        f"and period_type = 'year' and period_start <= date '{AS_OF}'",
    )
    assert (row["open_count"], row["typed_weighted_amount"]) == (1, 60)
    assert (row["coverage_ratio"], row["coverage_ratio_reason"]) == (None, "no_target")
    assert (row["required_coverage"], row["required_coverage_reason"]) == (
        None,
        "insufficient_history",
    )


def test_coverage_at_a_stage_or_later_asks_what_such_deals_have_yielded(con):
    row = row_of(
        con,
        "select * from marts.mart_pipeline_coverage where scope_type = 'region' and scope_id = 'cover' "
        "and period_label = '2026-Q1'",
    )
    assert row["past_period_count"] == 4
    # 4 × (300 + 100 + 100) stood open on that workday, 4 × 100 were won: one in five.
    assert (row["open_amount"], row["past_open_amount"], row["past_won_amount"]) == (150, 2000, 400)
    assert row["required_coverage"] == 5
    # Without the 300 at stage one it is one in two, and at stage three nothing was ever won.
    assert (row["open_amount_stage_2"], row["required_coverage_stage_2"]) == (110, 2)
    assert (row["open_amount_stage_3"], row["past_open_amount_stage_3"]) == (60, 400)
    assert (row["past_won_amount_stage_3"], row["required_coverage_stage_3"]) == (0, None)


def test_periods_of_ones_own_that_begin_on_the_same_day_stand_apart(con):
    assert win_rate(con, "region", "rates", "初秋")["win_rate"] == 0.5
    rows = rows_of(
        con,
        "select period_label, won_count, lost_count from marts.mart_win_rate where scope_type = 'region' "
        "and scope_id = 'rewon' and product_line = '(all)' and lead_source = '(all)' and tier = '(all)' "
        "and period_type = 'custom' order by all",
    )
    # Lost on the 11th, open again on the 21st: it stands at stage two on the 30th, won on 1 October.
    assert rows == [{"period_label": "初秋", "won_count": 0, "lost_count": 0}]


def test_an_edit_resets_no_clock(con):
    row = row_of(
        con, "select * from marts.mart_stalled_opportunity where opportunity_id = 'edited'"
    )
    assert row["stage_workdays"] == 90  # 95 workdays old, five in the first stage; edited yesterday
    assert row["over_allowed_workdays"] == 80
    assert "over_allowed" in row["reasons"]


def test_a_deal_that_never_changes_stays_in_stock(con):
    row = row_of(
        con,
        "select * from marts.mart_funnel_flow where scope_type = 'region' and scope_id = 'typed' "
        f"and period_type = 'week' and period_start <= date '{AS_OF}' and period_end >= date '{AS_OF}'",
    )
    assert (row["begin_count"], row["end_count"]) == (1, 1)


def test_a_deal_put_off_is_a_delay_and_no_loss(con):
    rows = rows_of(
        con,
        "select * from marts.mart_loss_reason where scope_type = 'region' and scope_id = 'slipped' "
        "and period_label = '2025-Q3' and stage = '(all)'",
    )
    assert [
        (r["kind"], r["delayed_count"], r["delay_times"], r["delay_days"], r["lost_count"])
        for r in rows
    ] == [("delayed", 1, 1, 20, 0)]


def test_forty_leads_of_which_six_in_time_are_fifteen_percent(con):
    row = row_of(
        con,
        "select * from marts.mart_lead_conversion where region = 'leads' and lead_source = '(all)'",
    )
    assert (row["leads"], row["to_opportunity"], row["to_opportunity_in_first_week"]) == (40, 7, 6)
    assert row["first_week_rate"] == 0.15


def test_a_rank_belongs_to_the_list_in_force_when_the_stage_was_entered(con):
    found = visits(con, "demoted")
    assert [(v["pipeline_version"], v["stage_order"]) for v in found] == [(1, 1), (1, 2), (2, 2)]
    # b was second and is third now: new, second now, is a step back although both say 2.
    assert [v["is_step_back"] for v in found] == [False, False, True]
    assert (conversion(con, "list", "a")["entered"], conversion(con, "list", "a")["advanced"]) == (
        2,
        2,
    )


def test_pipelines_stand_apart(con):
    rows = rows_of(
        con, "select distinct pipeline from marts.mart_funnel_conversion where scope_id = 'list'"
    )
    assert rows == [{"pipeline": "渠道"}]


def test_an_after_sale_stage_is_no_funnel_step_and_undoes_no_win(con):
    assert [v["outcome"] for v in visits(con, "cared")] == ["open", "open", "won", "won"]
    stages = rows_of(
        con, "select distinct from_stage from marts.mart_funnel_conversion where scope_id = 'care'"
    )
    assert sorted(row["from_stage"] for row in stages) == ["a", "b"]
    assert rows_of(con, "select * from marts.mart_funnel_flow where stage = 'care'") == []
    assert win_rate(con, "region", "care")["won_count"] == 1


def test_flow_and_bridge_leave_no_residual(con):
    for mart in ("mart_funnel_flow", "mart_pipeline_bridge"):
        rows = rows_of(
            con, f"select * from marts.{mart} where residual_count <> 0 or residual_amount <> 0"
        )
        assert rows == []
