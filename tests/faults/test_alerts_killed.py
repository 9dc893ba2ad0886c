"""SIGKILL before, in and after the send: nothing is lost, and what may be known already is marked."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers.robots import WecomRobot
from tests.servers.vendor import Answer, Call
from tests.unit.operations.alert_company import Clock, message, outbox_of, send, statuses

ROOT = Path(__file__).parents[2]
FIRST, AGAIN = "**提醒 1**", "**【重发】提醒 1**"


class KillingRobot(WecomRobot):
    """Takes a message and kills who sent it before the answer."""

    victim: subprocess.Popen | None = None

    def answer(self, call: Call) -> Answer:
        if self.victim is not None:
            victim, self.victim = self.victim, None
            os.kill(victim.pid, signal.SIGKILL)
            victim.wait()
        return super().answer(call)


@pytest.mark.deep(topic="kills")
@pytest.mark.parametrize(
    ("point", "sent"),
    [("before", [FIRST]), ("in", [FIRST, AGAIN]), ("after", [FIRST, AGAIN])],
)
def test_a_killed_sender_loses_nothing_and_marks_what_may_be_known(
    tmp_path, monkeypatch, point, sent
):
    with KillingRobot() as robot:
        monkeypatch.setenv("T_WECOM", f"{robot.address}/send?key=good")
        outbox_of(tmp_path).add(message())
        child = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.alerts_child", str(tmp_path), point], cwd=ROOT
        )
        if point == "in":
            robot.victim = child
        assert child.wait(timeout=60) == -signal.SIGKILL
        send(tmp_path, Clock())
        send(tmp_path, Clock())
        heads = [call.body["markdown"]["content"].splitlines()[0] for call in robot.calls]
    assert heads == sent
    assert statuses(tmp_path) == {"U1": "delivered"}
