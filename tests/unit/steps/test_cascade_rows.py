"""When a target counts as recorded: by the day its sheet covers, never after the day of the night."""

from __future__ import annotations

from datetime import date

import duckdb

from pipelines.steps.cascade import _target_rows

KEY = (
    "period varchar, start_on date, end_on date, metric varchar, node varchar, region varchar, "
    "team varchar, person varchar, product_line varchar, customer_type varchar, "
    "value_kind varchar, level varchar, scenario varchar, effective_from date"
)


def rows_on(as_of: str) -> list[tuple[object, object, object]]:
    """One sheet of 9 February with a row; a second of 20 February without it, with another."""
    with duckdb.connect() as con:
        con.execute("create schema landed; create schema reference")
        con.execute(f"create table reference.company as select date '{as_of}' as as_of")
        con.execute(
            f"create table landed.targets_version ({KEY}, value decimal(18, 2), source varchar, "
            "version_no bigint, valid_from date, valid_before date)"
        )
        con.execute(
            f"create table landed.targets ({KEY}, value decimal(18, 2), source varchar, source_row varchar)"
        )
        con.execute("""
            insert into landed.targets_version
                (period, value, source, version_no, valid_from, valid_before)
            values ('2026-02', 100, 'sheet', 1, date '2026-02-09', date '2026-02-20'),
                ('2026-03', 200, 'sheet', 1, date '2026-02-20', null)
        """)
        found = _target_rows(con)
    return [(row["period"], row["recorded_on"], row["removed_on"]) for row in found]


def test_a_target_is_recorded_when_its_sheet_is_and_removed_when_a_later_sheet_lacks_it():
    assert rows_on("2026-03-10") == [
        ("2026-02", date(2026, 2, 9), date(2026, 2, 20)),
        ("2026-03", date(2026, 2, 20), None),
    ]


def test_a_sheet_dated_after_the_day_is_known_on_it_and_recorded_on_it():
    # It has arrived; a change of the future would hold the night of a day that is built again.
    assert rows_on("2026-01-15") == [
        ("2026-02", date(2026, 1, 15), date(2026, 1, 15)),
        ("2026-03", date(2026, 1, 15), None),
    ]
