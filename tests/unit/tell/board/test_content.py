"""What a page shows and in which order: rows of the marts, chosen and sorted as worked out by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from pipelines.tell.board.content import Content, Heat
from pipelines.tell.board.rows import Row

D = date(2026, 3, 10)
COMPANY = ("company", "company")


def row(**values: Any) -> Row:
    return Row("m", (), values)


def content(**rows: list[Row]) -> Content:
    """What the board knows: 一队 in 华东 with P1 and P2, 二队 in 华南 with P3."""
    people = [
        row(person_id=id_, person_name=id_, team=team, region=region, has_left=False)
        for id_, team, region in (("P1", "一队", "华东"), ("P2", "一队", "华东"), ("P3", "二队", "华南"))
    ]  # fmt: skip
    org = [
        row(org_name=team, team=team, region=region)
        for team, region in (("一队", "华东"), ("二队", "华南"))
    ]
    return Content({"person": people, "org": org, "attainment": []} | rows, D, "公司")


def attained(
    kind: str,
    id_: str,
    rate: float | None = 0.5,
    *,
    metric: str = "signed_amount",
    period: str = "quarter",
    target: int | None = 100,
) -> Row:
    return row(
        scope_type=kind, scope_id=id_, scope_name=id_, metric=metric, period_type=period,
        target=target, actual=1, attainment_rate=rate,
    )  # fmt: skip


def ids(parts: list[tuple[str, list[Row]]]) -> dict[str, list[str]]:
    return {kind: [r["scope_id"] for r in rows] for kind, rows in parts}


def test_a_part_with_the_best_rate_stands_first_and_one_without_a_target_nowhere() -> None:
    of = content(attainment=[
        attained("team", "一队", 0.4), attained("team", "二队", 0.7), attained("team", "三队", target=None),
        attained("region", "华东", None), attained("region", "华南", 0.1),
        attained("person", "P1", 0.9), attained("team", "一队", 2.0, period="month"),
    ])  # fmt: skip
    company = next(scope for scope in of.scopes if scope.key == COMPANY)
    assert ids(of.children(company)) == {"region": ["华南", "华东"], "team": ["二队", "一队"]}


def test_a_region_consists_of_its_own_teams_and_people_and_a_team_of_its_people() -> None:
    everybody = [attained("person", id_) for id_ in ("P1", "P2", "P3")]
    teams = [attained("team", "一队"), attained("team", "二队")]
    of = content(attainment=[*everybody, *teams])
    for key, parts in (
        (("region", "华东"), {"team": ["一队"], "person": ["P1", "P2"]}),
        (("team", "二队"), {"person": ["P3"]}),
        (("person", "P1"), {}),
    ):
        assert ids(of.children(of.pages[key])) == parts
    assert [p.id for p in of.members(of.pages["region", "华东"])] == ["P1", "P2"]
    assert [p.id for p in of.members(of.pages["team", "二队"])] == ["P3"]


def test_four_metrics_at_most_get_a_card_and_none_without_a_target() -> None:
    metrics = (
        "call_count", "visit_count", "order_count", "new_customer_count", "collected_amount",
    )  # fmt: skip
    of = content(attainment=[
        attained(*COMPANY, metric="signed_amount", target=None),
        *(attained(*COMPANY, metric=metric) for metric in metrics),
        attained(*COMPANY, metric="order_count", period="month"),
    ])  # fmt: skip
    cards = [(metric, [r["period_type"] for r in rows]) for metric, _, rows in of.cards(COMPANY)]
    assert cards == [
        ("collected_amount", ["quarter"]),
        ("new_customer_count", ["quarter"]),
        ("order_count", ["quarter", "month"]),
        ("visit_count", ["quarter"]),
    ]


def alert(kind: str, severity: str, amount: int | None, owner: str = "P1") -> Row:
    value = None if amount is None else Decimal(amount)
    return row(kind=kind, severity=severity, value_amount=value, owner_id=owner)


def test_a_person_is_told_the_gravest_kind_first_then_the_dearest_and_good_news_last() -> None:
    of = content(alert=[
        alert("good", "good", 9_000), alert("cheap", "medium", 10), alert("sum", "medium", 60),
        alert("sum", "medium", 50), alert("dear", "medium", 100), alert("grave", "high", None),
        alert("of_another", "high", 5, owner="P2"),
    ])  # fmt: skip
    told = [(kind, len(rows)) for kind, rows in of.alerts(of.pages["person", "P1"])]
    assert told == [("grave", 1), ("sum", 2), ("dear", 1), ("cheap", 1), ("good", 1)]
    assert of.alerts(of.pages["team", "一队"]) == []


@pytest.mark.parametrize(
    ("rate", "count", "shade"),
    [
        (0.29, 10, "h0"), (0.3, 10, "h1"), (0.54, 10, "h1"), (0.55, 10, "h2"), (0.69, 10, "h2"),
        (0.7, 10, "h3"), (0.84, 10, "h3"), (0.85, 10, "h4"), (0.85, 9, "grey"), (None, 10, "grey"),
    ],
)  # fmt: skip
def test_a_cell_has_one_of_five_shades_and_is_grey_below_ten_deals(
    rate: float | None, count: int, shade: str
) -> None:
    heat = Heat("2026-W10", "person", (), (), "rate", "count")
    assert heat.shade(row(rate=rate, count=count)) == shade


def cohort(label: str, entered: int, rate: float | None, **scope: str) -> Row:
    of = {"scope_type": "company", "scope_id": "company"} | scope
    return row(
        period_label=label, from_stage="quoting", from_stage_order=3, entered=entered,
        cohort_rate_90=rate, plain_rate=0.5, **of,
    )  # fmt: skip


def test_the_funnel_shows_the_running_quarter_and_the_newest_ripe_one() -> None:
    of = content(funnel=[
        cohort("2026-Q1", 40, None), cohort("2025-Q4", 30, None),
        cohort("2025-Q3", 20, 0.4), cohort("2025-Q3", 25, None), cohort("2025-Q2", 10, 0.3),
    ])  # fmt: skip
    shown = [(label, len(rows), most) for label, rows, most in of.funnel(COMPANY)]
    assert shown == [("2026-Q1", 1, 40), ("2025-Q3", 2, 25)]
    assert of.funnel(("team", "一队")) == []


def test_the_heat_map_of_the_company_is_of_the_newest_quarter_in_which_any_team_is_ripe() -> None:
    of = content(funnel=[
        cohort("2025-Q3", 20, 0.4, scope_type="team", scope_id="一队"),
        cohort("2025-Q3", 20, None, scope_type="team", scope_id="二队"),
        cohort("2025-Q2", 20, 0.4, scope_type="team", scope_id="二队"),
        cohort("2025-Q4", 20, None, scope_type="team", scope_id="一队"),
    ])  # fmt: skip
    heat = of.heat(of.pages[COMPANY])
    assert (heat.label, [id_ for _, id_, _, _ in heat.rows]) == ("2025-Q3", ["一队", "二队"])


def test_nobody_stands_on_no_leaderboard_and_only_the_period_asked_for_does() -> None:
    board = [
        row(period_type=period, person_id=id_)
        for period, id_ in (("month", "P1"), ("month", "unknown"), ("month", "unallocated"), ("year", "P2"))
    ]  # fmt: skip
    assert [r["person_id"] for r in content(leaderboard=board).leaders("month")] == ["P1"]
