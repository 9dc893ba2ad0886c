"""A night is shown whole or not at all, kept for a rollback, and mended when it was cut short."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from pipelines.publish import duckdb_target, parquet_target
from pipelines.publish.content_hash import content_hash
from pipelines.publish.duckdb_session import DuckDBLimits
from pipelines.publish.duckdb_target import DuckDBTarget, audit
from pipelines.publish.errors import (
    FlipRefusedError,
    InterruptedPublishError,
    PublishError,
    UnknownVersionError,
)
from pipelines.publish.files import remove_path
from pipelines.publish.night import MartInfo
from pipelines.publish.publisher import Publisher, recover, rollback
from pipelines.settings import CompanyFolder
from tests.publish_world import (
    locked,
    make_build,
    make_night,
    published_bytes,
    shown_nights,
    versions_on_disk,
)


@pytest.fixture
def folder(tmp_path):
    folder = CompanyFolder(tmp_path / "company")
    with locked(folder):
        yield folder


@pytest.fixture
def build(folder):
    return folder.warehouse / "build.duckdb"


def publish(folder, build, version, **options):
    return Publisher(folder, **options).publish(make_night(make_build(build, version), version))


def read(folder, query):
    with duckdb.connect(str(folder.published / "marts.duckdb"), read_only=True) as con:
        return con.execute(query).fetchall()


def test_the_published_file_holds_the_marts_with_their_rules_and_comments(folder, build):
    result = publish(folder, build, "n1")
    assert result.replaced is None
    assert read(folder, "select schema_name, table_name from duckdb_tables() order by 2") == [
        ("marts", "mart_daily_brief"),
        ("marts", "mart_gap"),
        ("marts", "mart_run"),
    ]
    assert read(folder, "select comment from duckdb_tables() where table_name = 'mart_gap'") == [
        ("一行一个范围; the team's gap",)
    ]
    columns = "select column_name, data_type, is_nullable, comment from duckdb_columns() "
    assert read(folder, columns + "where table_name = 'mart_gap' order by column_index") == [
        ("scope_id", "VARCHAR", False, None),
        ("night", "VARCHAR", False, None),
        ("gap", "DECIMAL(18,2)", True, "差额 (元)"),
        ("attainment_rate", "DOUBLE", True, None),
        ("landed_at", "TIMESTAMP", True, None),
    ]
    assert read(folder, "select count(*), sum(gap), max(gap) from marts.mart_gap") == [
        (1000, 749250, 1498.5)
    ]


def test_the_published_hashes_are_those_of_the_build(folder, build):
    publish(folder, build, "n1")
    for file in (build, folder.published / "marts.duckdb"):
        with duckdb.connect(str(file), read_only=True) as con:
            hashes = {
                name: content_hash(con, "marts", name, {"landed_at"})
                for name in ("mart_gap", "mart_daily_brief")
            }
        manifest = json.loads((folder.published / "manifest.json").read_text(encoding="utf-8"))
        assert hashes == {name: manifest["marts"][name]["content_hash"] for name in hashes}


def test_the_links_are_relative_and_the_files_read_only_without_a_log(folder, build):
    publish(folder, build, "n1")
    assert str((folder.published / "marts.duckdb").readlink()) == "versions/marts-n1.duckdb"
    assert str((folder.published / "parquet").readlink()) == "versions/parquet-n1"
    assert str((folder.published / "manifest.json").readlink()) == "versions/manifest-n1.json"
    assert versions_on_disk(folder) == ["manifest-n1.json", "marts-n1.duckdb", "parquet-n1"]
    assert (folder.published / "marts.duckdb").stat().st_mode & 0o777 == 0o444


def test_the_manifest_says_what_is_published(folder, build):
    publish(folder, build, "n1")
    publish(folder, build, "n2")
    manifest = json.loads((folder.published / "manifest.json").read_text(encoding="utf-8"))
    marts = manifest.pop("marts")
    assert manifest == {
        "format": 1,
        "version": "n2",
        "sequence": 2,
        "as_of": "2026-03-10",
        "run_id": "r-n2",
        "contract_version": "1",
        "volatile_columns": ["landed_at"],
    }
    assert marts["mart_gap"]["rows"] == 1000
    assert marts["mart_gap"]["info"] == {"grain": "scope"}
    assert marts["mart_gap"]["columns"][2] == {
        "name": "gap",
        "type": "DECIMAL(18,2)",
        "is_nullable": True,
    }
    assert marts["mart_run"]["is_operations"] and marts["mart_run"]["content_hash"] is None


def test_a_later_landing_of_the_same_figures_has_the_same_hash(folder, build):
    night = make_night(build, "n1")
    make_build(build, "same", landed_at="2026-03-11")
    first = Publisher(folder).publish(night).manifest.content_hashes
    make_build(build, "same", landed_at="2026-03-12")
    second = Publisher(folder).publish(replace(night, version="n2")).manifest.content_hashes
    assert first == second and len(first) == 2


# Without a key every column counts: the first alone leaves rows of one scope in any order.
@pytest.mark.parametrize(("order_by", "scope"), [(("scope_id",), "i"), ((), "i % 7")])
def test_equal_figures_give_equal_parquet_bytes_in_any_build_order(folder, build, order_by, scope):
    files = []
    for version, order, threads in (("n1", "hash(i)", 1), ("n2", "i desc", 2)):
        make_build(build, "same")
        with duckdb.connect(str(build)) as con:
            con.execute("delete from marts.mart_gap")
            con.execute(
                f"insert into marts.mart_gap select 'p' || {scope}, 'same', i, i / 7.0, null "
                f"from range(300000) t(i) order by {order}"
            )
        marts = {"mart_gap": MartInfo(order_by=order_by)}
        limits = DuckDBLimits(threads=threads, memory_limit="1GB")
        Publisher(folder, limits=limits).publish(replace(make_night(build, version), marts=marts))
        files.append((folder.published / "parquet" / "mart_gap.parquet").read_bytes())
    assert files[0] == files[1]


def test_a_version_is_never_published_twice(folder, build):
    publish(folder, build, "n1")
    before = published_bytes(folder)
    with pytest.raises(PublishError, match="n1 exists already"):
        publish(folder, build, "n1")
    assert published_bytes(folder) == before


@pytest.mark.parametrize("version", ["../n1", "", "a/b", ".hidden", "n 1", "n1\n", "x" * 101])
def test_a_version_that_is_no_file_name_is_refused(build, version):
    with pytest.raises(PublishError, match="file name"):
        make_night(build, version)


def test_a_build_without_marts_a_view_or_an_unknown_name_publishes_nothing(folder, build):
    publish(folder, build, "n1")
    before = published_bytes(folder)
    night = make_night(make_build(build, "n2"), "n2")
    with pytest.raises(PublishError, match="mart_gpa"):
        Publisher(folder).publish(replace(night, operations_marts=frozenset({"mart_gpa"})))
    with pytest.raises(PublishError, match="lacks: no_such"):
        Publisher(folder).publish(replace(night, marts={"mart_gap": MartInfo(("no_such",))}))
    with duckdb.connect(str(build)) as con:
        con.execute("create view marts.mart_view as select 1 as x")
    with pytest.raises(PublishError, match="mart_view"):
        Publisher(folder).publish(night)
    with duckdb.connect(str(build)) as con:
        con.execute('drop view marts.mart_view; create table marts."../../x" as select 1 as x')
    with pytest.raises(PublishError, match="do not fit"):
        Publisher(folder).publish(night)
    with duckdb.connect(str(build)) as con:
        con.execute("drop schema marts cascade")
    with pytest.raises(PublishError, match="empty"):
        Publisher(folder).publish(night)
    build.unlink()
    with pytest.raises(PublishError, match="no build file"):
        Publisher(folder).publish(night)
    assert published_bytes(folder) == before


def test_the_audit_refuses_other_rows_other_tables_and_another_format(tmp_path):
    file, limits = tmp_path / "x.duckdb", DuckDBLimits()
    with duckdb.connect() as con:
        con.execute(f"attach '{file}' as x (storage_version 'v1.0.0')")
        con.execute("create schema x.marts; create table x.marts.t as select 1 as x")
    with pytest.raises(PublishError, match="differ: t"):
        audit(file, {"t": (1, 12345)}, limits)
    with pytest.raises(PublishError, match="differ: t, u"):
        audit(file, {"u": (0, 0)}, limits)
    newer = make_build(tmp_path / "newer.duckdb", "n1")
    with pytest.raises(PublishError, match="storage format"):
        audit(newer, {}, limits)


def test_a_copy_that_lost_a_row_is_not_shown_and_leaves_nothing(folder, build, monkeypatch):
    publish(folder, build, "n1")
    before, files = published_bytes(folder), versions_on_disk(folder)
    real = duckdb_target._copy

    def losing(con, mart):
        real(con, mart)
        if mart.name == "mart_gap":
            con.execute("delete from staged.marts.mart_gap where scope_id = 'p7'")

    monkeypatch.setattr(duckdb_target, "_copy", losing)
    with pytest.raises(PublishError, match=r"Tables that differ: mart_gap\."):
        publish(folder, build, "n2")
    assert (published_bytes(folder), versions_on_disk(folder)) == (before, files)


def test_a_parquet_file_that_lacks_rows_is_not_shown(folder, build, monkeypatch):
    publish(folder, build, "n1")
    before = published_bytes(folder)
    real = parquet_target.parquet_rows
    monkeypatch.setattr(
        parquet_target, "parquet_rows", lambda files: f"(from {real(files)} limit 9)"
    )
    with pytest.raises(PublishError, match=r"mart_gap\.parquet holds 9 rows instead of 1000"):
        publish(folder, build, "n2")
    assert published_bytes(folder) == before


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


def test_a_damaged_version_is_not_rolled_back_to(folder, build):
    publish(folder, build, "n1")
    publish(folder, build, "n2")
    file = folder.published / "versions" / "marts-n1.duckdb"
    file.chmod(0o644)
    with duckdb.connect(str(file)) as con:
        con.execute("update marts.mart_gap set gap = gap + 0.01 where scope_id = 'p7'")
    with pytest.raises(PublishError, match="mart_gap"):
        rollback(folder, "n1")
    assert shown_nights(folder) == {"n2"}


def test_a_version_that_lost_a_mart_is_not_rolled_back_to(folder, build):
    publish(folder, build, "n1")
    publish(folder, build, "n2")
    file = folder.published / "versions" / "marts-n1.duckdb"
    file.chmod(0o644)
    with duckdb.connect(str(file)) as con:
        con.execute("drop table marts.mart_gap")
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


def test_a_real_folder_where_a_link_belongs_stops_the_publish_before_any_flip(folder, build):
    publish(folder, build, "n1")
    (folder.published / "parquet").unlink()
    (folder.published / "parquet").mkdir()
    with pytest.raises(FileExistsError, match="real file or folder"):
        publish(folder, build, "n2")
    assert read(folder, "select distinct night from marts.mart_gap") == [("n1",)]
    assert not any("n2" in name for name in versions_on_disk(folder))


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


def test_publishing_without_the_night_lock_is_refused(tmp_path):
    folder = CompanyFolder(Path(tmp_path))
    with pytest.raises(PublishError, match="night lock"):
        Publisher(folder).publish(make_night(make_build(tmp_path / "b.duckdb", "n1"), "n1"))
    assert not folder.published.exists()


def test_the_publish_leaves_nothing_on_the_machine_but_its_versions(folder, build):
    publish(folder, build, "n1")
    assert sorted(path.name for path in folder.published.iterdir()) == [
        "manifest.json",
        "marts.duckdb",
        "parquet",
        "versions",
    ]
