"""`gapwise serve` can be stopped, however it was started."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from pipelines.commands.serve import serve_ui
from pipelines.demo import write_demo_company
from pipelines.settings import CompanyFolder


class Replaced(Exception):
    """Where the server would take the process's place."""


def test_a_server_started_in_the_background_of_a_script_listens_to_signals(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_demo_company(tmp_path, scale="tiny")
    dispositions = []

    def replace(_path: str, _command: list[str]) -> None:
        dispositions.append(signal.getsignal(signal.SIGINT))
        raise Replaced

    monkeypatch.setattr(os, "execv", replace)
    for name in ("DAGSTER_HOME", "GAPWISE_HOME", "DO_NOT_TRACK"):
        monkeypatch.setenv(name, "")
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # what a shell does for `serve &`
    try:
        with pytest.raises(Replaced):
            serve_ui(CompanyFolder(tmp_path), 3000)
    finally:
        signal.signal(signal.SIGINT, before)

    assert dispositions == [signal.SIG_DFL]
