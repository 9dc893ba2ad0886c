"""Targets beside the files: shown, taken back and mended together."""

from __future__ import annotations

import duckdb
import pytest

from pipelines.publish.errors import (
    FlipRefusedError,
    InterruptedPublishError,
)
from pipelines.publish.publisher import Publisher, recover, rollback
from tests.publish_world import (
    publish,
    published_bytes,
    shown_nights,
    versions_on_disk,
)


class Database:
    """A target as PostgreSQL will be one: it may refuse, and keeps versions of its own."""

    name = "database"

    def __init__(self) -> None:
        self.held: set[str] = set()
        self.shown: str | None = None
        self.refuses = False
        self.rows: dict[str, int] = {}

    def stage(self, night) -> None:
        with duckdb.connect(str(night.marts_file), read_only=True) as con:
            for mart in night.marts:
                query = f"select count(*) from marts.{mart.name}"
                self.rows[mart.name] = con.execute(query).fetchall()[0][0]
        self.held.add(night.version)

    def flip(self, version: str) -> None:
        if self.refuses:
            raise FlipRefusedError("lock timeout")
        self.shown = version

    def discard(self, version: str) -> None:
        self.held.discard(version)

    def holds(self, version: str) -> bool:
        return version in self.held


def test_another_target_reads_the_audited_file_and_is_flipped_and_pruned_with_the_rest(
    folder, build
):
    database = Database()
    for number in range(1, 5):
        publish(folder, build, f"n{number}", extra_targets=[database], keep_versions=2)
    assert database.rows == {"mart_gap": 1000, "mart_daily_brief": 10, "mart_run": 1}
    assert (database.shown, database.held) == ("n4", {"n3", "n4"})
    rollback(folder, "n3", [database])
    assert database.shown == "n3" and shown_nights(folder) == {"n3"}


def test_a_target_that_refuses_first_takes_the_whole_publish_back(folder, build):
    database = Database()
    publish(folder, build, "n1", extra_targets=[database])
    before, files = published_bytes(folder), versions_on_disk(folder)
    database.refuses = True
    with pytest.raises(FlipRefusedError):
        publish(folder, build, "n2", extra_targets=[database])
    assert published_bytes(folder) == before
    assert (versions_on_disk(folder), database.held) == (files, {"n1"})
    assert recover(folder, [database]) is None


def test_a_refused_rollback_loses_no_version(folder, build):
    database = Database()
    for version in ("n1", "n2"):
        publish(folder, build, version, extra_targets=[database])
    files = versions_on_disk(folder)
    database.refuses = True
    with pytest.raises(FlipRefusedError):
        rollback(folder, "n1", [database])
    assert versions_on_disk(folder) == files and database.held == {"n1", "n2"}
    assert shown_nights(folder) == {"n2"} and recover(folder, [database]) is None


class StopError(Exception):
    pass


def stop_at(point):
    def at(reached):
        if reached == point:
            raise StopError

    return at


def test_an_error_between_flips_is_completed_by_recover_with_the_same_targets(folder, build):
    database = Database()
    publish(folder, build, "n1", extra_targets=[database])
    with pytest.raises(StopError):
        publish(folder, build, "n2", extra_targets=[database], at=stop_at("flipped:duckdb"))
    assert Publisher(folder).interrupted().state == "flip"
    database.refuses = True
    with pytest.raises(InterruptedPublishError, match="lock timeout"):
        recover(folder, [database])
    database.refuses = False
    assert recover(folder, [database]).was_completed
    assert shown_nights(folder) == {"n2"} and database.shown == "n2"


def test_recovering_without_a_target_that_took_part_mends_the_rest_and_says_so(folder, build):
    publish(folder, build, "n1", extra_targets=[Database()])
    with pytest.raises(StopError):
        publish(folder, build, "n2", extra_targets=[Database()], at=stop_at("flipped:duckdb"))
    with pytest.raises(InterruptedPublishError, match="database, which is no longer configured"):
        recover(folder)
    assert shown_nights(folder) == {"n2"}
    assert Publisher(folder).interrupted() is not None  # stays open until someone decides


def test_a_target_configured_since_the_crash_is_left_out_of_the_recovery(folder, build):
    publish(folder, build, "n1")
    with pytest.raises(StopError):
        publish(folder, build, "n2", at=stop_at("flipped:duckdb"))
    database = Database()
    assert recover(folder, [database]).was_completed
    assert shown_nights(folder) == {"n2"} and database.shown is None


def test_a_journal_changed_by_hand_is_an_error_that_names_the_file(folder, build):
    publish(folder, build, "n1")
    (folder.published / ".journal.json").write_text("{")
    with pytest.raises(InterruptedPublishError, match=r"\.journal\.json"):
        recover(folder)
