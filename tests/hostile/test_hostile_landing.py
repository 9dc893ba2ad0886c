"""Every hostile file, delivered after a good one: a clear end, bounded cost, and nobody else disturbed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from tests.hostile.case import Hostile, Lands, Refused
from tests.hostile.world import CASES, GOOD, source_name, write_company

ROOT = Path(__file__).parents[2]
MEMORY_MB = 1_024
SECONDS_PER_FILE = 60


@pytest.fixture(scope="module")
def told(tmp_path_factory, worker_id):
    """Land everything once, also where several test workers share the cases."""
    own = tmp_path_factory.getbasetemp()
    shared = (own if worker_id == "master" else own.parent) / "hostile"
    with FileLock(f"{shared}.lock"):
        answer = shared.with_suffix(".json")
        if not answer.exists():
            answer.write_text(land_all(write_company(shared)), encoding="utf-8")
    return json.loads(answer.read_text(encoding="utf-8")) | {"home": str(shared)}


def land_all(home: Path, seconds: int = 900) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "tests.hostile.land_child", str(home)],
        cwd=ROOT, check=False, capture_output=True, text=True, timeout=seconds,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3_000:]
    return done.stdout


def records(told: dict[str, Any], case: Hostile) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what became of the good file and of the hostile one."""
    found = {Path(r["name"]).name: r for r in told["sources"][source_name(case)]["records"]}
    return found[GOOD], found[Path(case.name).name]


def test_there_are_at_least_sixty_hostile_files():
    assert len({case.case for case in CASES}) == len(CASES) >= 60


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.case)
def test_a_hostile_file_ends_clearly(told, case):
    good, hostile = records(told, case)
    assert told["sources"][source_name(case)]["problems"] == []
    assert (good["status"], good["landed"]) == ("landed", 3)
    assert hostile["is_reconciled"]
    if isinstance(case.end, Refused):
        assert_refused(case.end, hostile)
    else:
        assert_lands(case.end, hostile, case.name)


def assert_refused(end: Refused, record: dict[str, Any]) -> None:
    assert (record["status"], record["landed"], record["rows"]) == (end.status, 0, [])
    for language, words in (("error_en", end.en), ("error_zh", end.zh)):
        lacking = [word for word in words if word not in record[language]]
        assert not lacking, (lacking, record[language])


def assert_lands(end: Lands, record: dict[str, Any], name: str) -> None:
    assert record["landed"] == end.landed, (record["error_en"], record["bad"])
    found = [
        (row["row_no"], row["column_name"], row["value"], row["rule"]) for row in record["bad"]
    ]
    for (row_no, column, value, rule), expected in zip(found, end.bad, strict=True):
        assert (row_no, rule) == (expected[0], expected[3])
        assert rule == "malformed" or column == expected[1]
        assert value == expected[2] or (rule == "malformed" and expected[2] in value)
    for row in record["bad"]:
        assert Path(row["file"]).name == Path(name).name
        assert row["value"] is None or f"「{row['value']}」" in row["message_en"]
        assert row["message_zh"] and row["message_en"]
    rows = {row["order_id"]: row for row in record["rows"]}
    assert set(end.keys) <= set(rows)
    for key, column, value in end.cells:
        assert rows[key][column] in (value, f"{value}.0000")
    if end.note:
        assert any(end.note[0] in note for note in record["notes_en"])
        assert any(end.note[1] in note for note in record["notes_zh"])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.case)
def test_a_hostile_file_costs_bounded_time(told, case):
    assert told["sources"][source_name(case)]["seconds"] < SECONDS_PER_FILE


def test_all_hostile_files_together_stay_within_bounded_memory(told):
    assert told["peak_mb"] < MEMORY_MB
    assert told["worker_mb"] < MEMORY_MB


def test_a_refused_file_leaves_the_last_landing_in_force(told):
    for case in CASES:
        if isinstance(case.end, Refused):
            assert records(told, case)[0]["live_keys"] == 3


def test_no_name_inside_an_archive_became_a_path(told):
    name = "hostile_escaped.csv"
    beside = [place / name for place in (Path("/"), Path("/tmp"), ROOT) if (place / name).exists()]
    assert beside + list(Path(told["home"]).parent.rglob(name)) == []
    assert not Path("/abs/x.csv").exists()
