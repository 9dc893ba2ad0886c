"""Who and what a figure is shared by: months by weights, newcomers, written shares, what a revision leaves."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from cascade_world import SEASON, World

from pipelines.core.cascade import Shares, Unit

COMPANY = {"公司": (None, "company")}
REGIONS = {**COMPANY, "华东": ("公司", "region"), "华南": ("公司", "region")}
TEAMS = {**COMPANY, "上海": ("公司", "team"), "杭州": ("公司", "team")}
# A fifth for January, a tenth for February, seven hundredths for each other month.
MONTHS = {1: Decimal("0.2"), 2: Decimal("0.1")} | {m: Decimal("0.07") for m in range(3, 13)}


def test_a_year_goes_by_written_month_weights_and_a_quarter_by_its_workdays() -> None:
    by_month = Shares(month_weights=MONTHS)
    year = World(COMPANY, targets=[("公司", "2026", 1_200)], shares=by_month).run()
    assert [year.value("公司", f"2026-0{m}") for m in (1, 2, 3, 9)] == [240, 120, 84, 84]
    quarter = World(COMPANY, targets=[("公司", "2026Q1", 590)], shares=by_month).run()
    # 21, 16 and 22 workdays
    assert [quarter.value("公司", f"2026-0{m}") for m in (1, 2, 3)] == [210, 160, 220]


def test_a_quarter_that_has_begun_weighs_what_is_left_of_it_when_the_year_is_revised() -> None:
    # By 12 June 52 of 65 weekdays of the second quarter are gone, with 800 of its 1,000. Of 7,700 less
    # 2,300 the 13 left weigh a fifth of 20 %, beside 30 % and 20 %: 4, 30 and 20 of 54 parts.
    targets = [("公司", "2026", 5_000), ("公司", "2026", 7_700, date(2026, 6, 12))]
    out = World(COMPANY, {}, targets, Shares(SEASON), kind="weekdays").run()
    quarters = [out.value("公司", f"2026Q{q}") for q in (1, 2, 3, 4)]
    assert quarters == [1_500, 1_200, 3_000, 2_000]


@pytest.mark.parametrize(
    ("hired_on", "shares"),
    [(date(2025, 1, 31), [450, 150, 600]), (date(2025, 2, 1), [600, 200, 400])],
)
def test_who_has_no_year_of_history_counts_as_the_mean_of_those_who_have(
    hired_on: date, shares: list[int]
) -> None:
    """Histories of 300, 100 and 400; the third person's own counts from January of the year before on."""
    people = {"甲": "公司", "乙": "公司", "丙": {"unit_id": "公司", "hired_on": hired_on}}
    history = {("甲", 2026): Decimal(300), ("乙", 2026): Decimal(100), ("丙", 2026): Decimal(400)}
    out = World(COMPANY, people, [("公司", "2026-04", 1_200)], Shares(history=history)).run()
    assert [out.value(name, "2026-04") for name in "甲乙丙"] == shares


def test_a_written_share_counts_under_the_unit_that_it_was_written_for() -> None:
    written = {
        ("上海", "甲"): Decimal("0.75"), ("上海", "乙"): Decimal("0.25"), ("杭州", "乙"): Decimal("0.9"),
    }  # fmt: skip
    shares = Shares(basis={"person": "share"}, written=written)
    out = World(TEAMS, dict.fromkeys("甲乙", "上海"), [("上海", "2026-03", 400)], shares).run()
    assert [out.value(name, "2026-03") for name in "甲乙"] == [300, 100]
    assert out.origins("甲") == {"weights"}


@pytest.mark.parametrize(("equal", "shares"), [("region", [200, 200]), ("team", [300, 100])])
def test_regions_share_by_the_basis_of_regions_and_not_of_teams(
    equal: str, shares: list[int]
) -> None:
    history = {("华东", 2026): Decimal(300), ("华南", 2026): Decimal(100)}
    out = World(
        REGIONS, {}, [("公司", "2026-03", 400)], Shares(basis={equal: "equal"}, history=history)
    ).run()
    assert [out.value(name, "2026-03") for name in ("华东", "华南")] == shares


@pytest.mark.parametrize(
    ("february", "quarter", "problems"),
    [(40, 100, ()), (Decimal("40.01"), Decimal("100.01"), ((0, "finer_exceeds"),))],
)
def test_months_that_exceed_their_quarter_stand_and_the_quarter_is_told(
    february: Decimal, quarter: Decimal, problems: tuple[tuple[int, str], ...]
) -> None:
    targets = [("公司", "2026Q1", 100), ("公司", "2026-01", 60), ("公司", "2026-02", february)]
    out = World(COMPANY, targets=targets).run()
    assert out.value("公司", "2026-03") == 0
    assert out.value("公司", "2026Q1") == quarter
    assert out.result.problems == problems


@pytest.mark.parametrize(
    ("revised", "stands", "problems"),
    [("600", "600", ()), ("599.99", "2200", ((1, "negative_days"),))],
)
def test_a_revision_may_leave_nothing_to_do_and_not_less(
    revised: str, stands: str, problems: tuple[tuple[int, str], ...]
) -> None:
    """Six of March's 22 workdays, 100 each, are gone by the tenth."""
    targets = [("公司", "2026-03", 2_200), ("公司", "2026-03", revised, date(2026, 3, 10))]
    out = World(COMPANY, targets=targets).run()
    assert out.value("公司", "2026-03") == Decimal(stands)
    assert out.result.problems == problems


@pytest.mark.parametrize(
    ("unit", "written", "minor"),
    [
        (Unit.money(), "0.0049", 0),
        (Unit.money(), "0.005", 1),
        (Unit.money(), "-0.005", -1),
        (Unit.things(), "2.49", 2_000_000),
        (Unit.things(), "2.5", 3_000_000),
    ],
)
def test_a_figure_is_rounded_half_away_from_nothing_to_cents_or_whole_things(
    unit: Unit, written: str, minor: int
) -> None:
    assert unit.minor(written) == minor
