"""Which day a file covers: by its name, by a column, by its arrival, as its source declares."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.unit.landing.landing_world import Inbox

HEAD = "商机编号,阶段,更新时间\n"
ARRIVED = date(2026, 3, 20)  # at 20:00 in Shanghai, after the day closed at 18:00
COVERS = {
    "d_20260301.csv": date(2026, 3, 1),
    "d_2026-03-02.csv": date(2026, 3, 2),
    "d_2026_3_3.csv": date(2026, 3, 3),
    "d.2026.03.04.csv": date(2026, 3, 4),
    "导出2026年3月5日.csv": date(2026, 3, 5),
    "d_20260307T1759.csv": date(2026, 3, 6),
    "d_20260308T1800.csv": date(2026, 3, 8),
    "d_20260309 021500.csv": date(2026, 3, 8),
    "d_20260101_20260311.csv": date(2026, 3, 11),  # of a span the last day
    "d_20260231.csv": ARRIVED,  # no such day
    "d_1202603012.csv": ARRIVED,  # a number that only holds a day's figures
    "d.csv": ARRIVED,
}


def test_a_file_is_dated_by_its_name_and_without_a_date_there_by_its_arrival(
    tmp_path: Path,
) -> None:
    inbox = Inbox(tmp_path)
    for number, name in enumerate(COVERS):
        inbox.put(name, HEAD + f"D{number},报价中,\n")
    found = {Path(record.name).name: record.covers_until for record in inbox.land().records}
    assert found == COVERS


@pytest.mark.parametrize(
    ("declared", "covers"),
    [
        ("covers: previous_day", date(2026, 3, 9)),
        ("export_date: arrival", ARRIVED),
        ("export_date: 2026-02-01", date(2026, 2, 1)),
        ('export_date: "column:更新时间"', date(2026, 3, 4)),
    ],
)
def test_a_source_may_declare_how_its_files_are_dated(
    tmp_path: Path, declared: str, covers: date
) -> None:
    inbox = Inbox(tmp_path, f", {declared}")
    rows = "A,报价中,2026-03-03 10:00\nB,报价中,2026-03-04 10:00\nC,报价中,\n"
    assert inbox.put_and_land("d_20260310.csv", HEAD + rows).covers_until == covers


@pytest.mark.parametrize("declared", ["filename", '"column:更新时间"'])
def test_a_declared_date_that_is_not_there_is_told_and_not_guessed(
    tmp_path: Path, declared: str
) -> None:
    record = Inbox(tmp_path, f", export_date: {declared}").put_and_land(
        "d.csv", HEAD + "A,报价中,\n"
    )
    assert record.status == "unreadable"
    assert "date" in (record.error_en or "") and "d.csv" in (record.error_en or "")
