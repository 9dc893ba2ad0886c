"""The Dagster UI on one company, reachable from this machine only (it has no login)."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import NoReturn

from pipelines.orchestration.instance import prepare_dagster_home
from pipelines.settings import CompanyFolder, load_company


def serve_ui(folder: CompanyFolder, port: int) -> NoReturn:
    """Run web server, daemon and code location in the foreground until interrupted."""
    load_company(folder)
    prepare_dagster_home(folder)
    command = [
        sys.executable, "-m", "dagster", "dev",
        "--module-name", "pipelines.definitions",
        "--working-directory", str(Path(__file__).parents[2]),
        "--host", "127.0.0.1",
        "--port", str(port),
    ]  # fmt: skip
    # A shell starts what it runs in the background deaf to Ctrl-C, and Dagster then is deaf to SIGTERM too.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    # The server takes this process's place, so that stopping the command stops the server.
    os.execv(command[0], command)
