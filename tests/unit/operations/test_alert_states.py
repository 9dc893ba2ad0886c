"""State of alerts: it counts once readers see the night, and comes back as it was written."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from pipelines.core.alerts.model import Alert
from pipelines.operations.alerts.marts import ALERT_SCHEMAS, alert_marts
from pipelines.operations.alerts.outbox import Outbox
from pipelines.operations.alerts.states import AlertStates
from pipelines.operations.alerts.tables import open_tables
from pipelines.tell.attempt import DELIVERED
from tests.unit.core.alerts.alert_world import MONDAY, finding
from tests.unit.operations.alert_company import MORNING, D, message, statuses


@pytest.fixture
def engine(tmp_path):
    return open_tables(tmp_path / "warehouse" / "operations.sqlite")


def alert(key: str = "C1", day=MONDAY, **changes) -> Alert:
    return Alert(finding(key, value_amount=Decimal("12.30")), day, day, **changes)


def test_a_state_comes_back_as_it_was_written(engine):
    states = AlertStates(engine)
    written = alert(told={"rep": "owner"}, cleared_on=MONDAY, responsible_id="rep")
    states.stage("v1", MONDAY, [written], [])
    states.settle("v1")
    assert states.state_of("v1") == {written.key: written}


def test_a_staged_night_that_readers_never_saw_is_forgotten(tmp_path, engine):
    states = AlertStates(engine)
    states.stage("v1", D, [alert()], [message()])
    states.settle("another version")
    assert states.newest_day() is None
    assert states.state_of("v1") == {}
    assert statuses(tmp_path) == {}


def test_alerts_of_a_night_that_was_never_shown_stand_in_no_mart(engine):
    states = AlertStates(engine)
    states.stage("v1", D - timedelta(days=1), [alert("C1")], [])
    states.settle("v1")
    states.stage("v2", D, [alert("C2")], [])
    states.settle("v1")  # the publish of v2 failed
    assert [row["scope_id"] for row in alert_marts(engine)["mart_alert"].to_pylist()] == ["C1"]


def test_a_crash_between_flip_and_commit_is_made_good_by_the_next_start(tmp_path, engine):
    AlertStates(engine).stage("v1", D, [alert()], [message()])
    assert Outbox(engine).due(MORNING) == []  # not before readers see it
    AlertStates(engine).settle("v1")  # what the next start does: it reads which version is shown
    assert [one.message_id for one in Outbox(engine).due(MORNING)] == [message().message_id]


def test_a_second_attempt_at_a_night_replaces_what_the_first_staged(tmp_path, engine):
    states = AlertStates(engine)
    states.stage("v1", D, [alert()], [message(1)])
    states.stage("v2", D, [alert()], [message(2, version="v2")])
    states.settle("v2")
    assert statuses(tmp_path) == {"U2": "waiting"}


def test_the_night_before_and_an_earlier_run_of_the_day_are_told_apart(engine):
    states = AlertStates(engine)
    for version, day, key in (
        ("v1", D - timedelta(days=1), "C1"),
        ("v2", D, "C2"),
        ("v3", D, "C3"),
    ):
        states.stage(version, day, [alert(key)], [])
        states.settle(version)
    before, same_day = states.states_around(D)
    assert [a.finding.scope_id for a in before.values()] == ["C1"]
    assert [a.finding.scope_id for a in same_day.values()] == ["C3"]
    before, same_day = states.states_around(D + timedelta(days=1))
    assert [a.finding.scope_id for a in before.values()] == ["C3"]
    assert same_day == {}


def test_a_rerun_leaves_delivered_messages_alone(tmp_path, engine):
    states, outbox = AlertStates(engine), Outbox(engine)
    states.stage("v1", D, [alert()], [message()])
    states.settle("v1")
    [due] = outbox.due(MORNING)
    outbox.begin(due, MORNING)
    outbox.finish(due, DELIVERED, MORNING)
    states.stage("v2", D, [alert()], [])
    states.settle("v2")
    assert statuses(tmp_path) == {"U1": "delivered"}


def test_what_was_delivered_does_not_wait_again_when_the_night_is_settled_once_more(
    tmp_path, engine
):
    states, outbox = AlertStates(engine), Outbox(engine)
    states.stage("v1", D, [alert()], [message()])
    states.settle("v1")
    [due] = outbox.due(MORNING)
    outbox.begin(due, MORNING)
    outbox.finish(due, DELIVERED, MORNING)
    states.settle("v1")  # every start does it
    assert statuses(tmp_path) == {"U1": "delivered"}


def test_states_of_the_last_two_days_are_kept_and_older_ones_go(engine):
    states = AlertStates(engine)
    for version, days_back in (("v1", 2), ("v2", 1), ("v3", 0)):
        states.stage(version, D - timedelta(days=days_back), [alert(version)], [])
        states.settle(version)
    assert [len(states.state_of(version)) for version in ("v1", "v2", "v3")] == [0, 1, 1]


def test_messages_stay_for_ninety_days_after_the_newest(tmp_path, engine):
    states = AlertStates(engine)
    for number, days_back in ((91, 91), (90, 90), (1, 0)):
        old = message(number, version=f"v{number}")
        old = replace(old, as_of=D - timedelta(days=days_back))
        states.stage(f"v{number}", old.as_of, [], [old])
        states.settle(f"v{number}")
    assert set(statuses(tmp_path)) == {"U90", "U1"}


def test_the_marts_are_typed_also_when_empty_and_hold_no_address(engine):
    tables = alert_marts(engine)
    assert {name: table.schema for name, table in tables.items()} == dict(ALERT_SCHEMAS)
    assert "address" not in ALERT_SCHEMAS["mart_alert_message"].names


def test_the_mart_shows_who_was_told_and_when_it_was_delivered(engine):
    states, outbox = AlertStates(engine), Outbox(engine)
    one = message()
    key = one.digest.lines[0].alert_key
    fired = Alert(finding(**{"key": key}), D, D, told={"U1": "owner"}, responsible_id="U1")
    states.stage("v1", D, [fired], [one])
    [row] = alert_marts(engine)["mart_alert"].to_pylist()
    assert row["delivered_at"] is None  # staged: the state at the flip
    states.settle("v1")
    [due] = outbox.due(MORNING)
    outbox.begin(due, MORNING)
    outbox.finish(due, DELIVERED, MORNING)
    [row] = alert_marts(engine)["mart_alert"].to_pylist()
    assert row["delivered_at"] == MORNING.replace(tzinfo=None)
    assert (row["owner_id"], row["escalation"], row["first_fired_on"]) == ("U1", "owner", D)
    [sent] = alert_marts(engine)["mart_alert_message"].to_pylist()
    assert (sent["status"], sent["attempt_count"], sent["line_count"]) == ("delivered", 1, 1)


def test_a_matter_was_delivered_when_the_first_message_of_this_occurrence_was(engine):
    """Told on the 8th, over, found again on the 9th: told two people that night, one on the 10th."""
    states, outbox = AlertStates(engine), Outbox(engine)
    key = message().digest.lines[0].alert_key
    again = Alert(finding(**{"key": key}), D - timedelta(days=1), D, told={"U1": "owner"})
    for days_back, recipients in ((2, ["U1"]), (1, ["U1", "U2"]), (0, ["U3"])):
        version, day = f"v{days_back}", D - timedelta(days=days_back)
        told = [
            replace(message(), message_id=f"{version}/{who}", version=version, as_of=day)
            for who in recipients
        ]
        states.stage(version, day, [again], told)
        states.settle(version)
        for hour, due in enumerate(outbox.due(MORNING)):
            at = MORNING + timedelta(days=2 - days_back, hours=hour)
            outbox.begin(due, at)
            outbox.finish(due, DELIVERED, at)
    [row] = alert_marts(engine)["mart_alert"].to_pylist()
    assert row["delivered_at"] == (MORNING + timedelta(days=1)).replace(tzinfo=None)
