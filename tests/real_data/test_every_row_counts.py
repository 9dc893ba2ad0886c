"""The identity read = landed + unchanged + quarantined + exact duplicates + skipped + held, on every raw file of every set.

The company folders of the other tests hold it with their own mappings; here each file of each set,
products and link tables included, is landed with its first column as key and name, twice: the
second landing must say that every good row is unchanged.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
import yaml

from pipelines.landing.connection import landing_connection
from pipelines.landing.mapping import Vocabulary
from pipelines.landing.source import land_source
from pipelines.settings import CompanyFolder, load_company
from pipelines.sources.files import FileOptions, read_tables
from tests.hostile.land_child import SEEN_AT
from tests.shared_data import SHARED, needs_shared_data

pytestmark = needs_shared_data
SUFFIXES = (".csv", ".xlsx", ".gz")
FILES = sorted(p for p in SHARED.rglob("*") if p.suffix in SUFFIXES) if SHARED else []
# The Microsoft exports have no header line, one file is in Mac Roman: a source says so.
NO_HEADER = ("ms_2017", "ms_2017_dw", "ms_2025")
MAC_ROMAN = "Superstore Sales 2022.csv"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SHARED)))
def test_every_row_read_is_accounted_for_and_a_second_copy_changes_nothing(path, tmp_path):
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    for name in ("a_20260101", "a_20260102"):
        (inbox / f"{name}{path.suffix}").write_bytes(path.read_bytes())
    source = {
        "name": "any", "entity": "accounts", "path": "inbox/*", "columns": columns_of(path),
        "has_header": path.parent.name not in NO_HEADER,
        "encoding": "mac_roman" if path.name == MAC_ROMAN else None,
    }  # fmt: skip
    body = {"company": {"name": "T"}, "quality": {"max_bad_row_rate": 1}, "sources": [source]}
    (tmp_path / "company.yml").write_text(yaml.safe_dump(body), encoding="utf-8")
    folder = CompanyFolder(tmp_path)
    settings = load_company(folder)
    landing = land_source(folder, settings, settings.sources[0], Vocabulary(), SEEN_AT)
    first, second = landing.records
    for record in (first, second):
        counts = record.counts
        assert counts.read > 0, record.error_en
        assert counts.read == (
            counts.landed + counts.unchanged + counts.quarantined
            + counts.exact_duplicates + counts.skipped + counts.held
        )  # fmt: skip
    assert (second.counts.landed, second.counts.unchanged) == (0, first.counts.landed)
    assert second.counts.read == first.counts.read


def columns_of(path) -> dict[str, str]:
    """Take the first column for key and name, under the name that the file gives it."""
    if path.parent.name in NO_HEADER:
        return {"account_id": "column_1", "name": "column_1"}
    first = headers(path)[0]
    return {"account_id": first, "name": first}


def headers(path) -> tuple[str, ...]:
    encoding = "mac_roman" if path.name == MAC_ROMAN else None
    with tempfile.TemporaryDirectory() as folder, landing_connection(Path(folder) / "db") as con:
        tables = read_tables(
            path, con, work_dir=Path(folder) / "read", options=FileOptions(encoding=encoding)
        )
        return tables[0].headers
