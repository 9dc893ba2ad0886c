"""The fault table: what each blow did, printed at the end of `make test-deep kills`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.faults.night_world import Undisturbed, run, shown, strike, write_company

FAULT_TABLE = pytest.StashKey[list[str]]()


@pytest.fixture(scope="session")
def fault_table(request: pytest.FixtureRequest) -> list[str]:
    """Collect one line per blow."""
    return request.config.stash.setdefault(FAULT_TABLE, [])


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    folder = tmp_path_factory.mktemp("kills")
    base = folder / "base"
    write_company(base)
    said: dict[str, Any] = {}
    seen: list[Any] = []

    def nothing(home: Path, hook: str) -> str:
        said.update(run(home, hook))
        seen.append(shown(home))
        return str(said["outcome"])

    after = strike(base, folder / "undisturbed", "nothing", nothing)
    assert after.happened == after.next_outcome == "published", after.notes
    steps = [name for name, _ in said["steps"]]
    return Undisturbed(base, shown(base), after, steps, said["changes"], seen[0])


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print the table, where any blow was struck."""
    rows = config.stash.get(FAULT_TABLE, [])
    if not rows:
        return
    terminalreporter.section("fault table")
    terminalreporter.write_line(
        "| blow | what happened | shown after it | next run | nights seen | lost |"
    )
    terminalreporter.write_line("| --- | --- | --- | --- | --- | --- |")
    for row in rows:
        terminalreporter.write_line(row)
