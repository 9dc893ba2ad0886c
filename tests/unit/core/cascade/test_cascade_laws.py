"""Laws over random organisations, calendars, weights, revisions, leavers and newcomers."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from unittest import mock

import numpy as np
import pandas as pd
from cascade_world import Outcome, World, atom_frame, calendar
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.core.cascade import Shares, Unit
from pipelines.core.period_names import read_period

SLOW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
PERIODS = [
    "2026",
    "2026Q1",
    "2026Q2",
    "2026-01",
    "2026-02",
    "2026-03",
    "2026-W08",
    "2026-W10",
    "2026-W23",
]
MONTHS = [f"2026-{m:02d}" for m in range(1, 13)]
BASES = st.sampled_from(["history", "equal", "share"])


@st.composite
def organisations(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any]]:
    units: dict[str, Any] = {"C": (None, "company")}
    for number in range(draw(st.integers(0, 6))):
        parent = draw(st.sampled_from(list(units)))
        units[f"U{number}"] = (parent, "region" if parent == "C" else "team")
    people: dict[str, Any] = {}
    for number in range(draw(st.integers(0, 7))):
        stay: dict[str, Any] = {"unit_id": draw(st.sampled_from(list(units)))}
        if draw(st.booleans()):
            stay["hired_on"] = date(2025, 6, 1) + timedelta(days=draw(st.integers(0, 400)))
        if draw(st.integers(0, 3)) == 0:
            stay["left_on"] = max(
                stay.get("hired_on", date(2026, 1, 1)), date(2026, 1, 1)
            ) + timedelta(days=draw(st.integers(0, 300)))
        people[f"P{number}"] = stay
    return units, people


@st.composite
def worlds(draw: st.DrawFn, *, with_revisions: bool = False) -> World:
    units, people = draw(organisations())
    unit = draw(st.sampled_from([Unit.money(), Unit.things()]))
    values = (
        st.integers(0, 400)
        if unit.whole > 1
        else st.integers(0, 10**10).map(lambda v: Decimal(v) / 100)
    )
    holders = [*units, *people]
    keys = draw(
        st.lists(
            st.tuples(st.sampled_from(holders), st.sampled_from(PERIODS)),
            unique=True,
            min_size=1,
            max_size=8,
        )
    )
    targets: list[Any] = [(holder, period, draw(values)) for holder, period in keys]
    if with_revisions:
        holder, period, value = draw(st.sampled_from(targets))
        named = read_period(period)
        assert named is not None
        day = named.start_on + timedelta(
            days=draw(st.integers(1, (named.end_on - named.start_on).days))
        )
        targets.append((holder, period, value + draw(values), day))
    members = [*units, *people]
    return World(
        units,
        people,
        targets,
        Shares(
            quarter_weights={1: Decimal("0.3"), 2: Decimal("0.2"), 3: Decimal("0.3"), 4: Decimal("0.2")}
            if draw(st.booleans()) else None,
            basis={"region": draw(BASES), "team": draw(BASES), "person": draw(BASES)},
            written={("", m): Decimal(draw(st.integers(0, 9))) / 10 for m in members},
            history={(m, 2026): Decimal(draw(st.integers(0, 10**7))) for m in members},
            ramp={1: Decimal("0.25"), 2: Decimal("0.5"), 3: Decimal("0.75")},
        ),
        unit,
        draw(st.sampled_from(["CN", "weekdays"])),
    )  # fmt: skip


def days_under(world: World, out: Outcome, holder: str, period: str) -> int:
    named = read_period(period)
    assert named is not None
    below = {holder}
    while True:
        more = {u for u, (p, _) in world.units.items() if p in below} | below
        if more == below:
            break
        below = more
    atoms = out.atoms
    is_held = (
        atoms["person_id"] == holder if holder in world.people else atoms["unit_id"].isin(below)
    )
    atoms = atoms[is_held]
    first, last = out.grid.day(named.start_on), out.grid.day(named.end_on)
    return int(atoms[(atoms["day"] >= first) & (atoms["day"] <= last)]["amount"].sum())


def is_alone(world: World, holder: str, period: str) -> bool:
    """Whether no other target of the holder overlaps the period."""
    named = read_period(period)
    assert named is not None
    others = [read_period(p) for h, p, *_ in world.targets if h == holder and p != period]
    return all(o is None or o.end_on < named.start_on or o.start_on > named.end_on for o in others)


@SLOW
@given(worlds())
def test_the_atoms_under_a_unit_sum_to_its_given_target_to_the_minor_unit(world: World) -> None:
    out = world.run()
    for holder, period, value in world.targets:
        if holder in world.units and is_alone(world, holder, period):
            assert days_under(world, out, holder, period) == world.unit.minor(value)


@SLOW
@given(worlds())
def test_a_unit_is_its_children_and_its_seat_in_every_segment(world: World) -> None:
    out = world.run()
    cells = out.result.cells
    for unit in world.units:
        own = cells[(cells["member_id"] == unit) & (cells["member_kind"] == "unit")].set_index(
            "segment"
        )
        below = cells[cells["parent_id"] == unit].groupby("segment")["value"].sum()
        for segment, row in own.iterrows():
            assert row["value"] == below.get(segment, 0) + row["unallocated"]


@SLOW
@given(worlds(with_revisions=True))
def test_a_revision_changes_no_day_before_it(world: World) -> None:
    *base, revision = world.targets
    before = World(world.units, world.people, base, world.shares, world.unit, world.kind).run()
    after = world.run()
    effective = revision[3]
    columns = ["person_id", "unit_id", "day"]
    old = before.atoms.fillna("seat").groupby(columns)["amount"].sum()
    new = after.atoms.fillna("seat").groupby(columns)["amount"].sum()
    day = before.grid.day(effective)
    old = old[old.index.get_level_values("day") < day]
    new = new[new.index.get_level_values("day") < day]
    assert old[old != 0].to_dict() == new[new != 0].to_dict()


@SLOW
@given(worlds(with_revisions=True))
def test_a_revised_target_is_met_to_the_minor_unit(world: World) -> None:
    out = world.run()
    holder, period, value, _ = world.targets[-1]
    if holder in world.units and is_alone(world, holder, period) and not out.result.problems:
        assert days_under(world, out, holder, period) == world.unit.minor(value)


@SLOW
@given(worlds())
def test_whole_things_are_whole_for_every_person_and_month(world: World) -> None:
    world.unit = Unit.things()
    world.targets = [(h, p, int(v)) for h, p, v in world.targets if "W" not in p] or [
        ("C", "2026", 7)
    ]
    out = world.run()
    cells = out.result.cells
    assert (cells["value"] % Unit.things().whole == 0).all()
    assert (cells["unallocated"] % Unit.things().whole == 0).all()


@SLOW
@given(worlds())
def test_no_months_things_lie_all_on_its_first_days(world: World) -> None:
    """Whoever stays all month has his things spread by workdays: no day holds more than its share."""
    world.unit = Unit.things()
    world.targets = [(h, p, int(v)) for h, p, v in world.targets if "W" not in p] or [
        ("C", "2026", 7)
    ]
    world.people = {name: {"unit_id": stay["unit_id"]} for name, stay in world.people.items()}
    out = world.run()
    atoms = out.atoms.fillna("seat")
    first = pd.Timestamp(out.grid.first)
    month = (first + pd.to_timedelta(atoms["day"], unit="D")).dt.month
    held = atoms.groupby(["person_id", "unit_id", month])["amount"].agg(["sum", "max", "count"])
    workdays = calendar(world.kind)
    workdays = workdays[workdays["is_workday"] & (workdays["date_day"].dt.year == 2026)]
    share = workdays.groupby(workdays["date_day"].dt.month).size()
    for (_, _, number), row in held.iterrows():
        if row["sum"] > 0:
            assert row["max"] <= row["sum"] / share[number] + 1
            assert row["count"] == share[number]


@SLOW
@given(worlds(), st.data())
def test_a_leaver_changes_no_total_above_him_on_any_day(world: World, data: st.DataObject) -> None:
    if not world.people:
        return
    person = data.draw(st.sampled_from(list(world.people)))
    stays = {k: v for k, v in world.people[person].items() if k != "left_on"}
    earliest = max(stays.get("hired_on", date(2026, 1, 1)), date(2026, 1, 1))
    left = {**stays, "left_on": earliest + timedelta(days=data.draw(st.integers(0, 200)))}
    world.people[person] = stays
    staying = world.run()
    world.people[person] = left
    leaving = world.run()
    for unit in world.units:

        def days(out: Outcome, unit: str = unit) -> dict[int, int]:
            below = {unit} | {u for u in world.units if _is_under(world, u, unit)}
            atoms = out.atoms
            summed = atoms[atoms["unit_id"].isin(below)].groupby("day")["amount"].sum()
            return summed[summed != 0].to_dict()

        if left["left_on"].year == 2026:
            assert days(staying) == days(leaving)


def _is_under(world: World, unit: str, above: str) -> bool:
    parent = world.units[unit][0]
    return parent is not None and (parent == above or _is_under(world, parent, above))


@SLOW
@given(worlds())
def test_every_segment_of_the_company_is_the_sum_of_its_days(world: World) -> None:
    out = world.run()
    cells = out.result.cells
    tops = cells[(cells["member_kind"] == "unit") & cells["parent_id"].isna()]
    assert int(tops["value"].sum()) == int(out.atoms["amount"].sum())


@SLOW
@given(worlds())
def test_running_it_again_gives_the_same_atoms(world: World) -> None:
    assert world.run().atoms.equals(world.run().atoms)


@SLOW
@given(worlds(with_revisions=True))
def test_days_spread_leaf_by_leaf_are_those_spread_at_once(world: World) -> None:
    at_once = world.run().atoms
    with mock.patch("pipelines.core.cascade.result.DAYS_AT_ONCE", 1):
        assert world.run().atoms.equals(at_once)


@SLOW
@given(worlds(with_revisions=True), st.lists(st.integers(0, 9), min_size=1, max_size=4))
def test_product_lines_sum_to_the_whole_in_every_unit_and_segment(
    world: World, weights: list[int]
) -> None:
    world.unit = Unit.money()
    out = world.run()
    table = np.tile(np.array(weights, dtype=np.int64), (out.grid.segments, 1))

    def sums(atoms: Any) -> Any:
        frame = atom_frame(atoms)
        segment = out.grid.segment_of(frame["day"].to_numpy())
        keys = [frame["unit_id"], segment]
        return frame["amount"].groupby(keys).sum()

    parts = [sums(part) for part in out.result.atoms.split(table)]
    together = pd.concat(parts).groupby(level=[0, 1]).sum()
    whole = sums(out.result.atoms)
    assert together[together != 0].to_dict() == whole[whole != 0].to_dict()


def test_a_trillion_is_split_over_product_lines_to_the_cent() -> None:
    world = World(
        {"C": (None, "company")}, {"P0": "C"}, [("C", "2026-02", Decimal(10**12))], Shares()
    )
    world.unit = Unit.money()
    out = world.run()
    weights = np.tile(np.array([400_000, 600_000], dtype=np.int64), (out.grid.segments, 1))
    parts = [int(atom_frame(part)["amount"].sum()) for part in out.result.atoms.split(weights)]
    assert parts == [40 * 10**12, 60 * 10**12]


def test_who_left_before_the_first_target_of_the_year_still_leaves_his_place_to_the_seat() -> None:
    """Two cents of February over two equal people, one gone since 1 January."""
    world = World(
        {"C": (None, "company")},
        {"P0": "C", "P1": "C"},
        [("C", "2026-02", Decimal("0.02"))],
        Shares(),
    )
    staying = world.run().atoms.groupby("day")["amount"].sum()
    world.people["P0"] = {"unit_id": "C", "left_on": date(2026, 1, 1)}
    leaving = world.run().atoms.groupby("day")["amount"].sum()
    assert staying[staying != 0].to_dict() == leaving[leaving != 0].to_dict()


def test_a_target_of_nothing_over_a_given_grandchild_leaves_the_difference_on_a_seat() -> None:
    """The company has 0 for the year, one of a region's two teams has 0.01: the seat holds −0.01."""
    world = World(
        {"C": (None, "company"), "R": ("C", "region"), "T1": ("R", "team"), "T2": ("R", "team")},
        {},
        [("C", "2026", Decimal("0")), ("T1", "2026", Decimal("0.01"))],
        Shares(),
    )
    atoms = world.run().atoms
    by_unit = atoms.groupby("unit_id")["amount"].sum()
    assert by_unit[by_unit != 0].to_dict() == {"R": -1, "T1": 1}
