"""No tracked file names a registry, a machine or unfinished work; planted ones are found."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.architecture.text_rules import problems_in, text_of, tracked_files

ROOT = Path(__file__).parents[2]
# Written in two halves, so that the samples are not found in this file.
REGISTRY = "pypi." + "org"
MARK = "TO" + "DO"

needs_git = pytest.mark.skipif(
    shutil.which("git") is None or not (ROOT / ".git").exists(),
    reason="not a git work tree: which files are tracked cannot be known",
)


@needs_git
def test_no_tracked_file_names_a_registry_a_machine_or_unfinished_work():
    names = tracked_files(ROOT)
    assert "pyproject.toml" in names
    assert [problem for name in names for problem in problems_in(name, text_of(ROOT / name))] == []


@needs_git
def test_the_lock_holds_versions_and_hashes_only():
    for name in ("requirements.txt", "requirements-dev.txt", "requirements-spark.txt"):
        for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
            assert "://" not in line
            assert line.startswith(("    --hash=sha256:", "    #")) or "==" in line


def test_what_a_night_runs_with_is_what_the_tests_run_with():
    def pins(name: str) -> set[str]:
        text = (ROOT / name).read_text(encoding="utf-8")
        lines = (line for line in text.splitlines() if "==" in line and not line.startswith(" "))
        # Tests may need on every system what a night needs on one.
        return {line.split(" ")[0] for line in lines}

    locks = ("requirements.txt", "requirements-dev.txt", "requirements-spark.txt")
    runtime, dev, spark = (pins(name) for name in locks)
    assert len(runtime) > 100
    assert runtime <= dev <= spark


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (f"see https://{REGISTRY}/project/x", "address of a package registry"),
        ("url = 'https://files.python" + "hosted.org/packages/x.whl'", "address of a package"),
        ("mirror: https://example.cn/py" + "pi/simple", "address of a package registry"),
        ("pip install --index" + "-url https://example.cn x", "option that names a package index"),
        ("PIP_INDEX_URL" + "=https://example.cn", "option that names a package index"),
        ("HOME_FOLDER = '/ro" + "ot/company'", "path of one machine"),
        ("cd /ho" + "me/zhang/gapwise", "path of one machine"),
        ("open('/Us" + "ers/li/x.csv')", "path of one machine"),
        ("see /wo" + "rk/main", "path of one machine"),
        (f"# {MARK}: later", "leftover mark"),
        ("# FIX" + "ME", "leftover mark"),
    ],
)
def test_a_planted_line_is_found_with_file_and_line(line, kind):
    [problem] = problems_in("docs/x.md", f"first line\n{line}\n")
    assert problem.startswith(f"docs/x.md, line 2: {kind}")


@pytest.mark.parametrize(
    "line",
    [
        "https://docs.dagster.io/concepts",
        "the home page: /published/board/index.html",
        "tests/work/notes and ~/work/notes",
        "stage: To Do (Trello's list)",
        "a mastodon in the room",
        "/opt/gapwise/company",
        "/home/*/company",
    ],
)
def test_an_innocent_line_is_left_alone(line):
    assert problems_in("docs/x.md", line) == []


def test_a_binary_file_has_no_text(tmp_path):
    path = tmp_path / "x.xlsx"
    path.write_bytes(b"PK\x03\x04\0" + MARK.encode())
    assert text_of(path) == ""


@needs_git
def test_a_new_file_is_checked_before_it_is_added(tmp_path):
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    (tmp_path / ".gitignore").write_text("ignored.txt\n")
    (tmp_path / "ignored.txt").write_text("x")
    (tmp_path / "报表.md").write_text("x")
    assert tracked_files(tmp_path) == [".gitignore", "报表.md"]
