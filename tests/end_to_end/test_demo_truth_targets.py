"""The marts find every planted fact of the demo company about targets."""

from __future__ import annotations

import pytest

from tests.end_to_end.conftest import DemoNight

pytestmark = pytest.mark.slow

BASE = "metric = 'signed_amount' and level = 'base' and scenario = 'base'"


def test_every_team_has_the_month_targets_of_the_wide_sheet_or_their_revision(
    demo_night: DemoNight,
) -> None:
    wanted = {
        (team, f"2026-{int(month):02d}"): value * 10_000
        for team, months in demo_night.truth["team_month_targets"].items()
        for month, value in months.items()
    }
    for change in demo_night.truth["target_revisions"]:
        if "team" in change:
            wanted[(change["team"], change["period"])] = change["after"]
    rows = demo_night.marts(
        f"select scope_id, period_label, target from mart_target_attainment where {BASE} "
        "and scope_type = 'team' and period_type = 'month' and period_label like '2026-%' "
        "and scope_id <> 'unallocated' and target is not null"
    )
    assert {(team, month): float(target) for team, month, target in rows} == wanted


def test_every_revision_is_listed_with_before_and_after(demo_night: DemoNight) -> None:
    rows = demo_night.marts(
        "select scope_id, period_label, before_target, after_target from mart_target_revision"
    )
    found = {(scope, label.replace("-Q", "Q")): (float(b), float(a)) for scope, label, b, a in rows}
    wanted = {
        (change.get("team") or change["region"], change["period"]): (
            change["before"],
            change["after"],
        )
        for change in demo_night.truth["target_revisions"]
    }
    assert found == wanted


def test_whoever_was_left_out_has_no_target(demo_night: DemoNight) -> None:
    people = ", ".join(f"'{person}'" for person in demo_night.truth["people_without_targets"])
    rows = demo_night.marts(
        f"select distinct scope_id, target from mart_target_attainment where {BASE} "
        f"and scope_type = 'person' and period_label = '2026-Q1' and scope_id in ({people})"
    )
    assert all(target is None for _, target in rows)


def test_regions_assign_more_or_less_than_their_own_and_say_whether_it_is_inside(
    demo_night: DemoNight,
) -> None:
    rows = demo_night.marts(
        f"select node_name, round(over_assignment, 3), band from mart_target_cascade where {BASE} "
        "and is_in_force and period_label = '2026-Q1' and node_name in ('华东', '西南')"
    )
    assert set(rows) == {("华东", 0.05, "inside"), ("西南", -0.04, "under_assigned")}


def test_the_company_is_its_regions_but_for_what_one_of_them_was_let_off(
    demo_night: DemoNight,
) -> None:
    rows = demo_night.marts(
        f"select period_label, unallocated from mart_target_cascade where {BASE} and is_in_force "
        "and period_label like '2026%' and period_type <> 'month' and parent_node_id is null "
        "and node_kind = 'unit' and product_line = '(all)' and customer_type = '(all)' order by 1"
    )
    [less] = [
        change["before"] - change["after"]
        for change in demo_night.truth["target_revisions"]
        if "region" in change
    ]
    found = {label: float(seat) for label, seat in rows}
    assert found == {"2026": less, "2026-Q1": less, "2026-Q2": 0, "2026-Q3": 0, "2026-Q4": 0}


def test_a_split_is_proposed_where_a_team_has_not_made_one(demo_night: DemoNight) -> None:
    rows = demo_night.marts(
        "select parent_node_name, period_label, max(parent_target), sum(proposed_target) "
        "from mart_target_suggestion group by 1, 2 order by 1, 2"
    )
    [(team, quarters)] = demo_night.truth["unsplit_quarters"].items()
    assert [(name, label) for name, label, *_ in rows] == [(team, label) for label in quarters]
    assert all(parent == proposed > 0 for *_, parent, proposed in rows)


def test_the_whole_is_its_atoms_to_the_cent_for_every_unit_and_month(demo_night: DemoNight) -> None:
    rows = demo_night.build(
        f"""
        with cells as (
            select member_id, date_trunc('month', segment_start) as month, sum(value) as value
            from cascade.target_cell
            inner join cascade.target_version using (metric, level, scenario, version_no)
            where {BASE} and is_in_force and member_kind = 'unit' group by all
        ),
        atoms as (
            select nodes.org_id as member_id, date_trunc('month', date_day) as month, sum(atoms.value) as value
            from cascade.target_atom as atoms
            inner join cascade.target_leaf as leaves using (leaf_no)
            inner join (select distinct org_path, org_id from intermediate.int_org_path_node) as nodes
                on leaves.org_path = nodes.org_path
            where {BASE} group by all
        )
        select count(*), count(*) filter (where coalesce(cells.value, 0) <> coalesce(atoms.value, 0))
        from cells full join atoms using (member_id, month)
        """
    )
    [(cells, wrong)] = rows
    assert cells > 200
    assert wrong == 0


def test_things_are_whole_for_every_person_and_month(demo_night: DemoNight) -> None:
    [(wrong,)] = demo_night.build(
        """
        select count(*) from (
            select leaf_no, date_trunc('month', date_day) as month, sum(value) as value
            from cascade.target_atom where metric in ('order_count', 'new_customer_count', 'call_count', 'visit_count')
            group by metric, level, scenario, leaf_no, month
        ) where value <> round(value)
        """
    )
    assert wrong == 0


def test_every_rate_is_a_ratio_of_the_sums_on_its_row_and_no_mean_of_rates(
    demo_night: DemoNight,
) -> None:
    [(money, wrong)] = demo_night.marts(
        "select count(*), count(*) filter (where abs(attainment_rate - actual / target) > 1e-9) "
        "from mart_target_attainment inner join dim_metric using (metric) where unit = 'money' and target > 0"
    )
    assert money > 50_000
    assert wrong == 0
    ratios = demo_night.marts(
        """
        select scope_type, count(*), max(abs(actual_ratio - actual_numerator / actual_denominator))
        from mart_target_attainment where metric = 'win_rate' and actual_denominator > 0
        group by all order by all
        """
    )
    assert {"company", "person", "region", "team"} <= {kind for kind, *_ in ratios}
    assert all(off < 1e-6 for *_, off in ratios)
    parts = demo_night.marts(
        """
        select period_type, period_label, sum(actual_numerator) filter (where scope_type = 'company') as whole,
            sum(actual_numerator) filter (where scope_type = 'team') as teams,
            sum(actual_numerator) filter (where scope_type = 'person') as people
        from mart_target_attainment where metric = 'win_rate' group by all having whole is not null
        """
    )
    assert len(parts) > 20
    assert all(whole == teams == people for *_, whole, teams, people in parts)
