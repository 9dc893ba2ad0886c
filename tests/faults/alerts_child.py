"""Sends what waits, in a process of its own that can be killed."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from pipelines.operations.alerts.outbox import Outbox
from pipelines.operations.alerts.sending import Sending
from pipelines.operations.alerts.tables import open_tables
from pipelines.settings import CompanyFolder
from tests.unit.operations.alert_company import Clock, settings


def main(home: str, point: str) -> None:
    def die(*_: object, **__: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    outbox = Outbox(open_tables(Path(home) / "warehouse" / "operations.sqlite"))
    if point == "before":
        outbox.begin = die  # type: ignore[method-assign]
    elif point == "after":
        outbox.finish = die  # type: ignore[method-assign]
    clock = Clock()
    Sending(CompanyFolder(Path(home)), settings(), outbox, clock, clock.sleep).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
