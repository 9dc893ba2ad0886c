"""When an export was taken, which day it covers and which part of its source it is, by its name and hour."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from pipelines.core.export_time import (
    ExportTime,
    NoExportDate,
    covers_until,
    export_time,
    export_time_in_name,
    part_of,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
TENTH = date(2026, 3, 10)
# 01:30 on the 11th in Shanghai.
ARRIVED = datetime(2026, 3, 10, 17, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("opportunities_20260310.csv", ExportTime(TENTH)),
        ("导出2026年3月10日.xlsx", ExportTime(TENTH)),
        ("deals_2026.3.10.csv", ExportTime(TENTH)),
        ("deals-2026-03-10T0215.csv", ExportTime(TENTH, time(2, 15))),
        ("deals_20260310_235959.csv", ExportTime(TENTH, time(23, 59, 59))),
        ("2026-03-01 bis 2026-03-10.csv", ExportTime(TENTH)),
        ("20260309/deals_20260310.csv", ExportTime(TENTH)),
        ("20260310/deals.csv", None),
        ("deals_2026-02-30.csv", None),
        ("deals_2026-03_10.csv", None),
        ("order_120260310.csv", None),
        ("deals.csv", None),
    ],
)
def test_the_last_possible_date_in_a_name_is_that_of_the_export(
    name: str, found: ExportTime | None
) -> None:
    assert export_time_in_name(name) == found


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("deals_20260310.csv", "deals_.csv"),
        ("east/deals_20260310_0215.csv", "east/deals_.csv"),
        ("deals.csv", "deals.csv"),
        ("20260310", "_"),
    ],
)
def test_a_part_is_the_name_without_day_and_hour(name: str, part: str) -> None:
    assert part_of(name) == part


@pytest.mark.parametrize(
    ("at", "covers", "until"),
    [
        (time(17, 59, 59), "same_day", date(2026, 3, 9)),
        (time(18, 0), "previous_day", date(2026, 3, 10)),
        (None, "same_day", date(2026, 3, 10)),
        (None, "previous_day", date(2026, 3, 9)),
    ],
)
def test_an_export_covers_its_day_from_the_close_of_business_on_and_without_an_hour_by_its_word(
    at: time | None, covers: str, until: date
) -> None:
    assert covers_until(ExportTime(TENTH, at), covers, time(18)) == until


def test_without_a_date_in_its_name_an_export_is_of_the_local_moment_of_its_arrival() -> None:
    arrival = ExportTime(date(2026, 3, 11), time(1, 30))
    assert export_time("auto", "deals.csv", ARRIVED, SHANGHAI) == arrival
    assert export_time("arrival", "deals_20260310.csv", ARRIVED, SHANGHAI) == arrival
    assert export_time("auto", "deals_20260310.csv", ARRIVED, SHANGHAI) == ExportTime(TENTH)


def test_a_source_may_name_its_column_or_one_day_for_all() -> None:
    assert export_time("column:导出日", "x.csv", ARRIVED, SHANGHAI, TENTH) == ExportTime(TENTH)
    assert export_time("2026-03-10", "x_20260309.csv", ARRIVED, SHANGHAI) == ExportTime(TENTH)


@pytest.mark.parametrize(
    ("rule", "says"),
    [("filename", r"deals\.csv: no date in the file name"), ("column:导出日", "column '导出日' holds no date")],
)  # fmt: skip
def test_a_date_that_is_asked_for_and_not_there_is_said(rule: str, says: str) -> None:
    with pytest.raises(NoExportDate, match=says):
        export_time(rule, "deals.csv", ARRIVED, SHANGHAI)
