"""Every check of a source: the landing that fails it for the reason that it claims, and clean ones that pass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pipelines.checks.sources import judge_source
from pipelines.landing.log import Counts, LandingLog, LandingRecord
from pipelines.landing.manifest import Manifest, Night
from pipelines.operations.outcome import CheckOutcome
from pipelines.settings import CompanyFolder, load_company
from tests.small_world import write_small_world

D = date(2026, 3, 10)  # a Tuesday
CLEAN = Counts(read=100, landed=90, unchanged=5, quarantined=2, exact_duplicates=1, skipped=2)


def landing(seq: int, day: int, **other: Any) -> LandingRecord:
    """A delivery of a day in March 2026."""
    record = LandingRecord(
        seq=seq, source="deals", entity="opportunities", name=f"deals_202603{day:02d}.csv",
        part="deals", export_on=date(2026, 3, day), covers_until=date(2026, 3, day),
        arrived_at=datetime(2026, 3, day, 19, tzinfo=UTC), status="landed", fingerprint="f",
        counts=CLEAN, live_keys=100, live_keys_before=100,
    )  # fmt: skip
    return replace(record, **other)


YESTERDAY, TODAY = landing(1, 9), landing(2, 10)


@pytest.fixture
def judged(tmp_path: Path) -> Callable[..., dict[str, CheckOutcome]]:
    """Judge a required source by its landings; `confirmed` falls were found right by a person."""
    home = write_small_world(tmp_path / "company")
    settings = load_company(CompanyFolder(home))
    [source] = [one for one in settings.sources if one.name == "deals"]

    def judge(
        *records: LandingRecord,
        confirmed: str | None = None,
        confirmed_of: str = "deals",
        required: bool = True,
        max_age_workdays: int = 2,
        load: str = "snapshot",
    ) -> dict[str, CheckOutcome]:
        folder = CompanyFolder(home)
        for record in records:
            LandingLog(folder.landing).write(record)
        said = [SimpleNamespace(source=confirmed_of, landing_id=confirmed)]
        night: Any = SimpleNamespace(
            folder=folder, settings=settings, as_of=D, cutoff_seq=99,
            archive=SimpleNamespace(manifest=SimpleNamespace(confirmations=lambda: said)),
        )  # fmt: skip
        rules: Any = SimpleNamespace(calendar_overrides=lambda: None)
        asked = source.model_copy(
            update={"required": required, "max_age_workdays": max_age_workdays, "load": load}
        )
        return {o.declaration.name: o for o in judge_source(night, rules, asked)}

    return judge


# check: the delivery of D that fails it
FAILING: dict[str, LandingRecord] = {
    "rows_reconcile": replace(TODAY, counts=replace(CLEAN, landed=89)),
    "files_are_readable": replace(TODAY, status="blocked", error_en="no column 阶段"),
    "has_not_fallen": replace(TODAY, live_keys=84),
    "is_fresh_enough": landing(2, 6),
    "is_of_yesterday": landing(2, 9),
    "has_no_new_columns": replace(TODAY, new_columns=("折扣率",)),
    "quarantine_is_small": replace(TODAY, counts=replace(CLEAN, landed=88, quarantined=4)),
}


def test_every_declared_check_of_a_source_has_its_case(
    judged: Callable[..., dict[str, CheckOutcome]],
) -> None:
    found = judged(YESTERDAY, TODAY)
    assert set(found) == set(FAILING)
    assert all(outcome.passed for outcome in found.values())


@pytest.mark.parametrize("check", FAILING)
def test_a_source_check_fails_for_what_it_claims_and_the_others_do_not(
    judged: Callable[..., dict[str, CheckOutcome]], check: str
) -> None:
    before = landing(1, 5) if check == "is_fresh_enough" else YESTERDAY
    if check == "is_of_yesterday":
        before = landing(1, 6)
    found = judged(before, FAILING[check])
    failed = {name for name, outcome in found.items() if not outcome.passed}
    # What is two workdays old is not of yesterday either; a blocked file leaves yesterday's in force.
    along = {"is_fresh_enough": {"is_of_yesterday"}, "files_are_readable": {"is_of_yesterday"}}
    assert failed == {check} | along.get(check, set())


def test_the_sides_of_each_limit(judged: Callable[..., dict[str, CheckOutcome]]) -> None:
    # A fall of 15 %, and half of the 5 % that block a file, are still within their limits.
    assert judged(YESTERDAY, replace(TODAY, live_keys=85))["has_not_fallen"].passed
    assert not judged(YESTERDAY, replace(TODAY, live_keys=84))["has_not_fallen"].passed
    half = replace(TODAY, counts=Counts(read=200, landed=195, quarantined=5))
    assert judged(YESTERDAY, half)["quarantine_is_small"].passed
    more = replace(TODAY, counts=Counts(read=200, landed=194, quarantined=6))
    assert not judged(YESTERDAY, more)["quarantine_is_small"].passed


def test_lines_of_documents_that_share_a_key_are_told_from_a_few_repeated_records(
    judged: Callable[..., dict[str, CheckOutcome]],
) -> None:
    few = replace(TODAY, superseded=5, counts=replace(CLEAN, landed=87, quarantined=5))
    assert judged(YESTERDAY, few)["quarantine_is_small"].passed
    more = replace(TODAY, superseded=6, counts=replace(CLEAN, landed=86, quarantined=6))
    assert not judged(YESTERDAY, more)["quarantine_is_small"].passed
    many = replace(TODAY, superseded=50, counts=replace(CLEAN, landed=42, quarantined=50))
    outcome = judged(YESTERDAY, many)["quarantine_is_small"]
    assert not outcome.passed
    [sample] = outcome.sample
    assert sample["rows_that_share_a_key"] == 50 and "line_no" in str(sample["fix"])


def test_a_fall_that_a_person_confirmed_passes(
    judged: Callable[..., dict[str, CheckOutcome]],
) -> None:
    fallen = FAILING["has_not_fallen"]
    [sample] = judged(YESTERDAY, fallen)["has_not_fallen"].sample
    assert sample["if_it_is_right"] == "gapwise confirm deals --landing 2026-03-10"
    of_orders = judged(YESTERDAY, fallen, confirmed="2026-03-10", confirmed_of="orders")
    assert not of_orders["has_not_fallen"].passed
    assert judged(YESTERDAY, fallen, confirmed="2026-03-10")["has_not_fallen"].passed


def test_a_fall_is_one_since_the_last_published_night_else_since_the_landing_before(
    judged: Callable[..., dict[str, CheckOutcome]], tmp_path: Path
) -> None:
    # 100 on Friday, 90 on Monday, 84 today: 16 % since Friday's night, under 7 % since Monday's file.
    falling = landing(1, 6), landing(2, 9, live_keys=90), landing(3, 10, live_keys=84)
    assert judged(*falling)["has_not_fallen"].passed
    published = datetime(2026, 3, 6, 20, tzinfo=UTC)
    night = Night(date(2026, 3, 6), 1, "run", "v1", published)
    Manifest(CompanyFolder(tmp_path / "company").archive).append(night)
    assert not judged(*falling)["has_not_fallen"].passed


def test_fewer_rows_of_a_delta_are_no_fall(judged: Callable[..., dict[str, CheckOutcome]]) -> None:
    half = replace(TODAY, live_keys=50)
    assert judged(YESTERDAY, half, load="delta")["has_not_fallen"].passed


def test_falls_and_age_hold_the_night_of_required_sources_only(
    judged: Callable[..., dict[str, CheckOutcome]],
) -> None:
    for required in (True, False):
        found = judged(landing(1, 5), landing(2, 6, live_keys=50), required=required)
        holding = {name for name, outcome in found.items() if outcome.holds_the_night}
        assert holding == ({"has_not_fallen", "is_fresh_enough"} if required else set())


def test_rows_that_do_not_add_up_hold_every_night(
    judged: Callable[..., dict[str, CheckOutcome]],
) -> None:
    outcome = judged(YESTERDAY, FAILING["rows_reconcile"], required=False)["rows_reconcile"]
    assert outcome.holds_the_night
    assert outcome.sample == [{"file": "deals_20260310.csv", "read": 100, "landed": 89}]


def test_a_source_of_which_nothing_came_is_not_fresh(
    judged: Callable[..., dict[str, CheckOutcome]],
) -> None:
    outcome = judged()["is_fresh_enough"]
    assert not outcome.passed
    assert outcome.sample[0]["problem"] == "nothing has arrived"


@pytest.mark.parametrize(("age", "warned"), [(landing(2, 6), False), (landing(1, 5), True)])
def test_a_source_that_comes_weekly_warns_once_it_is_older_than_that(
    judged: Callable[..., dict[str, CheckOutcome]], age: LandingRecord, warned: bool
) -> None:
    # 6 March is two workdays before Tuesday 10 March, 5 March three.
    found = judged(age, required=False, max_age_workdays=3)
    failed = {name for name, outcome in found.items() if not outcome.passed}
    assert failed == ({"is_fresh_enough"} if warned else set())
    assert not found["is_of_yesterday"].is_applicable


def test_a_required_source_is_asked_for_yesterday_however_old_it_may_be(
    judged: Callable[..., dict[str, CheckOutcome]],
) -> None:
    found = judged(landing(1, 6), required=True, max_age_workdays=3)
    assert not found["is_of_yesterday"].passed
    assert found["is_of_yesterday"].is_applicable


def test_a_delta_that_was_not_read_stays_told_until_it_comes_again(
    judged: Callable[..., dict[str, CheckOutcome]],
) -> None:
    lost = replace(YESTERDAY, status="unreadable", error_en="cut off")
    assert judged(lost, TODAY)["files_are_readable"].passed
    assert not judged(lost, TODAY, load="delta")["files_are_readable"].passed
    again = landing(3, 10, name=lost.name)
    assert judged(lost, TODAY, again, load="delta")["files_are_readable"].passed
