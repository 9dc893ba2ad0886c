"""A night is shown whole or not at all."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from pipelines.publish import duckdb_target, parquet_target
from pipelines.publish.content_hash import content_hash
from pipelines.publish.duckdb_session import DuckDBLimits
from pipelines.publish.duckdb_target import audit
from pipelines.publish.errors import (
    PublishError,
)
from pipelines.publish.night import MartInfo
from pipelines.publish.publisher import Publisher
from pipelines.settings import CompanyFolder
from tests.publish_world import (
    make_build,
    make_night,
    publish,
    published_bytes,
    versions_on_disk,
)


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


def test_a_real_folder_where_a_link_belongs_stops_the_publish_before_any_flip(folder, build):
    publish(folder, build, "n1")
    (folder.published / "parquet").unlink()
    (folder.published / "parquet").mkdir()
    with pytest.raises(FileExistsError, match="real file or folder"):
        publish(folder, build, "n2")
    assert read(folder, "select distinct night from marts.mart_gap") == [("n1",)]
    assert not any("n2" in name for name in versions_on_disk(folder))


def test_publishing_without_the_night_lock_is_refused(tmp_path):
    folder = CompanyFolder(Path(tmp_path))
    with pytest.raises(PublishError, match="night lock"):
        publish(folder, tmp_path / "b.duckdb", "n1")
    assert not folder.published.exists()


def test_the_publish_leaves_nothing_on_the_machine_but_its_versions(folder, build):
    publish(folder, build, "n1")
    assert sorted(path.name for path in folder.published.iterdir()) == [
        "manifest.json",
        "marts.duckdb",
        "parquet",
        "versions",
    ]
