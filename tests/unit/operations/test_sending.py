"""The outbox: never lost, never silently twice, at the pace of each service."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from pipelines.tell.robots import Wecom
from tests.servers.robots import Hook, WecomRobot
from tests.servers.vendor import Answer
from tests.unit.operations.alert_company import (
    MORNING,
    Clock,
    D,
    message,
    outbox_of,
    send,
    settings,
    statuses,
)


class Killed(BaseException):
    """Stands for a SIGKILL: nothing after it runs, but what was committed stays."""


@pytest.fixture
def robot(monkeypatch):
    with WecomRobot() as service:
        monkeypatch.setenv("T_WECOM", f"{service.address}/send?key=good")
        yield service


def texts(robot: WecomRobot) -> list[str]:
    return [call.body["markdown"]["content"].splitlines()[0] for call in robot.calls]


def test_what_waits_is_sent_once(tmp_path, robot):
    outbox = outbox_of(tmp_path)
    assert outbox.add(message()) is True
    assert outbox.add(message()) is False  # the same message is known
    send(tmp_path, Clock())
    send(tmp_path, Clock())
    assert texts(robot) == ["**提醒 1**"]
    assert statuses(tmp_path) == {"U1": "delivered"}


def test_nothing_goes_out_before_quiet_hours_end(tmp_path, robot):
    outbox_of(tmp_path).add(message(at=MORNING))
    send(tmp_path, Clock(MORNING - timedelta(seconds=1)))
    assert robot.calls == []
    send(tmp_path, Clock(MORNING))
    assert len(robot.calls) == 1


def test_forty_messages_keep_below_twenty_a_minute(tmp_path, robot):
    robot.limit = 100  # its clock is the real one, ours stands still
    for number in range(40):
        outbox_of(tmp_path).add(message(number))
    clock = Clock()
    report = send(tmp_path, clock)
    assert report.outcomes == {"delivered": 40}
    assert sum(clock.slept) == 120  # 18 at once, 18 after a minute, 4 after two


def test_the_pace_is_kept_over_two_processes(tmp_path, robot):
    for number in range(18):
        outbox_of(tmp_path).add(message(number))
    send(tmp_path, Clock())
    outbox_of(tmp_path).add(message(99))
    later = Clock(MORNING + timedelta(seconds=20))
    send(tmp_path, later)
    assert later.slept == [40]


def test_a_night_does_not_wait_for_ever_and_the_rest_goes_out_next_time(tmp_path, robot):
    robot.limit = 100
    for number in range(40):
        outbox_of(tmp_path).add(message(number))
    clock = Clock()
    assert send(tmp_path, clock, patience_seconds=60).outcomes["delivered"] == 36
    assert list(statuses(tmp_path).values()).count("waiting") == 4
    clock.now += timedelta(hours=1)
    send(tmp_path, clock)
    assert set(statuses(tmp_path).values()) == {"delivered"}
    assert len(robot.calls) == len(set(texts(robot))) == 40


def test_a_server_that_is_down_for_the_night_loses_nothing(tmp_path, robot, monkeypatch):
    working = f"{robot.address}/send?key=good"
    monkeypatch.setenv("T_WECOM", "http://127.0.0.1:9/send")
    for number in (1, 2, 3):
        outbox_of(tmp_path).add(message(number))
    clock = Clock()
    report = send(tmp_path, clock)
    assert report.outcomes == {"not_sent": 1}  # the others are not tried: they would wait the same
    assert 2 <= len(clock.slept) <= 3  # three tries with growing pauses
    assert set(statuses(tmp_path).values()) == {"waiting"}
    monkeypatch.setenv("T_WECOM", working)
    send(tmp_path, Clock(MORNING + timedelta(days=1)))
    assert texts(robot) == ["**提醒 1**", "**提醒 2**", "**提醒 3**"]  # not marked: nobody had them


def test_an_attempt_without_an_answer_is_sent_once_more_and_marked(tmp_path, robot):
    outbox_of(tmp_path).add(message())
    robot.next_answers.append(None)
    send(tmp_path, Clock())
    assert texts(robot) == ["**提醒 1**", "**【重发】提醒 1**"]
    assert statuses(tmp_path) == {"U1": "delivered"}


def test_two_attempts_without_an_answer_are_enough(tmp_path, robot):
    outbox_of(tmp_path).add(message())
    robot.next_answers.extend([None, None])
    send(tmp_path, Clock())
    send(tmp_path, Clock(MORNING + timedelta(days=1)))
    assert len(robot.calls) == 2
    assert statuses(tmp_path) == {"U1": "uncertain"}


def test_a_busy_service_is_left_alone_as_long_as_it_asks(tmp_path, robot):
    outbox_of(tmp_path).add(message())
    robot.next_answers.append(Answer({"errcode": 45009, "errmsg": "api freq out of limit"}))
    send(tmp_path, Clock())
    send(tmp_path, Clock(MORNING + timedelta(seconds=59)))
    assert len(robot.calls) == 1
    send(tmp_path, Clock(MORNING + timedelta(seconds=60)))
    assert texts(robot)[1] == "**提醒 1**"  # refused for now, so it is not marked
    assert statuses(tmp_path) == {"U1": "delivered"}


@pytest.mark.parametrize(
    ("asked", "outcome", "calls"), [(10, "delivered", 2), (11, "busy", 1)], ids=["10 s", "11 s"]
)
def test_a_busy_answer_of_up_to_ten_seconds_is_waited_out(
    tmp_path, monkeypatch, asked, outcome, calls
):
    chosen = settings({"channel": "webhook", "url": "env:T_HOOK", "to": "rep"})
    outbox_of(tmp_path).add(message(channel="rep@env:T_HOOK"))
    with Hook() as service:
        monkeypatch.setenv("T_HOOK", service.address)
        service.next_answers.append(Answer("later", 429, (("retry-after", str(asked)),)))
        clock = Clock()
        assert send(tmp_path, clock, chosen).outcomes == {outcome: 1}
        assert len(service.calls) == calls
    assert sum(clock.slept) == (10 if calls == 2 else 0)


def test_two_channels_of_one_robot_wait_together_when_it_is_down(tmp_path, monkeypatch):
    monkeypatch.setenv("T_WECOM", "http://127.0.0.1:9/send")
    of_leads = {"channel": "wecom", "url": "env:T_WECOM", "to": "manager"}
    chosen = settings({"channel": "wecom", "url": "env:T_WECOM", "to": "rep"}, of_leads)
    outbox_of(tmp_path).add(message(1))
    outbox_of(tmp_path).add(message(2, channel="manager@env:T_WECOM"))
    assert send(tmp_path, Clock(), chosen).outcomes == {"not_sent": 1}


def test_the_oldest_night_goes_out_first(tmp_path):
    outbox = outbox_of(tmp_path)
    outbox.add(message(1))
    outbox.add(replace(message(2), as_of=D - timedelta(days=1)))
    assert [one.digest.recipient for one in outbox.due(MORNING)] == ["U2", "U1"]


def test_a_refused_message_is_kept_with_its_reason_and_tried_again_next_night(
    tmp_path, robot, monkeypatch
):
    working = f"{robot.address}/send?key=good"
    monkeypatch.setenv("T_WECOM", f"{robot.address}/send?key=old")
    outbox = outbox_of(tmp_path)
    outbox.add(message())
    send(tmp_path, Clock())
    send(tmp_path, Clock())
    assert len(robot.calls) == 1
    assert statuses(tmp_path) == {"U1": "refused"}
    monkeypatch.setenv("T_WECOM", working)
    outbox.retry_refused(D + timedelta(days=1))
    assert statuses(tmp_path) == {"U1": "refused"}  # too old by then
    outbox.retry_refused(D)
    send(tmp_path, Clock())
    assert statuses(tmp_path) == {"U1": "delivered"}


def test_a_secret_that_is_not_set_keeps_the_message_waiting(tmp_path):
    outbox_of(tmp_path).add(message())
    assert send(tmp_path, Clock()).outcomes == {"not_sent": 1}
    assert statuses(tmp_path) == {"U1": "waiting"}


def test_a_message_for_a_channel_that_is_gone_is_refused(tmp_path, robot):
    outbox_of(tmp_path).add(message(channel="rep@env:GONE"))
    send(tmp_path, Clock())
    assert statuses(tmp_path) == {"U1": "refused"}


def test_a_recipient_without_a_channel_is_kept_and_never_sent(tmp_path, robot):
    outbox_of(tmp_path).add(message(channel=None))
    send(tmp_path, Clock())
    assert statuses(tmp_path) == {"U1": "no_channel"}
    assert robot.calls == []


def test_a_second_sender_stands_back(tmp_path, robot, monkeypatch):
    outbox_of(tmp_path).add(message())
    real, seen = Wecom.send, []

    def while_sending(self, digest, **more):
        seen.append(send(tmp_path, Clock()).is_busy)
        return real(self, digest, **more)

    monkeypatch.setattr(Wecom, "send", while_sending)
    send(tmp_path, Clock())
    assert seen == [True]
    assert len(robot.calls) == 1


@pytest.mark.parametrize(
    ("point", "sent"),
    [
        ("before the attempt is marked", ["**提醒 1**"]),
        ("before the send", ["**【重发】提醒 1**"]),
        ("after the send", ["**提醒 1**", "**【重发】提醒 1**"]),
    ],
)
def test_a_crash_loses_nothing_and_marks_what_may_be_known(
    tmp_path, robot, monkeypatch, point, sent
):
    outbox_of(tmp_path).add(message())
    real = Wecom.send

    def killed(self, digest, *_, **more):
        if point == "after the send":
            real(self, digest, **more)
        raise Killed

    with monkeypatch.context() as patched:
        if point == "before the attempt is marked":
            patched.setattr("pipelines.operations.alerts.outbox.Outbox.begin", killed)
        else:
            patched.setattr(Wecom, "send", killed)
        with pytest.raises(Killed):
            send(tmp_path, Clock())
    send(tmp_path, Clock(MORNING + timedelta(hours=1)))
    send(tmp_path, Clock(MORNING + timedelta(hours=2)))
    assert texts(robot) == sent
    assert statuses(tmp_path) == {"U1": "delivered"}


def test_a_second_crash_in_the_marked_attempt_ends_it(tmp_path, robot, monkeypatch):
    outbox_of(tmp_path).add(message())

    def killed(self, digest, **more):
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(Wecom, "send", killed)
        for hour in (0, 1):
            with pytest.raises(Killed):
                send(tmp_path, Clock(MORNING + timedelta(hours=hour)))
    send(tmp_path, Clock(MORNING + timedelta(hours=2)))
    assert robot.calls == []
    assert statuses(tmp_path) == {"U1": "uncertain"}


def test_feishu_waits_for_the_minute_after_the_full_hour(tmp_path, monkeypatch):
    from tests.servers.robots import FeishuRobot

    chosen = settings(
        {"channel": "feishu", "url": "env:T_FEISHU", "secret": "env:T_SIGN", "to": "rep"}
    )
    with FeishuRobot() as robot:
        monkeypatch.setenv("T_FEISHU", robot.address)
        monkeypatch.setenv("T_SIGN", "feishu-test")
        eight = MORNING - timedelta(minutes=5)
        outbox_of(tmp_path).add(message(channel="rep@env:T_FEISHU", at=eight))
        clock = Clock(eight)
        send(tmp_path, clock, chosen)
        assert clock.slept == [60]
        # the robot's own clock is the real one: it must refuse a signature of another year
        assert statuses(tmp_path) == {"U1": "refused"}
