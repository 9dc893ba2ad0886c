"""Out of disk while staging: the published night stands, what was staged is gone."""

from __future__ import annotations

import os
import subprocess

import duckdb
import pytest

from pipelines.publish.duckdb_session import DuckDBLimits
from pipelines.publish.layout import PublishedFolder
from pipelines.publish.operations import PublishMeta, write_operations_file
from pipelines.publish.publisher import Publisher
from pipelines.settings import CompanyFolder
from tests.publish_world import (
    AS_OF,
    SINCE_AT,
    locked,
    make_build,
    make_night,
    published_bytes,
    shown_nights,
    versions_on_disk,
)

DISK_MB = 24


@pytest.fixture
def small_disk(tmp_path):
    """A company folder on a disk of its own of 24 MB."""
    if os.geteuid() != 0:
        pytest.skip("needs root, to mount a small disk")
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs", str(disk)]
    mounted = subprocess.run(mount, capture_output=True, text=True, check=False)
    if mounted.returncode != 0:
        pytest.skip(f"cannot mount a small disk here: {mounted.stderr.strip()}")
    yield CompanyFolder(disk / "company")
    subprocess.run(["umount", "-l", str(disk)], check=True)


def fill_but(folder, free_bytes: int) -> None:
    state = os.statvfs(folder.root)
    ballast = state.f_bavail * state.f_frsize - free_bytes
    (folder.root / "ballast").write_bytes(b"\0" * ballast)


@pytest.mark.parametrize("free_bytes", [0, 100_000, 2_000_000, 4_000_000, 7_000_000])
def test_a_full_disk_leaves_the_published_night_and_no_debris(small_disk, tmp_path, free_bytes):
    folder, build = small_disk, tmp_path / "build.duckdb"
    limits = DuckDBLimits(temp_directory=tmp_path / "spill")
    with locked(folder):
        publisher = Publisher(folder, limits=limits)
        publisher.publish(make_night(make_build(build, "n1"), "n1"))
        before, files = published_bytes(folder), versions_on_disk(folder)
        make_build(build, "n2", rows=500_000)
        fill_but(folder, free_bytes)
        with pytest.raises((OSError, duckdb.Error)):
            publisher.publish(make_night(build, "n2"))
        assert published_bytes(folder) == before
        assert versions_on_disk(folder) == files
        assert not PublishedFolder(folder).journal.exists()
        (folder.root / "ballast").unlink()
        make_build(build, "n3")
        publisher.publish(make_night(build, "n3"))
    assert shown_nights(folder) == {"n3"}


def test_a_disk_that_fills_after_the_duckdb_file_takes_that_file_back_too(small_disk, tmp_path):
    folder, build, reached = small_disk, tmp_path / "build.duckdb", []
    limits = DuckDBLimits(temp_directory=tmp_path / "spill")
    roomy = CompanyFolder(tmp_path / "roomy")
    with locked(folder), locked(roomy):
        publisher = Publisher(folder, limits=limits, at=reached.append)
        publisher.publish(make_night(make_build(build, "n1"), "n1"))
        before, files = published_bytes(folder), versions_on_disk(folder)
        make_build(build, "n2", rows=500_000)
        Publisher(roomy).publish(make_night(build, "n2"))
        file_bytes = PublishedFolder(roomy).marts_file("n2").stat().st_size
        fill_but(folder, file_bytes + 500_000)
        reached.clear()
        with pytest.raises((OSError, duckdb.Error)):
            publisher.publish(make_night(build, "n2"))
    assert "staged:duckdb" in reached and "staged:parquet" not in reached
    assert published_bytes(folder) == before
    assert versions_on_disk(folder) == files


def test_a_full_disk_leaves_the_old_operations_file(small_disk, tmp_path):
    import pyarrow as pa

    folder = small_disk
    limits = DuckDBLimits(temp_directory=tmp_path / "spill")
    meta = PublishMeta("held", None, AS_OF, None, "来源过旧", "source too old", "r1", SINCE_AT)
    small = {"mart_run": pa.table({"run_id": ["r1"]})}
    write_operations_file(folder, small, meta, limits=limits)
    files = versions_on_disk(folder)
    fill_but(folder, 200_000)
    large = {"mart_run": pa.table({"run_id": [f"r{i * 7919}" for i in range(300_000)]})}
    with pytest.raises((OSError, duckdb.Error)):
        write_operations_file(folder, large, meta, limits=limits)
    assert versions_on_disk(folder) == files
    with duckdb.connect(str(folder.published / "operations.duckdb"), read_only=True) as con:
        assert con.execute("select run_id from marts.mart_run").fetchall() == [("r1",)]
