"""Snapshots: keys replaced part by part, changed rows kept, nothing lost to a bad row."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import pytest

from pipelines.landing import source
from pipelines.landing.log import Counts
from tests.unit.landing.landing_world import Inbox

HEAD = "商机编号,阶段,预计金额\n"


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    return Inbox(tmp_path / "company")


def amounts(inbox: Inbox, as_of: str) -> list[tuple]:
    return inbox.known(as_of, "select opportunity_id, amount::int from rows order by 1")


def test_a_missing_key_is_deleted_a_new_one_added_and_unchanged_rows_are_not_written_again(
    inbox: Inbox,
) -> None:
    inbox.put_and_land("d_20260301.csv", HEAD + "A,报价中,1\nB,报价中,2\nC,报价中,3\n")
    record = inbox.put_and_land("d_20260302.csv", HEAD + "A,报价中,1\nB,报价中,20\nD,报价中,4\n")
    assert record.counts == Counts(read=3, landed=2, unchanged=1)
    assert (record.deleted, record.live_keys_before, record.live_keys) == (1, 3, 3)
    assert amounts(inbox, "2026-03-01") == [("A", 1), ("B", 2), ("C", 3)]
    assert amounts(inbox, "2026-03-02") == [("A", 1), ("B", 20), ("D", 4)]


def test_a_key_that_comes_back_after_a_day_away_is_new_again(inbox: Inbox) -> None:
    for day, rows in {
        "01": "A,报价中,1\nB,报价中,2\n",
        "02": "A,报价中,1\n",
        "03": "A,报价中,1\nB,报价中,2\n",
    }.items():
        inbox.put(f"d_202603{day}.csv", HEAD + rows)
    first, second, third = inbox.land().records
    assert (second.deleted, third.counts.landed, third.counts.unchanged) == (1, 1, 1)
    assert [r.live_keys for r in (first, second, third)] == [2, 1, 2]
    assert amounts(inbox, "2026-03-02") == [("A", 1)]


def test_files_of_one_part_that_are_written_differently_land_as_each_would_alone(
    tmp_path: Path,
) -> None:
    text = HEAD + "A,报价中,1\nB,赢单,2\nC,谈判,x\n"
    files = [
        text.encode(),
        text.replace(",", ";").encode(),
        text.replace("2", "20").encode("gb18030"),
        text.replace("1", "10").encode("utf-8-sig"),
        text.replace("\n", "\r\n").encode(),
        ("商机清单,,\n" + text).encode(),
        (text + "D,报价中,4,5\n").encode(),
        (text + "合计,,3\n").encode(),
        text.replace("A,报价中", '"A",报价中').encode(),
        text.encode(),
    ]
    once, stepwise = Inbox(tmp_path / "once"), Inbox(tmp_path / "stepwise")
    for day, content in enumerate(files, start=1):
        for inbox in (once, stepwise):
            inbox.put(f"d_202603{day:02}.csv", "")
            (inbox.folder.inbox / f"d_202603{day:02}.csv").write_bytes(content)
        stepwise.land()
    landed, expected = once.land().records, stepwise.land().records
    assert [replace(r, fingerprint="") for r in landed] == [
        replace(r, fingerprint="") for r in expected
    ]
    for record in landed:
        for kept in (record.rows_path, record.quarantine_path):
            if kept:
                assert stored(once, kept) == stored(stepwise, kept)


def stored(inbox: Inbox, path: str) -> list[tuple]:
    file = inbox.folder.landing / path
    with duckdb.connect() as con:
        return con.execute(f"from read_parquet('{file}', hive_partitioning = false)").fetchall()


@pytest.mark.parametrize("batch_files", [200, 4])
def test_landing_many_files_at_once_or_one_by_one_gives_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batch_files: int
) -> None:
    once, stepwise = Inbox(tmp_path / "once"), Inbox(tmp_path / "stepwise")
    days = {
        f"d_202603{d:02}.csv": HEAD
        + "".join(f"K{k},报价中,{k * (d if k == d else 1)}\n" for k in range(d % 4, 9))
        for d in range(1, 10)
    }
    for name, text in days.items():
        once.put(name, text)
        stepwise.put_and_land(name, text)
    monkeypatch.setattr(source, "BATCH_FILES", batch_files)
    plain = [(r.counts, r.deleted, r.live_keys, r.status) for r in once.land().records]
    assert plain == [(r.counts, r.deleted, r.live_keys, r.status) for r in stepwise.land().records]
    for day in ("2026-03-04", "2026-03-09"):
        assert amounts(once, day) == amounts(stepwise, day)


def test_a_bad_row_leaves_the_last_good_version_of_its_key_in_force(inbox: Inbox) -> None:
    inbox.put_and_land("d_20260301.csv", HEAD + "A,报价中,1\nB,报价中,2\n")
    record = inbox.put_and_land("d_20260302.csv", HEAD + "A,报价中,12.3.4\nB,报价中,2\n")
    assert (record.counts.quarantined, record.deleted, record.live_keys) == (1, 0, 2)
    assert amounts(inbox, "2026-03-02") == [("A", 1), ("B", 2)]
    assert inbox.quarantine() == [("inbox/d_20260302.csv", 2, "amount", "12.3.4", "not_a_number")]


def test_an_unmapped_stage_is_an_error_row_not_a_silent_null(inbox: Inbox) -> None:
    inbox.put_and_land("d_20260301.csv", HEAD + "A,未知阶段,1\nB,报价中,2\n")
    assert inbox.quarantine() == [("inbox/d_20260301.csv", 2, "stage", "未知阶段", "unknown_value")]


def test_nineteen_bad_rows_pass_and_twenty_of_a_hundred_block_the_file(inbox: Inbox) -> None:
    good = "".join(f"G{i},报价中,1\n" for i in range(80))
    inbox.put_and_land("d_20260301.csv", HEAD + good)
    nineteen = "".join(f"B{i},报价中,x\n" for i in range(19))
    record = inbox.put_and_land("d_20260302.csv", HEAD + good + nineteen)
    assert (record.status, record.counts.quarantined) == ("repeated", 19)
    record = inbox.put_and_land("d_20260303.csv", HEAD + good[:-10] + nineteen + "B19,报价中,x\n")
    assert record.status == "blocked" and record.counts.is_reconciled
    assert (record.counts.held, record.counts.landed, record.counts.quarantined) == (79, 0, 20)
    assert "20 of 99 rows" in (record.error_en or "") and "99 行中有 20 行" in (
        record.error_zh or ""
    )
    assert len(amounts(inbox, "2026-03-03")) == 80


def test_twenty_bad_rows_of_four_hundred_are_within_five_per_cent(inbox: Inbox) -> None:
    rows = "".join(f"G{i},报价中,1\n" for i in range(380)) + "".join(
        f"B{i},报价中,x\n" for i in range(20)
    )
    assert inbox.put_and_land("d_20260301.csv", HEAD + rows).status == "landed"


def test_exact_duplicates_fall_and_of_two_versions_the_last_row_wins(inbox: Inbox) -> None:
    record = inbox.put_and_land(
        "d_20260301.csv", HEAD + "A,报价中,1\nA,报价中,1\nB,报价中,2\nB,报价中,3\n"
    )
    assert record.counts == Counts(read=4, landed=2, quarantined=1, exact_duplicates=1)
    assert record.superseded == 1 and record.counts.is_reconciled
    assert amounts(inbox, "2026-03-01") == [("A", 1), ("B", 3)]
    assert [row[4] for row in inbox.quarantine()] == ["superseded"]


def test_the_newest_updated_at_wins_over_the_last_row(inbox: Inbox) -> None:
    text = "商机编号,阶段,预计金额,更新时间\nA,报价中,1,2026-03-01 09:00\nA,报价中,2,2026-02-01 09:00\n"
    inbox.put_and_land("d_20260301.csv", text)
    assert amounts(inbox, "2026-03-01") == [("A", 1)]


def test_the_same_file_under_a_new_name_changes_nothing(inbox: Inbox) -> None:
    text = HEAD + "A,报价中,1\nB,报价中,2\n"
    inbox.put_and_land("deals_20260301.csv", text)
    record = inbox.put_and_land("deals final (2)_20260301.csv", text)
    assert (record.status, record.counts) == ("repeated", Counts(read=2, unchanged=2))
    assert amounts(inbox, "2026-03-01") == [("A", 1), ("B", 2)]


def test_an_export_of_one_team_never_deletes_anothers_deals(inbox: Inbox) -> None:
    inbox.put_and_land("east_20260301.csv", HEAD + "A,报价中,1\n")
    inbox.put_and_land("west_20260301.csv", HEAD + "B,报价中,2\n")
    record = inbox.put_and_land("east_20260302.csv", HEAD + "C,报价中,3\n")
    assert record.deleted == 1
    assert amounts(inbox, "2026-03-02") == [("B", 2), ("C", 3)]


def test_a_key_that_two_parts_show_is_as_the_newer_export_says(inbox: Inbox) -> None:
    inbox.put_and_land("east_20260302.csv", HEAD + "A,报价中,2\n")
    inbox.put_and_land("west_20260301.csv", HEAD + "A,报价中,1\n")
    assert amounts(inbox, "2026-03-02") == [("A", 2)]
    inbox.put_and_land("west_20260303.csv", HEAD + "A,报价中,3\n")
    assert amounts(inbox, "2026-03-03") == [("A", 3)]


def test_a_file_that_arrives_late_takes_its_place_by_the_day_it_covers(inbox: Inbox) -> None:
    inbox.put_and_land("d_20260301.csv", HEAD + "A,报价中,1\n")
    inbox.put_and_land("d_20260303.csv", HEAD + "A,报价中,3\n")
    inbox.put_and_land("d_20260302.csv", HEAD + "A,报价中,2\nB,报价中,9\n")
    assert amounts(inbox, "2026-03-02") == [("A", 2), ("B", 9)]
    assert amounts(inbox, "2026-03-03") == [("A", 3)]
    before_it_arrived = inbox.known(
        "2026-03-02", "select opportunity_id, amount::int from rows", cutoff=2
    )
    assert before_it_arrived == [("A", 1)]
    spans = inbox.known(
        "2026-03-03",
        "select amount::int, valid_from, valid_before from versions where opportunity_id = 'A' order by 2",
    )
    assert spans == [
        (1, date(2026, 3, 1), date(2026, 3, 2)), (2, date(2026, 3, 2), date(2026, 3, 3)), (3, date(2026, 3, 3), None),
    ]  # fmt: skip


def test_the_first_landing_also_serves_the_days_before_it(inbox: Inbox) -> None:
    text = "商机编号,阶段,预计金额,创建时间\nA,报价中,1,2026-01-10\nB,报价中,2,2026-02-20\nU,报价中,3,\n"
    inbox.put_and_land("d_20260301.csv", text)
    rows = inbox.known("2026-01-31", "select opportunity_id, is_reconstructed from rows order by 1")
    assert rows == [("A", True), ("U", True)]
    assert inbox.known("2026-03-01", "select bool_or(is_reconstructed) from rows") == [(False,)]


def test_changes_between_exports_become_dated_versions(inbox: Inbox) -> None:
    for day, rows in {
        "01": "A,报价中,1\n",
        "02": "A,报价中,1\n",
        "03": "A,赢单,1\n",
        "05": "B,报价中,1\n",
    }.items():
        inbox.put_and_land(f"d_202603{day}.csv", HEAD + rows)
    rows = inbox.known(
        "2026-03-05",
        "select opportunity_id, stage, valid_from, valid_before, version_no from versions order by 1, 3",
    )
    assert rows == [
        ("A", "quoting", date(2026, 3, 1), date(2026, 3, 3), 1),
        ("A", "won", date(2026, 3, 3), date(2026, 3, 5), 2),
        ("B", "quoting", date(2026, 3, 5), None, 1),
    ]


def test_a_company_that_closes_its_day_later_says_so(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "company", quality='day_close: "20:00"')
    assert inbox.put_and_land("d_20260303T1800.csv", HEAD + "A,报价中,1\n").covers_until == date(
        2026, 3, 2
    )


def test_a_company_says_how_many_and_what_share_of_bad_rows_block_a_file(tmp_path: Path) -> None:
    """Two bad rows of five: few enough by default; too many of them where two may already block."""
    rows = HEAD + "A,报价中,1\nB,报价中,1\nC,报价中,1\nD,报价中,x\nE,报价中,x\n"
    statuses = {}
    for name, quality in {
        "default": "",
        "strict": "quality: {min_bad_rows: 2}",
        "lenient": "quality: {min_bad_rows: 2, max_bad_row_rate: 0.4}",
    }.items():
        statuses[name] = (
            Inbox(tmp_path / name, quality=quality).put_and_land("d_20260301.csv", rows).status
        )
    assert statuses == {"default": "landed", "strict": "blocked", "lenient": "landed"}


def test_an_impossible_file_leaves_the_last_good_landing_and_says_why(inbox: Inbox) -> None:
    inbox.put_and_land("d_20260301.csv", HEAD + "A,报价中,1\n")
    (inbox.folder.inbox / "d_20260302.csv").write_bytes(b"\xff\xfe\x00bad\x00\xd8" * 3)
    record = inbox.land().records[-1]
    assert record.status == "unreadable" and "d_20260302.csv" in (record.error_en or "")
    assert amounts(inbox, "2026-03-02") == [("A", 1)]


def test_a_key_with_a_good_and_a_bad_row_in_one_file_stands_by_its_good_row(inbox: Inbox) -> None:
    for day, rows in {
        "01": "A,报价中,1\n",
        "02": "A,报价中,1\nA,报价中,x\n",
        "03": "A,报价中,1\n",
    }.items():
        inbox.put(f"d_202603{day}.csv", HEAD + rows)
    assert [record.deleted for record in inbox.land().records] == [0, 0, 0]
    assert amounts(inbox, "2026-03-03") == [("A", 1)]
