"""Deltas upsert by key, appends add, keyless rows are numbered and stand."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from pipelines.landing.log import Counts
from tests.unit.landing.landing_world import Inbox

HEAD = "商机编号,阶段,预计金额\n"
VISITS = "跟进人编号,跟进时间,跟进方式,跟进内容\n"


def test_a_delta_upserts_by_key_and_deletes_nothing(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "c", source=", load: delta")
    inbox.put_and_land("d_20260301.csv", HEAD + "A,报价中,1\nB,报价中,2\n")
    record = inbox.put_and_land("d_20260302.csv", HEAD + "A,报价中,10\nC,报价中,3\nB,报价中,2\n")
    assert (record.counts, record.deleted) == (Counts(read=3, landed=2, unchanged=1), 0)
    rows = inbox.known("2026-03-02", "select opportunity_id, amount::int from rows order by 1")
    assert rows == [("A", 10), ("B", 2), ("C", 3)]
    assert inbox.known("2026-03-01", "select count(*) from rows") == [(2,)]


def test_a_delta_that_arrives_late_does_not_overrule_a_newer_one(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "c", source=", load: delta")
    inbox.put_and_land("d_20260301.csv", HEAD + "A,报价中,1\n")
    inbox.put_and_land("d_20260303.csv", HEAD + "A,报价中,1\n")
    inbox.put_and_land("d_20260302.csv", HEAD + "A,报价中,2\n")
    assert inbox.known("2026-03-02", "select amount::int from rows") == [(2,)]
    assert inbox.known("2026-03-03", "select amount::int from rows") == [(1,)]


def test_what_deltas_changed_are_dated_versions_by_the_day_they_cover(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "c", source=", load: delta")
    for day, amount in (("01", 1), ("04", 4), ("02", 2)):
        inbox.put_and_land(f"d_202603{day}.csv", HEAD + f"A,报价中,{amount}\n")
    versions = inbox.known(
        "2026-03-04", "select amount::int, valid_from, valid_before from versions order by 2"
    )
    assert versions == [
        (1, date(2026, 3, 1), date(2026, 3, 2)),
        (2, date(2026, 3, 2), date(2026, 3, 4)),
        (4, date(2026, 3, 4), None),
    ]


def test_two_equal_keyless_rows_are_two_events(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "c", entity="activities")
    same = "P1,2026-03-01 10:00,电话,问候\n"
    record = inbox.put_and_land(
        "a_20260301.csv", VISITS + same + same + "P2,2026-03-01 10:00,电话,问候\n"
    )
    assert record.counts == Counts(read=3, landed=3)
    assert inbox.known("2026-03-01", "select count(*) from rows") == [(3,)]


def test_a_snapshot_of_keyless_rows_replaces_them_by_content(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "c", entity="activities")
    same = "P1,2026-03-01 10:00,电话,问候\n"
    inbox.put_and_land("a_20260301.csv", VISITS + same + same)
    record = inbox.put_and_land("a_20260302.csv", VISITS + same + "P2,2026-03-02 10:00,电话,问候\n")
    assert (record.counts, record.deleted) == (Counts(read=2, landed=1, unchanged=1), 1)


def test_an_append_of_keyless_rows_adds_them_each_time(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "c", source=", load: append", entity="activities")
    inbox.put_and_land("a_20260301.csv", VISITS + "P1,2026-03-01 10:00,电话,问候\n")
    record = inbox.put_and_land(
        "a_20260302.csv", VISITS + "P1,2026-03-01 10:00,电话,问候\nP1,2026-03-02 10:00,电话,再访\n"
    )
    assert record.counts == Counts(read=2, landed=2)
    assert inbox.known("2026-03-02", "select count(*) from rows") == [(3,)]


def test_an_event_dated_after_d_does_not_count_yet(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "c", entity="activities")
    inbox.put_and_land(
        "a_20260301.csv", VISITS + "P1,2026-03-01 23:50,电话,问候\nP1,2026-03-02 00:10,电话,问候\n"
    )
    assert inbox.known("2026-03-01", "select occurred_on::varchar from rows") == [("2026-03-01",)]


def test_two_target_rows_with_one_key_and_different_values_are_an_error_naming_both(
    tmp_path: Path,
) -> None:
    inbox = Inbox(tmp_path / "c", entity="targets")
    head = "期间,指标,团队,目标值(万元)\n"
    inbox.put_and_land("t.csv", head + "2026-03,签单额,一队,50\n2026-03,签单额,二队,40\n")
    record = inbox.put_and_land(
        "t.csv", head + "2026-03,签单额,一队,60\n2026-03,签单额,一队,70\n2026-03,签单额,二队,45\n"
    )
    assert record.counts.quarantined == 2 and record.counts.is_reconciled
    assert [(row[1], row[4]) for row in inbox.quarantine()] == [(2, "conflict"), (3, "conflict")]
    rows = inbox.known("2026-03-31", "select team, value::int from rows order by 1")
    assert rows == [("一队", 500000), ("二队", 450000)]
