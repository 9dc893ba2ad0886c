"""Shapes of charts against figures worked out by hand."""

from __future__ import annotations

import itertools
import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.tell.board.charts import bar, bullet, columns, waterfall, waterfall_steps
from pipelines.tell.board.fan import Landing, landing_chart
from pipelines.tell.board.pages import cover_bar
from pipelines.tell.board.rows import Figures, Row
from pipelines.tell.board.words import Words

FIGURES = Figures(Words("en"))


def row(**values: Any) -> Row:
    return Row("mart_gap", (), values)


def widths(svg: str, kind: str) -> list[float]:
    return [float(w) for w in re.findall(rf'class="bar {kind}"[^>]*width="([\d.]+)"', svg)]


def attainment(rate: float | None, expected: str = "0.5") -> Row:
    return row(
        attainment_rate=rate, target=Decimal(100), target_to_date=Decimal(expected) * 100,
        status="behind",
    )  # fmt: skip


def test_a_bullet_fills_two_thirds_of_its_width_at_the_target_where_the_line_stands() -> None:
    svg = str(bullet(attainment(1.0), FIGURES))
    assert widths(svg, "behind") == [200.0]
    assert 'class="goal" x1="200" x2="200"' in svg
    assert 'class="today" d="M100.0' in svg, "half of the target is half of the way to the line"


def test_a_bullet_beyond_its_scale_ends_at_the_edge_with_an_arrow() -> None:
    svg = str(bullet(attainment(5.0), FIGURES))
    assert widths(svg, "behind") == [300.0] and 'class="over"' in svg
    assert "500.0 %" in svg


def test_a_bullet_of_a_negative_actual_is_empty_and_of_no_rate_is_nothing() -> None:
    assert widths(str(bullet(attainment(-0.2), FIGURES)), "behind") == [0.0]
    assert str(bullet(attainment(None), FIGURES)) == ""


def test_a_closed_period_has_no_triangle() -> None:
    assert "today" not in str(bullet(attainment(0.7, "1"), FIGURES))


@given(st.floats(-1, 3), st.floats(0, 3) | st.none())
def test_a_bar_never_leaves_its_frame(share: float, goal: float | None) -> None:
    svg = str(bar(share, "plain", goal))
    assert all(0 <= w <= 200 for w in widths(svg, "plain"))
    assert all(0 <= float(x) <= 200 for x in re.findall(r'x1="([\d.]+)"', svg))


def test_coverage_is_drawn_against_the_greater_of_itself_and_the_required() -> None:
    short = str(cover_bar(row(coverage_ratio=2.0, required_coverage=4.0)))
    assert widths(short, "behind") == [95.2], "2 of 4.2 of 200"
    enough = str(cover_bar(row(coverage_ratio=4.0, required_coverage=4.0)))
    assert widths(enough, "normal") == [190.5]
    assert str(cover_bar(row(coverage_ratio=None, required_coverage=4.0))) == ""


GAP = row(target=Decimal(3000), actual=Decimal(1500), gap=Decimal(1500))


def cause(factor: str, contribution: str) -> Row:
    return Row("mart_gap_cause", (), {"factor": factor, "contribution": Decimal(contribution)})


def test_a_waterfall_falls_cause_by_cause_from_the_target_to_the_actual() -> None:
    causes = [
        cause("conversion", "648.1"), cause("deal_size", "1081.9"), cause("volume", "-230")
    ]  # fmt: skip
    steps = waterfall_steps(GAP, causes, Words("en"))
    assert [(s.label, s.begin, s.end, s.kind) for s in steps] == [
        ("Target", 0, 3000, "total"),
        ("Conversion", 3000, Decimal("2351.9"), "missing"),
        ("Deal size", Decimal("2351.9"), 1270, "missing"),
        ("Number of deals", 1270, 1500, "made_up"),
        ("Actual", 0, 1500, "total"),
    ]


def test_without_causes_the_gap_is_one_fall() -> None:
    steps = waterfall_steps(GAP, [], Words("zh"))
    assert [(s.label, s.begin, s.end) for s in steps] == [
        ("目标", 0, 3000), ("差距", 3000, 1500), ("实际", 0, 1500),
    ]  # fmt: skip


def test_a_waterfall_says_minus_for_what_is_missing_and_plus_for_what_makes_up() -> None:
    causes = [cause("conversion", "1730"), cause("volume", "-230")]
    svg = str(waterfall(waterfall_steps(GAP, causes, Words("en")), FIGURES, 400))
    assert "− 1,730" in svg and "+ 230" in svg
    # 400 less 96 for names and 104 for sums leaves 200 for 3,000
    assert widths(svg, "missing") == [pytest.approx(115.3, abs=0.1)]
    assert widths(svg, "made_up") == [pytest.approx(15.3, abs=0.1)]


def test_a_waterfall_below_zero_stays_inside_its_frame() -> None:
    gap = row(target=Decimal(100), actual=Decimal(-50), gap=Decimal(150))
    svg = str(waterfall(waterfall_steps(gap, [], Words("en")), FIGURES, 400))
    for x, wide in re.findall(r'x="([\d.]+)" y="[\d.]+" width="([\d.]+)"', svg):
        assert float(x) >= 95.9 and float(x) + float(wide) <= 296.2


def test_months_are_columns_as_tall_as_their_actual() -> None:
    months = [
        Row("m", (), {"period_label": "2026-01", "actual": Decimal(50), "target": Decimal(100)}),
        Row("m", (), {"period_label": "2026-02", "actual": None, "target": None}),
    ]
    svg = str(columns(months, FIGURES, 400))
    heights = re.findall(r'class="bar plain"[^>]*height="([\d.]+)"', svg)
    assert heights == ["58.0", "0.0"], "half of the 116 that the target takes; nothing for nothing"
    assert str(columns([months[1]], FIGURES, 400)) == ""


def test_the_first_month_of_thirteen_is_named_whole_on_a_phone() -> None:
    month = Row("m", (), {"period_label": "2025-03", "actual": Decimal(50), "target": None})
    svg = str(columns([month] * 13, FIGURES, 380))
    first = re.search(r'x="([\d.]+)"[^>]*text-anchor="middle">25-03', svg)
    assert first is not None and float(first[1]) >= 18, "five digits of 7 pixels, half to each side"


def landing(p10: int, p50: int, p90: int, actual: int = 40, target: int | None = 100) -> Landing:
    begin = date(2026, 1, 1)
    spread = {begin + timedelta(days=n): Decimal(1) for n in range(100)} if target else {}
    return Landing(
        begin_on=begin,
        end_on=date(2026, 4, 10),
        as_of=date(2026, 2, 19),
        targets=spread,
        bookings={date(2026, 1, 10): Decimal(60), date(2026, 2, 10): Decimal(actual - 60)},
        attainment=row(target=Decimal(target) if target else None, actual=Decimal(actual)),
        forecast=Row("f", (), {"p10": Decimal(p10), "p50": Decimal(p50), "p90": Decimal(p90)}),
    )


def test_the_fan_opens_at_today_and_ends_at_p10_and_p90() -> None:
    svg = str(landing_chart(landing(50, 70, 95), FIGURES, 508))
    [(now, high, low)] = re.findall(r'class="fan" points="(\S+) (\S+) (\S+)"', svg)
    # 50 of 100 days are gone: half of the way from 8 to 370; the top is 100 × 1.05
    assert now == f"189.0,{236 - 40 / 105 * 222:.1f}"
    assert high == f"370.0,{236 - 95 / 105 * 222:.1f}"
    assert low == f"370.0,{236 - 50 / 105 * 222:.1f}"


@given(st.lists(st.integers(0, 200), min_size=3, max_size=3).map(sorted), st.integers(1, 200))
def test_labels_of_the_chart_never_cover_each_other_and_stay_inside(
    ends: list[int], target: int
) -> None:
    svg = str(landing_chart(landing(*ends, target=target), FIGURES, 508))
    tops = sorted(float(y) for y in re.findall(r'class="label end" x="[\d.]+" y="([\d.]+)"', svg))
    assert len(tops) == 4
    assert all(b - a >= 14.8 for a, b in itertools.pairwise(tops))
    assert tops[0] > 0 and tops[-1] <= 241


def test_a_quarter_without_forecast_says_where_it_stands() -> None:
    known = landing(1, 2, 3)
    svg = str(
        landing_chart(
            Landing(**{**vars(known), "forecast": None}),  # type: ignore[arg-type]
            FIGURES, 508,
        )
    )  # fmt: skip
    assert "fan" not in svg and ">Actual " in svg


def test_nothing_known_draws_nothing() -> None:
    known = landing(0, 0, 0, target=None)
    bare = Landing(**{**vars(known), "bookings": {}, "attainment": row(target=None, actual=None)})  # type: ignore[arg-type]
    assert str(landing_chart(bare, FIGURES, 508)) == ""
