"""The Dagster instance of one company: its own folder, its own records, nothing sent home."""

from __future__ import annotations

import json
import os
import re
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pipelines.operations.sqlite_files import set_aside_broken
from pipelines.settings import CompanyFolder

# A night is one run at a time; the event log keeps its connections (docs/adr/0032); steps print nothing
# that the log does not hold, and capturing what they print starts four processes a run.
DAGSTER_YAML = """\
nux:
  enabled: false
telemetry:
  enabled: false
concurrency:
  runs:
    max_concurrent_runs: 1
compute_logs:
  module: dagster._core.storage.noop_compute_log_manager
  class: NoOpComputeLogManager
event_log_storage:
  module: pipelines.orchestration.event_log
  class: PooledSqliteEventLogStorage
  config:
    base_dir: {base_dir}
"""
_OWN_MODULE = re.compile(r"^ *module: (pipelines\.[\w.]+)$", re.MULTILINE)


def prepare_dagster_home(folder: CompanyFolder) -> None:
    """Give this company a Dagster instance of its own, telemetry off; what broke of it begins anew."""
    folder.make_private_folders()
    history = folder.dagster_home / "history"
    stores = [
        folder.warehouse / "operations.sqlite",
        history / "runs.db",
        history / "runs" / "index.db",
        folder.dagster_home / "schedules" / "schedules.db",
    ]
    set_aside_broken(stores, datetime.now(UTC))
    config = folder.dagster_home / "dagster.yaml"
    if not config.is_file() or _names_lost_module(config):
        base_dir = json.dumps(str(folder.dagster_home / "history" / "runs"))
        config.write_text(DAGSTER_YAML.format(base_dir=base_dir), encoding="utf-8")
    os.environ["DAGSTER_HOME"] = str(folder.dagster_home)
    os.environ["GAPWISE_HOME"] = str(folder.root)
    os.environ.setdefault("DO_NOT_TRACK", "1")


def _names_lost_module(config: Path) -> bool:
    """Return whether dagster.yaml names a module of ours that this version of the code has not."""
    return any(not _is_there(name) for name in _OWN_MODULE.findall(config.read_text("utf-8")))


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # its package is missing
        return False


def events_in_bursts(instance: Any) -> AbstractContextManager[None]:
    """Group the events of this run where the company keeps its own event log."""
    from pipelines.orchestration.event_log import PooledSqliteEventLogStorage

    storage = instance.event_log_storage
    if isinstance(storage, PooledSqliteEventLogStorage):
        return storage.grouping()
    return nullcontext()
