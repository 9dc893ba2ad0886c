"""Every option of a command reaches what it is for, and has its default where it is left out."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest
from click.testing import CliRunner

from pipelines.bi.connection import Connection
from pipelines.cli import main
from pipelines.settings import CompanyFolder
from pipelines.sources.options import FileOptions


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "company.yml").write_text("company: {name: T}\n", encoding="utf-8")
    return tmp_path


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Stand in for what a command calls; say how it was called, without the company folder."""

    def ask(
        target: str, args: list[str], returns: Any = 0
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        called = Mock(return_value=returns)
        monkeypatch.setattr(target, called)
        result = CliRunner().invoke(main, args)
        assert result.exit_code == 0, result.output
        [call] = called.call_args_list
        return tuple(a for a in call.args if not isinstance(a, CompanyFolder)), call.kwargs

    return ask


@pytest.mark.parametrize(
    ("options", "day", "others"),
    [
        ([], None, {"publish_older": False, "engine": "duckdb"}),
        (
            ["--as-of", "2026-03-10"],
            date(2026, 3, 10),
            {"publish_older": False, "engine": "duckdb"},
        ),
        (["--publish", "--engine", "spark"], None, {"publish_older": True, "engine": "spark"}),
    ],
)
def test_a_night_is_of_yesterday_unless_told_and_an_older_one_is_shown_only_if_told(
    home: Path,
    asked: Any,
    monkeypatch: pytest.MonkeyPatch,
    options: list[str],
    day: date | None,
    others: dict[str, Any],
) -> None:
    monkeypatch.delenv("GAPWISE_ENGINE", raising=False)
    monkeypatch.setattr("pipelines.checks.judge.judging_apart", nullcontext)
    monkeypatch.setattr("pipelines.commands.console.print_night", Mock())
    night = ["nightly", "--home", str(home), *options]
    ended = SimpleNamespace(exit_code=0)
    assert asked("pipelines.commands.nightly.run_night", night, ended) == ((day,), others)


def test_the_environment_says_which_engine_builds_where_the_command_does_not(
    home: Path, asked: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GAPWISE_ENGINE", "spark")
    monkeypatch.setattr("pipelines.checks.judge.judging_apart", nullcontext)
    monkeypatch.setattr("pipelines.commands.console.print_night", Mock())
    for said, engine in (([], "spark"), (["--engine", "duckdb"], "duckdb")):
        night = ["nightly", "--home", str(home), *said]
        _, others = asked(
            "pipelines.commands.nightly.run_night", night, SimpleNamespace(exit_code=0)
        )
        assert others["engine"] == engine


def test_a_range_runs_from_its_first_to_its_last_day(
    home: Path, asked: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.checks.judge.judging_apart", nullcontext)
    monkeypatch.setattr("pipelines.commands.console.print_range", Mock(return_value=0))
    days = ["backfill", "--home", str(home), "--from", "2026-03-08", "--to", "2026-03-10"]
    called = asked("pipelines.commands.nightly.run_range", days, [])
    assert called == ((date(2026, 3, 8), date(2026, 3, 10)), {})


@pytest.mark.parametrize(
    ("options", "who", "others"),
    [
        (["U1001"], "U1001", {"is_sure": False, "is_finish": False}),
        (["U1001", "--yes"], "U1001", {"is_sure": True, "is_finish": False}),
        (["--finish"], None, {"is_sure": False, "is_finish": True}),
    ],
)
def test_forgetting_asks_unless_told_not_to_and_finishes_what_was_cut_short(
    home: Path, asked: Any, options: list[str], who: str | None, others: dict[str, Any]
) -> None:
    called = asked(
        "pipelines.commands.forget.forget_at_terminal", ["forget", "--home", str(home), *options]
    )
    assert called == ((who,), others)


@pytest.mark.parametrize(("options", "port"), [([], 3000), (["--port", "3001"], 3001)])
def test_the_ui_opens_on_3000_or_the_port_asked_for(
    home: Path, asked: Any, options: list[str], port: int
) -> None:
    serve = ["serve", "--home", str(home), *options]
    assert asked("pipelines.commands.serve.serve_ui", serve) == ((port,), {})


@pytest.mark.parametrize(("options", "language"), [([], "zh"), (["--language", "en"], "en")])
def test_a_new_company_is_written_in_chinese_unless_told(
    tmp_path: Path, asked: Any, options: list[str], language: str
) -> None:
    init = ["init", str(tmp_path / "company"), *options]
    called = asked("pipelines.commands.init.create_company_folder", init, [])
    assert called == ((tmp_path / "company", language), {})


@pytest.mark.parametrize(
    ("options", "output", "expected"),
    [
        ([], None, FileOptions()),
        (
            ["--output", "m.yml", "--encoding", "mac_roman"],
            "m.yml",
            FileOptions(encoding="mac_roman"),
        ),
        (["--sheet", "Q1*", "--header-row", "3"], None, FileOptions(sheet="Q1*", header_row=3)),
    ],
)
def test_a_file_is_looked_at_as_told_where_looking_alone_would_not_find_it(
    tmp_path: Path, asked: Any, options: list[str], output: str | None, expected: FileOptions
) -> None:
    file = tmp_path / "a.xlsx"
    file.write_bytes(b"")
    args, _ = asked("pipelines.commands.profile.run_profile", ["profile", str(file), *options])
    assert args[:3] == (file, output and Path(output), expected)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([], Connection("localhost", 5432, "gapwise", "bi_tool", None)),
        (
            ["--host", "db", "--port", "5433", "--database", "sales", "--user", "bi"],
            Connection("db", 5433, "sales", "bi", None),
        ),
        (
            ["--file", "/srv/marts.duckdb"],
            Connection("localhost", 5432, "gapwise", "bi_tool", Path("/srv/marts.duckdb")),
        ),
    ],
)
def test_bi_files_say_where_the_tool_finds_the_marts(
    home: Path,
    asked: Any,
    monkeypatch: pytest.MonkeyPatch,
    options: list[str],
    expected: Connection,
) -> None:
    monkeypatch.setattr("pipelines.dbt.runner.parse", Mock(return_value={}))
    files = ["bi", "--home", str(home), str(home / "bi"), *options]
    args, _ = asked("pipelines.commands.bi.write_bi_files", files, [])
    assert args == (home / "bi", {}, expected)
