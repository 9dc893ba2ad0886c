"""Why a gap is there: the models' SQL against the mean over all orders of factors, on random gaps."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.dbt.runner import _invoke
from pipelines.settings import CompanyFolder
from tests.dbt.gap_reference import FACTORS, Segment, divisia, explain, shapley

MODELS = (
    "int_gap_segment", "int_gap_effect", "int_gap_contribution", "mart_gap_cause",
    "mart_gap_cause_segment",
)  # fmt: skip
CELL = (
    "driver_basis varchar, metric varchar, period_type varchar, {no} bigint, scope_no integer, "
    "segment_by varchar, segment_id varchar, reach_count double, won_count double, won_value double"
)
TABLES = {
    "int_gap_frame": (
        "gap_no bigint, metric varchar, unit varchar, period_type varchar, period_start date, "
        "period_end date, period_label varchar, period_no bigint, base_last_no bigint, "
        "is_started boolean, is_closed boolean, scope_type varchar, scope_id varchar, "
        "scope_name varchar, scope_no integer, wider_scope_no integer, target decimal(18,2), "
        "target_to_date decimal(18,2), actual decimal(18,2), gap decimal(18,2), "
        "gap_to_date decimal(18,2), driver_basis varchar, plan_reach_count double, "
        "plan_conversion_rate double, plan_deal_value double, is_planned boolean"
    ),
    "int_gap_cell": CELL.format(no="period_no"),
    "int_gap_base": CELL.format(no="base_last_no"),
    "int_gap_driver": (
        "driver_basis varchar, metric varchar, period_type varchar, period_no bigint, "
        "scope_no integer, direct_value decimal(28,6), reversal_value decimal(28,6)"
    ),
    "int_gap_weakest_stage": (
        "period_type varchar, period_start date, period_end date, scope_type varchar, "
        "scope_id varchar, weakest_stage varchar, weakest_stage_rate double, "
        "weakest_stage_plan_rate double"
    ),
}


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = CompanyFolder(tmp_path_factory.mktemp("compiled"))
    folder.build_file.parent.mkdir(parents=True)
    result = _invoke(folder, ["compile", "--select", *MODELS])
    return {
        node.node.name: re.sub(r'"build"\."(\w+)"\."(\w+)"', r"\2", node.node.compiled_code)
        for node in result.results
    }


class Gap:
    """One gap of one scope in a month, its models run in memory."""

    def __init__(self, compiled: dict[str, str]) -> None:
        self.con = duckdb.connect()
        for name, columns in TABLES.items():
            self.con.execute(f"create table {name} ({columns})")
        self.compiled = compiled

    def put(self, table: str, **row: Any) -> None:
        self.con.execute(
            f"insert into {table} ({', '.join(row)}) values ({', '.join('?' * len(row))})",
            [*row.values()],
        )

    def frame(self, target: float, due: float, actual: float, **other: Any) -> None:
        row = {
            "gap_no": 1, "metric": "signed_amount", "unit": "money", "period_type": "month",
            "period_start": date(2026, 1, 1), "period_end": date(2026, 1, 31),
            "period_label": "2026-01", "period_no": 5, "base_last_no": 4, "is_started": True,
            "is_closed": due == target, "scope_type": "company", "scope_id": "company",
            "scope_no": 1, "wider_scope_no": 1, "target": target, "target_to_date": due,
            "actual": actual, "gap": target - actual, "gap_to_date": due - actual,
            "driver_basis": "opportunity", "is_planned": False,
        }  # fmt: skip
        self.put("int_gap_frame", **row | other)

    def segments(self, segments: list[Segment]) -> None:
        for number, segment in enumerate(segments):
            self.cell(1, 5, f"S{number}", segment)

    def cell(self, scope: int, period: int, line: str, segment: Segment) -> None:
        """One product line of one scope in one period, before and now."""
        key = {
            "driver_basis": "opportunity", "metric": "signed_amount", "period_type": "month",
            "scope_no": scope, "segment_by": "product_line", "segment_id": line,
        }  # fmt: skip
        for table, no, (reach, won, value) in (
            ("int_gap_base", {"base_last_no": period - 1}, segment.base),
            ("int_gap_cell", {"period_no": period}, segment.fact),
        ):
            if reach:
                figures = {"reach_count": reach, "won_count": won, "won_value": value}
                self.put(table, **key, **no, **figures)

    def apart(self, direct: float, reversal: float) -> None:
        self.put(
            "int_gap_driver", driver_basis="opportunity", metric="signed_amount",
            period_type="month", period_no=5, scope_no=1, direct_value=direct,
            reversal_value=reversal,
        )  # fmt: skip

    def run(self) -> dict[str, float]:
        """Run the models and return the exact effects of the factors."""
        for name in MODELS:
            self.con.execute(f"create table {name} as {self.compiled[name]}")
        row = self.con.execute(f"select {', '.join(FACTORS)} from int_gap_effect").fetchone()
        return dict(zip(FACTORS, row or (), strict=True))

    def contributions(self) -> dict[str, Any]:
        rows = self.con.execute("select factor, contribution from mart_gap_cause").fetchall()
        return dict(rows)


def bridge(compiled: dict[str, str], plan: tuple[float, ...], fact: tuple[int, int, int]) -> Gap:
    """A closed gap with planned drivers from the workbook and one segment."""
    reach, rate, size = plan
    gap = Gap(compiled)
    target = reach * rate * size
    gap.frame(
        target, target, fact[2], is_planned=True, plan_reach_count=reach,
        plan_conversion_rate=rate, plan_deal_value=size,
    )  # fmt: skip
    gap.segments([Segment((0, 0, 0), fact)])
    return gap


def test_the_worked_bridge_comes_out_and_agrees_with_divisia(compiled: dict[str, str]) -> None:
    found = bridge(compiled, (200, 0.3, 50), (180, 40, 1500)).run()
    assert {k: round(v, 1) for k, v in found.items()} == {
        "volume": 230.1, "conversion": 648.1, "deal_size": 621.8, "mix": 0.0,
    }  # fmt: skip
    plan = {"volume": 200.0, "conversion": 0.3, "deal_size": 50.0}
    fact = {"volume": 180.0, "conversion": 40 / 180, "deal_size": 37.5}
    for factor, effect in divisia(plan, fact).items():
        assert found[factor] == pytest.approx(effect, rel=0.01)


def test_without_a_win_nothing_is_blamed_on_deal_size(compiled: dict[str, str]) -> None:
    gap = bridge(compiled, (200, 0.3, 50), (180, 0, 0))
    gap.run()
    assert {k: float(v) for k, v in gap.contributions().items()} == {
        "volume": 150.0, "conversion": 2850.0, "deal_size": 0.0,
    }  # fmt: skip


def test_with_nothing_in_reach_all_is_volume(compiled: dict[str, str]) -> None:
    gap = bridge(compiled, (200, 0.3, 50), (0, 0, 0))
    gap.run()
    assert gap.contributions()["volume"] == 3000
    assert gap.contributions()["conversion"] == gap.contributions()["deal_size"] == 0


def test_a_plan_that_is_not_the_target_is_a_cause_of_its_own(compiled: dict[str, str]) -> None:
    gap = Gap(compiled)
    gap.frame(
        3600, 1800, 1500, is_planned=True, plan_reach_count=200, plan_conversion_rate=0.3,
        plan_deal_value=50,
    )  # fmt: skip
    gap.segments([Segment((0, 0, 0), (180, 40, 1500))])
    gap.run()
    found = {k: float(v) for k, v in gap.contributions().items()}
    # Half of the period is due: the planned drivers bring 1,500 of the 1,800 due.
    assert found["plan_mismatch"] == 300
    assert found["not_yet_due"] == 1800
    assert sum(found.values()) == pytest.approx(2100)


def test_a_gap_without_any_rate_to_compare_with_is_volume(compiled: dict[str, str]) -> None:
    gap = Gap(compiled)
    gap.frame(1000, 1000, 100)
    gap.apart(direct=100, reversal=0)
    gap.run()
    assert {k: float(v) for k, v in gap.contributions().items()} == {
        "volume": 1000.0, "conversion": 0.0, "deal_size": 0.0, "direct": -100.0,
    }  # fmt: skip


def test_a_gap_without_any_rate_still_says_what_was_in_reach(compiled: dict[str, str]) -> None:
    # Nobody has ever won here: five deals stand open, none of them won, and all of it is volume.
    gap = Gap(compiled)
    gap.frame(1000, 1000, 0)
    gap.segments([Segment((0, 0, 0), (5, 0, 0))])
    gap.run()
    found = gap.con.execute(
        "select factor, contribution, fact_value from mart_gap_cause order by factor"
    ).fetchall()
    assert [(factor, float(cents), fact) for factor, cents, fact in found] == [
        ("conversion", 0.0, 0.0), ("deal_size", 0.0, None), ("volume", 1000.0, 5.0),
    ]  # fmt: skip


def test_a_product_line_without_history_takes_the_rates_of_the_whole_company(
    compiled: dict[str, str],
) -> None:
    gap = Gap(compiled)
    gap.frame(1000, 1000, 40, scope_type="product_line", scope_id="X", scope_no=2)
    key = {
        "driver_basis": "opportunity", "metric": "signed_amount", "period_type": "month",
        "segment_by": "product_line",
    }  # fmt: skip
    for line, reach, won, value in (("Y", 10, 4, 400), ("Z", 10, 1, 100)):
        gap.put(
            "int_gap_base", **key, base_last_no=4, scope_no=1, segment_id=line,
            reach_count=reach, won_count=won, won_value=value,
        )  # fmt: skip
        gap.put(
            "int_gap_base", **key | {"segment_by": "channel"}, base_last_no=4, scope_no=1,
            segment_id="web", reach_count=reach, won_count=won, won_value=value,
        )  # fmt: skip
    for by, segment in (("product_line", "(all)"), ("channel", "fair")):
        gap.put(
            "int_gap_cell", **key | {"segment_by": by}, period_no=5, scope_no=2,
            segment_id=segment, reach_count=40, won_count=1, won_value=40,
        )  # fmt: skip
    found = gap.run()
    # C0 = 5 of 20, A0 = 100: N0 = 40 were in reach, as planned; 9 of 10 deals and 60 of 100 are missing.
    assert found["volume"] == pytest.approx(0)
    assert found["mix"] == pytest.approx(0)
    assert found["conversion"] == pytest.approx(40 * (0.25 - 0.025) * (100 + 40) / 2)
    assert found["deal_size"] == pytest.approx(40 * (100 - 40) * (0.25 + 0.025) / 2)


side = st.integers(0, 60).flatmap(
    lambda reach: st.integers(0, reach).flatmap(
        lambda won: st.tuples(
            st.just(reach), st.just(won), st.integers(won, won * 10**6) if won else st.just(0)
        )
    )
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    segments=st.lists(st.builds(Segment, base=side, fact=side), min_size=1, max_size=4).filter(
        lambda each: any(segment.base[1] for segment in each)
    ),
    target=st.integers(0, 10**9),
    due_share=st.sampled_from([0.0, 0.25, 0.5, 1.0]),
    direct=st.integers(0, 10**7),
    reversal=st.integers(-(10**7), 0),
)
def test_effects_are_the_mean_over_all_orders_and_contributions_sum_to_the_gap(
    compiled: dict[str, str],
    segments: list[Segment],
    target: int,
    due_share: float,
    direct: int,
    reversal: int,
) -> None:
    due = round(target * due_share, 2)
    actual = sum(segment.fact[2] for segment in segments) + direct + reversal
    gap = Gap(compiled)
    gap.frame(target, due, actual)
    gap.segments(segments)
    gap.apart(direct, reversal)
    found = gap.run()
    wanted = explain(segments, target, due)
    scale = max(
        1.0, abs(due), sum(segment.fact[2] for segment in segments), *map(abs, wanted.values())
    )
    for factor in FACTORS:
        assert found[factor] == pytest.approx(wanted[factor], rel=1e-9, abs=1e-9 * scale)
    contributions = gap.contributions()
    assert sum(contributions.values()) == target - actual
    [(leaves,)] = gap.con.execute("select sum(contribution) from mart_gap_cause_segment").fetchall()
    whole = [contributions.get(factor, 0) for factor in FACTORS]
    assert leaves is None or leaves == sum(whole)


def added(segments: list[Segment]) -> Segment:
    """What several units make together."""
    return Segment(
        tuple(sum(each.base[i] for each in segments) for i in range(3)),
        tuple(sum(each.fact[i] for each in segments) for i in range(3)),
    )


# Two regions of two teams each, so seven scopes: number → the teams that it holds.
TREE = {1: (4, 5, 6, 7), 2: (4, 5), 3: (6, 7), 4: (4,), 5: (5,), 6: (6,), 7: (7,)}
leaf = st.fixed_dictionaries(
    {
        "lines": st.lists(st.builds(Segment, base=side, fact=side), min_size=2, max_size=2),
        "direct": st.integers(0, 10**6),
        "reversal": st.integers(-(10**6), 0),
        "target": st.integers(0, 10**8),
        "due": st.integers(0, 10**8),
    }
)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    trees=st.lists(st.fixed_dictionaries(dict.fromkeys(range(4, 8), leaf)), min_size=2, max_size=2)
)
def test_in_random_trees_causes_sum_to_the_gap_at_every_scope_and_period(
    compiled: dict[str, str], trees: list[dict[int, dict[str, Any]]]
) -> None:
    gap = Gap(compiled)
    gaps: dict[tuple[int, int], int] = {}
    for period, teams in enumerate(trees, start=5):
        for scope, held in TREE.items():
            leaves = [teams[team] for team in held]
            whole = {k: sum(one[k] for one in leaves) for k in ("direct", "reversal", "target")}
            lines = [added([one["lines"][i] for one in leaves]) for i in range(2)]
            actual = sum(line.fact[2] for line in lines) + whole["direct"] + whole["reversal"]
            due = sum(min(one["due"], one["target"]) for one in leaves)
            gaps[scope, period] = whole["target"] - actual
            gap.frame(
                whole["target"], due, actual, gap_no=period * 10 + scope, period_no=period,
                base_last_no=period - 1, period_label=f"2026-0{period}", scope_no=scope,
                period_start=date(2026, period, 1), period_end=date(2026, period, 28),
                scope_type="org", scope_id=f"O{scope}",
            )  # fmt: skip
            for number, line in enumerate(lines):
                gap.cell(scope, period, f"S{number}", line)
            gap.put(
                "int_gap_driver", driver_basis="opportunity", metric="signed_amount",
                period_type="month", period_no=period, scope_no=scope,
                direct_value=whole["direct"], reversal_value=whole["reversal"],
            )  # fmt: skip
    gap.run()
    rows = gap.con.execute(
        "select scope_id, month(period_start), sum(contribution) from mart_gap_cause group by all"
    ).fetchall()
    found = {(int(scope[1:]), period): total for scope, period, total in rows}
    assert found == gaps
    # What is missing of a region is what is missing of its teams, and so up to the top.
    for (scope, period), total in found.items():
        assert total == sum(found[team, period] for team in TREE[scope])


def test_the_reference_gives_the_effects_of_two_factors_worked_out_on_paper() -> None:
    # 10 × 4 falls to 6 × 3: at plan and fact of the other, volume takes (4 × 4 + 4 × 3) ÷ 2 = 14.
    plan, fact = {"volume": 10.0, "price": 4.0}, {"volume": 6.0, "price": 3.0}

    def value(at: Any) -> float:
        return (fact if at["volume"] else plan)["volume"] * (fact if at["price"] else plan)["price"]

    assert shapley(("volume", "price"), value) == {"volume": 14.0, "price": 8.0}


def test_a_seat_whose_days_sum_to_nothing_but_not_yet_is_missing_volume(
    compiled: dict[str, str],
) -> None:
    gap = Gap(compiled)  # 10 won for 1,000 of 100 open: 10 %, 100 each
    gap.frame(0, -68, 0)
    gap.segments([Segment((100, 10, 1000), (0, 0, 0))])
    assert gap.run() == pytest.approx({"volume": -68, "conversion": 0, "deal_size": 0, "mix": 0})
    assert gap.contributions()["volume"] == -68
    assert sum(gap.contributions().values()) == 0, "not yet due is what is missing to nothing"
