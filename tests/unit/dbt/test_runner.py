"""How much memory a build may hold."""

from __future__ import annotations

import os

from pipelines.dbt import runner
from pipelines.dbt.runner import GB, memory_limit
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
