"""Alerts that wait for the end of quiet hours are sent by a job that a sensor starts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from pipelines.orchestration.jobs import send_alerts_job
from pipelines.orchestration.sensors import waiting_alerts_sensor
from pipelines.settings import CompanyFolder
from tests.servers.robots import WecomRobot
from tests.unit.operations.alert_company import message, outbox_of, settings, statuses


def evaluate(home) -> list:
    sensor = waiting_alerts_sensor(CompanyFolder(home), settings())
    found = sensor.evaluate_tick(dg.build_sensor_context())
    return list(found.run_requests or [])


def test_the_sensor_asks_for_a_run_once_something_is_due(tmp_path):
    now = datetime.now(UTC)
    outbox_of(tmp_path).add(message(1, at=now + timedelta(hours=1)))
    assert evaluate(tmp_path) == []
    outbox_of(tmp_path).add(message(2, at=now - timedelta(seconds=1)))
    first, second = evaluate(tmp_path), evaluate(tmp_path)
    assert len(first) == 1
    assert first[0].run_key.startswith("send_alerts-")
    # within ten minutes it is the same run: a service that is down is not asked every minute
    assert first[0].run_key == second[0].run_key or datetime.now(UTC) - now > timedelta(minutes=1)


@pytest.mark.slow
def test_the_job_sends_what_is_due(tmp_path, monkeypatch):
    (tmp_path / "company.yml").write_text(
        'company: {name: 纸上公司}\nsources: [{name: orders, entity: orders, kind: file, path: "x"}]\n'
        'alerts: [{channel: wecom, url: "env:T_WECOM", to: rep}]\n',
        encoding="utf-8",
    )
    outbox_of(tmp_path).add(message(at=datetime.now(UTC) - timedelta(seconds=1)))
    with WecomRobot() as robot:
        monkeypatch.setenv("T_WECOM", f"{robot.address}/send?key=good")
        assert send_alerts_job(CompanyFolder(tmp_path)).execute_in_process().success
    assert statuses(tmp_path) == {"U1": "delivered"}
