"""SIGKILL at any point of a publish: the old night whole or, once recovered, the new one whole."""

from __future__ import annotations

import random
import signal
import time

import pytest

from pipelines.publish.layout import PublishedFolder
from pipelines.publish.publisher import Publisher, recover
from pipelines.settings import CompanyFolder
from tests.publish_world import (
    locked,
    make_build,
    make_night,
    published_bytes,
    run_child,
    shown_nights,
    start_child,
    versions_on_disk,
)

STAGING = ["journal:staging", "staged:duckdb", "staged:parquet", "staged:manifest"]
FLIPPING = [
    "journal:flip",
    "flipped:duckdb",
    "flipped:parquet",
    "flipped:manifest",
    "journal:closed",
]


@pytest.fixture
def folder(tmp_path):
    folder = CompanyFolder(tmp_path / "company")
    with locked(folder):
        for version in ("n1", "n2"):
            build = make_build(tmp_path / "build.duckdb", version)
            Publisher(folder).publish(make_night(build, version))
    make_build(tmp_path / "build.duckdb", "n3")
    return folder


def killed(*arguments: str) -> None:
    child = run_child(*arguments)
    assert child.returncode == -signal.SIGKILL, child.stderr


def mend(folder):
    with locked(folder):
        return recover(folder)


@pytest.mark.parametrize("point", STAGING)
def test_killed_while_staging_the_old_night_stands_and_nothing_staged_is_left(folder, point):
    before, files = published_bytes(folder), versions_on_disk(folder)
    killed("publish", str(folder.root), str(folder.root.parent / "build.duckdb"), "n3", point)
    assert published_bytes(folder) == before  # readers saw nothing of it, even before recovery
    recovery = mend(folder)
    assert (recovery.version, recovery.was_completed) == ("n3", False)
    assert published_bytes(folder) == before
    assert versions_on_disk(folder) == files


@pytest.mark.parametrize("point", FLIPPING)
def test_killed_while_flipping_the_new_night_is_completed(folder, point):
    killed("publish", str(folder.root), str(folder.root.parent / "build.duckdb"), "n3", point)
    recovery = mend(folder)
    assert shown_nights(folder) == {"n3"}
    assert (recovery is None) == (point == "journal:closed")
    assert mend(folder) is None


def test_killed_while_pruning_the_new_night_stands_and_the_next_publish_prunes_again(folder):
    build = folder.root.parent / "build.duckdb"
    killed("publish", str(folder.root), str(build), "n3", "pruned:n1")
    mend(folder)
    assert shown_nights(folder) == {"n3"}
    make_build(build, "n4")
    with locked(folder):
        Publisher(folder, keep_versions=2).publish(make_night(build, "n4"))
    assert [name for name in versions_on_disk(folder) if "n1" in name or "n2" in name] == []


def test_killed_again_while_recovering_the_third_attempt_completes(folder):
    build = str(folder.root.parent / "build.duckdb")
    killed("publish", str(folder.root), build, "n3", "flipped:duckdb")
    killed("recover", str(folder.root), "flipped:parquet")
    mend(folder)
    assert shown_nights(folder) == {"n3"}


@pytest.mark.parametrize("point", FLIPPING[:-1])
def test_killed_while_rolling_back_the_rollback_is_completed_and_no_version_lost(folder, point):
    files = versions_on_disk(folder)
    killed("rollback", str(folder.root), "n1", point)
    mend(folder)
    assert shown_nights(folder) == {"n1"}
    assert versions_on_disk(folder) == files


def test_the_next_night_recovers_by_itself(folder):
    build = folder.root.parent / "build.duckdb"
    killed("publish", str(folder.root), str(build), "n3", "flipped:duckdb")
    make_build(build, "n4")
    with locked(folder):
        result = Publisher(folder).publish(make_night(build, "n4"))
    assert result.replaced == "n3"
    assert shown_nights(folder) == {"n4"}


def test_killed_at_any_moment_readers_end_with_one_whole_night(folder):
    build = folder.root.parent / "build.duckdb"
    dice = random.Random(20260310)
    journal = PublishedFolder(folder).journal
    shown, cut_short = "n2", []
    for attempt in range(6):
        version = f"k{attempt}"
        make_build(build, version, rows=400_000)
        child = start_child("publish", str(folder.root), str(build), version, "never")
        while not journal.exists():  # before that, nothing can be cut short
            assert child.poll() is None, child.stderr.read()
            time.sleep(0.002)
        time.sleep(dice.uniform(0.0, 0.5))
        child.kill()
        child.communicate()
        cut_short.append(Publisher(folder).interrupted())
        mend(folder)
        assert shown_nights(folder) in ({shown}, {version})
        shown = shown_nights(folder).pop()
    assert any(cut_short), "no kill came while a publish was open: the test showed nothing"
