"""Earlier nights are kept for a rollback, and the oldest are pruned."""

from __future__ import annotations

import duckdb
import pytest

from pipelines.publish.duckdb_target import DuckDBTarget
from pipelines.publish.errors import (
    PublishError,
    UnknownVersionError,
)
from pipelines.publish.files import remove_path
from pipelines.publish.publisher import Publisher, rollback
from tests.publish_world import (
    publish,
    published_bytes,
    shown_nights,
    versions_on_disk,
)


def test_a_log_left_by_a_foreign_writer_is_gone_after_the_flip(folder, build):
    publish(folder, build, "n1")
    publish(folder, build, "n2")
    logs = [
        folder.published / "marts.duckdb.wal",
        folder.published / "versions" / "marts-n1.duckdb.wal",
    ]
    for log in logs:
        log.write_bytes(b"foreign rows")
    rollback(folder, "n1")
    assert not any(log.exists() for log in logs)
    assert shown_nights(folder) == {"n1"}


def test_a_rollback_shows_an_earlier_night_byte_for_byte_and_keeps_the_later(folder, build):
    publish(folder, build, "n1")
    first = published_bytes(folder)
    publish(folder, build, "n2")
    second = published_bytes(folder)
    result = rollback(folder, "n1")
    assert (result.manifest.version, result.replaced) == ("n1", "n2")
    assert published_bytes(folder) == first
    rollback(folder, "n2")
    assert published_bytes(folder) == second


def test_a_rollback_to_an_unknown_version_lists_the_known_ones(folder, build):
    publish(folder, build, "n1")
    publish(folder, build, "n2")
    with pytest.raises(UnknownVersionError, match=r"n1 \(as of 2026-03-10\), n2 \(as of 2026-03"):
        rollback(folder, "n9")
    assert shown_nights(folder) == {"n2"}


@pytest.mark.parametrize(
    "damage",
    [
        "update marts.mart_gap set gap = gap + 0.01 where scope_id = 'p7'",
        "drop table marts.mart_gap",
    ],
    ids=["another figure", "no mart"],
)
def test_a_damaged_version_is_not_rolled_back_to(folder, build, damage):
    publish(folder, build, "n1")
    publish(folder, build, "n2")
    file = folder.published / "versions" / "marts-n1.duckdb"
    file.chmod(0o644)
    with duckdb.connect(str(file)) as con:
        con.execute(damage)
    with pytest.raises(PublishError, match=r"says in: mart_gap\."):
        rollback(folder, "n1")
    assert shown_nights(folder) == {"n2"}


def test_a_version_that_lost_a_part_is_no_longer_offered(folder, build):
    publish(folder, build, "n1")
    publish(folder, build, "n2")
    remove_path(folder.published / "versions" / "parquet-n1")
    with pytest.raises(UnknownVersionError, match=r"not kept by parquet\. .*: n2 \(as of"):
        rollback(folder, "n1")
    assert shown_nights(folder) == {"n2"}


def versions(folder):
    return [name for name in versions_on_disk(folder) if name.startswith("manifest")]


def test_the_last_versions_are_kept_and_older_ones_pruned(folder, build):
    for number in range(1, 4):
        publish(folder, build, f"n{number}", keep_versions=3)
    result = publish(folder, build, "n4", keep_versions=3)
    assert result.pruned == ("n1",)
    assert versions(folder) == ["manifest-n2.json", "manifest-n3.json", "manifest-n4.json"]
    assert not any("n1" in name for name in versions_on_disk(folder))


def test_the_shown_and_the_just_replaced_version_are_never_pruned(folder, build):
    for number in range(1, 4):
        publish(folder, build, f"n{number}", keep_versions=3)
    rollback(folder, "n1", keep_versions=2)
    assert shown_nights(folder) == {"n1"}  # oldest, yet in force
    result = publish(folder, build, "n4", keep_versions=2)
    assert result.replaced == "n1"
    # n1 was replaced a moment ago and readers may be going through its files; n2 has no reader
    assert versions(folder) == ["manifest-n1.json", "manifest-n3.json", "manifest-n4.json"]
    publish(folder, build, "n5", keep_versions=2)
    assert versions(folder) == ["manifest-n4.json", "manifest-n5.json"]


def test_an_old_version_that_cannot_be_removed_stays_and_is_named(folder, build, monkeypatch):
    publish(folder, build, "n1", keep_versions=2)
    publish(folder, build, "n2", keep_versions=2)
    real = DuckDBTarget.discard

    def full_of_readers(target, version):
        if version == "n1":
            raise OSError("device or resource busy")
        real(target, version)

    monkeypatch.setattr(DuckDBTarget, "discard", full_of_readers)
    result = publish(folder, build, "n3", keep_versions=2)
    assert (result.pruned, result.not_pruned) == ((), {"n1": "device or resource busy"})
    assert shown_nights(folder) == {"n3"}
    assert versions(folder) == ["manifest-n1.json", "manifest-n2.json", "manifest-n3.json"]


def test_keeping_fewer_than_two_versions_is_refused(folder):
    with pytest.raises(PublishError, match="at least 2"):
        Publisher(folder, keep_versions=1)
