"""How much memory a build may hold, and what happens to models that need more."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import duckdb
import pytest

from pipelines.dbt import runner
from pipelines.dbt.runner import GB, NodeResult, memory_limit
from pipelines.settings import CompanyFolder


def test_a_build_holds_two_fifths_of_a_small_machine_and_five_gigabytes_of_a_large_one():
    assert memory_limit(4 * GB) == "1638MiB"
    assert memory_limit(10 * GB) == "4096MiB"
    # 12.5 GB are enough for 5 GB; more than that is never taken.
    assert memory_limit(GB * 25 // 2) == memory_limit(256 * GB) == "5120MiB"


def test_what_the_company_set_stands_and_is_left_as_it_was(tmp_path, monkeypatch):
    monkeypatch.setenv("GAPWISE_MEMORY_LIMIT", "900MB")
    with runner._environment(CompanyFolder(tmp_path)):
        assert os.environ["GAPWISE_MEMORY_LIMIT"] == "900MB"
    monkeypatch.delenv("GAPWISE_MEMORY_LIMIT")
    monkeypatch.setattr(runner, "machine_memory", lambda: 4 * GB)
    with runner._environment(CompanyFolder(tmp_path)):
        assert os.environ["GAPWISE_MEMORY_LIMIT"] == "1638MiB"
    assert "GAPWISE_MEMORY_LIMIT" not in os.environ


def _result(name: str, status: str, message: str = "") -> NodeResult:
    return NodeResult(f"model.gapwise.{name}", status, 1.0, 0, message)


def _dbt_that_gives(monkeypatch, *outcomes: list[NodeResult]) -> list[list[str]]:
    """Let dbt answer with the given outcomes, one after the other; return what it was asked."""
    asked: list[list[str]] = []

    def run(_folder, args, _engine, *, is_careful=False):
        assert is_careful == bool(asked)  # the second time only
        asked.append(args)
        return outcomes[len(asked) - 1]

    monkeypatch.setattr(runner, "_run", run)
    return asked


OUT_OF_MEMORY = (
    "Runtime Error in model b\n  Out of Memory Error: failed to pin block of size 256.0 KiB"
)
MISTAKE = "Runtime Error in model b\n  INTERNAL Error: dict-surviving cache: global dictionary"


@pytest.mark.parametrize("message", [OUT_OF_MEMORY, MISTAKE])
def test_models_on_which_duckdb_gave_up_are_built_again_one_by_one_with_what_waited_for_them(
    tmp_path, monkeypatch, message
):
    asked = _dbt_that_gives(
        monkeypatch,
        [_result("a", "success"), _result("b", "error", message), _result("c", "skipped")],
        [_result("b", "success"), _result("c", "success")],
    )
    results = runner.build(CompanyFolder(tmp_path), ["source:x+"], part="run")
    assert [(r.unique_id, r.status) for r in results] == [
        ("model.gapwise.a", "success"),
        ("model.gapwise.b", "success"),
        ("model.gapwise.c", "success"),
    ]
    assert asked[1][-5:] == ["--threads", "1", "--select", "b", "c"]
    assert "source:x+" not in asked[1]


def test_a_model_too_large_by_itself_fails_after_the_second_build(tmp_path, monkeypatch):
    starved = _result("b", "error", OUT_OF_MEMORY)
    asked = _dbt_that_gives(monkeypatch, [starved], [starved])
    assert runner.build(CompanyFolder(tmp_path), part="run") == [starved]
    assert len(asked) == 2


def test_other_errors_are_not_tried_again_and_what_waits_for_them_is_not_built(
    tmp_path, monkeypatch
):
    failed = [_result("b", "error", "Binder Error: no such column"), _result("c", "skipped")]
    asked = _dbt_that_gives(monkeypatch, failed)
    assert runner.build(CompanyFolder(tmp_path), part="run") == failed
    assert len(asked) == 1


def test_the_second_build_turns_off_where_duckdb_fails(tmp_path):
    with runner._environment(CompanyFolder(tmp_path), is_careful=True):
        assert os.environ["GAPWISE_CACHING_OPERATORS"] == "false"
    with runner._environment(CompanyFolder(tmp_path)):
        assert os.environ["GAPWISE_CACHING_OPERATORS"] == "true"
    # DuckDB knows the setting that profiles.yml names.
    with duckdb.connect(config={"enable_caching_operators": "false"}) as con:
        assert con.execute("select current_setting('enable_caching_operators')").fetchone() == (
            False,
        )


def test_what_a_killed_build_left_in_memory_is_gone_with_the_next_night_of_that_company(
    tmp_path, monkeypatch
):
    memory = tmp_path / "memory"
    memory.mkdir()
    monkeypatch.setattr(runner, "_in_memory", lambda: memory)
    killed, other = CompanyFolder(tmp_path / "killed"), CompanyFolder(tmp_path / "other")
    left, anothers = (
        Path(tempfile.mkdtemp(prefix=runner._prefix(c), dir=memory)) for c in (killed, other)
    )
    (left / "model.sql").write_text("select 1", encoding="utf-8")

    runner.remove_leftovers(killed)

    assert list(memory.iterdir()) == [anothers]  # which may be under way
