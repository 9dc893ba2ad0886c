"""One night at a time: the second says who is at work, and the lock goes with its process."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest

from pipelines.publish.errors import PublishError
from pipelines.publish.night_lock import (
    NightRunningError,
    is_night_running,
    night_lock,
    require_night_lock,
)
from pipelines.settings import CompanyFolder
from tests.publish_world import AS_OF, SINCE_AT, locked, start_child


@pytest.fixture
def folder(tmp_path):
    return CompanyFolder(tmp_path)


def test_a_second_night_says_who_is_at_work(folder):
    child = start_child("hold", str(folder.root))
    try:
        assert child.stdout.readline() == "locked\n"
        with pytest.raises(NightRunningError) as caught, locked(folder):
            pass
        message = str(caught.value)
        assert f"process {child.pid}" in message
        assert "as of 2026-03-10" in message and "since 2026-03-11T01:00:00+00:00" in message
    finally:
        child.kill()
        child.communicate()


def test_the_lock_vanishes_with_a_killed_process(folder):
    child = start_child("hold", str(folder.root))
    assert child.stdout.readline() == "locked\n"
    assert is_night_running(folder)
    child.send_signal(signal.SIGKILL)
    child.communicate()
    assert not is_night_running(folder)
    with locked(folder):
        assert is_night_running(folder)


def test_a_second_night_waits_and_says_so_and_then_runs(folder):
    told = []
    child = start_child("hold", str(folder.root))
    assert child.stdout.readline() == "locked\n"
    threading.Timer(0.5, child.kill).start()
    started = time.monotonic()
    with night_lock(folder, 20, as_of=AS_OF, since_at=SINCE_AT, on_wait=told.append):
        assert time.monotonic() - started > 0.3
    child.communicate()
    assert [holder.pid for holder in told] == [child.pid]


def test_a_wait_that_is_too_short_ends_with_the_holder(folder):
    with locked(folder), pytest.raises(NightRunningError):
        with night_lock(folder, 0.2, as_of=AS_OF, since_at=SINCE_AT):
            pass


def test_an_error_inside_the_night_releases_the_lock_and_the_note(folder):
    with pytest.raises(ZeroDivisionError), locked(folder):
        _ = 1 / 0
    assert not is_night_running(folder)
    assert not folder.lock_file.with_suffix(".holder.json").exists()


def test_publishing_outside_the_lock_is_refused(folder):
    with pytest.raises(PublishError, match="night lock"):
        require_night_lock(folder)
    with locked(folder):
        require_night_lock(folder)


def test_what_stands_in_full_is_closed_to_other_users_of_the_machine(folder):
    was = os.umask(0o022)
    try:
        with locked(folder):
            pass
    finally:
        os.umask(was)
    kept = [folder.archive, folder.landing, folder.warehouse, folder.dagster_home]
    assert [path.stat().st_mode & 0o777 for path in kept] == [0o750] * 4


def test_rights_that_somebody_chose_are_kept(folder):
    folder.warehouse.mkdir()
    folder.warehouse.chmod(0o755)
    with locked(folder):
        assert folder.warehouse.stat().st_mode & 0o777 == 0o755
