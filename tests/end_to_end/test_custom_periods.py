"""Periods of a company's own that begin on the same day, through real nights; figures worked out by hand.

The small world (tests/small_world.py) with three more periods, all from 1 February 2026:
  to 14 February  in company.yml; its target is what its days have of the next one
  to 17 March     100,000 in the target sheet
  to 31 March     200,000 in the target sheet
The 100,000 have 28 workdays, 11 of them by 14 February: 39,285.714, on its seats a cent up.
Signed in them by 28 February: 50,000 by the 14th, 90,000 in all. Open deals: 50,000 due on 15 March,
30,000 on 20 March, 20,000 on 1 April.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import pytest

from tests.nights import marts, night
from tests.small_world import COMPANY, deliver, write_small_world

pytestmark = [pytest.mark.slow, pytest.mark.deep(topic="nights")]

TARGETS = """\
期间,开始日期,结束日期,指标,目标值
,2026-02-01,2026-03-17,签单额,100000
,2026-02-01,2026-03-31,签单额,200000
"""
CUSTOM = "custom_periods:\n  - {label: 二月上半月, start: 2026-02-01, end: 2026-02-14}\n"
FIRST, SHORT, MIDDLE, LONG = (
    date(2026, 2, 1), date(2026, 2, 14), date(2026, 3, 17), date(2026, 3, 31),
)  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_small_world(tmp_path_factory.mktemp("custom") / "company")
    (folder / "company.yml").write_text(COMPANY + CUSTOM, encoding="utf-8")
    deliver(folder, "targets", TARGETS, "20260228", "utf-8")
    for day in ("2026-02-28", "2026-03-02"):
        result = night(folder, day)
        assert result.outcome == "published", (result.reason_en, result.checks_failed)
    return folder


def of_company(home: Path, mart: str, columns: str, more: str = "") -> list[tuple[Any, ...]]:
    return marts(
        home,
        f"select {columns} from {mart} where period_type = 'custom' and scope_type = 'company' {more} order by all",
    )


def test_each_has_its_own_target_actual_and_gap(home: Path) -> None:
    rows = of_company(
        home, "mart_target_attainment", "period_start, period_end, target, actual, gap",
        "and metric = 'signed_amount' and level = 'base' and scenario = 'base'",
    )  # fmt: skip
    assert rows == [
        (FIRST, SHORT, D("39285.72"), D("50000.00"), D("-10714.28")),
        (FIRST, MIDDLE, D("100000.00"), D("90000.00"), D("10000.00")),
        (FIRST, LONG, D("200000.00"), D("90000.00"), D("110000.00")),
    ]


def test_coverage_sets_the_deals_due_in_each_against_its_own_gap(home: Path) -> None:
    rows = of_company(
        home,
        "mart_pipeline_coverage",
        "period_end, remaining_gap, open_count, open_amount, round(coverage_ratio, 6)",
    )
    assert rows == [
        (MIDDLE, D("10000.00"), 1, D("50000.00"), 5.0),
        (LONG, D("110000.00"), 2, D("80000.00"), 0.727273),
    ]


def test_what_was_won_and_lost_is_counted_once_in_each(home: Path) -> None:
    # February: W4 and W5 won, L2 and L3 lost; by the 14th W4 and L2.
    rows = of_company(
        home, "mart_win_rate", "period_end, won_count, lost_count, win_rate",
        "and product_line = '(all)' and lead_source = '(all)' and tier = '(all)'",
    )  # fmt: skip
    assert rows == [(SHORT, 1, 1, 0.5)]


def test_the_gap_of_each_is_explained_to_the_cent(home: Path) -> None:
    gaps = dict(
        of_company(
            home,
            "mart_gap",
            "period_end, gap",
            "and metric = 'signed_amount' and period_end > date '2026-02-28'",
        )
    )
    causes = dict(
        of_company(
            home, "mart_gap_cause", "period_end, sum(contribution)",
            "and metric = 'signed_amount' and period_end > date '2026-02-28' group by period_end",
        )
    )  # fmt: skip
    assert gaps == {MIDDLE: D("10000.00"), LONG: D("110000.00")}
    assert causes == gaps


def test_what_each_night_said_of_each_is_kept_apart(home: Path) -> None:
    standing = of_company(
        home,
        "mart_pipeline_coverage_history",
        "period_end, count(*)",
        "and valid_before is null group by period_end",
    )
    assert standing == [(MIDDLE, 1), (LONG, 1)]
    [(rows, different)] = marts(
        home,
        "select count(*), count(distinct (period_end, forecast_week_start_on, valid_from)) "
        "from mart_attainment_forecast_history where period_type = 'custom' and scope_type = 'company'",
    )
    assert rows == different
    called = of_company(home, "mart_attainment_forecast_history", "distinct period_end, valid_from")
    assert {(end, day) for end in (MIDDLE, LONG) for day in (date(2026, 2, 28),)} <= set(called)
