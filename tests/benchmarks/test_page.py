"""The results page: ratios, speed-ups and growth worked out from what was measured."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.machine import describe_machine
from benchmarks.measure import Cost, peak_of_all
from benchmarks.page import write_page

MACHINE = {
    "cores": 2, "processor": "some processor", "memory_gb": 23.5, "load_average": 1.5,
    "system": "Linux", "python": "3.11.7", "duckdb": "2.0.0",
}  # fmt: skip


def cost(seconds: float, cpu: float, peak: float) -> dict[str, float]:
    return {"seconds": seconds, "cpu_seconds": cpu, "peak_memory_mb": peak}


def night(rows_read: int, land: float, facts: float, publish: float) -> dict[str, Any]:
    steps = [
        {"step": "land activities", **cost(land * 2, land, 500)},
        {"step": "build facts", **cost(facts * 2, facts, 900)},
        {"step": "publish", **cost(publish * 2 - 2, publish - 1, 700)},
        {"step": "forecast", **cost(2, 1, 300)},
        {"step": "start-up and between steps", **cost(4, 2, 0) | {"peak_memory_mb": None}},
    ]
    whole = land + facts + publish + 2
    return {
        "outcome": "published", "cost": cost(whole * 2, whole, 900), "steps": steps,
        "rows_read": rows_read, "machine": MACHINE,
    }  # fmt: skip


@pytest.fixture
def page(tmp_path: Path) -> str:
    by_hand = {
        "cost": cost(10, 10, 450),
        "compared": [
            {"mart": "fct_booking", "is_equal": True, "differs": []},
            {"mart": "fct_lead", "is_equal": False, "differs": ["created_on"]},
        ],
        "left_out": ["mart_alert", "mart_gap"],
        "needed_cost": cost(16, 8, 300),
        "machine": MACHINE,
    }
    small = {
        "first": night(1_000, 3, 5, 10),
        "second_full": night(1_000, 1, 3, 4),
        "by_hand": by_hand,
    }
    large = {"first": night(20_000, 30, 50, 40), "size": {}}
    for name, found in {"S": small, "M-10": large}.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(found), encoding="utf-8")
    write_page(tmp_path, tmp_path / "RESULTS.md")
    return (tmp_path / "RESULTS.md").read_text(encoding="utf-8")


def test_the_ratio_takes_the_same_marts_and_leaves_publishing_out(page: str) -> None:
    # CPU: landing 3 + facts 5 + start-up 2 + the needed marts 8 = 18, by hand 10.
    assert "| the same marts by the night | 36.0 | 18.0 | 900 | 3.6 | 1.8 |" in page
    assert "| the whole night | 40.0 | 20.0 | 900 | 4.0 | 2.0 |" in page


def test_marts_that_differ_and_marts_not_written_are_named(page: str) -> None:
    assert "The script writes 2 marts, 1 of them equal to the night's;" in page
    assert "not equal: fct_lead (created_on)." in page
    assert "It does not write 2:\n- says what the night itself did" in page
    assert "- not written by hand yet when this was measured: `mart_gap`" in page


def test_the_second_night_is_told_as_times_faster(page: str) -> None:
    # Whole nights 40 s and 20 s, CPU 20 and 10; landing 3 and 1.
    assert "| S | full exports | 2.0 | 2.0 | 3.0 | 2 |" in page


def test_checks_are_told_as_a_share_of_the_night(tmp_path: Path) -> None:
    # The night took 20 s of CPU; 1.5 s and 0.7 s are 7.5 % and 3.5 % of them.
    kinds = [
        {"step": "data tests of dbt", "checks": 137, **cost(2, 1.5, 300)},
        {"step": "business flags", "checks": 23, **cost(1, 0.7, 400)},
    ]
    checks = {"cost": cost(4, 3, 400), "kinds": kinds, "machine": MACHINE}
    found = {"first": night(1_000, 3, 5, 10), "checks": checks}
    (tmp_path / "S.json").write_text(json.dumps(found), encoding="utf-8")
    write_page(tmp_path, tmp_path / "RESULTS.md")
    page = (tmp_path / "RESULTS.md").read_text(encoding="utf-8")
    assert "| data tests of dbt | 137 | 2.0 | 1.5 | 300 | 7.5% |" in page
    assert "| **all checks** | 160 | 3.0 | 2.2 | 400 | 11.0% |" in page


def test_growth_is_told_from_size_to_size(page: str) -> None:
    # Rows 20 times, landing 10 times in time and once in memory; nights 122 s of 20 s CPU.
    assert "| S → M/10 | 20.0 | 10.0 | 10.0 | 1.0 | 6.1 | 6.1 | 1.0 | – | – |" in page


def test_a_step_that_did_not_finish_says_so(tmp_path: Path) -> None:
    stopped = night(1_000, 3, 5, 10) | {"outcome": "failed"}
    stopped["steps"][1]["unfinished"] = True
    (tmp_path / "S.json").write_text(json.dumps({"first": stopped}), encoding="utf-8")
    write_page(tmp_path, tmp_path / "RESULTS.md")
    page = (tmp_path / "RESULTS.md").read_text(encoding="utf-8")
    assert "| build facts (did not finish) | 10.0 | 5.0 | 900 |" in page
    assert "| S | first, full exports | failed | 40.0 | 20.0 | 900 |" in page


def test_a_size_of_which_only_the_files_were_written_has_no_growth(tmp_path: Path) -> None:
    written = {
        "generate": {"cost": cost(80, 31, 570), "csv_mb": {"first": 800.0}, "machine": MACHINE}
    }
    for name, found in {"S": {"first": night(1_000, 3, 5, 10)}, "M": written}.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(found), encoding="utf-8")
    write_page(tmp_path, tmp_path / "RESULTS.md")
    page = (tmp_path / "RESULTS.md").read_text(encoding="utf-8")
    assert "| M | 200 | 100,000 | 1,000,000 | 10,000,000 | 1,096 | 800 | 0 |" in page
    assert "| S → M | 0.0 | – | – | – | – | – | – | – | – |" in page


def test_the_customer_marts_are_told_beside_those_of_fewer_activities(tmp_path: Path) -> None:
    def of(rows: int, cpu: float, peak: float) -> dict[str, Any]:
        steps = [
            {"step": "match", **cost(2, 1, 100)}, {"step": "build facts", **cost(20, cpu, peak)}
        ]  # fmt: skip
        return {"landed": {"people": 5, "activities": rows}, "steps": steps, "machine": MACHINE}

    found = {"1000": of(1_000, 9, 500), "10000": of(10_000, 39, 1_000)}
    found["10000 within 600MB"] = of(10_000, 49, 750)
    (tmp_path / "followup.json").write_text(json.dumps(found), encoding="utf-8")
    write_page(tmp_path, tmp_path / "RESULTS.md")
    page = (tmp_path / "RESULTS.md").read_text(encoding="utf-8")
    assert "| 1,000 | 1,005 | **all** | 22.0 | 10.0 | 500 | 1.0 | 1.0 |" in page
    # 40 s of CPU are four times ten, a gigabyte twice half of one.
    assert "| 10,000 | 10,005 | **all** | 22.0 | 40.0 | 1,000 | 4.0 | 2.0 |" in page
    assert "| 10,000 within 600MB | 10,005 | **all** | 22.0 | 50.0 | 750 | 5.0 | 1.5 |" in page


def test_a_machine_is_described_without_names_and_places() -> None:
    described = json.dumps(describe_machine())
    assert set(describe_machine()) == set(MACHINE)
    assert "/" not in described


def test_the_peak_of_a_night_is_that_of_its_largest_step() -> None:
    # Steps count their peak anew, so the whole's own figure is the last step's.
    steps = [{"peak_memory_mb": 912.0}, {"peak_memory_mb": None}, {"peak_memory_mb": 176.0}]
    assert peak_of_all(Cost(9, 8, 176.0), steps) == Cost(9, 8, 912.0)
    assert peak_of_all(Cost(9, 8, 950.0), steps) == Cost(9, 8, 950.0)
