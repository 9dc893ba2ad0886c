"""A JSON document is read within the memory that there is, or refused with the way out."""

import json

import duckdb
import pytest

from pipelines.sources.errors import DamagedFile
from pipelines.sources.json_document import document_objects, only_records
from pipelines.sources.options import Content, FileOptions

DEALS = {"id": "d1", "stage": "赢单"}


def test_a_small_document_needs_little_memory(tmp_path):
    """Two sources land side by side, each with half: a document takes what it is, not what one may be."""
    path = tmp_path / "deals.json"
    path.write_text(json.dumps({"data": [DEALS]}), "utf-8")
    with duckdb.connect(config={"memory_limit": "60MB"}) as con:
        assert only_records(con, path, Content("deals.json", "", path)) == ("data", 1)


@pytest.mark.parametrize("records", ["", "data"])
def test_a_document_that_memory_cannot_hold_is_a_file_that_cannot_be_read(tmp_path, records):
    path = tmp_path / "deals.json"
    path.write_text(json.dumps({"data": [DEALS | {"note": "x" * 1_000_000}] * 40}), "utf-8")
    content = Content("deals.json", "", path)
    with (
        duckdb.connect(config={"memory_limit": "60MB"}) as con,
        pytest.raises(DamagedFile) as refused,
    ):
        if records:
            document_objects(con, path, content, FileOptions(records=records))
        else:
            only_records(con, path, content)
    assert "too large" in refused.value.text("en") and "JSON Lines" in refused.value.text("en")
