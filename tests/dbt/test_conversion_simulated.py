"""A simulated funnel with a known rate, seed by seed, and random cohorts against the textbook."""

import random
from datetime import date

import pytest

from tests.dbt.funnel_world import FIRST_EXPORT, World, row_of, rows_of, workday
from tests.dbt.textbook import Member, at_risk, incidence, interval

QUARTER = date(2025, 7, 1)
AGE = 102  # workdays from the quarter's first day to D: its last entries are 38 workdays old
AS_OF = workday(QUARTER, AGE)
SEEDS = 100
TRUE_RATE = 0.30  # within 90 workdays
HAZARD = 0.02
# share that ever advances: 0.30 / (1 − e^(−0.02 × 90))
ADVANCING = TRUE_RATE / (1 - 2.718281828459045 ** (-HAZARD * 90))


def simulate(world: World, seed: int, deals: int) -> None:
    """One region per seed; intake grows threefold over the quarter's 62 workdays."""
    rng = random.Random(seed)
    days = rng.choices(range(62), weights=[1 + day / 30 for day in range(62)], k=deals)
    for number, entry in enumerate(days):
        entered_on = workday(QUARTER, entry)
        wait = max(1, int(rng.expovariate(HAZARD)) + 1)
        stage = "needs_confirmed" if rng.random() < ADVANCING else "lost"
        events = [("initial_contact", entered_on)]
        if entry + wait <= AGE:
            events.append((stage, workday(QUARTER, entry + wait)))
        world.deal(f"S{seed}-{number}", events, region=f"seed-{seed}")


def random_region(world: World, seed: int) -> list[Member]:
    """A region with ties, and with deals that a late export found open (left-truncated)."""
    rng = random.Random(1000 + seed)
    members = []
    seen_on = world.first_export["late"]
    for number in range(rng.randrange(30, 80)):
        entry, wait = (
            rng.randrange(62),
            rng.choice([1, 2, 3, 5, 8, 8, 13, 21, 34, 55, 70, 89, 90, 91]),
        )
        kind = rng.choice(["needs_confirmed", "quoting", "lost", "open"])
        entered_on, ended = workday(QUARTER, entry), entry + wait
        moved_on = workday(QUARTER, min(ended, AGE))
        is_open = kind == "open" or ended > AGE
        moves = [] if is_open else [(kind, moved_on)]
        time = AGE - entry if is_open else wait
        event = "open" if is_open else "lost" if kind == "lost" else "advanced"
        seen_at = (world_day(seen_on) - entry) if entered_on < seen_on < moved_on else None
        if seen_at is not None and rng.random() < 0.5:
            shown = [{"stage": "initial_contact", "valid_from": seen_on}]
            shown += [{"stage": stage, "valid_from": day} for stage, day in moves]
            world.deal(
                f"R{seed}-{number}", [("initial_contact", entered_on), *moves], versions=shown,
                is_recorded=False, source="late", region=f"random-{seed}",
            )  # fmt: skip
            members.append(Member(time, event, seen_at))
        else:
            world.deal(
                f"R{seed}-{number}",
                [("initial_contact", entered_on), *moves],
                region=f"random-{seed}",
            )
            members.append(Member(time, event))
    return members


def world_day(day: date) -> int:
    return next(i for i in range(AGE + 1) if workday(QUARTER, i) == day)


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    world = World(AS_OF, first_export={"crm": FIRST_EXPORT, "late": workday(QUARTER, 40)})
    world.person("P1", "一队", "华东")
    cohorts = {f"random-{seed}": random_region(world, seed) for seed in range(12)}
    for seed in range(SEEDS):
        simulate(world, seed, 600)
    return world.build(tmp_path_factory.mktemp("simulated"), "+mart_funnel_conversion"), cohorts


def first_stage(con, where: str) -> str:
    return (
        "select * from marts.mart_funnel_conversion where from_stage = 'initial_contact' "
        f"and period_type = 'quarter' and lead_source = '(all)' and scope_type = 'region' and {where}"
    )


def test_the_published_interval_covers_a_true_rate_of_30_percent_and_the_plain_rate_does_not(
    simulated,
):
    con, _ = simulated
    rows = rows_of(con, first_stage(con, "scope_id like 'seed-%'"))
    assert len(rows) == SEEDS
    covered = sum(row["ci_low"] <= TRUE_RATE <= row["ci_high"] for row in rows)
    plain = 0
    for row in rows:
        rate, n = row["plain_rate"], row["entered"]
        half = 1.959963984540054 * (rate * (1 - rate) / n) ** 0.5
        plain += rate - half <= TRUE_RATE <= rate + half
    assert covered >= 90
    assert plain < 50
    mean = sum(row["cohort_rate_90"] for row in rows) / SEEDS
    assert mean == pytest.approx(TRUE_RATE, abs=0.01)


@pytest.mark.parametrize("horizon", [30, 60, 90])
def test_every_published_rate_is_the_textbook_one(simulated, horizon):
    con, cohorts = simulated
    suffix = "" if horizon == 90 else f"_{horizon}"
    compared = 0
    for region, members in cohorts.items():
        row = row_of(con, first_stage(con, f"scope_id = '{region}'"))
        assert row[f"n_at_risk{suffix}"] == at_risk(members, horizon)
        if row[f"cohort_rate_{horizon}"] is None:
            continue
        estimate, variance = incidence(members, horizon)
        low, high = interval(estimate, variance)
        assert row[f"cohort_rate_{horizon}"] == pytest.approx(estimate, abs=1e-11)
        assert (row[f"ci_low{suffix}"], row[f"ci_high{suffix}"]) == pytest.approx(
            (low, high), abs=1e-9
        )
        compared += 1
    assert compared >= 8
