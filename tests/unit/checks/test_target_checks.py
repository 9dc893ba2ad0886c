"""The night says which targets rest on a provisional calendar, and which nobody understood."""

from __future__ import annotations

from datetime import date

from pipelines.checks.targets import judge_calendar, judge_lines
from pipelines.steps.cascade_tables import insert_rows

D = date(2026, 3, 31)


def target(start: date, end: date, **other: object) -> dict[str, object]:
    return {
        "line": 0,
        "period_type": "custom",
        "start_on": start,
        "end_on": end,
        "source_row": "目标.xlsx [2027] row 3",
    } | other


def test_a_target_of_2026_rests_on_the_published_calendar(con):
    insert_rows(con, "target_line", [target(date(2026, 1, 1), date(2026, 12, 31))])
    assert judge_calendar(con).passed


def test_a_target_of_2027_rests_on_a_provisional_calendar_and_the_check_says_so(con):
    insert_rows(
        con,
        "target_line",
        [
            target(date(2026, 1, 1), date(2026, 12, 31)),
            target(date(2027, 1, 1), date(2027, 12, 31), line=1),
            target(date(2027, 1, 1), date(2027, 1, 31), line=2),
        ],
    )
    outcome = judge_calendar(con)
    assert not outcome.passed and not outcome.holds_the_night
    [row] = outcome.sample
    assert (row["year"], row["targets"], row["days"]) == (2027, 2, 365)
    assert row["first_at"] == "目标.xlsx [2027] row 3"
    assert "2027 年的放假安排尚未公布" in str(row["message_zh"])


def test_a_week_over_new_years_eve_is_of_the_year_that_it_began_in(con):
    week = target(date(2026, 12, 28), date(2027, 1, 3), period_type="week")
    insert_rows(con, "target_line", [week])
    assert judge_calendar(con).passed
    # A fiscal year that ends in 2027 does rest on its days.
    insert_rows(con, "target_line", [target(date(2026, 4, 1), date(2027, 3, 31), line=1)])
    assert judge_calendar(con).figures["years"] == "2027"


def test_a_withdrawn_target_and_one_of_a_closed_period_rest_on_nothing(con):
    con.execute(
        "update reference.calendar_day set is_provisional = true where year(date_day) = 2025"
    )
    closed = target(date(2025, 1, 1), date(2025, 12, 31))
    gone = target(date(2027, 1, 1), date(2027, 12, 31), line=1, removed_on=D)
    insert_rows(con, "target_line", [closed, gone])
    assert judge_calendar(con).passed


def test_a_period_that_ends_today_still_rests_on_its_days_and_one_of_yesterday_does_not(con):
    con.execute(
        "update reference.calendar_day set is_provisional = true "
        "where date_day between date '2026-03-01' and date '2026-03-31'"
    )
    insert_rows(con, "target_line", [target(date(2026, 3, 1), date(2026, 3, 30))])
    assert judge_calendar(con).passed
    insert_rows(con, "target_line", [target(date(2026, 3, 1), D, line=1)])
    [row] = judge_calendar(con).sample
    assert (row["year"], row["targets"], row["days"]) == (2026, 1, 31)


def test_without_targets_the_checks_of_targets_do_not_apply(con):
    assert not judge_calendar(con).is_applicable
    assert judge_lines(con).passed


def test_a_target_for_somebody_unknown_is_listed_with_what_to_do(con):
    line = target(
        date(2026, 1, 1), date(2026, 1, 31), problem="unknown_person",
        message_zh="没有名为“王五”的人员", message_en="nobody knows the person '王五'",
    )  # fmt: skip
    insert_rows(con, "target_line", [line])
    outcome = judge_lines(con)
    assert not outcome.passed
    assert outcome.sample[0]["message_zh"] == "没有名为“王五”的人员"
    assert outcome.figures == {"lines": 1}


def test_a_withdrawn_line_and_one_that_finer_figures_exceed_are_no_riddle(con):
    year = date(2026, 1, 1), date(2026, 12, 31)
    withdrawn = target(*year, problem="unknown_person", removed_on=D)
    insert_rows(con, "target_line", [withdrawn, target(*year, line=1, problem="finer_exceeds")])
    assert judge_lines(con).passed
