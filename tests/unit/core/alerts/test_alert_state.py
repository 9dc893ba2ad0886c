"""Alerts over nights: told once, up the ladder, cleared after two clean nights, good news taken back."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pipelines.core.alerts.model import KindRule
from pipelines.core.rules import default_rules
from tests.unit.core.alerts.alert_world import (
    LADDER,
    MONDAY,
    RULES,
    Nights,
    finding,
    good_news,
    told,
)

TUESDAY, WEDNESDAY, THURSDAY, FRIDAY = (MONDAY + timedelta(days=i) for i in range(1, 5))
NEXT_MONDAY = MONDAY + timedelta(days=7)


def test_the_owner_hears_at_once_the_manager_after_two_workdays_the_director_after_five():
    nights = Nights()
    heard = {
        day: told(nights.run(day, finding()))
        for day in (MONDAY + timedelta(days=i) for i in range(9))
    }
    assert {day: who for day, who in heard.items() if who} == {
        MONDAY: [("rep", "owner")],
        WEDNESDAY: [("lead", "manager")],
        NEXT_MONDAY: [("head", "director")],  # Saturday and Sunday are no workdays
    }
    assert nights.state["followup_overdue/C1"].escalation == "director"


def test_one_clean_night_clears_nothing_and_a_return_goes_on_with_the_same_ladder():
    nights = Nights()
    nights.run(MONDAY, finding())
    assert nights.run(TUESDAY) == []
    assert nights.state["followup_overdue/C1"].is_open
    # The owner knows; the manager is due two workdays after Monday.
    assert told(nights.run(WEDNESDAY, finding())) == [("lead", "manager")]
    alert = nights.state["followup_overdue/C1"]
    assert (alert.first_fired_on, alert.clean_nights) == (MONDAY, 0)


def test_two_clean_nights_clear_it_and_the_next_firing_is_a_new_one():
    nights = Nights()
    nights.run(MONDAY, finding())
    nights.run(TUESDAY)
    nights.run(WEDNESDAY)
    assert nights.state["followup_overdue/C1"].cleared_on == WEDNESDAY
    assert told(nights.run(THURSDAY, finding())) == [("rep", "owner")]
    assert nights.state["followup_overdue/C1"].first_fired_on == THURSDAY


def test_a_night_without_the_alert_escalates_nothing():
    nights = Nights()
    nights.run(MONDAY, finding())
    nights.run(TUESDAY, finding())
    assert nights.run(WEDNESDAY) == []
    assert told(nights.run(THURSDAY, finding())) == [("lead", "manager")]


def test_a_rerun_of_the_same_day_tells_nothing_again_and_leaves_the_same_state():
    nights = Nights()
    nights.run(MONDAY, finding())
    once = nights.run(TUESDAY, finding(), finding("C2"))
    state = nights.state
    assert told(once) == [("rep", "owner")]
    assert nights.run(TUESDAY, finding(), finding("C2")) == []
    assert nights.state == state


def test_a_rerun_of_the_night_that_told_the_manager_tells_him_nothing_again():
    nights = Nights()
    nights.run(MONDAY, finding())
    assert told(nights.run(WEDNESDAY, finding())) == [("lead", "manager")]
    assert nights.run(WEDNESDAY, finding()) == []


def test_a_rerun_counts_a_clean_night_once():
    nights = Nights()
    nights.run(MONDAY, finding())
    nights.run(TUESDAY)
    nights.run(TUESDAY)
    assert nights.state["followup_overdue/C1"].clean_nights == 1


def test_what_a_first_run_told_and_a_rerun_does_not_find_is_cleared_in_order():
    nights = Nights()
    nights.run(MONDAY, finding("C2"))
    nights.run(TUESDAY, finding("C1"), finding("C2"))
    nights.run(TUESDAY, finding("C2"))  # a late file took C1 back
    assert nights.state["followup_overdue/C1"].is_open
    nights.run(WEDNESDAY, finding("C2"))
    assert nights.state["followup_overdue/C1"].cleared_on == WEDNESDAY


def test_a_late_file_that_adds_an_alert_to_a_rerun_is_told():
    nights = Nights()
    nights.run(MONDAY, finding("C1"))
    new = nights.run(MONDAY, finding("C1"), finding("C2"))
    assert [(n.alert.finding.scope_id, n.recipient) for n in new] == [("C2", "rep")]


def test_a_new_owner_is_told_and_the_former_is_not_told_again():
    nights = Nights()
    nights.run(MONDAY, finding())
    assert told(nights.run(TUESDAY, finding(owner="rep2"))) == [("rep2", "owner")]
    assert told(nights.run(WEDNESDAY, finding(owner="rep"))) == [("lead", "manager")]
    assert dict(nights.state["followup_overdue/C1"].told) == {
        "rep": "owner", "rep2": "owner", "lead": "manager",
    }  # fmt: skip


def test_a_kind_that_is_off_or_not_listed_tells_nobody():
    off = KindRule(False, 0, 2, 5, 2)
    assert Nights({"followup_overdue": off}).run(MONDAY, finding()) == []
    assert Nights({"other": LADDER}).run(MONDAY, finding()) == []


def test_an_empty_step_of_the_ladder_is_never_taken():
    nights = Nights({"followup_overdue": KindRule(True, 0, None, 5, 2)})
    days = [MONDAY + timedelta(days=i) for i in range(9)]
    assert [one for day in days for one in told(nights.run(day, finding()))] == [
        ("rep", "owner"),
        ("head", "director"),
    ]


def test_good_news_is_told_to_the_owner_once():
    nights = Nights()
    days = [MONDAY + timedelta(days=i) for i in range(9)]
    assert [one for day in days for one in told(nights.run(day, good_news()))] == [("rep", "owner")]


def test_good_news_climbs_no_ladder_however_short():
    at_once = KindRule(True, 0, 0, 0, 2)
    assert told(Nights({"target_attained": at_once}).run(MONDAY, good_news())) == [("rep", "owner")]


def test_a_reversal_takes_good_news_back_at_once_and_once():
    nights = Nights()
    nights.run(MONDAY, good_news())
    assert told(nights.run(TUESDAY)) == [("rep", "retracted")]
    assert nights.run(WEDNESDAY) == []
    assert nights.state["target_attained/T1"].is_retracted


def test_good_news_gone_on_its_last_day_is_still_taken_back():
    nights = Nights()
    nights.run(MONDAY, good_news(until_on=TUESDAY))
    assert told(nights.run(TUESDAY)) == [("rep", "retracted")]


def test_good_news_whose_time_is_over_ends_without_a_word():
    nights = Nights()
    nights.run(MONDAY, good_news(until_on=MONDAY))
    assert nights.run(TUESDAY) == []
    assert not nights.state["target_attained/T1"].is_retracted


def test_old_good_news_is_not_told_by_a_first_night_nor_ever_taken_back():
    nights = Nights()
    old = good_news(since_on=MONDAY - timedelta(days=7))
    assert nights.run(MONDAY, old) == []
    assert nights.run(TUESDAY) == []
    assert not nights.state["target_attained/T1"].is_retracted


def test_six_days_old_good_news_is_told():
    assert told(Nights().run(MONDAY, good_news(since_on=MONDAY - timedelta(days=6)))) == [
        ("rep", "owner")
    ]


def test_a_cleared_alert_stays_in_sight_for_ninety_days():
    nights = Nights()
    nights.run(MONDAY, finding())
    nights.run(TUESDAY)
    nights.run(WEDNESDAY)
    nights.run(WEDNESDAY + timedelta(days=89))
    assert "followup_overdue/C1" in nights.state
    nights.run(WEDNESDAY + timedelta(days=90))
    assert nights.state == {}


@given(st.lists(st.sets(st.sampled_from(["C1", "C2", "C3"])), min_size=1, max_size=20))
def test_nobody_is_told_twice_of_one_occurrence(nightly):
    nights, heard = Nights(), []
    for offset, keys in enumerate(nightly):
        day = date(2026, 3, 2) + timedelta(days=offset)
        for _ in range(2):  # each night is run twice
            heard += [
                (n.alert.key, n.alert.first_fired_on, n.recipient)
                for n in nights.run(day, *(finding(key) for key in sorted(keys)))
            ]
    assert len(heard) == len(set(heard))


@given(st.lists(st.booleans(), min_size=1, max_size=20))
def test_an_open_alert_was_found_on_one_of_the_last_two_nights(fired):
    nights = Nights()
    for offset, is_found in enumerate(fired):
        nights.run(MONDAY + timedelta(days=offset), *([finding()] if is_found else []))
        alert = nights.state.get("followup_overdue/C1")
        recent = any(fired[max(0, offset - 1) : offset + 1])
        assert (alert is not None and alert.is_open) == recent


def test_the_rules_of_the_tests_are_the_shipped_ones():
    shipped = {row["flag"]: row for row in default_rules()["alerts"].to_pylist()}
    for kind, rule in RULES.items():
        assert rule == KindRule(
            shipped[kind]["is_on"],
            shipped[kind]["owner_after_workdays"],
            shipped[kind]["manager_after_workdays"],
            shipped[kind]["director_after_workdays"],
            shipped[kind]["cleared_after_nights"],
        )
