"""What a day may know of a source: what had arrived, covers no later day and was not refused."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from pipelines.landing.log import LandingRecord
from pipelines.landing.visible import earliest_day, visible_landings


def landed(seq: int, day: int, **more: Any) -> LandingRecord:
    """Make the record of an export of that day of March."""
    on = date(2026, 3, day)
    known: dict[str, Any] = {"entity": "opportunities", "part": "deals", "status": "landed"}
    return LandingRecord(
        seq=seq, source="crm", name=f"deals_{seq}.csv", export_on=on, covers_until=on, fingerprint="f",
        arrived_at=datetime(2026, 3, day, 12, tzinfo=UTC), **{**known, **more},
    )  # fmt: skip


def seen(records: list[LandingRecord], day: int, cutoff: int = 99) -> tuple[list[int], bool]:
    found = visible_landings(records, date(2026, 3, day), cutoff)
    return [record.seq for record in found.records], found.is_reconstructed


def test_a_day_knows_the_exports_that_cover_it_or_a_day_before() -> None:
    records = [landed(1, 9), landed(2, 11), landed(3, 10)]
    assert seen(records, 10) == ([1, 3], False)
    assert seen(records, 11) == ([1, 3, 2], False)


def test_what_arrived_behind_the_cutoff_is_not_known() -> None:
    assert seen([landed(1, 9), landed(2, 10)], 10, cutoff=1) == ([1], False)


def test_a_blocked_or_unreadable_file_is_not_known_and_a_repeated_one_is() -> None:
    records = [
        landed(1, 8), landed(2, 9, status="repeated"), landed(3, 9, status="blocked"), landed(4, 9, status="unreadable"),
    ]  # fmt: skip
    assert seen(records, 9) == ([1, 2], False)


def test_days_before_the_first_export_are_told_by_the_files_of_its_day_alone() -> None:
    records = [landed(1, 9), landed(2, 9, part="west"), landed(3, 10)]
    assert seen(records, 1) == ([1, 2], True)


def test_targets_count_once_they_have_arrived_whatever_day_they_cover() -> None:
    assert seen([landed(1, 20, entity="targets")], 1) == ([1], False)


def test_of_each_part_the_file_that_covers_most_is_in_force_then_the_last() -> None:
    records = [landed(1, 10), landed(2, 9), landed(3, 9, part="west"), landed(4, 9, part="west")]
    force = visible_landings(records, date(2026, 3, 10), 99).in_force()
    assert {part: record.seq for part, record in force.items()} == {"deals": 1, "west": 4}


def test_the_earliest_day_is_that_of_any_row_that_counts() -> None:
    records = [
        landed(1, 9, earliest_on=date(2025, 5, 2)),
        landed(2, 9),
        landed(3, 9, status="blocked", earliest_on=date(2020, 1, 1)),
    ]
    assert earliest_day(records) == date(2025, 5, 2)
    assert earliest_day([landed(1, 9)]) is None
