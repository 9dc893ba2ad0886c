"""The check of the board: every page that was written is what readers find."""

from __future__ import annotations

from pathlib import Path

from pipelines.assets.board import judge_board
from pipelines.operations.surfaces import Told


def test_a_page_that_is_missing_fails_the_check_and_is_named(tmp_path: Path) -> None:
    told = Told(pages=("index.html", "zh/index.html"), sheets={})
    (tmp_path / "index.html").write_text("x", encoding="utf-8")
    outcome = judge_board(tmp_path, told)
    assert (outcome.passed, outcome.holds_the_night) == (False, False)
    assert outcome.sample == [{"page": "zh/index.html"}]
    assert outcome.figures == {"pages": 2, "missing": 1}
    (tmp_path / "zh").mkdir()
    (tmp_path / "zh" / "index.html").write_text("x", encoding="utf-8")
    assert judge_board(tmp_path, told).passed


def test_a_night_that_is_not_shown_is_not_judged(tmp_path: Path) -> None:
    outcome = judge_board(tmp_path, None)
    assert (outcome.passed, outcome.is_applicable) == (True, False)
