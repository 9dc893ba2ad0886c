"""What was parsed of the dbt project serves as long as the project's content is the same."""

from __future__ import annotations

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from filelock import FileLock

from pipelines.dbt.parsed import MANIFEST, STATE, parsed_project, project_key


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "project"
    (folder / "models").mkdir(parents=True)
    (folder / "models" / "one.sql").write_text("select 1")
    return folder


class Parser:
    """Counts how often it was asked, and writes what dbt would."""

    def __init__(self):
        self.times = 0

    def __call__(self, target: Path) -> None:
        self.times += 1
        (target / MANIFEST).write_text("{}")
        (target / STATE).write_bytes(b"state")


def test_a_project_is_parsed_once_for_every_company(project, tmp_path):
    parse = Parser()

    first = parsed_project(project, tmp_path / "company_a", parse)
    second = parsed_project(project, tmp_path / "company_b", parse)

    assert (first, parse.times) == (second, 1)


def test_a_changed_model_is_parsed_anew(project, tmp_path):
    parse = Parser()
    before = parsed_project(project, tmp_path, parse)

    (project / "models" / "one.sql").write_text("select 2")

    assert parsed_project(project, tmp_path, parse) != before
    assert parse.times == 2


def test_what_dbt_wrote_into_its_target_changes_nothing(project):
    before = project_key(project)
    (project / "target").mkdir()
    (project / "target" / "one.sql").write_text("select 1")
    assert project_key(project) == before


def test_a_parse_cut_short_is_never_taken_for_a_whole_one(project, tmp_path):
    def cut_short(target: Path) -> None:
        (target / MANIFEST).write_text("{}")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        parsed_project(project, tmp_path, cut_short)

    parse = Parser()
    found = parsed_project(project, tmp_path, parse)
    assert parse.times == 1
    assert (found / STATE).read_bytes() == b"state"


def test_only_the_four_newest_states_are_kept(project, tmp_path):
    parse, made = Parser(), []
    for number in range(6):
        (project / "models" / "one.sql").write_text(f"select {number}")
        made.append(parsed_project(project, tmp_path, parse))
        os.utime(made[-1], (number, number))

    kept = {path for path in (project / "target" / "parsed").iterdir() if path.is_dir()}
    assert kept == set(made[2:])


def test_code_servers_that_start_at_once_parse_once(project, tmp_path):
    """Ten companies in one deployment load the same project in the same second."""
    parse, together = Parser(), threading.Barrier(10)

    def slow(target: Path) -> None:
        time.sleep(0.2)
        parse(target)

    def load(number: int) -> Path:
        together.wait(10)
        return parsed_project(project, tmp_path / str(number), slow)

    with ThreadPoolExecutor(10) as pool:
        found = set(pool.map(load, range(10)))

    assert (len(found), parse.times) == (1, 1)


@pytest.fixture
def left(project) -> list[Path]:
    """Parses that another process began."""
    begun = [project / "target" / "parsed" / f"parsing-{number}" for number in range(5)]
    for folder in begun:
        folder.mkdir(parents=True)
        (folder / STATE).write_bytes(b"dbt writes this before its manifest")
    return begun


def test_what_a_killed_parser_left_is_removed_by_the_next_one(project, tmp_path, left):
    parsed_project(project, tmp_path, Parser())

    assert not any(folder.exists() for folder in left)


def test_without_locks_a_parse_under_way_is_left_alone(project, tmp_path, left, monkeypatch):
    def no_locks(self: FileLock) -> None:
        raise NotImplementedError("this file system knows no locks")

    monkeypatch.setattr(FileLock, "_acquire", no_locks)
    parsed_project(project, tmp_path, Parser())

    assert all((folder / STATE).is_file() for folder in left)
