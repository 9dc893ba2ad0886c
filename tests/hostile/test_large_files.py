"""A CSV of 2 GB and a workbook of 300,000 rows land within 1 GB of memory."""

from __future__ import annotations

import json
import shutil

import pytest

from tests.hostile.large_files import write_csv, write_workbook
from tests.hostile.test_hostile_landing import land_all

pytestmark = pytest.mark.deep(topic="nights")
LIMIT_MB = 1_024
COMPANY = """\
company: {name: T, timezone: Asia/Shanghai, calendar: CN}
sources: [{name: big, entity: orders, kind: file, preset: excel, path: "inbox/*"}]
"""


@pytest.mark.parametrize(
    ("name", "write", "size"),
    [
        ("orders_20260302.csv", write_csv, 2 * 1024**3),
        ("orders_20260302.xlsx", write_workbook, 300_000),
    ],
)
def test_a_very_large_file_lands_within_one_gigabyte(tmp_path, name, write, size):
    if shutil.disk_usage(tmp_path).free < 15 * 1024**3:
        pytest.skip("needs 15 GB of free disk")
    (tmp_path / "company.yml").write_text(COMPANY, encoding="utf-8")
    (tmp_path / "inbox").mkdir()
    count = write(tmp_path / "inbox" / name, size)
    told = json.loads(land_all(tmp_path, seconds=3_600))
    ((record,),) = [source["records"] for source in told["sources"].values()]
    assert (record["status"], record["read"], record["landed"]) == ("landed", count, count)
    assert told["peak_mb"] < LIMIT_MB
    assert told["worker_mb"] < LIMIT_MB
