"""The operations file tells how the night went, on held nights too, and leaves the marts alone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import duckdb
import pandas as pd
import pyarrow as pa
import pytest

from pipelines.publish.duckdb_session import STORAGE_NUMBER, storage_number
from pipelines.publish.errors import PublishError
from pipelines.publish.operations import PublishMeta, write_operations_file
from pipelines.publish.publisher import Publisher
from pipelines.settings import CompanyFolder
from tests.publish_world import (
    AS_OF,
    locked,
    make_build,
    make_night,
    published_bytes,
    versions_on_disk,
)

UPDATED_AT = datetime(2026, 3, 11, 9, 30, tzinfo=timezone(timedelta(hours=8)))
HELD = PublishMeta(
    "held", AS_OF, date(2026, 3, 11), "n1", "订单源过旧", "orders are too old", "r2", UPDATED_AT
)
TABLES = {
    "mart_run": pd.DataFrame({"run_id": ["r1", "r2"], "row_count": [7, 8]}),
    "mart_alert": pa.table({"alert_key": pa.array([], pa.string())}),
}


@pytest.fixture
def folder(tmp_path):
    return CompanyFolder(tmp_path / "company")


def read(folder, query):
    with duckdb.connect(str(folder.published / "operations.duckdb"), read_only=True) as con:
        return con.execute(query).fetchall()


def test_the_file_holds_the_operations_marts_and_one_row_of_state(folder):
    file = write_operations_file(folder, TABLES, HELD)
    assert read(folder, "from operations.publish_meta") == [
        (
            "held", AS_OF, date(2026, 3, 11), "n1", "订单源过旧", "orders are too old", "r2",
            datetime(2026, 3, 11, 1, 30),
        )
    ]  # fmt: skip
    assert read(folder, "from marts.mart_run order by 1") == [("r1", 7), ("r2", 8)]
    assert read(folder, "select count(*) from marts.mart_alert") == [(0,)]
    assert storage_number(file) == STORAGE_NUMBER
    assert file.stat().st_mode & 0o777 == 0o444


def test_before_the_first_night_there_is_a_state_without_a_version(folder):
    meta = PublishMeta("failed", None, AS_OF, None, "磁盘已满", "disk full", "r1", UPDATED_AT)
    write_operations_file(folder, {}, meta)
    assert read(folder, "select state, as_of, version from operations.publish_meta") == [
        ("failed", None, None)
    ]


def test_a_held_night_leaves_marts_parquet_and_manifest_byte_for_byte(folder, tmp_path):
    with locked(folder):
        build = make_build(tmp_path / "b.duckdb", "n1")
        Publisher(folder).publish(make_night(build, "n1"))
        before = published_bytes(folder)
        for _ in range(5):
            write_operations_file(folder, TABLES, HELD)
        Publisher(folder).recover()
    assert published_bytes(folder) == before
    operations = [name for name in versions_on_disk(folder) if name.startswith("operations")]
    assert operations == [
        "operations-000003.duckdb",
        "operations-000004.duckdb",
        "operations-000005.duckdb",
    ]


def test_what_a_killed_writer_left_is_gone_after_a_few_nights(folder):
    write_operations_file(folder, TABLES, HELD)
    half = folder.published / "versions" / "operations-000002.duckdb"
    half.write_bytes(b"half a file")
    half.with_name(half.name + ".wal").write_bytes(b"its log")
    for _ in range(3):
        write_operations_file(folder, TABLES, HELD)
    assert versions_on_disk(folder) == [
        "operations-000003.duckdb",
        "operations-000004.duckdb",
        "operations-000005.duckdb",
    ]
    assert read(folder, "select count(*) from marts.mart_run") == [(2,)]


def test_an_open_reader_keeps_its_file_and_the_next_one_sees_the_new(folder):
    write_operations_file(folder, TABLES, HELD)
    with duckdb.connect(str(folder.published / "operations.duckdb"), read_only=True) as reader:
        other = {"mart_run": pd.DataFrame({"run_id": ["r3"], "row_count": [9]})}
        write_operations_file(folder, other, HELD)
        assert reader.execute("select count(*) from marts.mart_run").fetchall() == [(2,)]
    assert read(folder, "from marts.mart_run") == [("r3", 9)]


def test_a_table_that_cannot_be_written_leaves_the_old_file_and_no_debris(folder):
    write_operations_file(folder, TABLES, HELD)
    files = versions_on_disk(folder)
    with pytest.raises((duckdb.Error, TypeError)):  # comes last: the others are written by then
        write_operations_file(folder, TABLES | {"mart_zz_bad": object()}, HELD)
    assert versions_on_disk(folder) == files
    assert read(folder, "select count(*) from marts.mart_run") == [(2,)]


@pytest.mark.parametrize(
    "wrong",
    [
        ("open", AS_OF, AS_OF, "n1", None, None, "r", UPDATED_AT),
        ("published", None, AS_OF, "n1", None, None, "r", UPDATED_AT),
        ("held", AS_OF, AS_OF, "n1", "有", None, "r", UPDATED_AT),
        ("published", AS_OF, AS_OF, "n1", None, None, "r", UPDATED_AT.replace(tzinfo=None)),
    ],
)
def test_a_state_that_would_leave_a_reader_guessing_is_refused(wrong):
    with pytest.raises(PublishError):
        PublishMeta(*wrong)


def test_a_published_state_needs_no_reason():
    meta = PublishMeta("published", AS_OF, AS_OF, "n1", None, None, "r", datetime.now(UTC))
    assert meta.state == "published"
