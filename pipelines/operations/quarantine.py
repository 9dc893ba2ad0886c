"""The rows that could not be used, as they stand now: file, sheet, row, column, value, and the fix.

Of a snapshot only the newest delivery of each part counts, for a later export mends what an earlier
one had wrong; of a delta or an append every delivery does.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import duckdb
import pyarrow as pa

from pipelines.core.sql_text import quote_text
from pipelines.landing.contract import load_entities
from pipelines.landing.log import LandingLog, LandingRecord
from pipelines.settings import CompanyFolder, CompanySettings

ROWS_KEPT = 100_000
MASK = "***"

# Grain: one row per file, row and broken rule.
SCHEMA = pa.schema(
    [
        ("source", pa.string()),
        ("entity", pa.string()),
        ("file", pa.string()),
        ("sheet", pa.string()),
        ("row_no", pa.int64()),
        ("column_name", pa.string()),
        ("value", pa.string()),
        ("rule", pa.string()),
        ("message_zh", pa.string()),
        ("message_en", pa.string()),
        ("is_superseded", pa.bool_()),
    ]
)


def quarantine_mart(folder: CompanyFolder, settings: CompanySettings) -> pa.Table:
    """Return what is in quarantine now, newest delivery first; at most 100,000 rows.

    Values of personal columns (phone, e-mail, …) are masked, in the messages too.
    """
    log = LandingLog(folder.landing)
    files = [
        folder.landing / record.quarantine_path
        for source in settings.sources
        for record in _in_force(log.of_source(source.name), source.load == "snapshot")
        if record.quarantine_path
    ]
    files = [file for file in files if file.is_file()]
    if not files:
        return SCHEMA.empty_table()
    with duckdb.connect() as con:
        return con.sql(_select(files)).to_arrow_table().cast(SCHEMA)


def _in_force(records: Iterable[LandingRecord], is_snapshot: bool) -> list[LandingRecord]:
    if not is_snapshot:
        return list(records)
    newest = {record.part: record for record in records if record.status != "unreadable"}
    return list(newest.values())


def _select(files: Iterable[Path]) -> str:
    personal = [
        f"(entity = {quote_text(entity.name)} and column_name = {quote_text(column.name)})"
        for entity in load_entities().values()
        for column in entity.columns
        if column.personal
    ]
    is_personal = f"value is not null and ({' or '.join(personal)})"
    told = ", ".join(
        f"case when {is_personal} then replace({name}, value, '{MASK}') else {name} end as {name}"
        for name in ("message_zh", "message_en")
    )
    listed = ", ".join(quote_text(str(file)) for file in files)
    return f"""
        select source, entity, file, sheet, row_no, column_name,
            case when {is_personal} then '{MASK}' else value end as value, rule, {told},
            is_superseded
        from read_parquet([{listed}])
        order by delivery_seq desc, source, sheet, row_no, error_no
        limit {ROWS_KEPT}
    """
