"""Board and workbook beside the publish: shown whole, told of a hold, kept as long as their night."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from pipelines.assets.board import judge_board
from pipelines.operations.surfaces import (
    Told,
    draft_surfaces,
    show_state,
    show_surfaces,
    show_version,
)
from pipelines.publish.operations import PublishMeta
from pipelines.settings import CompanyFolder, CompanySettings
from pipelines.tell.board import write
from pipelines.tell.workbook_state import shown_state
from tests.board_world import D, small_marts

SETTINGS = CompanySettings.model_validate(
    {
        "company": {
            "name": "晨光医疗", "timezone": "Asia/Shanghai", "currency": "CNY", "calendar": "CN",
            "languages": ["zh", "en"],
        },
        "sources": [
            {"name": "erp_orders", "entity": "orders", "path": "inbox/*.csv", "preset": "excel"}
        ],
    }
)  # fmt: skip


@pytest.fixture
def build(tmp_path: Path) -> Path:
    """The small marts as a build file."""
    file = tmp_path / "build.duckdb"
    with small_marts() as con:
        con.execute(f"attach '{file}' as build")
        con.execute(
            f"copy from database {con.execute('select current_database()').fetchone()[0]} to build"
        )
    return file


def write_surfaces(build: Path, folder: CompanyFolder, version: str) -> Told:
    return show_surfaces(folder, draft_surfaces(build, folder, SETTINGS, D, version))


@pytest.fixture
def folder(tmp_path: Path) -> CompanyFolder:
    (tmp_path / "published" / "versions").mkdir(parents=True)
    return CompanyFolder(tmp_path)


def meta(state: str, version: str) -> PublishMeta:
    why = None if state == "published" else "because"
    return PublishMeta(
        state, D, date(2026, 3, 11), version, why, why, "r", datetime(2026, 3, 12, tzinfo=UTC)
    )  # type: ignore[arg-type]


def keep_manifest(folder: CompanyFolder, version: str) -> None:
    """A version that the publish can show again."""
    content = {
        "format": 1, "version": version, "sequence": 1, "as_of": "2026-03-10", "run_id": "r",
        "contract_version": "0.1", "volatile_columns": [], "marts": {},
    }  # fmt: skip
    path = folder.published / "versions" / f"manifest-{version}.json"
    path.write_text(json.dumps(content), encoding="utf-8")


def page(folder: CompanyFolder, name: str = "zh/index.html") -> str:
    return (folder.published / "board" / name).read_text(encoding="utf-8")


def on_cover(folder: CompanyFolder) -> list[str]:
    return shown_state((folder.published / "workbook.xlsx").read_bytes(), ["zh", "en"])


def test_board_and_workbook_of_a_version_are_shown_by_links(
    build: Path, folder: CompanyFolder
) -> None:
    told = write_surfaces(build, folder, "v1")
    assert (folder.published / "board").readlink() == Path("versions/board-v1")
    assert (folder.published / "workbook.xlsx").readlink() == Path("versions/workbook-v1.xlsx")
    assert told.sheets["attainment"] == 5
    assert judge_board(folder.published / "board", told).passed


def test_a_board_that_fails_leaves_the_old_one_shown_and_nothing_half_written(
    build: Path, folder: CompanyFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_surfaces(build, folder, "v1")
    before = sorted(p.name for p in (folder.published / "versions").iterdir())
    count = [0]
    real = write._write

    def full(path: Path, text: str) -> None:
        count[0] += 1
        if count[0] == 9:
            raise OSError(28, "No space left on device")
        real(path, text)

    monkeypatch.setattr(write, "_write", full)
    with pytest.raises(OSError, match="No space"):
        write_surfaces(build, folder, "v2")
    assert sorted(p.name for p in (folder.published / "versions").iterdir()) == before
    assert (folder.published / "board").readlink() == Path("versions/board-v1")

    monkeypatch.setattr(write, "_write", real)
    show_state(folder, SETTINGS, meta("published", "v2"))
    assert "看板未能更新" in page(folder) and "数据表已更新到 2026-03-10" in page(folder)
    assert "看板未能更新" in on_cover(folder)[0]


@pytest.mark.parametrize(("state", "said"), [("held", "未发布"), ("failed", "运行失败")])
def test_a_night_that_readers_do_not_see_is_told_and_the_next_one_takes_it_away(
    build: Path, folder: CompanyFolder, state: str, said: str
) -> None:
    write_surfaces(build, folder, "v1")
    clean = page(folder)
    show_state(folder, SETTINGS, meta(state, "v1"))
    assert said in page(folder) and "because" in page(folder, "en/people.html")
    assert said in on_cover(folder)[0] and "2026-03-11" in on_cover(folder)[1]

    show_state(folder, SETTINGS, meta("published", "v1"))
    assert page(folder) == clean and on_cover(folder) == ["● 已发布", "● Published"]


def test_a_company_held_on_its_first_night_has_no_board_to_mark(folder: CompanyFolder) -> None:
    show_state(folder, SETTINGS, meta("held", "v1"))
    assert not (folder.published / "board").exists()


def test_an_earlier_version_is_shown_again_with_its_board(
    build: Path, folder: CompanyFolder
) -> None:
    for version in ("v1", "v2"):
        keep_manifest(folder, version)
        write_surfaces(build, folder, version)
    show_version(folder, "v1")
    assert (folder.published / "board").readlink() == Path("versions/board-v1")
    assert (folder.published / "workbook.xlsx").readlink() == Path("versions/workbook-v1.xlsx")
    show_version(folder, "v0")
    assert (folder.published / "board").readlink() == Path("versions/board-v1"), "none was kept"


def test_boards_go_with_the_versions_that_are_no_longer_kept(
    build: Path, folder: CompanyFolder
) -> None:
    for version in ("v1", "v2", "v3"):
        if version != "v1":
            keep_manifest(folder, version)
        write_surfaces(build, folder, version)
    kept = {p.name for p in (folder.published / "versions").glob("[bw]*")}
    assert kept == {"board-v2", "board-v3", "workbook-v2.xlsx", "workbook-v3.xlsx"}


def test_a_draft_shows_nothing_and_the_next_one_replaces_it(
    build: Path, folder: CompanyFolder
) -> None:
    draft_surfaces(build, folder, SETTINGS, D, "v1")
    assert not (folder.published / "board").exists()
    assert list((folder.published / "versions").iterdir()) == []
    write_surfaces(build, folder, "v2")
    assert sorted(p.name for p in (folder.published / "versions").iterdir()) == [
        "board-v2",
        "workbook-v2.xlsx",
    ]
    assert not (folder.published / ".drafts").exists()


def test_a_missing_page_is_a_warning_that_names_it(tmp_path: Path) -> None:
    outcome = judge_board(tmp_path, Told(("zh/index.html",), {}))
    assert not outcome.passed and not outcome.holds_the_night
    assert outcome.sample == [{"page": "zh/index.html"}]


def test_a_night_that_is_not_shown_has_no_board_to_judge(tmp_path: Path) -> None:
    outcome = judge_board(tmp_path, None)
    assert outcome.passed and not outcome.is_applicable
